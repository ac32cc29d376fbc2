# SPDX-License-Identifier: Apache-2.0
"""The agents of the official client, synchronous and asynchronous, unchanged, against a real server."""

import asyncio
import base64
import hashlib
import json
import threading
import time
import types

import inferencesh
import pytest

from chat_standin import ChatStandin
from fault_proxy import FaultProxy
from ferry_process import FerryServer
from samples import photo

ASSISTANT = """\
namespace: okaris
name: assistant
system_prompt: Be brief.
core_app: {ref: chat-completions}
"""
INSPECTOR = """\
namespace: okaris
name: inspector
core_app: {ref: ferry/file-inspector}
"""
WEATHER = {
    "name": "weather", "description": "Tells the weather", "type": "client",
    "client": {"input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
COUNT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture(scope="module")
def standin():
    with ChatStandin() as running:
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory, standin):
    """A server with templates of agents, whose adapter talks to the stand-in."""
    folder = tmp_path_factory.mktemp("agents")
    for name, text in (("assistant", ASSISTANT), ("inspector", INSPECTOR)):
        (folder / "apps" / name).mkdir(parents=True)
        (folder / "apps" / name / "agent.yml").write_text(text)
    running = FerryServer(
        folder, "inf_agents_of_these_tests", "--apps-dir", str(folder / "apps"),
        environment={
            "FERRY_SECRET_OPENAI_BASE_URL": standin.base, "FERRY_SECRET_OPENAI_API_KEY": standin.key,
        }).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()
    log = running.log_text()
    assert running.key not in log and standin.key not in log


class Sync:
    """The official Agent; files are given as they are."""

    def __init__(self, host, options, context=None):
        self.client = inferencesh.inference(api_key=host.key, base_url=host.base)
        self.agent = self.client.agent(options) if context is None else self.client.agent(options, context=context)

    def send(self, text, files=(), **callbacks):
        return self.agent.send_message(text, files=list(files) or None, **callbacks)

    def __getattr__(self, name):
        return getattr(self.agent, name)

    def messages(self):
        """Until the answer is there: this iterator does not notice the stream's end."""
        messages = []
        for message in self.agent.stream_messages():
            messages.append(message)
            if message["role"] == "assistant" and message["status"] == "ready" and not message["tool_invocations"]:
                return messages


class Async:
    """The official AsyncAgent, which takes files that were uploaded before."""

    def __init__(self, host, options, context=None):
        self.client = inferencesh.async_inference(api_key=host.key, base_url=host.base)
        self.agent = self.client.agent(options) if context is None else self.client.agent(options, context=context)
        self.uploader = inferencesh.inference(api_key=host.key, base_url=host.base).agent(options)

    def upload_file(self, data, filename=None):
        return self.uploader.upload_file(data, filename)

    def send(self, text, files=(), **callbacks):
        attachments = [self.upload_file(file) for file in files] or None
        return asyncio.run(self.agent.send_message(text, attachments=attachments, **callbacks))

    def messages(self):
        async def collect():
            return [message async for message in self.agent.stream_messages()]

        return asyncio.run(collect())

    @property
    def chat_id(self):
        return self.agent.chat_id

    def __getattr__(self, name):
        method = getattr(self.agent, name)

        def call(*arguments, **options):
            value = method(*arguments, **options)
            return asyncio.run(value) if asyncio.iscoroutine(value) else value

        return call


CORES = {
    "file-inspector": {
        "ad-hoc": {"core_app": {"ref": "ferry/file-inspector"}, "name": "facts"}, "template": "okaris/inspector"},
    "chat-completions": {
        "ad-hoc": {"core_app": {"ref": "chat-completions"}, "system_prompt": "Be brief.", "name": "talker"},
        "template": "okaris/assistant@latest",
    },
}


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture(params=["ad-hoc", "template"])
def form(request):
    return request.param


@pytest.fixture(params=list(CORES))
def core(request):
    return request.param


@pytest.fixture
def agent(host, kind, form, core):
    return kind(host, CORES[core][form])


@pytest.fixture
def talker(host, kind):
    """An agent of the adapter, with the client's tool."""
    return kind(host, {"core_app": {"ref": "chat-completions"}, "tools": [WEATHER], "name": "talker"})


def text_of(message):
    return "".join(part["text"] for part in message["content"] if part["type"] == "text")


def last_answer(messages):
    return [message for message in messages if message["role"] == "assistant"][-1]


def wait_until_idle(host, chat_id, seconds=30):
    api = host.client()
    deadline = time.monotonic() + seconds
    while (status := api.data("GET", f"/chats/{chat_id}/status")["status"]) == "busy":
        assert time.monotonic() < deadline, "the chat stays busy"
        time.sleep(0.02)
    return status


def test_a_message_is_answered_with_snapshots_and_increments(agent, core):
    messages, deltas = [], []
    answer = agent.send("say: hello there, old friend", on_message=messages.append, on_delta=deltas.append)
    assert answer["chat_id"] == agent.chat_id and answer["role"] == "assistant"
    last = last_answer(messages)
    assert last["status"] == "ready" and last["id"] == answer["id"]
    if core == "chat-completions":
        assert text_of(last) == "hello there, old friend"
    else:
        assert "no language model" in text_of(last)
    assert deltas and deltas[-1].output["response"] == text_of(last)
    assert {delta.message_id for delta in deltas} == {last["id"]}
    assert [delta.seq for delta in deltas] == sorted({delta.seq for delta in deltas})
    chat = agent.get_chat()
    assert chat["status"] == "idle" and chat["active_run"]["state"] == "completed" and chat["output"] is None
    assert [message["role"] for message in chat["chat_messages"]] == ["user", "assistant"]


def test_attachments_reach_the_model_in_order(agent, core, standin):
    picture = photo()
    files = [
        b"first, as bytes", base64.b64encode(b"second, as base64!").decode(),
        "data:text/plain;base64," + base64.b64encode(b"third, a data URI").decode(),
        "data:image/jpeg;base64," + base64.b64encode(picture).decode(),
    ]
    messages = []
    agent.send("what are these?", files, on_message=messages.append)
    said = text_of(last_answer(messages))
    bodies = [b"first, as bytes", b"second, as base64!", b"third, a data URI", picture]
    if core == "file-inspector":
        places = [said.find(hashlib.sha256(body).hexdigest()) for body in bodies]
        assert -1 not in places and places == sorted(places), said
        assert "4 files are attached" in said
    else:
        parts = standin.chats[-1]["messages"][-1]["content"]
        texts = [part["text"] for part in parts if part["type"] == "text"]
        assert [body.decode() in text for body, text in zip(bodies[:3], texts[-3:])] == [True] * 3, texts
        [image] = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        assert base64.b64decode(image.partition(",")[2]) == picture
    user = next(message for message in messages if message["role"] == "user")
    kinds = [part["type"] for part in user["content"]]
    assert kinds == ["text", "file", "file", "file", "image"]
    # The next turn still has them.
    messages.clear()
    agent.send("and now?", on_message=messages.append)
    if core == "file-inspector":
        assert "4 files of earlier messages are there" in text_of(last_answer(messages))
    else:
        earlier = standin.chats[-1]["messages"]
        assert [message["role"] for message in earlier[-3:]] == ["user", "assistant", "user"]
        assert any(part["type"] == "image_url" for part in earlier[-3]["content"])


def test_a_file_is_uploaded_before_and_referred_to(agent, core, host):
    reference = agent.upload_file(b"some notes of mine", "notes.txt")
    assert set(reference) == {"id", "uri", "filename", "content_type", "size"}
    assert reference["filename"] == "notes.txt" and reference["size"] == 18
    body = {
        "chat_id": None, "agent_config": {"core_app": {"ref": core}},
        "input": {"text": "see", "attachments": [reference]},
    }
    answer = host.client().data("POST", "/agents/message", json=body)
    assert answer["user_message"]["content"][1]["file"] == reference["uri"]
    wait_until_idle(host, answer["user_message"]["chat_id"])
    page = host.client().data("GET", f"/chats/{answer['user_message']['chat_id']}/messages")
    assert "notes.txt" in text_of(page["items"][1])


def test_messages_stream_and_the_stream_ends(agent):
    agent.send("say: streamed")
    messages = agent.messages()
    assert [message["role"] for message in messages if message["status"] == "ready"] == ["user", "assistant"]
    assert messages[-1]["status"] == "ready"


def test_everything_streams_and_who_comes_late_sees_the_end(agent, host):
    answer = agent.send("say: late")
    wait_until_idle(host, answer["chat_id"])
    chats, messages, deltas = [], [], []
    agent.stream_all(on_chat=chats.append, on_message=messages.append, on_delta=deltas.append)
    assert chats[0]["status"] == "busy" and chats[0]["active_run"]["state"] == "working"
    assert chats[-1]["status"] == "idle" and chats[-1]["active_run"]["state"] == "completed"
    assert [message["status"] for message in messages] == ["ready", "ready"] and not deltas


def test_the_chat_streams(kind, host):
    agent = kind(host, "okaris/assistant")
    agent.send("count 5 20")
    if kind is Sync:
        states = []
        for chat in agent.agent.stream_chat():
            states.append(chat["status"])
            if chat["status"] != "busy":
                break
    else:
        async def collect():
            return [chat["status"] async for chat in agent.agent.stream_chat()]

        states = asyncio.run(collect())
    assert states[0] == "busy" and states[-1] == "idle"


def test_a_client_tool_is_run_within_the_stream(talker):
    messages, calls = [], []

    def run(call):
        calls.append(call)
        talker_submit(call.id, "22 degrees")

    def talker_submit(call_id, result):
        # Within a running loop the asynchronous face cannot start another one.
        if isinstance(talker, Sync):
            talker.submit_tool_result(call_id, result)
        else:
            thread = threading.Thread(target=lambda: talker.uploader.submit_tool_result(call_id, result))
            thread.start()
            thread.join()

    talker.send('call weather {"city": "Bonn"}', on_message=messages.append, on_tool_call=run)
    assert [(call.name, call.args) for call in calls] == [("weather", {"city": "Bonn"})]
    assert text_of(last_answer(messages)) == "tool said: 22 degrees"
    invocation = next(message for message in messages if message["tool_invocations"])["tool_invocations"][0]
    assert invocation["type"] == "client" and invocation["function"]["name"] == "weather"
    assert talker.get_chat()["status"] == "idle"


def test_a_tool_returns_files_and_actions_later(talker, host, standin):
    answer = talker.send('call weather {"city": "Köln"}')
    assert wait_until_idle(host, answer["chat_id"]) == "awaiting_input"
    chat = talker.get_chat()
    assert chat["active_run"]["state"] == "input_required"
    assert chat["pending_interrupts"][0]["reason"] == "client_tool"
    [call] = chat["chat_messages"][-1]["tool_invocations"]
    assert call["status"] == "awaiting_input" and call["function"]["arguments"] == {"city": "Köln"}
    picture = talker.upload_file("data:image/png;base64," + base64.b64encode(PNG).decode(), "plot.png")
    talker.submit_tool_result(call["id"], {"action": {"type": "confirm"}, "form_data": {"a": 1}}, [picture])
    wait_until_idle(host, answer["chat_id"])
    messages = talker.messages()
    said = text_of(last_answer(messages))
    # Behind it the stand-in describes the picture, which comes with a user's message of its own.
    result, _ = json.JSONDecoder().raw_decode(said.removeprefix("tool said: "))
    assert result == {"action": {"type": "confirm"}, "form_data": {"a": 1}}
    sent = standin.chats[-1]["messages"]
    assert [message["role"] for message in sent[-3:]] == ["assistant", "tool", "user"]
    assert sent[-1]["content"][-1]["type"] == "image_url"
    with pytest.raises(RuntimeError, match="Request failed|does not wait"):
        talker.submit_tool_result(call["id"], "again")


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def test_who_does_not_answer_a_tool_is_let_go(host, kind):
    agent = kind(host, {"core_app": {"ref": "chat-completions"}, "tools": [WEATHER]})
    began = time.monotonic()
    calls = []
    agent.send("call weather {}", on_tool_call=calls.append)
    assert len(calls) == 1 and time.monotonic() - began < 20
    assert agent.get_chat()["status"] == "awaiting_input"
    # Speaking on gives the tool up.
    messages = []
    agent.send("say: never mind", on_message=messages.append)
    assert text_of(last_answer(messages)).endswith('user: text "say: never mind"')


def test_a_run_hands_over_its_structured_output(host, kind):
    agent = kind(host, {"core_app": {"ref": "chat-completions"}, "output_schema": COUNT})
    output = agent.run('finish {"n": 7}', on_message=lambda _: None)
    assert output == {"n": 7}
    assert agent.get_chat()["status"] == "completed"
    # What is not of the schema is told to the model, which then may answer in words.
    assert agent.run("say: no count", on_message=lambda _: None) is None


def test_a_chat_is_stopped(agent, core, host):
    if core == "file-inspector":
        pytest.skip("it has answered before anybody could stop it")
    answer = agent.send("count 500 20")
    time.sleep(0.5)
    agent.stop_chat()
    chat = agent.get_chat()
    assert chat["status"] == "idle" and chat["active_run"]["state"] == "canceled"
    last = chat["chat_messages"][-1]
    assert last["id"] == answer["id"] and last["status"] == "cancelled"
    # It can be spoken in again.
    messages = []
    agent.send("say: on we go", on_message=messages.append)
    assert text_of(last_answer(messages)) == "on we go"


def test_messages_to_a_busy_agent_wait(host, kind):
    agent = kind(host, "okaris/assistant")
    agent.send("count 20 20")
    queued = host.client().data(
        "POST", "/agents/run", json={"chat_id": agent.chat_id, "input": {"text": "say: second"}})
    assert queued["assistant_message"] is None and queued["user_message"]["status"] == "queued"
    assert agent.send("say: third") is None
    wait_until_idle(host, agent.chat_id)
    page = host.client().data("GET", f"/chats/{agent.chat_id}/messages")
    texts = [text_of(message) for message in page["items"]]
    assert texts[1].startswith("word1 word2") and texts[2:] == ["say: second", "second", "say: third", "third"]


def test_a_context_is_settled_when_the_chat_begins(host, kind, standin):
    options = {
        "core_app": {"ref": "chat-completions"}, "system_prompt": "Help.",
        "context": [{"name": "city", "in_prompt": True, "required": True}],
    }
    agent = kind(host, options, {"city": "Bonn"})
    agent.send("say: x", on_message=lambda _: None)
    assert 'city: "Bonn"' in standin.chats[-1]["messages"][0]["content"]
    with pytest.raises(RuntimeError):
        kind(host, options).send("say: x")


def test_a_reset_agent_begins_another_chat(agent):
    first = agent.send("say: one")["chat_id"]
    agent.reset()
    assert agent.chat_id is None
    assert agent.send("say: two")["chat_id"] != first


def test_a_model_that_fails_fails_its_message(host, kind):
    agent = kind(host, "okaris/assistant")
    messages = []
    agent.send("fail 401", on_message=messages.append)
    last = last_answer(messages)
    assert last["status"] == "failed" and "key" in last["content"][0]["error"]
    assert agent.get_chat()["active_run"]["state"] == "failed"
    agent.send("break", on_message=messages.append)
    assert last_answer(messages)["status"] == "failed", "half an answer is none"
    agent.send("say: well again", on_message=messages.append)
    assert text_of(last_answer(messages)) == "well again"


@pytest.mark.parametrize("options", ["okaris/none", "okaris/assistant@aaaaaaaa", {"core_app": {"ref": "x/none"}}, {}])
def test_an_agent_that_is_not_there_is_refused(host, options):
    with pytest.raises(RuntimeError):
        Sync(host, options).send("hi")


def test_a_failed_attachment_never_sends_the_message(host, tmp_path):
    agent = Sync(host, "okaris/assistant")
    api = host.client()
    before = len(api.data("POST", "/chats/list", json={"limit": 1000})["items"])
    reference = agent.upload_file(b"x", "x.txt")
    for address in ("/etc/passwd", "inf://files/" + "a" * 26 + "/x", "data:nonsense", "file:///etc/passwd", ""):
        answer = api.post("/agents/run", json={
            "agent": "okaris/assistant", "input": {"text": "see", "attachments": [reference, {"uri": address}]}})
        assert answer.status_code == 422 and "/input/attachments/1" in answer.json()["detail"], answer.text
    assert len(api.data("POST", "/chats/list", json={"limit": 1000})["items"]) == before


@pytest.mark.parametrize("fault, amount", [("answer-put", 403), ("answer-put", 413), ("cut-put", 100_000)])
def test_an_upload_that_fails_on_the_way_never_sends_the_message(host, fault, amount):
    """The official client, in a chat and without one: it raises, and nothing was said."""
    agent = Sync(host, "okaris/inspector")
    agent.send("first")
    api = host.client()

    def said():
        return {
            id: [message["id"] for message in api.data("GET", f"/chats/{id}/messages?limit=100")["items"]]
            for id in api.all_ids("/chats/list")}

    before = said()
    with FaultProxy(host.port, fault, amount) as proxy:
        other = Sync(types.SimpleNamespace(key=host.key, base=proxy.base), "okaris/inspector")
        for chat in (None, agent.chat_id):
            if chat:
                other.agent._chat_id = chat
            with pytest.raises(Exception):
                other.send("never to be said", [b"small", bytes(1_000_000)])
        assert proxy.count("POST /agents/") == 0 and proxy.count("PUT") >= 2
    assert said() == before
