# SPDX-License-Identifier: Apache-2.0
"""Deploying over HTTP: versions of an app, made of uploaded files."""

import pytest

import counter_app
from conftest import new_key
from ferry_process import FerryServer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deploy")
    (folder / "apps").mkdir()
    running = FerryServer(folder / "server", new_key(), "--apps-dir", str(folder / "apps"), "--allow-deploy").start()
    try:
        yield running
    finally:
        running.kill()


def uploaded(api, **options):
    return [
        {
            "path": path,
            "uri": api.upload(text.encode(), filename=path.split("/")[-1], content_type="text/plain")["uri"],
            "executable": path.startswith("bin/"),
        }
        for path, text in counter_app.files(**options).items()
    ]


def deploy(api, **options):
    return api.data("POST", "/apps", json={"files": uploaded(api, **options)})


def note(api, app):
    task = api.wait(api.run(app, {})["id"])
    assert task["status"] == 10, task["error"]
    return task["output"]["note"]


def test_versions(open_server):
    api = open_server.client()
    first = deploy(api, note="first")
    assert (first["namespace"], first["name"]) == ("tests", "counter")
    assert note(api, "tests/counter") == "first"
    assert deploy(api, note="first")["version_id"] == first["version_id"]
    second = deploy(api, note="second")
    assert second["version_id"] != first["version_id"]
    # The answer stands for what runs from then on.
    assert note(api, "tests/counter") == "second"
    for version in (first["version_id"], first["version_id"][:8]):
        assert note(api, f"tests/counter@{version}") == "first"
        assert api.data("GET", f"/apps/tests/counter@{version}")["version_id"] == first["version_id"]


def test_refusals(open_server, server, api):
    closed = api.post("/apps", json={"files": uploaded(api)})
    assert closed.status_code == 403
    assert "--allow-deploy" in closed.json()["detail"]
    opened = open_server.client()
    body = {"name": "runner", "scopes": ["files:read", "files:write", "apps:execute"]}
    runner = open_server.client(opened.data("POST", "/keys", json=body)["key"])
    refused = runner.post("/apps", json={"files": uploaded(runner)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    for change in ({"path": "../inf.yml"}, {"path": "/etc/x"}, {"path": ".git/x"}, {"uri": "inf://files/none/x"}):
        files = uploaded(opened)
        files.append({**files[0], "path": "more.txt", **change})
        assert opened.post("/apps", json={"files": files}).status_code == 422, change
    broken = [entry for entry in uploaded(opened) if entry["path"] != "inf.yml"]
    assert opened.post("/apps", json={"files": broken}).status_code == 422
