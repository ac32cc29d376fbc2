# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md 2.3, task files, with the unmodified official client; timings and delays beside it."""

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest
from inferencesh import APIError

from sdk import SyncSDK


def answer(sdk, call):
    """What a call of the client's tasks answers, whichever form the client has; unwrapped where it wraps."""
    value = call(sdk.client.tasks)
    if not isinstance(sdk, SyncSDK):
        value = asyncio.run(value)
    return getattr(value, "data", value)


@pytest.fixture
def finished(sdk, api, picture):
    """A task that ended, and the uri of the file it was given."""
    uri = api.upload(picture, filename="photo.png", content_type="image/png")["uri"]
    task = sdk.run({"app": "image-processor", "input": {"image": uri, "width": 32, "format": "png"}})
    return task["id"], uri


def test_files_are_listed_by_role(sdk, finished):
    task, uri = finished
    files = answer(sdk, lambda tasks: tasks.files(task))
    assert [file["role"] for file in files] == ["input", "output"]
    assert files[0]["uri"] == uri
    for file in files:
        assert set(file) >= {"id", "created_at", "role", "uri", "filename", "content_type", "size"}
        assert file["content_type"] == "image/png"
        assert file["size"] > 0
    for number, role in enumerate(["input", "output"]):
        assert answer(sdk, lambda tasks: tasks.files(task, role=role)) == [files[number]]


def test_files_are_deleted_by_role_and_the_task_stays(sdk, api, finished):
    task, uri = finished
    output = answer(sdk, lambda tasks: tasks.files(task, role="output"))[0]["id"]
    assert answer(sdk, lambda tasks: tasks.delete_files(task, role="output")) == {"deleted": [output], "skipped": []}
    assert answer(sdk, lambda tasks: tasks.delete_files(task, role="output")) == {"deleted": [], "skipped": []}
    assert api.get(f"/files/{output}").status_code == 404
    assert [file["uri"] for file in answer(sdk, lambda tasks: tasks.files(task))] == [uri]
    assert sdk.get(task)["status"] == 10


def test_a_file_that_is_gone_is_skipped(sdk, api, finished):
    task, _ = finished
    source = answer(sdk, lambda tasks: tasks.files(task, role="input"))[0]["id"]
    assert api.delete(f"/files/{source}").status_code == 200
    outcome = answer(sdk, lambda tasks: tasks.delete_files(task))
    assert [skipped["id"] for skipped in outcome["skipped"]] == [source]
    assert outcome["skipped"][0]["reason"]
    assert len(outcome["deleted"]) == 1


def test_a_task_goes_with_its_files(sdk, api, finished):
    task, _ = finished
    files = [file["id"] for file in answer(sdk, lambda tasks: tasks.files(task))]
    answer(sdk, lambda tasks: tasks.delete(task, files=True))
    for file in files:
        assert api.get(f"/files/{file}").status_code == 404
    assert api.get(f"/tasks/{task}").status_code == 404


def test_files_of_a_task_that_runs_stay(sdk, held_task):
    with pytest.raises(APIError) as caught:
        answer(sdk, lambda tasks: tasks.delete_files(held_task["id"]))
    assert caught.value.status_code == 409
    assert len(answer(sdk, lambda tasks: tasks.files(held_task["id"]))) == 1


def test_strangers_see_no_files(sdk, other_team, finished):
    assert other_team.get(f"/tasks/{finished[0]}/files").status_code == 404
    assert other_team.delete(f"/tasks/{finished[0]}/files").status_code == 404
    assert len(answer(sdk, lambda tasks: tasks.files(finished[0]))) == 2


def test_timings_add_up(api, finished):
    timings = api.data("GET", f"/tasks/{finished[0]}/timings")
    assert timings["task_id"] == finished[0]
    phases = [timings[f"{name}_ms"] for name in ("queued", "preparing", "setting_up", "running", "uploading")]
    assert all(phase >= 0 for phase in phases)
    assert 0 <= timings["total_ms"] - sum(phases) <= len(phases)


def test_a_delayed_task_waits(sdk, api, picture):
    uri = api.upload(picture, filename="photo.png", content_type="image/png")["uri"]
    begin = datetime.now(timezone.utc) + timedelta(seconds=3)
    params = {"app": "file-inspector", "input": {"file": uri}, "run_at": begin.isoformat()}
    task = sdk.run(params, wait=False)
    time.sleep(1)
    assert api.data("GET", f"/tasks/{task['id']}/status")["status"] == 2
    ended = api.wait(task["id"])
    assert datetime.now(timezone.utc) >= begin
    assert ended["status"] == 10
