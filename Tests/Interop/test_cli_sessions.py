# SPDX-License-Identifier: Apache-2.0
"""The command line's sessions, later starts, and files and timings of tasks."""

import json
import re
import time

import pytest
from PIL import Image

import counter_app
from cli import CommandLine
from samples import fetch

pytestmark = pytest.mark.timeout(120)
APP = "tests/counter"


@pytest.fixture(scope="module")
def counters(tmp_path_factory):
    with counter_app.serving(tmp_path_factory.mktemp("cli-sessions")) as running:
        yield running


@pytest.fixture
def ferry(counters, tmp_path):
    return CommandLine(tmp_path, counters)


def output(result):
    assert result.code == 0, result.errors
    return json.loads(result.text)


def test_a_session_from_its_first_call_to_its_end(ferry):
    begun = ferry("run", APP, "--session", "new", "--session-timeout", "2m")
    assert output(begun)["count"] == 1
    (session,) = re.findall(r"^ferry: session (\w{26})$", begun.errors, re.MULTILINE)
    assert output(ferry("run", APP, "--session", session))["count"] == 2
    record = ferry.run(APP, "--session", session)
    assert (record["output"]["count"], record["session_id"]) == (3, session)

    shown = ferry("session", "get", session, "--json").json
    assert (shown["status"], shown["idle_timeout"], shown["call_count"]) == ("active", 120, 3)
    details = ferry("session", "get", session).text
    assert re.search(rf"^Session: +{session}$", details, re.MULTILINE)
    assert re.search(r"^Idle limit: +2m$", details, re.MULTILINE)
    assert re.search(rf"^Session: +{session}$", ferry("task", "get", record["id"]).text, re.MULTILINE)

    assert session in ferry("session", "list", "--active", "--quiet").lines
    kept = ferry("session", "keep", session, "--json").json
    assert kept["expires_at"] > shown["expires_at"]
    assert ferry("session", "end", session).lines == [f"ended {session}"]
    assert ferry("session", "end", session, "--json").json == {"id": session, "ended": True}
    assert ferry("session", "get", session, "-q").text == "ended\n"
    assert session not in ferry("session", "list", "--active", "--quiet").lines
    assert session in [json.loads(line)["id"] for line in ferry("session", "list", "--json").lines]

    for command in (["run", APP, "--session", session], ["session", "keep", session], ["session", "get", "a" * 26]):
        assert ferry(*command).code == 4, command


@pytest.mark.parametrize("arguments", [
    ["--session-timeout", "5"], ["--session", "a" * 26, "--session-timeout", "5"],
    ["--session", "new", "--session-timeout", "0"], ["--session", "new", "--session-timeout", "3601"],
    ["--session", "new", "--run-at", "+5m"], ["--session", "a" * 26, "--run-at", "+5m"], ["--run-at", "soon"],
    ["--run-at", "15m"],
])
def test_what_makes_no_sense_is_wrong_usage(ferry, arguments):
    refused = ferry("run", APP, *arguments)
    assert refused.code == 2
    assert len(refused.errors.splitlines()) == 1, refused.errors


def test_a_run_begins_later(ferry):
    started = time.monotonic()
    run = ferry("run", APP, "--run-at", "+2s")
    assert run.code == 0, run.errors
    assert time.monotonic() - started >= 1.9
    assert re.search(r"^ferry: task \w{26} begins at 20", run.errors, re.MULTILINE)
    past = ferry.run(APP, "--run-at", "2020-01-31T12:00:00+01:00")
    assert past["run_at"] == "2020-01-31T11:00:00.000000Z"
    far = ferry("run", APP, "--run-at", "+500w", "--json")
    assert far.code == 6
    assert far.json["error"]["message"].startswith("--run-at: "), far.text


def test_the_timings_of_a_task(ferry):
    id = ferry.run(APP)["id"]
    timings = ferry("task", "timings", id, "--json").json
    assert timings["task_id"] == id
    assert timings["total_ms"] >= timings["running_ms"] >= 0
    lines = ferry("task", "timings", id).text
    assert re.search(r"^Running: +\d+\.\d{3} s$", lines, re.MULTILINE)
    assert ferry("task", "timings", id, "-q").text == f"{timings['total_ms']}\n"
    assert ferry("task", "timings", "a" * 26).code == 4


def test_the_files_of_a_task(ferry, tmp_path):
    Image.new("RGB", (40, 20), "#336699").save(tmp_path / "picture.png")
    task = ferry.run("image-processor", "--file", "image=picture.png", "--set", "width=10", "--set", "format=webp")
    id = task["id"]
    files = [json.loads(line) for line in ferry("task", "files", id, "--json").lines]
    assert [file["role"] for file in files] == ["input", "output"]
    assert ferry("task", "files", id, "--role", "input", "-q").lines == [files[0]["uri"]]
    assert ferry("task", "files", id).lines[0].split() == ["ROLE", "SIZE", "TYPE", "NAME", "URI"]

    saved = ferry("task", "files", id, "--role", "output", "--save", "out")
    assert saved.code == 0, saved.errors
    assert len(saved.lines) == 1
    with open(saved.lines[0], "rb") as file:
        assert file.read() == fetch(task["output"]["image"]["uri"]).content
    again = ferry("task", "files", id, "--save", "out", "--json", "--delete")
    assert again.code == 0, again.errors
    *records, deletion = [json.loads(line) for line in again.lines]
    assert [record["id"] for record in records] == [file["id"] for file in files]
    assert all((tmp_path / "out").samefile(record["saved"].rsplit("/", 1)[0]) for record in records)
    assert sorted(deletion["deleted"]) == sorted(file["id"] for file in files)
    assert ferry("file", "get", files[0]["id"]).code == 4
    assert ferry("task", "files", id, "-q").text == ""
    assert ferry("task", "files", id, "--role", "both").code == 2
    assert ferry("task", "files", "a" * 26).code == 4
