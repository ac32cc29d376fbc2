# SPDX-License-Identifier: Apache-2.0
"""The text of a chat is text: wherever it stands, neither the command nor the server nor an app looks for a file of its
name. Commands and server run under strace, which must be there."""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import time

import pytest

from chat_standin import ChatStandin
from ferry_process import FerryServer, clean_environment, ferry_binary

SECRET = "the-content-of-a-file-that-nobody-attached"
TRACE = ["strace", "-f", "-qq", "-e", "trace=%file", "-s", "8192"]
# The program that is started is a path; the words it is started with are none.
STARTED = re.compile(r'execve(?:at)?\([^"]*("(?:[^"\\]|\\.)*")')

TEMPLATE = """\
namespace: okaris
name: {name}
description: {text}
system_prompt: {text}
example_prompts: [{text}]
context: [{{name: place, in_prompt: true}}]
core_app: {{ref: chat-completions}}
tools:
  - name: look
    description: {text}
    type: client
    client: {{input_schema: {{type: object, properties: {{path: {{type: string}}}}}}}}
"""


def paths(log):
    """The lines of a trace, without the words that programs were started with."""
    for line in log.read_text(errors="replace").splitlines():
        started = STARTED.search(line)
        yield started[1] if started else line


def touched(log, *words):
    """The lines of a trace that hold one of the words."""
    return [line for line in paths(log) if any(word in line for word in words)][:5]


class Place:
    """Files of a name that nothing else has, and texts that name them in every way."""

    def __init__(self, folder, home):
        self.token = "text" + secrets.token_hex(8)
        self.name = f"{self.token}.txt"
        self.path = str(folder / self.name)
        for where in (folder, home):
            (where / self.name).write_text(SECRET)
        self.encoded = base64.b64encode(self.path.encode()).decode()
        self.texts = [
            self.path, "~/" + self.name, self.name, "./" + self.name, f"../{folder.name}/{self.name}",
            "~root/" + self.name, "$HOME/" + self.name, "file://" + self.path, "file:" + self.name, "@" + self.path,
            "@" + self.name, "@~/" + self.name, "/proc/self/root" + self.path, f"data:text/plain,{self.token}",
            f"data:text/plain;base64,{self.encoded}", self.encoded, json.dumps({"path": self.path}),
            json.dumps({"uri": "~/" + self.name, "filename": "x"}), f"see {self.path} and ~/{self.name}",
            f"![picture]({self.path})", f"{self.path}\n~/{self.name}\n",
        ]

    def untouched(self, log):
        """Fails if a file of these was looked for; the ends of base64 text may have been cut off."""
        found = touched(log, self.token, self.encoded[:32])
        assert not found, found


class Bench:
    """A server under strace, with a model server, and commands under strace."""

    def __init__(self, folder, standin):
        self.folder, self.standin = folder, standin
        self.home, self.work = folder / "home", folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        self.template = Place(self.work, self.home)
        # One template for each of the ways to write a path that are plain in YAML; the strings are JSON's.
        for index, text in enumerate(self.template.texts):
            (folder / "apps" / f"t{index}").mkdir(parents=True)
            written = TEMPLATE.format(name=f"t{index}", text=json.dumps(text))
            (folder / "apps" / f"t{index}" / "agent.yml").write_text(written)
        self.log = folder / "server.trace"
        program = folder / "traced-ferry"
        # With -D the process that is started is the server itself, so that signals reach it.
        program.write_text(f'#!/bin/sh\nexec {" ".join(TRACE)} -D -o "{self.log}" "{ferry_binary()}" "$@"\n')
        program.chmod(0o755)
        self.server = FerryServer(
            folder, "inf_chat_text_of_these_tests", "--apps-dir", str(folder / "apps"), program=str(program),
            environment={**standin.environment, "HOME": str(self.home)}).start()
        self.api = self.server.client()
        self.environment = clean_environment(
            INFERENCE_BASE_URL=self.server.base, INFERENCE_API_KEY=self.server.key, HOME=str(self.home), NO_PROXY="*")
        self.runs = 0

    def place(self):
        return Place(self.work, self.home)

    def ferry(self, place, *arguments, code=0, stdin=""):
        """Runs a command that must not touch the place; its last line as JSON."""
        self.runs += 1
        log = self.folder / f"command-{self.runs}.trace"
        done = subprocess.run(
            [*TRACE, "-o", str(log), ferry_binary(), *arguments, "--json"], cwd=self.work, env=self.environment,
            input=stdin, capture_output=True, text=True, timeout=120)
        assert (done.returncode == 0) == (code == 0), (arguments, done.stdout, done.stderr)
        assert touched(log, "libc"), "the trace is empty"
        place.untouched(log)
        assert SECRET not in done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def say(self, place, *arguments, **options):
        return self.ferry(place, "agent", "send", *arguments, **options)

    def first(self, answer):
        """The content of the first message of the chat."""
        return self.api.data("GET", f"/chats/{answer['chat_id']}/messages")["items"][0]["content"]

    def server_trace(self):
        """The server's trace up to now: a file that is stored now stands at its end."""
        before = self.server.stored_files()
        record = self.api.upload(secrets.token_bytes(64), filename="mark.bin")
        names = [os.path.basename(path) for path in self.server.stored_files() - before]
        assert names
        deadline = time.monotonic() + 10
        while not touched(self.log, *names):
            assert time.monotonic() < deadline, "the server's trace does not show what it stores"
            time.sleep(0.05)
        assert self.api.delete(f"/files/{record['id']}").ok
        return self.log

    def server_looked_for_nothing(self, place, files):
        place.untouched(self.server_trace())
        assert self.files() == files, "something was uploaded"
        assert SECRET not in json.dumps(self.standin.chats)

    def files(self):
        return sorted(self.api.all_ids("/files/list"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    assert shutil.which("strace"), "strace is not installed; scripts/install-packages --tests does that"
    with ChatStandin() as standin:
        bench = Bench(tmp_path_factory.mktemp("text"), standin)
        try:
            yield bench
            bench.server.stop()
        finally:
            bench.server.kill()


def test_the_traces_see_what_is_looked_for(bench):
    """A file that is attached is in the command's trace, and templates and workers are in the server's: the other tests
    could fail."""
    place = bench.place()
    (bench.work / place.name).write_text("attached, and no secret")
    log = bench.folder / "attached.trace"
    done = subprocess.run(
        [*TRACE, "-o", str(log), ferry_binary(), "agent", "send", "chat-completions", "say: x", "--file", place.path],
        cwd=bench.work, env=bench.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert touched(log, place.token)
    with pytest.raises(AssertionError):
        place.untouched(log)
    trace = bench.server_trace()
    assert touched(trace, "t0/agent.yml"), "the server reads its templates"
    assert [line for line in paths(trace) if "ferry-builtin-apps" in line], "the workers are traced too"


@pytest.mark.parametrize("agent", ["ferry/file-inspector", "chat-completions"])
def test_no_message_is_looked_up(bench, agent):
    place, files = bench.place(), bench.files()
    for text in place.texts:
        answer = bench.say(place, agent, text)
        assert bench.first(answer) == [{"type": "text", "text": text}], "as it is, and nothing beside it"
        if agent == "chat-completions":
            assert bench.standin.chats[-1]["messages"][-1] == {"role": "user", "content": text}
    bench.server_looked_for_nothing(place, files)


def test_no_message_of_standard_input_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts[:3]:
        assert bench.first(bench.say(place, "chat-completions", "-", stdin=text)) == [{"type": "text", "text": text}]
    bench.server_looked_for_nothing(place, files)


def test_no_answer_of_a_model_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts:
        assert bench.say(place, "chat-completions", f"say: {text}")["text"] == text
    bench.server_looked_for_nothing(place, files)


def test_no_system_prompt_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts:
        bench.say(place, "--core-app", "chat-completions", "--system", text, "say: x")
        assert bench.standin.chats[-1]["messages"][0] == {"role": "system", "content": text}
    bench.server_looked_for_nothing(place, files)


def test_no_value_of_a_context_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts:
        answer = bench.say(place, "okaris/t0", "say: x", "--context", f"place={text}", "--context", f"other={text}")
        assert bench.api.data("GET", f"/chats/{answer['chat_id']}")["context"] == {"place": text, "other": text}
        assert json.dumps(text) in bench.standin.chats[-1]["messages"][0]["content"], "it is told to the model"
    bench.server_looked_for_nothing(place, files)


def test_no_words_of_a_template_are_looked_up(bench):
    """Description, prompt and tools of templates; to the command they come from the server."""
    place, files = bench.template, bench.files()
    bench.ferry(place, "agent", "list", "--all")
    for index, text in enumerate(place.texts):
        bench.say(place, f"okaris/t{index}", "say: x")
        body = bench.standin.chats[-1]
        assert body["messages"][0]["content"].startswith(text.strip())
        assert body["tools"][0]["function"]["description"] == text
    bench.server_looked_for_nothing(place, files)


def test_no_argument_and_no_result_of_a_tool_is_looked_up(bench):
    """The arguments come from the model, the results from the command line."""
    place, files = bench.place(), bench.files()
    for text in place.texts:
        asked = bench.say(place, "okaris/t0", "call look " + json.dumps({"path": text}))
        [call] = asked["tool_calls"]
        assert call["arguments"] == {"path": text}
        answer = bench.ferry(place, "agent", "result", call["id"], text, "--chat", asked["chat_id"])
        assert answer["text"] == f"tool said: {text}"
        assert bench.standin.chats[-1]["messages"][-1]["content"] == text
    bench.server_looked_for_nothing(place, files)


def test_no_structured_output_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts[:6]:
        schema = {"type": "object", "description": text, "properties": {"path": {"type": "string", "default": text}}}
        asked = "finish " + json.dumps({"path": text})
        answer = bench.say(place, "--core-app", "chat-completions", "--schema", json.dumps(schema), asked)
        assert answer["output"] == {"path": text}
    bench.server_looked_for_nothing(place, files)


def test_no_name_of_an_agent_or_a_chat_is_looked_up(bench):
    place, files = bench.place(), bench.files()
    for text in place.texts[:6]:
        bench.say(place, text, "hi", code=4)
        bench.say(place, "okaris/t0", "hi", "--chat", text, code=4)
    bench.server_looked_for_nothing(place, files)


def test_no_setting_of_a_core_app_is_looked_up(bench):
    """Setup and input of the core app, under names that apps use for files, too: taken as text, or refused."""
    place, files = bench.place(), bench.files()
    taken = 0
    for text in place.texts[:6]:
        for member in ("setup", "input"):
            for key in ("note", "model", "system_prompt", "file", "image", "images", "files", "attachments", "context"):
                value = [text] if key in ("images", "files", "attachments", "context") else text
                core = {"ref": "ferry/file-inspector", member: {key: value}}
                answer = bench.api.post(
                    "/agents/run", json={"agent_config": {"core_app": core}, "input": {"text": "hi"}})
                assert answer.ok or 400 <= answer.status_code < 500, answer.text
                if not answer.ok:
                    continue
                taken += 1
                chat = answer.json()["data"]["user_message"]["chat_id"]
                deadline = time.monotonic() + 60
                while bench.api.data("GET", f"/chats/{chat}/status")["status"] == "busy":
                    assert time.monotonic() < deadline, "the chat stays busy"
                    time.sleep(0.02)
                items = bench.api.data("GET", f"/chats/{chat}/messages")["items"]
                assert SECRET not in json.dumps(items)
    assert taken >= 6, "hardly anything got through to an app"
    bench.server_looked_for_nothing(place, files)
