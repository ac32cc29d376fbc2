# SPDX-License-Identifier: Apache-2.0
"""Node apps with plain JSON Schema run as they are, where there is a node."""

import shutil

import pytest

from samples import fetch

pytestmark = [
    pytest.mark.timeout(300), pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]


def test_files_in_and_out(run_app, tmp_path):
    for name, text in [("one.txt", "first"), ("two.txt", "second\nthird")]:
        (tmp_path / name).write_text(text, encoding="utf-8")
    parts = [str(tmp_path / "one.txt"), str(tmp_path / "two.txt")]
    output = run_app("tests/node-text-files", {"parts": parts, "separator": "\n"})
    assert output["names"] == ["one.txt", "two.txt"]
    assert fetch(output["whole"]["uri"]).text == "first\nsecond\nthird"
    numbered = run_app("tests/node-text-files", {"text": parts[1], "first": 9}, function="numberLines")
    assert fetch(numbered["text"]["uri"]).text == "9 second\n10 third"


def test_a_generator_and_a_setup(run_app):
    assert run_app("tests/node-counter", {"to": 4}) == {"numbers": [1, 2, 3, 4], "done": True}
    assert run_app("tests/node-counter", {"to": 9}, setup={"step": 4}) == {"numbers": [4, 8], "done": True}


def test_a_failure_and_the_next_task(app_server):
    api = app_server.client()
    task = api.wait(api.run("tests/node-counter", {"fail": True})["id"])
    assert task["status"] == 11
    assert "the counter is worn out" in task["error"]
    assert api.wait(api.run("tests/node-counter", {})["id"])["output"]["done"] is True


def test_cancelling_reaches_the_app(app_server):
    api = app_server.client()
    task = api.run("tests/node-counter", {"to": 100_000, "delay": 20})
    while api.data("GET", f"/tasks/{task['id']}/status")["status"] < 7:
        pass
    assert api.post(f"/tasks/{task['id']}/cancel").ok
    assert api.wait(task["id"])["status"] == 12
