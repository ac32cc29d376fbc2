# SPDX-License-Identifier: Apache-2.0
"""Python apps written to the published conventions run unchanged, by `ferry run` and by the
official client, and what comes back is what was computed here."""

import base64
import hashlib
import io

import inferencesh
import pytest
from PIL import Image, ImageOps

from samples import fetch, opened

pytestmark = pytest.mark.timeout(900)


def content(file):
    """The bytes of an output file, as anybody can fetch them, checked against what the output says of them."""
    answer = fetch(file["uri"])
    assert answer.status_code == 200
    assert len(answer.content) == file["size"]
    return answer.content


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path as an input has it."""

    def write_file(name, data):
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return write_file


def test_plain_text(run_app):
    assert run_app("tests/plain-text", {"text": "ferry ✓"}) == {"text": "ferry ✓"[::-1], "length": 7}


def test_several_functions(run_app):
    assert run_app("tests/functions", {"a": 40, "b": 2})["value"] == 42
    assert run_app("tests/functions", {"numbers": [1, 2, 3.5]}, function="total")["value"] == 6.5


def test_an_async_generator_s_last_value_is_the_output(run_app):
    expected = [number * number for number in range(1, 6)]
    assert run_app("tests/generator", {"steps": 5}) == {"squares": expected, "done": True}


def test_a_picture_and_a_library_of_the_app_s_own(run_app, picture, write):
    output = run_app("tests/picture", {"image": write("photo.png", picture), "width": 160})
    with Image.open(io.BytesIO(picture)) as image:
        expected = ImageOps.mirror(image.convert("RGB")).resize((160, 120), Image.Resampling.BOX)
    found = opened(content(output["image"]))
    assert found.tobytes() == expected.tobytes()
    assert (output["width"], output["height"]) == (160, 120)
    assert output["image"]["content_type"] == "image/png"
    assert "output_meta" not in output


def test_a_list_of_files(run_app, write):
    parts = [bytes([number]) * (1 << number) for number in range(5, 12)]
    paths = [write(f"part {number}.bin", part) for number, part in enumerate(parts)]
    output = run_app("tests/file-list", {"parts": paths, "separator": "--"})
    assert content(output["whole"]) == b"--".join(parts)
    assert [content(file) for file in output["numbered"]] == [b"%d:" % n + part for n, part in enumerate(parts, 1)]
    assert output["digests"] == {
        f"part-{number}": hashlib.sha256(part).hexdigest() for number, part in enumerate(parts, 1)}


def test_an_optional_file(run_app, write):
    assert run_app("tests/optional-file", {"note": "none"})["present"] is False
    output = run_app("tests/optional-file", {"file": write("some notes.txt", b"12345")})
    assert (output["present"], output["size"], output["filename"]) == (True, 5, "some notes.txt")
    assert output["content_type"].split(";")[0] == "text/plain"


def test_a_setup_with_parameters_has_a_worker_of_its_own(run_app):
    first = run_app("tests/setup-config", {"name": "you"}, setup={"greeting": "Moin", "repeat": 3})
    assert first["text"] == "Moin Moin Moin, you!"
    again = run_app("tests/setup-config", {"name": "me"}, setup={"repeat": 3, "greeting": "Moin"})
    assert again["text"] == "Moin Moin Moin, me!"
    assert again["setup_id"] == first["setup_id"], "an equal setup means the warm worker"
    other = run_app("tests/setup-config", {"name": "you"})
    assert other["text"] == "Hello, you!"
    assert other["setup_id"] != first["setup_id"]


def test_the_metadata_is_the_task_s(run_app):
    output = run_app("tests/setup-metadata", {})
    assert output["task_id"] and output["worker_id"] and output["app_id"]
    assert output["same_worker"] is True
    assert output["calls"][-1] == output["task_id"]


def test_a_sync_app(run_app):
    assert run_app("tests/synchronous", {"text": "one two  three"})["words"] == 3
    assert run_app("tests/synchronous", {"text": "one two"}, function="steps")["words"] == 2


def test_a_package_with_helpers_behind_a_link(run_app):
    assert run_app("tests/package", {"text": "ferry"}) == {"shouted": "FERRY!", "letters": 5, "known": True}


@pytest.mark.parametrize("place", ["tmp", "here"])
def test_outputs_in_places_that_published_apps_use(run_app, place):
    output = run_app("tests/places", {"place": place, "text": f"left in {place}"})
    assert content(output["file"]) == f"left in {place}".encode()


@pytest.mark.parametrize("place", ["app", "data"])
def test_outputs_beneath_app(run_app, app_server, place):
    """`/app` is the worker's own with bubblewrap; without it, an app may be unable to make it."""
    if "without bubblewrap" in app_server.log_text() or "bwrap" in app_server.log_text():
        pytest.skip("no bubblewrap here")
    output = run_app("tests/places", {"place": place, "text": f"left in {place}"})
    assert content(output["file"]) == f"left in {place}".encode()


def test_a_large_output(run_app):
    output = run_app("tests/large-output", {"mebibytes": 200})
    digest = hashlib.sha256()
    for number in range(200):
        digest.update(hashlib.sha256(b"block %d" % number).digest() * (1 << 15))
    assert output["sha256"] == digest.hexdigest()
    found, size = hashlib.sha256(), 0
    answer = fetch(output["file"]["uri"], stream=True)
    for piece in answer.iter_content(1 << 20):
        found.update(piece)
        size += len(piece)
    assert size == output["file"]["size"] == 200 << 20
    assert found.hexdigest() == digest.hexdigest()


def test_printing_a_mebibyte_does_not_keep_the_answer_back(run_app):
    assert run_app("tests/log-output", {"size": 1 << 20}) == {"printed": 1 << 20}


def test_only_what_is_allowed_is_in_the_environment(run_app, app_server):
    output = run_app("tests/secrets-and-env", {})
    assert output["mode"] == "careful"
    assert output["token_digest"] == hashlib.sha256(b"tide-table").hexdigest()
    hidden = [name for name in output["names"] if name.startswith(("FERRY_ROOT", "FERRY_SECRET", "INFERENCE_"))]
    assert not hidden
    assert app_server.key not in str(output)


# What one way of calling shows as well as another.


def task_of(app_server, app, input, **fields):
    api = app_server.client()
    return api.wait(api.run(app, input, **fields)["id"], limit=300)


def log_of(api, task):
    """All that a task logged."""
    logs = api.data("GET", f"/tasks/{task['id']}/logs")["logs"]
    return "".join(base64.b64decode(log["content"]).decode() for log in logs)


@pytest.mark.parametrize("kind", ["value", "output", "exit", "kill"])
def test_a_failure_takes_its_task_alone(app_server, kind):
    task = task_of(app_server, "tests/failure", {"kind": kind})
    assert task["status"] == 11
    assert task["error"]
    if kind == "value":
        assert "the tide is out: wait until six" in task["error"]
    assert task_of(app_server, "tests/failure", {})["output"] == {"text": "fine"}


def test_the_official_client_tells_of_a_failure(app_server):
    client = inferencesh.inference(api_key=app_server.key, base_url=app_server.base)
    with pytest.raises(Exception, match="the tide is out"):
        client.run({"app": "tests/failure", "input": {"kind": "value"}})


@pytest.mark.parametrize("input, field", [
    ({}, "text"), ({"text": 1, "upper": "perhaps"}, "upper"), ({"text": None}, "text"),
])
def test_an_input_that_does_not_fit_is_told_by_the_field(app_server, input, field):
    api = app_server.client()
    answer = api.post("/apps/run", json={"app": "tests/plain-text", "input": input})
    if answer.ok:
        task = api.wait(answer.json()["data"]["id"], limit=300)
        assert task["status"] == 11
        assert field in task["error"]
    else:
        assert answer.status_code in (400, 422)
        assert field in answer.text


def test_partial_outputs_reach_a_stream(app_server):
    client = inferencesh.inference(api_key=app_server.key, base_url=app_server.base)
    updates = list(client.run({"app": "tests/generator", "input": {"steps": 5, "delay": 0.4}}, stream=True))
    seen = [update["output"]["squares"] for update in updates if update.get("output")]
    assert seen[-1] == [1, 4, 9, 16, 25]
    assert any(len(squares) < 5 for squares in seen), "no output so far was seen"


@pytest.mark.parametrize("deaf", [False, True])
def test_cancelling_reaches_the_app_and_then_ends_it(app_server, deaf):
    api = app_server.client()
    task = api.run("tests/slow-cancel", {"seconds": 300, "deaf": deaf})
    while api.data("GET", f"/tasks/{task['id']}/status")["status"] < 7:
        pass
    assert api.post(f"/tasks/{task['id']}/cancel").ok
    ended = api.wait(task["id"], limit=60)
    assert ended["status"] == 12
    assert "told to stop" in log_of(api, task)


def test_logs_are_the_app_s_own_words(app_server):
    task = task_of(app_server, "tests/log-output", {"size": 4096})
    logs = log_of(app_server.client(), task)
    for words in ["from the logger of the app", "from the logger of a library", "past python", "from a child"]:
        assert words in logs
    assert task["output"] == {"printed": 4096}


def test_the_schema_is_the_models(app_server):
    """What a caller sees is what pydantic says of the app's models, files as the platform shows them."""
    app = app_server.client().data("GET", "/apps/tests/picture")
    schema = str(app)
    assert "'format': 'file'" in schema and "'contentMediaType': 'image/*'" in schema
    assert "Width in pixels." in schema
