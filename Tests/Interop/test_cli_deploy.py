# SPDX-License-Identifier: Apache-2.0
"""Where `ferry app deploy` puts an app, what it takes along, and how it waits. The apps need no packages."""

import json
import os
import signal
import time

import pytest

import counter_app
from cli import CommandLine
from conftest import new_key
from ferry_process import FerryServer

pytestmark = pytest.mark.timeout(180)
DESCRIBE = 'if sys.argv[1:] == ["describe"]:\n'


def write(folder, describing="", **options):
    """The counter in a folder of its own; `describing` is done before it says what it is."""
    counter_app.write(folder.parent, **{"name": folder.name, **options})
    program = folder / "bin" / "counter"
    program.write_text(program.read_text().replace(DESCRIBE, DESCRIBE + f"    {describing or 'pass'}\n"))
    return folder


@pytest.fixture
def ferry(tmp_path):
    """The command line with a data folder of its own; its server is ended afterwards."""
    yield CommandLine(tmp_path)
    try:
        os.kill(json.loads((tmp_path / "share" / "ferry" / "server.json").read_text())["pid"], signal.SIGTERM)
    except (OSError, ValueError):
        pass


def test_the_app_goes_where_the_running_server_looks(tmp_path):
    key = new_key()
    (tmp_path / "mine").mkdir()
    server = FerryServer(tmp_path / "server", key, "--apps-dir", str(tmp_path / "mine")).start()
    try:
        ferry = CommandLine(tmp_path, FERRY_DATA_DIR=str(server.data), INFERENCE_API_KEY=key)
        write(tmp_path / "counter", note="here")
        deployed = ferry("app", "deploy", "counter")
        assert deployed.code == 0, deployed.errors
        assert f"installing into {tmp_path / 'mine'}" in deployed.errors
        assert (tmp_path / "mine" / "tests.counter").is_symlink()
        # At once, although the server looks at its folder only once a second.
        assert ferry.run("tests/counter")["output"]["note"] == "here"
        write(tmp_path / "counter", note="there")
        assert ferry("app", "deploy", "counter", "--apps-dir", "mine").code == 0
        assert ferry.run("tests/counter")["output"]["note"] == "there"
    finally:
        server.kill()


def test_the_config_file_s_folder_of_apps_is_another_server_s(ferry, tmp_path):
    write(tmp_path / "others" / "counter", note="another one")
    (tmp_path / "config" / "ferry").mkdir(parents=True)
    (tmp_path / "config" / "ferry" / "config.json").write_text(
        json.dumps({"serve": {"apps_dir": str(tmp_path / "others")}}))
    write(tmp_path / "counter", note="mine")
    tested = ferry("app", "test", "counter", "--json")
    assert tested.code == 0, tested.errors
    assert tested.json["output"]["note"] == "mine"
    assert ferry("app", "deploy", "counter").code == 0
    assert ferry.run("tests/counter")["output"]["note"] == "mine"


def test_an_app_that_is_slow_to_tell_what_it_is(ferry, tmp_path):
    write(tmp_path / "counter", describing="import time; time.sleep(4)")
    deployed = ferry("app", "deploy", "counter")
    assert deployed.code == 0, deployed.errors
    assert "waiting for tests/counter to be made ready" in deployed.errors
    assert ferry.run("tests/counter")["output"]["count"] == 1


def test_an_app_that_cannot_be_run_is_not_installed(ferry, tmp_path):
    write(tmp_path / "counter", describing="sys.exit('no such model')")
    refused = ferry("app", "deploy", "counter", "--json")
    assert refused.code == 6, refused.errors
    assert "cannot be run" in refused.json["error"]["message"]
    assert not (tmp_path / "share" / "ferry" / "apps" / "tests.counter").exists()
    assert ferry("app", "test", "counter").code == 6
    assert ferry("run", "tests/counter").code == 4


def test_a_version_is_the_same_over_http(ferry, tmp_path):
    folder = write(tmp_path / "counter")
    (folder / ".env").write_text("SECRET=1\n")
    (folder / "lib" / ".cache").mkdir(parents=True)
    (folder / "lib" / ".cache" / "x").write_text("x")
    (folder / "lib" / "a.txt").write_text("a")
    here = ferry("app", "deploy", "counter", "--json")
    assert here.code == 0, here.errors
    place = (tmp_path / "share" / "ferry" / "apps" / "tests.counter").resolve()
    found = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    assert found == ["bin/counter", "inf.yml", "lib/a.txt"]
    (tmp_path / "apps").mkdir()
    server = FerryServer(
        tmp_path / "server", new_key(), "--apps-dir", str(tmp_path / "apps"), "--allow-deploy").start()
    try:
        there = CommandLine(tmp_path, server)("app", "deploy", "counter", "--json")
        assert there.code == 0, there.errors
        assert there.json["version_id"] == here.json["version_id"]
    finally:
        server.kill()


def test_a_setup_is_made_up_where_the_app_wants_one(ferry, tmp_path):
    program = write(tmp_path / "counter") / "bin" / "counter"
    schema = {"type": "object", "required": ["model"], "properties": {
        "model": {"type": "string", "enum": ["small", "large"]}, "steps": {"type": "integer", "default": 4},
        "cache": {"type": "string"}}}
    text = program.read_text().replace('"version": "1"', f'"version": "1", "setup_schema": {json.dumps(schema)}')
    text = text.replace('        say(type="ready")', '        NOTE = message["setup"]\n        say(type="ready")')
    program.write_text(text)
    tested = ferry("app", "test", "counter", "--json")
    assert tested.code == 0, tested.errors
    assert tested.json["output"]["note"] == {"model": "small", "steps": 4}
    given = ferry("app", "test", "counter", "--setup", '{"model":"large"}', "--json")
    assert given.json["output"]["note"] == {"model": "large"}
    assert ferry("app", "deploy", "counter").code == 0
    assert "SETUP" in ferry("app", "get", "tests/counter").text


def test_an_input_file_of_a_test_is_bound_to_the_working_directory(ferry, tmp_path):
    folder = write(tmp_path / "work" / "counter")
    program = folder / "bin" / "counter"
    schema = '{"type": "object", "properties": {"f": {"type": "string", "format": "file"}}}'
    program.write_text(program.read_text().replace('"input_schema": {"type": "object"}', f'"input_schema": {schema}'))
    (tmp_path / "secret.txt").write_text("s")
    (tmp_path / "work" / "open.txt").write_text("o")
    for name, path, code in [("in", "./open.txt", 0), ("out", str(tmp_path / "secret.txt"), 6)]:
        (tmp_path / "work" / f"{name}.json").write_text(json.dumps({"f": path}))
        tested = ferry("app", "test", "counter", "--input", f"@{name}.json", cwd=tmp_path / "work")
        assert tested.code == code, tested.errors
    assert "outside the working directory" in tested.errors
    typed = ferry(
        "app", "test", "counter", "--input", json.dumps({"f": str(tmp_path / "secret.txt")}), cwd=tmp_path / "work")
    assert typed.code == 0, typed.errors
    assert ferry("app", "test", "work/counter", "--input", "-", "--setup", "-").code == 2


def test_an_idle_server_stays_for_a_session(tmp_path):
    counter_app.write(tmp_path / "apps")
    key = new_key()
    server = FerryServer(
        tmp_path / "server", key, "--apps-dir", str(tmp_path / "apps"), "--idle-exit", "1").start()
    try:
        ferry = CommandLine(tmp_path, server)
        session = ferry.run("tests/counter", "--session", "new")["session_id"]
        time.sleep(4)
        assert ferry.run("tests/counter", "--session", session)["output"]["count"] == 2
        assert ferry("session", "end", session).code == 0
        assert server.process.wait(20) == 0
    finally:
        server.kill()
