# SPDX-License-Identifier: Apache-2.0
"""What the tests of `ferry agent send` share: a server with agents, commands, and what a server holds."""

import contextlib
import subprocess
import time

import pytest

from chat_standin import ChatStandin
from cli import CommandLine
from ferry_process import FerryServer, ferry_binary
from test_agents import ASSISTANT, INSPECTOR

GUIDE = """\
namespace: okaris
name: guide
core_app: {ref: chat-completions}
tools:
  - {name: lookup, type: client, client: {input_schema: {type: object, properties: {city: {type: string}}}}}
"""


@pytest.fixture(scope="module")
def standin():
    with ChatStandin() as running:
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory, standin):
    """A server with templates of agents, whose adapter talks to the stand-in."""
    folder = tmp_path_factory.mktemp("agent-cli")
    for name, text in (("assistant", ASSISTANT), ("inspector", INSPECTOR), ("guide", GUIDE)):
        (folder / "apps" / name).mkdir(parents=True)
        (folder / "apps" / name / "agent.yml").write_text(text)
    running = FerryServer(
        folder, "inf_agent_cli_of_these_tests", "--apps-dir", str(folder / "apps"),
        environment=standin.environment).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()


@pytest.fixture
def ferry(tmp_path, host):
    return CommandLine(tmp_path, host)


@contextlib.contextmanager
def running(ferry, *arguments, **options):
    """A command while it runs."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen(
            [ferry_binary(), *map(str, arguments)], cwd=ferry.folder, env=ferry.environment, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def eventually(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return value


def holdings(host):
    """What a message leaves on a server: the chats with their messages, the files, the stored bytes."""
    api = host.client()
    chats = {
        id: [message["id"] for message in api.data("GET", f"/chats/{id}/messages?limit=100")["items"]]
        for id in api.all_ids("/chats/list")}
    return chats, sorted(api.all_ids("/files/list")), host.stored_files()


def leaves(host, before):
    """What the server holds is what it held before."""
    try:
        eventually(lambda: holdings(host) == before, "the message left something")
    except AssertionError:
        chats, files, stored = holdings(host)
        new = {id: said(host, id) for id in chats if chats[id] != before[0].get(id)}
        assert (new, set(files) ^ set(before[1]), stored ^ before[2]) == ({}, set(), set())


def said(host, chat):
    return host.client().data("GET", f"/chats/{chat}/messages?limit=100")["items"]


def chat_of(errors):
    [line] = [line for line in errors.splitlines() if line.startswith("chat: ")]
    return line.removeprefix("chat: ")
