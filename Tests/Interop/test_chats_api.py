# SPDX-License-Identifier: Apache-2.0
"""The routes of agents, chats and tools as they are on the wire, with the offline core app."""

import json
import time

import pytest
import requests

from test_agents import text_of

AGENT = {"core_app": {"ref": "file-inspector"}}
CHAT_KEYS = {
    "id", "short_id", "created_at", "updated_at", "deleted_at", "user_id", "team_id", "visibility", "children",
    "status", "output", "context", "agent_id", "agent_version_id", "name", "description", "agent_data", "active_run",
    "pending_interrupts",
}
MESSAGE_KEYS = {
    "id", "short_id", "created_at", "updated_at", "deleted_at", "user_id", "team_id", "visibility", "chat_id",
    "agent_run_id", "order", "status", "task_id", "role", "content", "tool_call_id", "tool_invocations",
}


def say(api, text="hello", **more):
    body = {"agent_config": AGENT, "input": {"text": text}} | more
    return api.data("POST", "/agents/run", json=body)


def ended(api, chat_id):
    deadline = time.monotonic() + 30
    while api.data("GET", f"/chats/{chat_id}/status")["status"] == "busy":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return api.data("GET", f"/chats/{chat_id}")


@pytest.mark.parametrize("path", ["/agents/run", "/agents/message", "/agents/messages", "/v1/agents/run", "//agents/run"])
def test_a_message_has_many_addresses(api, path):
    answer = api.data("POST", path, json={
        "chat_id": None, "agent_config": AGENT, "agent_name": None, "input": {
            "text": "hi", "role": "user", "context": [], "system_prompt": "", "context_size": 0, "images": [], "files": []}})
    user, assistant = answer["user_message"], answer["assistant_message"]
    assert set(user) >= MESSAGE_KEYS and set(assistant) >= MESSAGE_KEYS
    assert user["role"] == "user" and user["status"] == "ready" and user["order"] == 0
    assert assistant["role"] == "assistant" and assistant["status"] == "pending" and assistant["order"] == 1
    assert assistant["chat_id"] == user["chat_id"] and assistant["agent_run_id"] == user["agent_run_id"]
    ended(api, user["chat_id"])


def test_a_chat_has_every_member_strict_readers_want(api):
    chat = ended(api, say(api)["user_message"]["chat_id"])
    assert set(chat) >= CHAT_KEYS and chat["children"] == [] and chat["agent_data"]["memory"] == {}
    assert chat["name"] == "hello" and chat["status"] == "idle"
    assert [message["role"] for message in chat["chat_messages"]] == ["user", "assistant"]


def test_lists_of_addresses_count_only_without_attachments(api):
    one, two = api.upload(b"one", filename="one.png"), api.upload(b"two", filename="two.txt")
    both = say(api, input={"text": "see", "images": [one["uri"]], "files": [two["uri"]]})["user_message"]
    assert [part["type"] for part in both["content"]] == ["text", "image", "file"]
    assert both["content"][1]["filename"] == "one.png" and both["content"][2]["size"] == 3
    reference = {"uri": two["uri"], "filename": "x", "content_type": "y"}
    alone = say(api, input={"text": "see", "images": [one["uri"]], "attachments": [reference]})["user_message"]
    assert [part.get("file") for part in alone["content"]] == [None, two["uri"]]


def test_messages_come_in_pages(api):
    chat_id = say(api, "one")["user_message"]["chat_id"]
    for text in ("two", "three"):
        ended(api, chat_id)
        say(api, chat_id=chat_id, agent_config=None, input={"text": text})
    ended(api, chat_id)
    orders, cursor = [], ""
    while True:
        page = api.data("GET", f"/chats/{chat_id}/messages", params={"limit": 4, "cursor": cursor})
        orders += [message["order"] for message in page["items"]]
        cursor = page["next_cursor"]
        if not page["has_next"]:
            break
    assert orders == [0, 1, 2, 3, 4, 5]
    other = say(api, "other")["user_message"]["chat_id"]
    assert len(api.data("GET", f"/chats/{other}/messages")["items"]) == 2


def test_pages_of_large_messages_end_early(api):
    chat_id = say(api, "x" * 250_000)["user_message"]["chat_id"]
    for number in range(1, 9):
        ended(api, chat_id)
        say(api, chat_id=chat_id, agent_config=None, input={"text": f"{number} " + "y" * 250_000})
    chat = ended(api, chat_id)
    assert sum(len(message["content"][0]["text"]) for message in chat["chat_messages"]) < 1 << 20
    assert chat["chat_messages"][-1]["order"] == 17
    orders, cursor, pages = [], "", 0
    while True:
        answer = api.get(f"/chats/{chat_id}/messages", params={"limit": 1000, "cursor": cursor})
        assert len(answer.content) < 3 << 19
        page = answer.json()["data"]
        orders += [message["order"] for message in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if not page["has_next"]:
            break
    assert orders == list(range(18)) and pages >= 3


def test_a_title_has_few_bytes(api):
    chat = api.data("GET", "/chats/" + say(api, "a" + "\u0301" * 100_000)["user_message"]["chat_id"])
    assert 0 < len(chat["name"].encode()) <= 200 and chat["name"].startswith("a")


def test_a_chat_is_made_spoken_in_renamed_listed_and_deleted(api, other_team):
    chat = api.data("POST", "/chats", json={"agent": "file-inspector", "context": {"a": "b"}})
    assert chat["status"] == "idle" and chat["active_run"] is None and chat["context"] == {"a": "b"}
    assert chat["agent_ref"] == "ferry/file-inspector"
    for body in ({"message": {"text": "hi"}}, {"content": "old form"}, {"message": "bare"}):
        message = api.data("POST", f"/chats/{chat['id']}/messages", json=body)
        assert message["role"] == "user" and message["chat_id"] == chat["id"]
        ended(api, chat["id"])
    renamed = api.data("POST", f"/chats/{chat['id']}", json={"name": "mine", "description": "of facts"})
    assert renamed["name"] == "mine"
    found = api.data("POST", "/chats/list", json={"search": {"term": "of facts"}})["items"]
    assert [item["id"] for item in found] == [chat["id"]]
    trace = api.data("GET", f"/chats/{chat['id']}/trace")
    assert len(trace["tasks"]) == 3 and {task["chat_id"] for task in trace["tasks"]} == {chat["id"]}
    for method, path in (
            ("GET", ""), ("GET", "/status"), ("GET", "/messages"), ("GET", "/stream"), ("GET", "/trace"), ("POST", "/stop"),
            ("DELETE", ""), ("POST", ""), ("POST", "/messages")):
        answer = other_team.request(method, f"/chats/{chat['id']}{path}", json={"message": {"text": "x"}})
        assert answer.status_code == 404, (method, path, answer.text)
    assert all(task["input"] is None for task in trace["tasks"]) and not trace["has_next"]
    first = api.data("GET", f"/chats/{chat['id']}/trace", params={"limit": 2})
    rest = api.data("GET", f"/chats/{chat['id']}/trace", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [task["id"] for task in first["tasks"] + rest["tasks"]] == [task["id"] for task in trace["tasks"]]
    assert api.data("DELETE", f"/chats/{chat['id']}")["deleted"]
    assert api.get(f"/chats/{chat['id']}").status_code == 404
    for task in trace["tasks"]:
        assert api.get(f"/tasks/{task['id']}").status_code == 404, "a deleted chat can be read in its tasks"


def stream(server, path, method="GET", accept="application/x-ndjson", **options):
    answer = requests.request(
        method, server.base + path, headers={"Authorization": f"Bearer {server.key}", "Accept": accept}, timeout=60,
        **options)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_stream_begins_with_the_chat_and_ends_with_it(server, api):
    chat_id = say(api)["user_message"]["chat_id"]
    for _ in range(2):  # While it is answered, perhaps, and afterwards.
        answer = stream(server, f"/chats/{chat_id}/stream")
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.content.splitlines()]
        assert lines[0]["event"] == "chats" and lines[0]["data"]["status"] == "busy"
        assert lines[-1]["event"] == "chats" and lines[-1]["data"]["status"] == "idle"
        assert lines[-1]["data"]["active_run"]["state"] == "completed"
        messages = [line["data"] for line in lines if line["event"] == "chat_messages"]
        assert messages[-1]["status"] == "ready" and "no language model" in text_of(messages[-1])
        ended(api, chat_id)


def test_a_stream_of_server_sent_events(server, api):
    chat_id = say(api)["user_message"]["chat_id"]
    answer = stream(server, f"/chats/{chat_id}/stream", accept="text/event-stream")
    assert answer.headers["Content-Type"] == "text/event-stream"
    frames = [frame.split("\n") for frame in answer.text.split("\n\n") if frame and not frame.startswith(":")]
    names = [frame[0].removeprefix("event: ") for frame in frames]
    assert names[0] == names[-1] == "chats" and "chat_messages" in names
    assert json.loads(frames[-1][1].removeprefix("data: "))["status"] == "idle"


def test_an_answer_may_be_a_stream(server):
    body = {"agent_config": AGENT, "input": {"text": "hi"}, "stream": True}
    lines = [json.loads(line) for line in stream(server, "/agents/run", "POST", json=body).content.splitlines()]
    bare = [line for line in lines if "event" not in line and line.get("type") != "heartbeat"]
    assert bare[-1]["role"] == "assistant" and bare[-1]["status"] == "ready"
    assert {line["event"] for line in lines if "event" in line} >= {"chats"}
    events = stream(server, "/agents/run", "POST", accept="text/event-stream", json=body)
    assert "event: chat_messages\n" in events.text


def test_a_chat_without_a_message_has_a_stream_that_ends(server, api):
    chat = api.data("POST", "/chats", json={"agent_config": AGENT})
    lines = stream(server, f"/chats/{chat['id']}/stream").content.splitlines()
    assert [json.loads(line)["data"]["status"] for line in lines] == ["idle"]


def test_generations_of_answers(server, api):
    chat_id = say(api)["user_message"]["chat_id"]
    key = {"Authorization": f"Bearer {server.key}"}
    bare = requests.get(f"{server.base}/chats/{chat_id}/status", headers=key | {"X-API-Version": "2"}, timeout=30).json()
    assert bare["id"] == chat_id
    stopped = requests.post(f"{server.base}/chats/{chat_id}/stop", headers=key, timeout=30)
    assert stopped.headers["Content-Type"] == "application/json"
    assert stopped.json()["success"] is True and stopped.json()["data"]["id"] == chat_id


def test_tools_are_not_approved_by_keys(api):
    for action in ("", "/invoke", "/reject"):
        answer = api.post(f"/tools/{'a' * 26}{action}", json={"result": "x"})
        assert answer.status_code == 404, answer.text


def test_agents_are_listed_and_an_app_stands_for_one(api):
    assert api.data("POST", "/agents/list", json={})["items"] == []
    agent = api.data("GET", "/agents/ferry/file-inspector")
    assert agent["ref"] == "ferry/file-inspector" and agent["version"]["core_app"]["ref"] == "ferry/file-inspector"
    assert api.data("GET", "/agents/file-inspector")["id"] == agent["id"]
    assert api.get("/agents/image-processor").status_code == 404


def test_a_core_app_may_be_named_by_its_ids(api):
    app = api.data("GET", "/apps/file-inspector")
    for core in (
            {"id": app["id"]}, {"id": app["id"], "version_id": app["version_id"]},
            {"ref": "ferry/file-inspector:chat", "version_id": app["version_id"][:8]}):
        chat = ended(api, say(api, agent_config={"core_app": core})["user_message"]["chat_id"])
        assert chat["active_run"]["state"] == "completed", chat
    wrong = api.post("/agents/run", json={
        "agent_config": {"core_app": {"id": app["id"], "version_id": "a" * 26}}, "input": {"text": "x"}})
    assert wrong.status_code == 404, wrong.text


@pytest.mark.parametrize("body, place", [
    ({}, "/input"), ({"input": {"text": "x"}}, "/agent"), ({"agent_config": AGENT, "input": {}}, "/input/text"),
    ({"agent": "x y", "input": {"text": "x"}}, "/agent"), ({"agent_config": [], "input": {"text": "x"}}, "/agent_config"),
    ({"agent_config": {"core_app": {"ref": "image-processor"}}, "input": {"text": "x"}}, "core_app"),
    ({"agent": "file-inspector", "agent_config": AGENT, "input": {"text": "x"}}, "/agent_config"),
    ({"agent_config": AGENT, "context": {"a": 1}, "input": {"text": "x"}}, "/context/a"),
    ({"agent_config": AGENT | {"tools": [{"name": "t", "type": "http", "http": {}}]}, "input": {"text": "x"}}, "tools/0/type"),
    ({"agent_config": AGENT, "input": {"text": "x", "attachments": [{"filename": "x"}]}}, "/input/attachments/0/uri"),
    ({"agent_config": AGENT, "input": {"text": "x", "attachments": [
        {"uri": "https://example.com/x", "filename": "A" * 2_000_000}]}}, "/input/attachments/0/filename"),
    ({"agent_config": AGENT, "input": {"text": "x", "attachments": [
        {"uri": "https://example.com/x", "filename": "x", "content_type": "a/" + "b" * 300}]}},
     "/input/attachments/0/content_type"),
    ({"agent_config": AGENT, "input": {"text": "x", "attachments": [
        {"uri": "https://example.com/" + "x" * 9000, "filename": "x"}]}}, "/input/attachments/0/uri"),
    ({"agent_config": AGENT, "input": {"text": "x" * 300_000}}, "/input/text"),
    ({"agent_config": AGENT, "input": {"text": "\u0001" * 90_000}}, "/input/text"),
])
def test_what_is_wrong_with_a_message_is_told_by_its_place(api, body, place):
    before = len(api.data("POST", "/chats/list", json={"limit": 1000})["items"])
    answer = api.post("/agents/run", json=body)
    assert answer.status_code in (413, 422), answer.text[:1000]
    assert place in answer.json()["detail"], answer.json()["detail"]
    assert len(api.data("POST", "/chats/list", json={"limit": 1000})["items"]) == before


def test_a_key_needs_its_scopes(server, api, make_key):
    record = api.upload(b"x", filename="x.txt")
    runner = server.client(make_key("default", "apps:execute"))
    body = {"agent_config": AGENT, "input": {"text": "see", "attachments": [{"uri": record["uri"]}]}}
    assert runner.post("/agents/run", json=body).status_code == 403
    body["input"]["attachments"] = [{"uri": "data:text/plain,x"}]
    assert runner.post("/agents/run", json=body).status_code == 403
    reader = server.client(make_key("default", "files:read"))
    assert reader.post("/agents/run", json={"agent_config": AGENT, "input": {"text": "x"}}).status_code == 403
    assert reader.post("/chats/list", json={}).status_code == 403


def test_a_chat_survives_a_server_that_dies(tmp_path):
    from ferry_process import FerryServer

    first = FerryServer(tmp_path, "inf_survivor_of_these_tests").start()
    api = first.client()
    ids = [say(api, f"message {number}")["user_message"]["chat_id"] for number in range(8)]
    first.kill()
    second = FerryServer(tmp_path, "inf_survivor_of_these_tests").start()
    try:
        for chat_id in ids:
            chat = ended(second.client(), chat_id)
            assert [message["status"] for message in chat["chat_messages"]] == ["ready", "ready"]
        second.stop()
    finally:
        second.kill()
