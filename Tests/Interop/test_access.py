# SPDX-License-Identifier: Apache-2.0
"""Access: keys, scopes, teams, signatures, bodies, file fields. Whatever
is refused leaves nothing behind."""

import json

import pytest

from samples import fetch

APPS = {"image-processor": "image", "file-inspector": "file"}

REFUSED_SOURCES = {
    "etc-passwd": "/etc/passwd",
    "parent": "../x",
    "bare": "photo.png",
    "home": "~/.ssh/id_rsa",
    "file-url": "file:///etc/passwd",
    "file-scheme": "file:/etc/passwd",
    "FILE-scheme": "FILE:///etc/passwd",
    "path-key": {"path": "/etc/passwd"},
    "path-and-uri": {"uri": "inf://files/x", "path": "/etc/passwd"},
    "uri-key": {"uri": "/etc/passwd"},
    "ftp": "ftp://127.0.0.1/x",
    "gopher": "gopher://127.0.0.1/x",
    "foreign-http": "http://127.0.0.1:9/x.png",
    "foreign-https": "https://127.0.0.1/x.png",
    "metadata-service": "http://169.254.169.254/latest/meta-data/",
    "unknown-file": "inf://files/00000000000000000000000000",
    "traversal": "inf://files/../../etc/passwd",
    "number": 7,
    "list": ["/etc/passwd"],
    "nul": "inf://files/a\u0000b",
}


def test_no_key_and_wrong_keys(server, leaves_nothing):
    """Wrong key: 401 on every route, with problem details."""
    for key in ("", "inf_wrong", "x" * 5000, server.key[:-1], server.key + "0", server.key.upper()):
        api = server.client(key)
        for method, path in (
            ("GET", "/files"), ("POST", "/files"), ("POST", "/files/list"), ("GET", "/files/x"),
            ("DELETE", "/files/x"), ("POST", "/apps/run"), ("GET", "/tasks/x"), ("GET", "/tasks/x/stream"),
            ("POST", "/tasks/x/cancel"), ("POST", "/tasks/list"), ("GET", "/keys"), ("POST", "/keys"),
        ):
            answer = api.request(method, path)
            assert answer.status_code == 401, (method, path, key[:12])
            assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("scopes", "allowed", "refused"),
    [
        (["files:read"], ("GET", "/files"), ("POST", "/files")),
        (["files:read"], ("POST", "/files/list"), ("DELETE", "/files/x")),
        (["files:read"], ("GET", "/files"), ("POST", "/apps/run")),
        (["files:write"], ("POST", "/files"), ("POST", "/files/list")),
        (["files:read", "files:write", "apps:execute"], ("POST", "/tasks/list"), ("POST", "/keys")),
    ],
)
def test_scopes(server, make_key, scopes, allowed, refused):
    """Wrong scope: 403 insufficient_scope; the right one works."""
    api = server.client(make_key("scoped", *scopes))
    body = {"files": [{"uri": "", "filename": "scoped.txt"}], "app": "image-processor", "input": {}, "name": "n"}
    assert api.request(*allowed, json=body if allowed[1] == "/files" and allowed[0] == "POST" else None).ok
    answer = api.request(*refused, json=body if refused[0] == "POST" else None)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "insufficient_scope"


def test_a_revoked_key_stops_working(server, api):
    """interfaces.md section 2: keys revoke."""
    made = api.data("POST", "/keys", json={"name": "short-lived", "team": "scoped", "scopes": ["files:read"]})
    client = server.client(made["key"])
    assert client.get("/files").ok
    assert api.delete(f"/keys/{made['id']}").ok
    assert client.get("/files").status_code == 401
    assert made["key"] not in json.dumps(api.data("GET", "/keys"))


def test_another_team_sees_nothing(api, other_team):
    """Another team's id: the same 404 as an id that never was, on every route; lists stay apart."""
    record = api.upload(b"private", filename="private.txt")
    theirs = other_team.get(f"/files/{record['id']}")
    never = other_team.get("/files/" + "0" * 26)
    assert theirs.status_code == never.status_code == 404
    assert theirs.json()["title"] == never.json()["title"]
    assert theirs.text.replace(record["id"], "") == never.text.replace("0" * 26, "")
    assert other_team.delete(f"/files/{record['id']}").status_code == 404
    assert record["id"] not in other_team.all_ids("/files/list")
    assert fetch(record["url"]).content == b"private"


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("source", REFUSED_SOURCES.values(), ids=REFUSED_SOURCES.keys())
def test_file_fields_take_files_only(api, leaves_nothing, app, source):
    """A 422 before the task exists, on both built-in apps; the reason names the field."""
    answer = api.post("/apps/run", json={"app": app, "input": {APPS[app]: source}})
    assert answer.status_code == 422, answer.text
    assert APPS[app] in answer.json()["detail"]
    assert "root:" not in answer.text


@pytest.mark.parametrize("app", APPS)
def test_a_file_of_another_team_is_no_input(api, other_team, app):
    """architecture.md section 4: a link is accepted by the caller's rights, not by its signature."""
    record = api.upload(b"private", filename="private.txt")
    for source in (record["uri"], record["url"]):
        answer = other_team.post("/apps/run", json={"app": app, "input": {APPS[app]: source}})
        assert answer.status_code == 422, answer.text
    assert other_team.all_ids("/tasks/list") == []


def test_malformed_json(api, leaves_nothing):
    """Malformed JSON: a 4xx, nothing made."""
    for body in (b"{", b"[1,]", b'{"files":[{"uri":""},]}', b'\xef\xbb\xbf{"files":[]}', b'{"files":NaN}', b"\xff\xfe",
                 b'{"files":[{"uri":"","filename":"\\ud800"}]}', b'{"files":[],"files":[]}', b'"text"', b"[]",
                 b'{"files":{}}', b'{"files":[7]}', b'{"files":"x"}', b'{"files":[{"uri":"","size":"1"}]}',
                 b'{"files":[{"uri":"","size":1.5}]}', b'{"files":[{"uri":"","filename":["a"]}]}'):
        answer = api.post("/files", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), (body, answer.status_code)
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("declared", "sent", "code"),
    [(10, 11, "payload_too_large"), (10, 9, "size_mismatch"), (0, 1, "payload_too_large"), (1, 0, "size_mismatch"),
     (1 << 20, (1 << 20) + 1, "payload_too_large"), (1 << 20, (1 << 20) - 1, "size_mismatch")],
)
def test_bodies_of_another_length_than_declared(server, api, leaves_nothing, declared, sent, code):
    """Body longer or shorter than declared or signed: 413 or 400, nothing stored, the right body still works."""
    record = api.create_file(filename="exact.bin", size=declared)
    leaves_nothing()
    anybody = server.client(key="")
    for body in (b"z" * sent, iter([b"z" * sent])):
        answer = anybody.put(record["upload_url"], data=body)
        assert answer.status_code == (413 if sent > declared else 400)
        assert answer.json()["error"]["code"] == code
        assert fetch(record["url"]).status_code in (404, 409)


def test_a_wrong_body_does_not_spoil_the_upload(server, api):
    """Reliability rows 28 and 30: a refused body can be followed by the right one."""
    record = api.create_file(filename="retry.bin", size=4)
    anybody = server.client(key="")
    assert anybody.put(record["upload_url"], data=b"123").status_code == 400
    wrong = anybody.put(record["upload_url"], data=b"1234", headers={"Repr-Digest": f"sha-256=:{'A' * 43}=:"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "digest_mismatch")
    assert anybody.put(record["upload_url"], data=b"1234").ok
    assert fetch(record["url"]).content == b"1234"
