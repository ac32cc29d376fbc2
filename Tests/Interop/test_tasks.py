# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md sections 4 and 5, and the task boxes of section 10, with the unmodified official client."""

import base64
import hashlib
import time

import inferencesh
import pytest
from inferencesh import APIError, TaskStatus, parse_status

from samples import fetch, opened
from sdk import AsyncSDK, SyncSDK

APP_REFERENCES = [
    "ferry/image-processor",
    "image-processor",
    "ferry/image-processor@latest",
    "image-processor:run",
    "ferry/image-processor@latest:run",
]


def result_image(result):
    """The output image as anybody can fetch it, checked against what the output says of it."""
    output = result["output"]["image"]
    assert output["uri"].startswith("http://")
    answer = fetch(output["uri"])
    assert answer.status_code == 200
    assert len(answer.content) == output["size"]
    assert answer.headers["Content-Type"] == output["content_type"]
    assert output["filename"]
    return answer.content, opened(answer.content)


@pytest.mark.parametrize("app", APP_REFERENCES)
def test_run_waits_and_takes_a_local_path(sdk, picture, tmp_path, app):
    """5.6 run(wait=True); 5.1 app references; 10 both: the uri of an output is GETtable without a key."""
    path = tmp_path / "photo.png"
    path.write_bytes(picture)
    result = sdk.run({"app": app, "input": {"image": str(path), "width": 160, "format": "jpeg"}})
    assert parse_status(result["status"]) == TaskStatus.COMPLETED
    content, image = result_image(result)
    assert image.format == "JPEG"
    assert image.size == (160, 120)
    assert len(content) < len(picture)
    assert (result["output"]["width"], result["output"]["height"]) == (160, 120)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_formats(sdk, api, picture, kind):
    """JPEG, PNG and WebP at least."""
    uri = api.upload(picture, filename="photo.png", content_type="image/png")["uri"]
    result = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 64, "format": kind}})
    _, image = result_image(result)
    assert image.format == kind.upper()
    assert result["output"]["image"]["content_type"] == f"image/{kind}"


def test_run_takes_a_data_uri(sdk, picture):
    """4: a data URI in the input is uploaded before the task exists."""
    uri = "data:image/png;base64," + base64.b64encode(picture).decode()
    result = sdk.run({"app": "image-processor", "input": {"image": uri, "height": 100}})
    assert result_image(result)[1].size[1] == 100


def test_an_uploaded_uri_is_usable_verbatim(sdk, api, picture):
    """10 both: the returned uri is usable verbatim in later task input, as are our own http links."""
    record = sdk.upload(picture, filename="photo.png", content_type="image/png")
    for source in (record["uri"], api.data("GET", f"/files/{record['id']}")["url"], f"inf://files/{record['id']}"):
        result = sdk.run({"app": "image-processor", "input": {"image": source, "width": 32}})
        assert result_image(result)[1].size[0] == 32


def test_an_output_can_be_the_next_input(sdk, api, picture):
    """architecture.md section 4: our own links are accepted wherever a file may stand."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    first = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 320}})
    second = sdk.run({"app": "image-processor", "input": {"image": first["output"]["image"]["uri"], "width": 80}})
    assert result_image(second)[1].size[0] == 80


def test_file_inspector(sdk, picture, tmp_path):
    """interfaces.md section 6: content_type, size, sha256, filename, width, height, text_preview."""
    text = tmp_path / "note.txt"
    text.write_text("first line\nsecond line\n")
    output = sdk.run({"app": "ferry/file-inspector", "input": {"file": str(text)}})["output"]
    assert output["content_type"].startswith("text/plain")
    assert output["size"] == text.stat().st_size
    assert output["sha256"] == hashlib.sha256(text.read_bytes()).hexdigest()
    assert output["filename"] == "note.txt"
    assert "second line" in output["text_preview"]
    image = tmp_path / "photo.png"
    image.write_bytes(picture)
    output = sdk.run({"app": "file-inspector", "input": {"file": str(image)}})["output"]
    assert (output["width"], output["height"]) == (640, 480)


def test_run_without_waiting(sdk, api, large_file):
    """10 both: POST /apps/run answers at once with id and a non-terminal status; GET /tasks/{id} works right away."""
    task = sdk.run({"app": "file-inspector", "input": {"file": large_file}}, wait=False)
    assert task["id"]
    assert parse_status(task["status"]) not in inferencesh.client.TERMINAL_STATUSES
    assert sdk.get(task["id"])["id"] == task["id"]
    result = sdk.wait(task["id"])
    assert result["output"]["size"] == 256 << 20
    assert api.data("GET", f"/tasks/{task['id']}/status")["status"] == 10


def test_run_streaming(sdk, api, picture):
    """5.6 run(stream=True): snapshots, the last of them the whole completed task."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    updates = sdk.stream({"app": "image-processor", "input": {"image": uri, "width": 100}})
    assert all(update["id"] for update in updates)
    last = updates[-1]
    assert parse_status(last["status"]) == TaskStatus.COMPLETED
    assert last["input"]["image"] and last["created_at"] and last["updated_at"]
    assert result_image(last)[1].size[0] == 100


def test_the_stream_of_a_finished_task(sdk, api, picture):
    """5.5 rule 1: the snapshot comes on connect, though the task is over."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = sdk.run({"app": "file-inspector", "input": {"file": uri}})
    updates = sdk.stream_of(task["id"])
    assert [update["id"] for update in updates] == [task["id"]]
    assert updates[0]["output"] == task["output"]


def test_a_corrupt_image_is_a_failed_task(sdk, api):
    """5.5, terminal reading: failed shows the task's own error text."""
    corrupt = b"\x89PNG\r\n\x1a\n" + b"this is no picture" * 20
    uri = api.upload(corrupt, filename="bad.png", content_type="image/png")["uri"]
    task = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 10}}, wait=False)
    with pytest.raises(RuntimeError) as caught:
        sdk.wait(task["id"])
    assert str(caught.value).lower() not in ("", "task failed")
    stored = api.wait(task["id"])
    assert (stored["status"], stored["error"]) == (11, str(caught.value))
    assert not stored["output"]


def test_cancel_of_a_running_task(sdk, api, held_task):
    """10 both: POST /tasks/{id}/cancel with an empty body; 5.6: the task goes to 12 and the stream ends with it."""
    assert held_task["status"] in (7, 9)
    sdk.cancel(held_task["id"])
    with pytest.raises(RuntimeError, match="(?i)cancel"):
        sdk.wait(held_task["id"])
    stored = api.wait(held_task["id"])
    assert stored["status"] == 12
    statuses = [event["status"] for event in stored["events"]]
    assert statuses[-1] == 12
    assert sum(status >= 10 for status in statuses) == 1, "more than one end"
    assert not stored["output"]


def test_cancel_right_after_the_post(sdk, api, large_file):
    """5.6: cancel before the task has begun; it does not run then."""
    tasks = [sdk.run({"app": "file-inspector", "input": {"file": large_file}}, wait=False) for _ in range(4)]
    sdk.cancel(tasks[-1]["id"])
    stored = api.wait(tasks[-1]["id"])
    assert stored["status"] == 12
    for task in tasks[:-1]:
        sdk.cancel(task["id"])
        assert api.wait(task["id"])["status"] in (10, 12)


def test_cancel_of_an_ended_task_changes_nothing(sdk, api, picture):
    """5.2: legal transitions only, and one end a task."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 10}})
    try:
        sdk.cancel(task["id"])
    except APIError as error:
        assert error.status_code == 409
    assert api.data("GET", f"/tasks/{task['id']}")["status"] == 10


def test_delete(sdk, api, picture):
    """5.4 DELETE /tasks/{id}."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 10}})
    sdk.delete(task["id"])
    with pytest.raises(APIError) as caught:
        sdk.get(task["id"])
    assert (caught.value.status_code, caught.value.code) == (404, "not_found")


def test_logs_and_the_whole_record(api, picture):
    """5.4 /logs and /status; 5.3: the members the Swift client's strict decoder needs."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = api.wait(api.run("image-processor", {"image": uri, "width": 10})["id"])
    for member in (
        "id", "short_id", "created_at", "updated_at", "user_id", "team_id", "visibility", "user_public_key",
        "engine_public_key", "is_featured", "status", "app_id", "app_version_id", "function", "infra", "rating",
    ):
        assert task.get(member) is not None, member
    logs = api.data("GET", f"/tasks/{task['id']}/logs")
    assert logs["task_id"] == task["id"] and logs["status"] == 10
    assert isinstance(logs["events"], list) and isinstance(logs["logs"], list)
    status = api.data("GET", f"/tasks/{task['id']}/status")
    assert set(status) >= {"id", "status", "updated_at"}
    assert task["id"] in api.all_ids("/tasks/list")


def test_wait_true_in_the_body(api, picture):
    """5.1: wait blocks until the end; a failed task is a 422 then."""
    good = api.upload(picture, filename="photo.png")["uri"]
    answer = api.post("/apps/run", json={"app": "image-processor", "input": {"image": good, "width": 10}, "wait": True})
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, 10)
    bad = api.upload(b"no picture", filename="bad.png")["uri"]
    answer = api.post("/apps/run", json={"app": "image-processor", "input": {"image": bad, "width": 10}, "wait": True})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_the_short_route_and_unknown_keys(api, picture):
    """5.1: POST /run is an alias, unknown keys are tolerated (the client sends its whole params)."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    body = {"app": "image-processor", "input": {"image": uri, "width": 10}, "infra": "cloud", "colour": "blue",
            "workers": None, "variant": "default"}
    assert api.wait(api.data("POST", "/run", json=body)["id"])["status"] == 10


def test_status_changes_after_the_post(api, large_file):
    """10 JS: status in /status changes at least once after POST."""
    task = api.run("file-inspector", {"file": large_file})
    assert api.data("GET", f"/tasks/{task['id']}/status")["id"] == task["id"]
    assert api.wait(task["id"])["status"] != task["status"]


def test_apps_show_their_schemas(api):
    """GET /apps/{ns}/{name} and POST /apps/list, schemas included; 7.1: files are format: file."""
    app = api.data("GET", "/apps/ferry/image-processor")
    assert (app["namespace"], app["name"]) == ("ferry", "image-processor")
    image = app["input_schema"]["properties"]["image"]
    assert (image["type"], image["format"]) == ("string", "file")
    listed = api.data("POST", "/apps/list", headers={"Content-Type": "application/json"})["items"]
    assert {"image-processor", "file-inspector"} <= {item["name"] for item in listed}


# Errors, as the official client shows them.


@pytest.mark.parametrize("kind", [SyncSDK, AsyncSDK], ids=lambda kind: kind.name)
def test_a_wrong_key(server, kind):
    """1.3: APIError with status 401 and the code."""
    client = kind(server.base, "inf_wrong")
    for call in (lambda: client.upload(b"x" * 20), lambda: client.get("some-id")):
        with pytest.raises(APIError) as caught:
            call()
        assert (caught.value.status_code, caught.value.code) == (401, "unauthorized")
        assert caught.value.message


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"app": "ferry/no-such-app", "input": {}}, 404, "not_found"),
        ({"app": "ferry/image-processor@zzzzzzzz", "input": {}}, 404, "not_found"),
        ({"app": "image-processor:nosuchfunction", "input": {}}, 422, "validation_error"),
        ({"app": "image-processor", "input": {"width": 10}}, 422, "validation_error"),
        ({"app": "image-processor", "input": {"image": 7}}, 422, "validation_error"),
        ({"app": "image-processor", "input": "text"}, 422, "validation_error"),
    ],
    ids=["app", "version", "function", "missing", "type", "text"],
)
def test_refused_runs(sdk, leaves_nothing, params, status, code):
    """10 JS: a run that is refused is an HTTP error on POST; the message tells what to do."""
    with pytest.raises(APIError) as caught:
        sdk.run(params)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert len(caught.value.message) > 10


def test_a_task_of_another_team_does_not_exist(api, other_team, picture):
    """A team never sees another team's tasks or their existence."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = api.run("image-processor", {"image": uri, "width": 10})
    unknown = other_team.get("/tasks/" + "0" * 26)
    for path in ("", "/status", "/stream", "/logs"):
        answer = other_team.get(f"/tasks/{task['id']}{path}")
        assert answer.status_code == 404
    assert other_team.post(f"/tasks/{task['id']}/cancel").status_code == 404
    assert other_team.delete(f"/tasks/{task['id']}").status_code == 404
    assert other_team.get(f"/tasks/{task['id']}").json()["title"] == unknown.json()["title"]
    refused = other_team.post("/apps/run", json={"app": "image-processor", "input": {"image": uri, "width": 10}})
    assert refused.status_code in (404, 422)
    assert api.wait(task["id"])["status"] == 10


def test_many_tasks_at_once(api, picture):
    """Twenty tasks, each with one end."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    ids = [api.run("image-processor", {"image": uri, "width": 20 + number})["id"] for number in range(20)]
    begin = time.monotonic()
    for number, task_id in enumerate(ids):
        task = api.wait(task_id, limit=100)
        assert task["status"] == 10, task["error"]
        assert task["output"]["width"] == 20 + number
    assert time.monotonic() - begin < 100
