# SPDX-License-Identifier: Apache-2.0
"""`ferry agent` when something is not as its user thinks: what it says, how it ends, and what it leaves as it was."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time

# The fixtures among these are found by their names.
from agent_cli import chat_of, eventually, ferry, holdings, host, leaves, running, said, standin
from ferry_process import ferry_binary


def asked(ferry, *more):
    """A chat whose agent waits for a tool of the client's."""
    done = ferry("agent", "send", "okaris/guide", 'call lookup {"city": "Oslo"}', *more, "--json")
    assert done.code == 0, done.errors
    [call] = done.json["tool_calls"]
    return done.json["chat_id"], call["id"]


def test_a_result_for_another_chat_is_not_given(ferry, host):
    chat, call = asked(ferry)
    other = ferry("agent", "send", "okaris/assistant", "say: x", "--json").json["chat_id"]
    before = holdings(host)
    (ferry.folder / "x.txt").write_text("x")
    for wrong in (other, "c" * 26, "../files"):
        done = ferry("agent", "result", call, "42", "--chat", wrong, "--file", "x.txt")
        assert done.code == 4, (wrong, done.code, done.errors)
        assert done.text == ""
    assert "not given" in ferry("agent", "result", call, "42", "--chat", other).errors
    assert holdings(host) == before
    assert host.client().data("GET", f"/chats/{chat}/status")["status"] == "awaiting_input"
    done = ferry("agent", "result", call, "42", "--chat", chat)
    assert (done.code, done.text) == (0, "tool said: 42\n"), done.errors


def test_while_another_call_is_open_a_result_is_taken_at_once(ferry):
    """Nothing else will happen, so nothing is waited for; the call that is open is named, and no call made up."""
    done = ferry("agent", "send", "okaris/guide", "call two", "--json")
    chat, (first, second) = done.json["chat_id"], [call["id"] for call in done.json["tool_calls"]]
    began = time.monotonic()
    done = ferry("agent", "result", first, "1", "--chat", chat)
    assert done.code == 0 and done.text == "", done.errors
    assert time.monotonic() - began < 5, "it waited"
    assert f"ferry agent result {second} " in done.errors and "the agent calls" not in done.errors, done.errors
    done = ferry("agent", "result", first, "1", "--no-wait", "--json")
    assert done.code == 6, "it has its result"
    done = ferry("agent", "result", second, "2", "--chat", chat, "--json")
    assert done.code == 0 and done.json["status"] == "completed" and done.json["tool_calls"] == [], done.errors


def test_a_result_that_is_not_waited_for_is_told_as_json(ferry):
    _, call = asked(ferry)
    done = ferry("agent", "result", call, "42", "--no-wait", "--json")
    assert done.code == 0 and done.json["call_id"] == call and done.json["status"] == "completed", done.errors


def test_a_chat_goes_on_without_its_agent_being_named(ferry, standin):
    """What an agent is made of is settled when its chat begins: flags that could not count are refused."""
    done = ferry("agent", "send", "--core-app", "chat-completions", "--system", "OLD", "say: one", "--json")
    chat = done.json["chat_id"]
    done = ferry("agent", "send", "say: two", "--chat", chat)
    assert (done.code, done.text) == (0, "two\n"), done.errors
    assert standin.chats[-1]["messages"][0] == {"role": "system", "content": "OLD"}
    asked = len(standin.chats)
    for flags in (["--core-app", "file-inspector"], ["--core-app", "chat-completions", "--system", "NEW"],
                  ["--core-app", "chat-completions", "--schema", '{"type":"object"}'], ["--context", "a=b"]):
        done = ferry("agent", "send", "say: three", "--chat", chat, *flags)
        assert done.code == 2 and flags[0] in done.errors and "leave it out" in done.errors, done.errors
    assert ferry("agent", "send", "okaris/assistant", "say: three", "--chat", chat).code == 2
    assert len(standin.chats) == asked


def test_what_an_agent_found_is_shown_when_its_chat_goes_on(ferry):
    schema = '{"type":"object","properties":{"n":{"type":"integer"}}}'
    done = ferry("agent", "send", "--core-app", "chat-completions", "--schema", schema, "say: nothing", "--json")
    assert done.code == 1 and "no result that fits" in done.json["error"]["message"], done.errors
    done = ferry("agent", "send", 'finish {"n": 2}', "--chat", done.json["error"]["chat_id"], "-q")
    assert (done.code, done.text) == (0, '{"n":2}\n'), done.errors


def test_who_leaves_while_his_message_waits_leaves_the_others_alone(ferry, host):
    """An interruption of a command whose turn has not come leaves the agent at work on what others said."""
    with running(ferry, "agent", "send", "okaris/assistant", "count 60 100") as process:
        assert os.read(process.stdout.fileno(), 65536).startswith(b"word")
        [chat] = [chat["id"] for chat in host.client().data("POST", "/chats/list", json={})["items"]
                  if chat["status"] == "busy"]
        with running(ferry, "agent", "send", "okaris/assistant", "say: late", "--chat", chat) as late:
            eventually(lambda: len(said(host, chat)) == 3, "it does not wait its turn")
            time.sleep(0.5)
            late.send_signal(signal.SIGINT)
            text, errors = late.communicate(timeout=20)
            assert late.returncode == 130 and text == b"" and b"ferry agent get " in errors, errors
        rest, errors = process.communicate(timeout=60)
        assert process.returncode == 0 and rest.endswith(b"word60\n"), (rest[-100:], errors)


def test_quiet_or_not_it_says_that_a_tool_is_waited_for(ferry):
    for flags in ([], ["-q"]):
        done = ferry("agent", "send", "okaris/guide", 'call lookup {"city": "Oslo"}', *flags)
        assert done.code == 0, done.errors
        assert "ferry agent result " in done.errors and "Oslo" in done.errors, (flags, done.errors)


def test_a_link_with_a_password_is_refused_without_it(ferry, host):
    before = holdings(host)
    done = ferry("agent", "send", "okaris/assistant", "hi", "--file", "https://someone:hunter2@example.org/x.png")
    assert done.code == 6 and "hunter2" not in done.errors and "someone" not in done.errors, done.errors
    assert "user name" in done.errors and "AgentFile" not in done.errors, done.errors
    done = ferry("agent", "send", "okaris/assistant", "hi", "--file", "https://")
    assert done.code == 6 and "no complete http" in done.errors, done.errors
    assert holdings(host) == before


def test_an_empty_standard_input_is_called_that(ferry):
    (ferry.folder / "x.txt").write_text("x")
    for words, code in (([], 2), (["--file", "x.txt"], 0)):
        done = ferry("agent", "send", "ferry/file-inspector", "-", *words)
        assert done.code == code, done.errors
        assert ("standard input is empty" in done.errors) == (code == 2), done.errors


def test_a_schema_that_is_none_is_refused_before_anything_is_sent(ferry, host):
    before = holdings(host)
    (ferry.folder / "list.json").write_text("[]")
    for schema in ("[]", '"object"', "{bad", "@list.json"):
        done = ferry("agent", "send", "--core-app", "chat-completions", "--schema", schema, "hi")
        assert done.code == 2 and ("--schema" in done.errors or "list.json" in done.errors), done.errors
    for schema in ('{"type":"banana"}', '{"type":"object","properties":{"n":{"type":"intger"}}}'):
        done = ferry("agent", "send", "--core-app", "chat-completions", "--schema", schema, "hi")
        assert done.code == 6 and "--schema /" in done.errors and "agent_config" not in done.errors, done.errors
    assert holdings(host) == before


def test_one_chat_that_is_not_there_does_not_save_the_others(ferry, host):
    first, second = (
        ferry("agent", "send", "okaris/assistant", "say: x", "--json").json["chat_id"] for _ in range(2))
    done = ferry("agent", "stop", "nosuch", first)
    assert done.code == 4 and done.lines == [f"stopped {first}"] and "nosuch" in done.errors, done.errors
    done = ferry("agent", "delete", first, "nosuch", second)
    assert done.code == 4 and done.lines == [f"deleted {first}", f"deleted {second}"], done.errors
    assert "nosuch" in done.errors and "1 of 3 chats" in done.errors, done.errors
    assert not {first, second} & set(host.client().all_ids("/chats/list"))


def test_a_bad_address_is_called_by_what_holds_it(ferry):
    ferry.environment["INFERENCE_BASE_URL"] = "nonsense"
    done = ferry("agent", "list")
    assert done.code == 6 and "INFERENCE_BASE_URL must be" in done.errors, done.errors
    done = ferry("agent", "list", "--base-url", "nonsense")
    assert done.code == 6 and "--base-url must be" in done.errors, done.errors


def test_a_failure_in_a_chat_names_the_chat(ferry, host):
    done = ferry("agent", "send", "okaris/assistant", "fail 401", "--json")
    assert done.code == 1, done.errors
    assert said(host, done.json["error"]["chat_id"])[0]["content"][0]["text"] == "fail 401"


def test_a_stored_file_that_is_gone_ends_with_4_everywhere(ferry, host):
    """Exit code 4 is that of a missing file, whether it is to be fetched, attached or given to an app."""
    (ferry.folder / "x.txt").write_text("x")
    record = ferry("upload", "x.txt", "--json").json
    assert ferry("file", "delete", record["id"]).code == 0
    chat, call = asked(ferry)
    before = holdings(host)
    for words in (
            ["agent", "send", "okaris/assistant", "hi", "--file", "x.txt", "--file", record["uri"]],
            ["agent", "result", call, "42", "--chat", chat, "--file", record["uri"]],
            ["run", "image-processor", "--file", f"image={record['uri']}"], ["download", record["uri"]]):
        done = ferry(*words, "--json")
        assert done.code == 4, (words, done.code, done.text, done.errors)
        assert "file" in done.json["error"]["message"], done.text
        leaves(host, before)
    assert host.client().data("GET", f"/chats/{chat}/status")["status"] == "awaiting_input"


def test_a_text_is_measured_as_it_was_written(ferry, standin):
    """The limit is 256 KiB of text, whatever its lines and quotes take as JSON."""
    lines, letters = '"\n' * (128 << 10), "\N{GREEK SMALL LETTER ALPHA}" * (128 << 10)
    for text, code in ((lines, 0), (lines + "x", 6), (letters, 0)):
        (ferry.folder / "text").write_text(text)
        done = subprocess.run(
            f"'{ferry_binary()}' agent send okaris/assistant - < text", shell=True, cwd=ferry.folder,
            env=ferry.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        if code == 0:
            assert standin.chats[-1]["messages"][-1]["content"] == text
        else:
            assert "ferry: TEXT: longer than 262144 bytes" in done.stderr, done.stderr


def test_an_app_that_does_not_chat_is_called_that(ferry):
    done = ferry("agent", "send", "image-processor", "hi")
    assert done.code == 4 and "ferry/image-processor does not chat" in done.errors, done.errors


def read_until(descriptor, words, seconds=60):
    """What a terminal shows until the words are there, or its program has ended."""
    shown, deadline = b"", time.monotonic() + seconds
    while words not in shown:
        ready, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
        assert ready, (words, shown)
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # Linux: the last one that had the terminal open is gone.
            data = b""
        if not data:
            return shown
        shown += data
    return shown


def test_an_interruption_at_a_terminal_says_how_to_go_on(ferry):
    """Control-C itself, typed at a terminal: the line that was begun ends, and the chat is named."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [ferry_binary(), "agent", "send", "okaris/assistant", "count 600 100"], cwd=ferry.folder,
        env=ferry.environment | {"TERM": "xterm"}, stdin=follower, stdout=follower, stderr=follower,
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    try:
        os.close(follower)
        shown = read_until(leader, b"word3 ")
        os.write(leader, b"\x03")
        shown += read_until(leader, b"never there")
        assert process.wait(20) == 128 + signal.SIGINT
        chat = chat_of(shown.decode().replace("\r\n", "\n"))
        last = shown.decode().rstrip().split("\r\n")[-1]
        assert last == f"ferry: stopped chat {chat}; to go on with it, use --chat {chat}", shown
    finally:
        process.kill()
        process.wait()
        os.close(leader)
