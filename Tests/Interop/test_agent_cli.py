# SPDX-License-Identifier: Apache-2.0
"""`ferry agent send` as scripts use it: streaming, exit codes, and what stops an agent."""

import json
import os
import select
import signal
import subprocess
import time

import pytest

# The fixtures among these are found by their names.
from agent_cli import chat_of, eventually, ferry, holdings, host, leaves, running, said, standin
from fault_proxy import FaultProxy
from ferry_process import ferry_binary

RESULT_KEYS = {"chat_id", "message_id", "text", "status", "files", "output", "tool_calls"}


# ---------------------------------------------------------------- streams


def read_times(process, seconds=60):
    """The bytes of standard output as they come, each piece with its time."""
    pieces, deadline = [], time.monotonic() + seconds
    while True:
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        assert ready, "it does not end"
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            return pieces
        pieces.append((time.monotonic(), data))


def test_the_text_comes_while_it_is_written(ferry, standin):
    with running(ferry, "agent", "send", "okaris/assistant", "count 20 100") as process:
        pieces = read_times(process)
        assert process.wait(20) == 0
    text = b"".join(data for _, data in pieces).decode()
    assert text == " ".join(f"word{index}" for index in range(1, 21)) + "\n"
    assert pieces[-1][0] - pieces[0][0] > 1, "it came at once"
    assert len(pieces) >= 10, [data for _, data in pieces]


def test_json_is_one_object_at_the_end(ferry):
    done = ferry("agent", "send", "okaris/assistant", "say: hello there", "--json")
    assert done.code == 0, done.errors
    assert len(done.lines) == 1 and set(done.json) >= RESULT_KEYS
    assert done.json["text"] == "hello there" and done.json["status"] == "completed"
    assert done.json["files"] == [] and done.json["tool_calls"] == [] and done.json["output"] is None


def test_json_with_stream_is_a_line_for_each_event_as_it_comes(ferry, host):
    with running(ferry, "agent", "send", "okaris/assistant", "count 20 100", "--json", "--stream") as process:
        pieces = read_times(process)
        assert process.wait(20) == 0
    assert pieces[-1][0] - pieces[0][0] > 1, "it came at once"
    events = [json.loads(line) for line in b"".join(data for _, data in pieces).splitlines()]
    assert events[-1]["event"] == "result" and set(events[-1]) >= RESULT_KEYS
    assert {event["event"] for event in events[:-1]} >= {"chat", "message", "delta"}
    deltas = [event["data"] for event in events if event["event"] == "delta"]
    assert len(deltas) >= 10 and not any(delta["restart"] for delta in deltas)
    assert "".join(delta["delta"].get("response", "") for delta in deltas) == events[-1]["text"]
    last = [event["data"] for event in events if event["event"] == "message"][-1]
    assert last["id"] == events[-1]["message_id"] and last["status"] == "ready"
    assert said(host, events[-1]["chat_id"])[-1]["content"][0]["text"] == events[-1]["text"]


def test_cut_every_few_lines_a_stream_is_whole_and_nothing_comes_twice(ferry, host, standin):
    """200 increments through a proxy that cuts the connection again and again; the message is said once."""
    whole = " ".join(f"word{index}" for index in range(1, 201))
    asked = len(standin.chats)
    with FaultProxy(host.port, "cut-streams", 6000) as proxy:
        ferry.environment["INFERENCE_BASE_URL"] = proxy.base
        done = ferry("agent", "send", "okaris/assistant", "count 200 50", "--json", "--stream", limit=200)
        assert done.code == 0, done.errors
        cuts = proxy.cuts
        assert proxy.count("POST /agents/run") == 1
    assert cuts >= 5, "the proxy hardly cut anything"
    events = [json.loads(line) for line in done.lines]
    deltas = [event["data"] for event in events if event["event"] == "delta"]
    assert "".join(delta["delta"].get("response", "") for delta in deltas) == whole
    assert not any(delta["restart"] for delta in deltas)
    sequence = [delta["seq"] for delta in deltas]
    assert sequence == sorted(set(sequence)), "an increment came twice"
    assert events[-1]["text"] == whole
    messages = said(host, events[-1]["chat_id"])
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert len(standin.chats) == asked + 1, "the model was asked once"


# ---------------------------------------------------------------- exit codes


def test_an_agent_that_is_not_there_ends_with_4(ferry, host):
    before = holdings(host)
    for agent in ("okaris/none", "okaris/assistant@aaaaaaaa"):
        done = ferry("agent", "send", agent, "hi")
        assert done.code == 4, (done.code, done.errors)
        assert done.text == "" and agent.split("@")[0] in done.errors
    done = ferry("agent", "send", "okaris/none", "hi", "--json")
    assert done.code == 4 and done.json["error"]["code"] and done.json["error"]["message"]
    done = ferry("agent", "send", "okaris/assistant", "hi", "--chat", "c" * 26)
    assert done.code == 4, (done.code, done.errors)
    (ferry.folder / "x.txt").write_text("x")
    assert ferry("agent", "send", "okaris/none", "hi", "--file", "x.txt").code == 4
    leaves(host, before)


def test_who_may_not_is_refused_with_6(ferry, host):
    before = holdings(host)
    key = host.client().data(
        "POST", "/keys", json={"name": "files only", "scopes": ["files:read", "files:write"]})["key"]
    (ferry.folder / "x.txt").write_text("x")
    for key in (key, "inf_wrong"):
        ferry.environment["INFERENCE_API_KEY"] = key
        for more in ([], ["--file", "x.txt"]):
            done = ferry("agent", "send", "okaris/assistant", "hi", *more)
            assert done.code == 6, (done.code, done.errors)
            assert key not in done.errors and done.text == ""
    leaves(host, before)


def test_a_failed_answer_ends_with_1(ferry, host):
    for text in ("fail 401", "break"):
        done = ferry("agent", "send", "okaris/assistant", text)
        assert done.code == 1, (done.code, done.errors)
        assert chat_of(done.errors)
    done = ferry("agent", "send", "okaris/assistant", "fail 401", "--json")
    assert done.code == 1 and done.json["error"]["code"] == "task_failed" and "key" in done.json["error"]["message"]


@pytest.mark.parametrize("words", [
    ["okaris/assistant"], ["okaris/assistant", ""], ["", "hi"], ["okaris/assistant", "hi", "--file", ""],
    ["okaris/assistant", "hi", "--file", "@x"], ["okaris/assistant", "hi", "--stream"],
    ["okaris/assistant", "hi", "--context", "x"], ["okaris/assistant", "-", "--file", "-"],
    ["okaris/assistant", "hi", "--chat", ""], ["okaris/assistant", "hi", "there"],
    ["okaris/assistant", "hi", *["--file", "x"] * 21],
])
def test_what_makes_no_sense_ends_with_2_and_sends_nothing(ferry, host, words):
    before = holdings(host)
    done = ferry("agent", "send", *words)
    assert done.code == 2 and done.errors and done.text == "", (done.code, done.errors)
    assert holdings(host) == before


def test_a_server_that_is_not_there_ends_with_5(ferry):
    ferry.environment["INFERENCE_BASE_URL"] = "http://127.0.0.1:9"
    assert ferry("agent", "send", "okaris/assistant", "hi").code == 5


# ---------------------------------------------------------------- the end of interest


def stops(host, standin, chat):
    """The chat is at rest, its work stopped, and the model is asked no more."""
    api = host.client()
    eventually(lambda: api.data("GET", f"/chats/{chat}/status")["status"] != "busy", "the agent goes on")
    run = api.data("GET", f"/chats/{chat}")["active_run"]
    assert run["state"] == "canceled", run
    last = [record for record in standin.requests if record["path"] == "/v1/chat/completions"][-1]
    eventually(lambda: last["is_aborted"], "the model goes on")


def test_an_interruption_stops_the_agent(ferry, host, standin):
    for number in (signal.SIGINT, signal.SIGTERM):
        with running(ferry, "agent", "send", "okaris/assistant", "count 600 100") as process:
            first = os.read(process.stdout.fileno(), 65536)
            assert first.startswith(b"word")
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130 if number == signal.SIGINT else process.returncode != 0, errors
        stops(host, standin, chat_of(errors.decode()))


def test_a_reader_that_is_gone_stops_the_agent(ferry, host, standin):
    known = set(host.client().all_ids("/chats/list"))
    began = time.monotonic()
    done = subprocess.run(
        f"'{ferry_binary()}' agent send okaris/assistant 'count 600 100' | head -c 10", shell=True, cwd=ferry.folder,
        env=ferry.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.stdout == "word1 word", done.stderr
    assert time.monotonic() - began < 30, "it went on without a reader"
    [chat] = set(host.client().all_ids("/chats/list")) - known
    stops(host, standin, chat)
