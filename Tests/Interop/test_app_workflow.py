# SPDX-License-Identifier: Apache-2.0
"""`ferry app init`, `test`, `deploy` and `run`, for each language."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from app_folders import APPS, ENVIRONMENTS, REPOSITORY, share_environments
from cli import CommandLine
from conftest import new_key
from ferry_process import FerryServer, ferry_binary

TEXT = "The cat and the dog. The end, and that's that.\n"
COUNTS = [["word", "count"], ["the", "3"], ["and", "2"]]
WORDS = 10


@pytest.fixture
def ferry(tmp_path):
    """The command line with a data folder of its own; its server is ended afterwards."""
    share_environments(tmp_path / "share" / "ferry")
    yield CommandLine(tmp_path)
    server = tmp_path / "share" / "ferry" / "server.json"
    try:
        os.kill(json.loads(server.read_text())["pid"], signal.SIGTERM)
    except (OSError, ValueError):
        pass


def needs(language):
    program = {"node": "node", "swift": "swift"}.get(language)
    if program and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    if language == "swift" and not os.environ.get("FERRY_TEST_SWIFT_APPS"):
        pytest.skip("a Swift package takes minutes to build; set FERRY_TEST_SWIFT_APPS=1")


def build_options(language):
    if language != "swift":
        return []
    return ["--configuration", "debug", "--scratch-path", str(REPOSITORY / ".build" / "app-template")]


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("language", ["python", "node", "swift"])
def test_from_nothing_to_a_result(ferry, tmp_path, language):
    needs(language)
    limit = 2000 if language == "swift" else 600
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    begun = ferry("app", "init", "demo/word-count", "--lang", language)
    assert begun.code == 0, begun.errors

    tested = ferry("app", "test", "word-count", "--save", "tested", *build_options(language), "--json", limit=limit)
    assert tested.code == 0, tested.errors
    assert tested.json["output"]["words"] > 0
    assert Path(tested.json["saved"][0]).read_text(encoding="utf-8").startswith("word,count\n")

    given = '{"document":"./text.txt","top":2}'
    again = ferry("app", "test", "word-count", "--input", given, *build_options(language), "--json", limit=limit)
    assert again.code == 0, again.errors
    assert again.json["output"]["words"] == WORDS

    deployed = ferry("app", "deploy", "word-count", *build_options(language), limit=limit)
    assert deployed.code == 0, deployed.errors
    reference = deployed.text.strip()
    assert reference.startswith("demo/word-count@")

    for app in ("demo/word-count", "word-count", reference):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        run = ferry("run", app, "--file", "document=text.txt", "--set", "top=2", "--save", "out", "--json", limit=limit)
        assert run.code == 0, run.errors
        assert run.json["output"]["words"] == WORDS
        with open(run.json["saved"][0], newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == COUNTS


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["python", "node"])
def test_the_readme_s_commands_work_as_they_stand(ferry, tmp_path, language):
    """Swift's differ by nothing but the language; the test above builds its package."""
    needs(language)
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"```text\n(.*?)```", readme, re.DOTALL) if "ferry app init" in block]
    shutil.copy(REPOSITORY / "README.md", tmp_path)
    script = block.replace("--lang python", f"--lang {language}")
    environment = ferry.environment | {"PATH": f"{Path(ferry_binary()).parent}:{ferry.environment['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "local/word-count@" in done.stdout
    rows = (tmp_path / "results" / "words.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "word,count" and len(rows) == 21
    assert any(row.startswith("ferry,") for row in rows)


@pytest.mark.timeout(900)
def test_a_new_version_is_run_and_the_old_one_stays(ferry, tmp_path):
    shutil.copytree(APPS / "python" / "plain-text", tmp_path / "app")
    first = ferry("app", "deploy", "app", limit=300).text.strip()
    assert ferry("app", "deploy", "app", limit=300).text.strip() == first, "an equal folder is an equal version"
    code = tmp_path / "app" / "inference.py"
    code.write_text(code.read_text(encoding="utf-8").replace("[::-1]", "[::-1] + '!'"), encoding="utf-8")
    second = ferry("app", "deploy", "app", limit=300).text.strip()
    assert second != first
    for app, expected in [("tests/plain-text", "cba!"), (second, "cba!"), (first, "cba")]:
        deadline = time.monotonic() + 10
        while ferry.run(app, "--set", "text=abc", limit=300)["output"]["text"] != expected:
            assert time.monotonic() < deadline, f"{app} does not become {expected}"


@pytest.mark.timeout(900)
def test_over_http_only_where_it_is_allowed_and_by_a_key_that_may(tmp_path):
    shutil.copytree(APPS / "python" / "package", tmp_path / "app", symlinks=True)
    for allowed in (False, True):
        folder = tmp_path / str(allowed)
        share_environments(folder / "data")
        server = FerryServer(folder, new_key(), *(["--allow-deploy"] if allowed else [])).start()
        try:
            ferry = CommandLine(tmp_path, server)
            deployed = ferry("app", "deploy", "app", "--json", limit=300)
            if not allowed:
                assert deployed.code == 6
                assert "--allow-deploy" in deployed.text
                continue
            assert deployed.code == 0, deployed.text + deployed.errors
            assert ferry.run(deployed.json["reference"], "--set", "text=ferry", limit=600)["output"]["letters"] == 5
            body = {"name": "runner", "scopes": ["files:read", "files:write", "apps:execute"]}
            weak = server.client().data("POST", "/keys", json=body)["key"]
            refused = ferry("app", "deploy", "app", "--api-key", weak, "--json", limit=300)
            assert refused.code == 6
            assert "apps:deploy" in refused.text
        finally:
            server.kill()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("app", ["picture", "file-list", "functions", "generator", "setup-config", "setup-metadata"])
def test_published_apps_take_the_sample_that_is_made_up(ferry, app):
    """The made-up picture is one that Pillow reads, the made-up values fit the models."""
    tested = ferry("app", "test", APPS / "python" / app, "--json", limit=600)
    assert tested.code == 0, tested.errors
    assert tested.json["status"] == 10


@pytest.mark.timeout(300)
def test_a_failing_app_and_a_folder_that_is_none(ferry, tmp_path):
    failing = ferry("app", "test", APPS / "python" / "failure", "--input", '{"kind":"value"}', limit=300)
    assert failing.code == 1
    assert "the tide is out: wait until six" in failing.errors
    assert ferry("app", "test", tmp_path / "none").code == 4
    (tmp_path / "empty").mkdir()
    assert ferry("app", "deploy", "empty").code == 4
    assert ferry("app", "test", APPS / "python" / "plain-text", "--function", "none", limit=300).code == 4


def test_the_environments_are_shared(ferry):
    """A second test of an app finds the environment that the first one made."""
    assert ferry("app", "test", APPS / "python" / "plain-text", limit=600).code == 0
    made = sorted(path.name for path in ENVIRONMENTS.iterdir())
    started = time.monotonic()
    assert ferry("app", "test", APPS / "python" / "plain-text", limit=600).code == 0
    assert sorted(path.name for path in ENVIRONMENTS.iterdir()) == made
    assert time.monotonic() - started < 60
