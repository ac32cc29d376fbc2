# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md sections 1.1 to 1.4 and the first three boxes of section 10."""

import json

import inferencesh
import pytest

from samples import fetch


@pytest.fixture(scope="module")
def record(server):
    return server.client().upload(b"enveloped", filename="e.txt", content_type="text/plain")


def test_the_default_is_the_superset(api, record):
    """10 both, envelope rule 3: v1 and v3 members in one object."""
    answer = api.get(f"/files/{record['id']}")
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert (body["success"], body["status"], body["messages"]) == (True, 200, [])
    assert body["data"]["id"] == record["id"]


@pytest.mark.parametrize(
    "header", [{"X-API-Version": "2"}, {"x-inf-proxy": "@inferencesh/sdk-proxy/nextjs"}], ids=["version-2", "proxy"]
)
def test_bare_answers(api, record, header):
    """10 both and JS, envelope rules 1 and 2: a bare DTO, a bare array, a bare page; errors alike."""
    assert api.get(f"/files/{record['id']}", headers=header).json()["id"] == record["id"]
    created = api.post("/files", json={"files": [{"uri": "", "filename": "bare.txt"}]}, headers=header).json()
    assert isinstance(created, list) and created[0]["upload_url"]
    page = api.post("/files/list", headers={**header, "Content-Type": "application/json"}).json()
    assert "items" in page and "data" not in page
    missing = api.get("/files/nosuchfile", headers=header)
    assert missing.headers["Content-Type"] == "application/problem+json"
    api.delete(f"/files/{created[0]['id']}")


def test_another_version_header_does_not_change_the_default(api, record):
    """1.2: only the value 2 selects the bare form."""
    assert api.get(f"/files/{record['id']}", headers={"X-API-Version": "3"}).json()["success"] is True


@pytest.mark.parametrize("prefix", ["/v1/", "//", "//v1//", "/v1//"])
def test_prefix_and_double_slashes(api, record, prefix):
    """10 both: root paths also under /v1, double slashes tolerated."""
    answer = api.get(f"{prefix}files/{record['id']}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["id"] == record["id"]


def test_base_address_with_a_trailing_slash(server):
    """1.1: the official clients join base and path literally."""
    client = inferencesh.inference(api_key=server.key, base_url=server.base + "/")
    stored = client.files.upload(b"slash", None)
    assert fetch(stored["url"]).content == b"slash"


def test_empty_post_bodies(api):
    """10 both: empty POST bodies are accepted with a JSON content type."""
    headers = {"Content-Type": "application/json"}
    assert api.post("/files/list", headers=headers).status_code == 200
    assert api.post("/tasks/list", headers=headers).status_code == 200
    assert api.post("/apps/list", headers=headers).status_code == 200


def test_unknown_keys_and_null_optionals(api):
    """10 both: unknown JSON keys and null optionals are tolerated."""
    body = {
        "files": [{"uri": "", "filename": None, "content_type": None, "path": None, "size": None, "public": None,
                   "colour": {"deep": [1]}}],
        "category": None,
        "unknown": True,
    }
    created = api.data("POST", "/files", json=body)[0]
    assert created["upload_url"]
    api.delete(f"/files/{created['id']}")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/files/nosuchfile", {}, 404, "not_found"),
        ("GET", "/tasks/nosuchtask", {}, 404, "not_found"),
        ("GET", "/no/such/route", {}, 404, "not_found"),
        ("POST", "/files", {"data": "{"}, 400, "invalid_request"),
        ("POST", "/apps/run", {"json": {"app": "ferry/no-such-app", "input": {}}}, 404, "not_found"),
        ("POST", "/apps/run", {"json": {"app": "image-processor", "input": {}}}, 422, "validation_error"),
        ("GET", "/files/x", {"headers": {"Authorization": "Bearer inf_wrong"}}, 401, "unauthorized"),
    ],
    ids=["file", "task", "route", "json", "app", "schema", "key"],
)
def test_errors_are_problem_details_with_the_older_members(api, method, path, options, status, code):
    """10 both: problem+json with type …/errors/<code>, title, status, detail, success false, error{code,message}."""
    answer = api.request(method, path, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["type"].endswith(f"/errors/{code}")
    assert body["status"] == status
    assert body["title"] and body["detail"]
    assert body["success"] is False
    assert body["error"]["code"] == code
    assert body["error"]["message"]


def test_the_methods_of_a_known_path(api):
    """1.3: another method is refused with problem details."""
    answer = api.request("PATCH", "/apps/run")
    assert (answer.status_code, answer.json()["error"]["code"]) in ((404, "not_found"), (405, "method_not_allowed"))


def test_the_official_agent_uploads(server):
    """10 Python: the Agent class needs the v1 envelope's truthy success and returns data."""
    agent = inferencesh.inference(api_key=server.key, base_url=server.base).agents.create("okaris/assistant@abc123")
    reference = agent.upload_file(b"%PDF-1.4 agent", filename="doc.pdf")
    assert reference["filename"] == "doc.pdf"
    assert reference["size"] == 14
    assert reference["uri"] == f"inf://files/{reference['id']}/doc.pdf"
    stored = server.client().data("GET", f"/files/{reference['id']}")
    assert fetch(stored["url"]).content == b"%PDF-1.4 agent"
    encoded = agent.upload_file("data:text/plain;base64,SGVsbG8=", filename="hello.txt")
    assert encoded["content_type"] == "text/plain"


def test_the_official_agent_shows_the_message_of_an_error(server):
    """1.3: the Agent class reads error.message."""
    agent = inferencesh.inference(api_key="inf_wrong", base_url=server.base).agents.create("okaris/assistant@abc123")
    with pytest.raises(RuntimeError) as caught:
        agent.upload_file(b"x", filename="x")
    assert "Request failed" not in str(caught.value) and str(caught.value)


def test_health_needs_no_key(server):
    """interfaces.md section 2: GET /health is a 200 with status ok."""
    answer = server.client(key="").get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_records_hold_exact_sizes_and_json_is_utf8(api):
    """Names travel as they are: not escaped twice, not normalised."""
    for name in ("naïve.txt", "nai\u0308ve.txt", "日本語.txt", "a b+c%20d.txt", "quote\".txt"):
        stored = api.upload(name.encode(), filename=name)
        assert stored["filename"] == name
        assert json.loads(api.get(f"/files/{stored['id']}").content.decode())["data"]["filename"] == name
        assert fetch(stored["url"]).content == name.encode()
