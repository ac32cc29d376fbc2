# SPDX-License-Identifier: Apache-2.0
"""Files that go with `ferry agent send`: all of them, in order, or no message at all."""

import json
import os
import signal
import subprocess

import pytest

# The fixtures among these are found by their names.
from agent_cli import chat_of, eventually, ferry, holdings, host, leaves, running, said, standin
from fault_proxy import FaultProxy
from ferry_process import ferry_binary


def test_files_go_with_a_message_in_the_order_given(ferry, host, standin):
    names = [f"{index}.txt" for index in (3, 1, 2)]
    for name in names:
        # The first one takes longest.
        (ferry.folder / name).write_text(f"text of {name} " * (40_000 if name == "3.txt" else 1))
    files = [*names, "data:text/plain,text%20of%20the%20link", "1.txt"]
    words = [word for file in files for word in ("--file", file)]
    done = ferry("agent", "send", "okaris/assistant", "what are these?", *words)
    assert done.code == 0, done.errors
    chat = chat_of(done.errors)
    parts = said(host, chat)[0]["content"]
    assert parts[0] == {"type": "text", "text": "what are these?"}
    assert [part["filename"] for part in parts[1:4]] == names and parts[5]["filename"] == "1.txt"
    seen = [part["text"] for part in standin.chats[-1]["messages"][-1]["content"] if part["type"] == "text"][1:]
    wanted = ["text of 3.txt", "text of 1.txt", "text of 2.txt", "text of the link", "text of 1.txt"]
    assert len(seen) == 5 and all(words in text for words, text in zip(wanted, seen)), seen


def test_standard_input_is_a_file_or_the_text(ferry, host):
    for words, place in ((["look", "--file", "-"], 1), (["-"], 0)):
        done = subprocess.run(
            [ferry_binary(), "agent", "send", "okaris/inspector", *words, "--json"], cwd=ferry.folder,
            env=ferry.environment, input=b"out of the pipe", capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        part = said(host, json.loads(done.stdout)["chat_id"])[0]["content"][place]
        if place:
            assert host.client().data("GET", "/files/" + part["file"].split("/")[3])["size"] == len("out of the pipe")
        else:
            assert part["text"] == "out of the pipe"


def test_a_chat_goes_on_with_its_files_and_its_past(ferry, host, standin):
    (ferry.folder / "notes.txt").write_text("the notes")
    first = ferry("agent", "send", "okaris/assistant", "say: one", "--file", "notes.txt", "--json")
    assert first.code == 0, first.errors
    chat = first.json["chat_id"]
    chats = host.client().all_ids("/chats/list")
    second = ferry("agent", "send", "okaris/assistant", "say: two", "--chat", chat, "--json")
    assert second.code == 0, second.errors
    assert second.json["chat_id"] == chat and second.json["text"] == "two"
    assert host.client().all_ids("/chats/list") == chats, "no other chat was begun"
    assert [message["role"] for message in said(host, chat)] == ["user", "assistant"] * 2
    past = [message for message in standin.chats[-1]["messages"] if message["role"] != "system"]
    assert [message["role"] for message in past] == ["user", "assistant", "user"]
    assert "the notes" in json.dumps(past[0])


@pytest.fixture
def spoken(ferry, host):
    """A chat that a failed message must leave alone, with a file."""
    (ferry.folder / "good.txt").write_text("good")
    done = ferry("agent", "send", "okaris/inspector", "hi", "--file", "good.txt", "--json")
    assert done.code == 0, done.errors
    return done.json["chat_id"]


def fails(ferry, host, chat, files, code, name, number=2):
    """The message with these files is not sent, in a chat or without one, and leaves nothing."""
    before = holdings(host)
    words = [word for file in files for word in ("--file", str(file))]
    for more in ([], ["--chat", chat]):
        done = ferry("agent", "send", "okaris/inspector", "never to be said", *words, *more)
        assert done.code == code, (done.code, done.errors)
        lines = [line for line in done.errors.splitlines() if not line.startswith("ferry: using ")]
        assert len(lines) == 1 and name in lines[0], done.errors
        assert f"file {number} (" in lines[0] or number is None, done.errors
        assert done.text == "", "the standard output is the answer's"
    leaves(host, before)
    quiet = ferry("agent", "send", "okaris/inspector", "never to be said", *words, "--json")
    assert quiet.code == code and quiet.json["error"]["code"] and name in quiet.json["error"]["message"]
    leaves(host, before)


@pytest.mark.parametrize("kind", ["missing", "folder", "device", "broken-link", "data-uri", "address"])
def test_a_file_that_cannot_be_read_stops_the_message(ferry, host, spoken, kind):
    """The command ends with 4 or 6, names the file, and the server has heard of nothing."""
    (ferry.folder / "a folder").mkdir()
    (ferry.folder / "a link").symlink_to("nowhere")
    file, code, name, number = {
        "missing": ("none.txt", 4, "none.txt", None), "folder": ("a folder", 6, "a folder", None),
        "device": ("/dev/null", 6, "/dev/null", None), "broken-link": ("a link", 4, "a link", None),
        "data-uri": ("data:text/plain;base64,*", 6, "data: URI", 2),
        "address": ("inf://files/" + "a" * 26 + "/gone.txt", 4, "gone.txt", 2),
    }[kind]
    fails(ferry, host, spoken, ["good.txt", file], code, name, number)


def test_a_file_that_the_server_refuses_stops_the_message(ferry, host, spoken):
    """A key that may not upload: exit code 6."""
    key = host.client().data(
        "POST", "/keys", json={"name": "reader", "scopes": ["files:read", "apps:execute"]})["key"]
    ferry.environment["INFERENCE_API_KEY"] = key
    assert ferry("agent", "send", "okaris/inspector", "hi", "--no-wait").code == 0, "it may speak"
    fails(ferry, host, spoken, ["good.txt"], 6, "good.txt", 1)


@pytest.mark.parametrize("status, code", [(403, 6), (413, 6), (415, 6)])
def test_a_file_that_is_refused_on_the_way_stops_the_message(ferry, host, spoken, status, code):
    """Something in front of the server takes no such file: too large, for instance."""
    (ferry.folder / "large.bin").write_bytes(os.urandom(300_000))
    with FaultProxy(host.port, "answer-put", status) as proxy:
        ferry.environment["INFERENCE_BASE_URL"] = proxy.base
        fails(ferry, host, spoken, ["good.txt", "large.bin"], code, "large.bin")
        assert proxy.count("POST /agents/run") == 0
        assert proxy.count("PUT") > 0, "the file was on its way"


@pytest.mark.parametrize("source", ["path", "pipe"])
def test_a_file_whose_upload_is_cut_stops_the_message(ferry, host, spoken, source):
    """The connection breaks in the middle of the upload, each time it is tried: exit code 5."""
    (ferry.folder / "large.bin").write_bytes(os.urandom(6 << 20))
    before = holdings(host)
    with FaultProxy(host.port, "cut-put", 200_000) as proxy:
        ferry.environment["INFERENCE_BASE_URL"] = proxy.base
        command = f"'{ferry_binary()}' agent send okaris/inspector 'never to be said' --file good.txt --file "
        command = f"{command} large.bin" if source == "path" else f"cat large.bin | {command} -"
        done = subprocess.run(
            command, shell=True, cwd=ferry.folder, env=ferry.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 5, (done.returncode, done.stderr)
        assert "file 2 (" in done.stderr and (source == "pipe" or "large.bin" in done.stderr), done.stderr
        assert done.stdout == ""
        assert proxy.cuts >= (2 if source == "path" else 1), "a file is sent again, a pipe cannot be"
        assert proxy.count("POST /agents/run") == 0
    leaves(host, before)


def test_an_interrupted_upload_says_nothing(ferry, host, spoken):
    """SIGINT while the file goes up: 130, no message, no file."""
    before = holdings(host)
    words = ["agent", "send", "okaris/inspector", "never to be said", "--file", "-"]
    with running(ferry, *words, stdin=subprocess.PIPE) as process:
        process.stdin.write(b"x" * 300_000)
        process.stdin.flush()
        eventually(lambda: len(host.client().all_ids("/files/list")) > len(before[1]), "the upload does not begin")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    leaves(host, before)
