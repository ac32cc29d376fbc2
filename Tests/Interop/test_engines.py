# SPDX-License-Identifier: Apache-2.0
"""The official client's agents against a real engine of language models; scripts/test-engines builds and starts it."""

import base64
import os
import threading
import time

import pytest

from conftest import new_key
from ferry_process import FerryServer
from test_agents import Async, Sync, last_answer, text_of, wait_until_idle

CHAT_URL = os.environ.get("FERRY_ENGINE_CHAT_URL")
TEMPLATE = """\
namespace: engine
name: assistant
system_prompt: Be brief.
core_app: {ref: chat-completions, input: {max_tokens: 24, seed: 1}}
"""
ADHOC = {"core_app": {"ref": "chat-completions", "input": {"max_tokens": 24, "seed": 1}}, "name": "engine"}
PICK = {
    "name": "pick", "description": "Picks", "type": "client",
    "client": {"input_schema": {
        "type": "object", "properties": {"n": {"type": "integer", "enum": [7]}}, "required": ["n"]}},
}

pytestmark = [
    pytest.mark.skipif(not CHAT_URL, reason="no engine: run scripts/test-engines"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A server whose chat-completions app asks the engine."""
    folder = tmp_path_factory.mktemp("engine")
    (folder / "apps" / "assistant").mkdir(parents=True)
    (folder / "apps" / "assistant" / "agent.yml").write_text(TEMPLATE)
    running = FerryServer(
        folder, new_key(), "--apps-dir", str(folder / "apps"),
        environment={"FERRY_SECRET_OPENAI_BASE_URL": CHAT_URL}).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture(params=["engine/assistant", ADHOC], ids=["template", "ad-hoc"])
def agent(request, host, kind):
    return kind(host, request.param)


def test_an_answer_streams_and_is_whole(agent):
    messages, deltas = [], []
    answer = agent.send("hello", on_message=messages.append, on_delta=deltas.append)
    last = last_answer(messages)
    assert last["id"] == answer["id"] and last["status"] == "ready" and text_of(last).strip()
    assert len(deltas) > 1 and deltas[-1].output["response"] == text_of(last)
    chat = agent.get_chat()
    assert chat["status"] == "idle" and chat["active_run"]["state"] == "completed"


def test_text_attachments_of_every_form_are_read(agent, host):
    agent.send("read them", [
        b"red sail\n", base64.b64encode(b"a second note, longer").decode(),
        "data:text/plain;base64," + base64.b64encode(b"a third").decode(),
    ])
    assert wait_until_idle(host, agent.chat_id, seconds=120) == "idle"
    assert text_of(last_answer(agent.messages())).strip()
    reference = agent.upload_file(b"one more", "more.txt")
    assert reference["filename"] == "more.txt" and reference["size"] == 8
    # The second turn holds the first.
    agent.send("and now?")
    assert wait_until_idle(host, agent.chat_id, seconds=120) == "idle"
    chats, messages = [], []
    agent.stream_all(on_chat=chats.append, on_message=messages.append)
    assert chats[-1]["status"] == "idle" and last_answer(messages)["status"] == "ready"


def test_a_chat_is_stopped(host, kind):
    agent = kind(host, {"core_app": {"ref": "chat-completions", "input": {"max_tokens": 900}}})
    agent.send("go on for ever")
    time.sleep(0.2)
    agent.stop_chat()
    assert agent.get_chat()["status"] == "idle"


def test_a_tool_is_called_and_its_result_taken(host, kind):
    """A model of random weights calls what it is made to call, each time it is asked."""
    agent = kind(host, {
        "core_app": {"ref": "chat-completions", "input": {
            "max_tokens": 200, "tool_choice": {"mode": "function", "name": "pick"}}},
        "tools": [PICK],
    })
    calls = []

    def run(call):
        calls.append(call)
        if len(calls) > 1:
            return
        submit = agent.agent.submit_tool_result if kind is Sync else agent.uploader.submit_tool_result
        # The asynchronous face runs this within its loop.
        thread = threading.Thread(target=lambda: submit(call.id, "picked"))
        thread.start()
        thread.join()

    agent.send("pick a number", on_tool_call=run)
    last = agent.get_chat()["chat_messages"][-1]
    assert last["status"] == "ready", last["content"]
    assert [(call.name, call.args) for call in calls[:2]] == [("pick", {"n": 7})] * 2
    assert agent.get_chat()["status"] == "awaiting_input"
    agent.stop_chat()
    assert agent.get_chat()["status"] == "idle"
