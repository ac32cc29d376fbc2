# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one server for the session, clients for it, and a check that a rejection left nothing behind."""

import json
import os
import secrets
import signal
import threading
import time

import pytest

from app_folders import link_all, share_environments
from cli import CommandLine
from ferry_process import FerryServer, clean_environment
from samples import photo
from sdk import AsyncSDK, SyncSDK

# The clients under test read the environment too (proxies, keys, ~/.netrc).
for _name in set(os.environ) - set(clean_environment()) - {"FERRY_BIN", "FERRY_TEST_SWIFT_APPS"}:
    if not _name.startswith("FERRY_ENGINE_"):
        del os.environ[_name]
os.environ["NO_PROXY"] = "127.0.0.1"
os.environ["NETRC"] = os.devnull


def new_key():
    return "inf_test_" + secrets.token_hex(24)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server for the whole session. At the end SIGTERM must end it with exit code 0, and its log must not
    hold the key."""
    running = FerryServer(tmp_path_factory.mktemp("server"), new_key()).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()
    assert running.key not in running.log_text()


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    """Where servers of one session keep the packages that their Python apps need: installing them takes a while."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def api(server):
    return server.client()


@pytest.fixture(params=[SyncSDK, AsyncSDK], ids=lambda kind: kind.name)
def sdk(request, server):
    """The official client, synchronous and asynchronous in turn."""
    return request.param(server.base, server.key)


@pytest.fixture
def make_key(api):
    """Makes a key of a team with scopes and returns its secret."""

    def make(team, *scopes):
        body = {"name": f"interop {team}", "team": team, "scopes": list(scopes)}
        return api.data("POST", "/keys", json=body)["key"]

    return make


@pytest.fixture
def other_team(server, make_key):
    """The API as a stranger to the root key's team."""
    return server.client(make_key("strangers", "files:read", "files:write", "apps:execute"))


@pytest.fixture(scope="session")
def picture():
    return photo()


@pytest.fixture(scope="session")
def large_file(server):
    """The uri of a file that takes a worker a while to read (256 MiB, mostly zeros)."""
    api = server.client()
    size = 256 << 20
    path = server.folder / "large.bin"
    with open(path, "wb") as file:
        file.write(b"large")
        file.truncate(size)
    record = api.create_file(filename="large.bin", size=size)
    with open(path, "rb") as file:
        answer = server.client(key="").put(record["upload_url"], data=file)
    assert answer.ok, answer.text
    return record["uri"]


@pytest.fixture
def held_task(server, api, large_file):
    """A task that does not end by itself: its app's processes are stopped (SIGSTOP) while the test runs."""
    stopped, done = set(), threading.Event()

    def signal_all(number, processes):
        for process in processes:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass

    def hold():
        api = server.client()
        while not done.wait(0.002):
            # Not before: a worker that is stopped while it starts never gets to the task.
            if not task or api.data("GET", f"/tasks/{task['id']}/status")["status"] < 7:
                continue
            new = server.app_processes() - stopped
            signal_all(signal.SIGSTOP, new)
            stopped.update(new)

    task = {}
    watcher = threading.Thread(target=hold, daemon=True)
    watcher.start()
    try:
        task.update(api.run("file-inspector", {"file": large_file}))
        deadline = time.monotonic() + 10
        while api.data("GET", f"/tasks/{task['id']}/status")["status"] < 7:
            assert time.monotonic() < deadline, "the task does not start"
            time.sleep(0.01)
        while not stopped:
            assert time.monotonic() < deadline, "the app's processes are not stopped"
            time.sleep(0.01)
        yield api.data("GET", f"/tasks/{task['id']}")
    finally:
        done.set()
        watcher.join()
        if task:
            api.post(f"/tasks/{task['id']}/cancel")
        signal_all(signal.SIGCONT, stopped)
        if task:
            api.wait(task["id"])


@pytest.fixture
def leaves_nothing(server, api):
    """Fails the test when it ends with another set of files, tasks or stored bytes than it began with. Call the
    fixture's value once the test's own preparations are done."""
    state = {}

    def look():
        return api.all_ids("/files/list"), api.all_ids("/tasks/list"), server.stored_files()

    def begin():
        state["before"] = look()

    begin()
    yield begin
    deadline = time.monotonic() + 5
    while (after := look()) != state["before"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert after == state["before"]


@pytest.fixture(scope="session")
def app_server(tmp_path_factory):
    """A server with the apps of Tests/Apps, for the whole session."""
    folder = tmp_path_factory.mktemp("apps")
    share_environments(folder / "data")
    apps = link_all(folder / "apps", "python", "node")
    running = FerryServer(
        folder, new_key(), "--apps-dir", str(apps), environment={"FERRY_SECRET_FERRY_TEST_TOKEN": "tide-table"}).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()


@pytest.fixture
def run_app(request, app_server, tmp_path):
    """Runs an app on an input by one of three ways, the command line and the official client's two forms, and gives
    its output. `fixture.ready(app)` waits for an app to be made ready."""
    way = request.param

    def ready(app, limit=600):
        deadline = time.monotonic() + limit
        while True:
            answer = app_server.client().get(f"/apps/{app}", timeout=120)
            if answer.ok or answer.status_code not in (429, 502, 503, 504) or time.monotonic() > deadline:
                assert answer.ok, answer.text
                return
            time.sleep(0.2)

    def run(app, input, function=None, setup=None):
        ready(app)
        if way == "cli":
            document = tmp_path / "input.json"
            document.write_text(json.dumps(input), encoding="utf-8")
            arguments = ["--input", f"@{document}"]
            arguments += ["--function", function] if function else []
            arguments += ["--setup", json.dumps(setup)] if setup else []
            return CommandLine(tmp_path, app_server).run(app, *arguments, limit=300)["output"]
        params = {"app": app, "input": input}
        params |= {"function": function} if function else {}
        params |= {"setup": setup} if setup else {}
        client = {"sync": SyncSDK, "async": AsyncSDK}[way]
        return client(app_server.base, app_server.key).run(params)["output"]

    run.ready = ready
    run.way = way
    return run


def pytest_generate_tests(metafunc):
    if "run_app" in metafunc.fixturenames:
        metafunc.parametrize("run_app", ["cli", "sync", "async"], indirect=True)
