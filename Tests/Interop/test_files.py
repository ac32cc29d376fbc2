# SPDX-License-Identifier: Apache-2.0
"""What a server does with files beside taking and giving their bytes: forms, lists, lifetimes, changes, links, types."""

import gzip
import io
import itertools
import json
import shutil
import subprocess
import time
import uuid
import zipfile

import pytest
import requests

from samples import fetch


@pytest.fixture
def team(server, make_key):
    """The API as a team that has no files yet."""
    return server.client(make_key("team-" + uuid.uuid4().hex[:12], "files:read", "files:write"))


# Forms, as people type them (wire-contract.md 2.1).


def curl(server, *arguments):
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-H", f"Authorization: Bearer {server.key}", *arguments],
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_sends_a_form(server, api, tmp_path, picture):
    """2.1: POST /files as multipart/form-data stores the bytes at once and answers one record."""
    path = tmp_path / "image.png"
    path.write_bytes(picture)
    record = curl(
        server, f"{server.base}/files", "-F", f"file=@{path}", "-F", "path=/custom//path/", "-F", "public=true",
        "-F", "filename=custom name é.png", "-F", "expires_in=3600",
    )
    assert isinstance(record, dict)
    assert record["filename"] == "custom name é.png"
    assert (record["content_type"], record["size"], record["path"]) == ("image/png", len(picture), "/custom/path")
    assert record["visibility"] == "public" and record["upload_url"] == "" and record["expires_at"]
    assert "?" not in record["url"]
    assert fetch(record["url"]).content == picture
    assert api.data("GET", f"/files/{record['id']}") == record
    typed = curl(server, f"{server.base}/v1/files", "-F", "content_type=image/webp", "-F", f"file=@{path};type=image/gif")
    assert typed["content_type"] == "image/webp" and typed["filename"] == "image.png"
    own = curl(server, f"{server.base}/files", "-F", f"file=@{path};type=image/gif")
    assert own["content_type"] == "image/gif"
    nameless = curl(server, f"{server.base}/files", "-F", f"file=@{path};type=application/octet-stream;filename=x")
    assert nameless["content_type"] == "image/png"


def test_requests_sends_a_form_that_waits_for_continue(server, api, tmp_path):
    """A form larger than any buffer, its options behind it, by a client that waits for 100."""
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(64 << 20)
    record = curl(
        server, f"{server.base}/files", "-H", "Expect: 100-continue", "-F", f"file=@{path}", "-F", "path=/large"
    )
    assert (record["size"], record["path"]) == (64 << 20, "/large")
    assert api.delete(f"/files/{record['id']}").ok


def test_unicode_names_stay_end_to_end(server, api):
    """A name of any script comes back from the form, the record, the uri, the link and the list."""
    name = "Ünïcödé 写真 \U0001F600 e\u0301.png"
    answer = requests.post(
        f"{server.base}/files", headers={"Authorization": f"Bearer {server.key}"},
        files={"file": (None, b"x")}, data={"filename": name}, timeout=30,
    )
    record = answer.json()["data"]
    assert record["filename"] == name
    assert requests.utils.unquote(record["uri"]).endswith("/" + name)
    disposition = fetch(record["url"]).headers["Content-Disposition"]
    assert requests.utils.unquote(disposition.split("filename*=UTF-8''")[1]) == name
    found = api.data("GET", "/files", params={"search": name})["items"]
    assert record["id"] in [item["id"] for item in found]


# Types.


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "content of " + name)
    return out.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        ("letter.docx", zipped("[Content_Types].xml", "word/document.xml"), WORD),
        ("letter.docx", zipped("anything"), WORD),
        ("table.xlsx", zipped("anything"), SHEET),
        ("book.epub", zipped("anything"), "application/epub+zip"),
        ("archive.zip", zipped("anything"), "application/zip"),
        ("archive", zipped("anything"), "application/zip"),
        ("picture.png", zipped("anything"), "application/zip"),
        ("paper", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
        ("paper.png", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
        ("x.gz", gzip.compress(b"x"), "application/gzip"),
        ("notes.md", b"# Title\n\ntext\n", "text/markdown"),
        ("data.csv", b"a,b\n1,2\n", "text/csv"),
        ("data.json", b'{"a": 1}', "application/json"),
        ("page.txt", b"<!doctype html><title>x</title>", "text/plain"),
        ("unknown.xyz", b"\x01\x02\x03", "application/octet-stream"),
        ("empty.png", b"", "image/png"),
    ],
)
def test_content_tells_the_type(server, api, filename, content, expected):
    """Without a declared type: the content, then the name; office and zip kinds by the name. The same by both ways."""
    assert api.upload(content, filename=filename)["content_type"] == expected
    assert api.upload(content, filename=filename, content_type="application/octet-stream")["content_type"] == expected
    answer = api.post("/files", files={"file": (filename, content, "application/octet-stream")})
    assert answer.json()["data"]["content_type"] == expected


def test_random_bytes_stay_bytes(api):
    """Bytes that are nothing are called nothing."""
    kinds = {
        api.upload(bytes((seed * 7 + step * 13) % 251 for step in range(200)), filename="r")["content_type"]
        for seed in range(20)
    }
    assert kinds == {"application/octet-stream"}


# Lists.


@pytest.fixture(scope="module")
def listed(server):
    """Seven files of a team that has no others, in folders, and the API as that team."""
    key = server.client().data(
        "POST", "/keys", json={"name": "orders", "team": "orders", "scopes": ["files:read", "files:write"]}
    )["key"]
    api = server.client(key)
    rows = [
        ("a.txt", "/photos", 3, {}), ("B.txt", "/photos", 1, {}), ("c_100%.txt", "/photos/2026", 2, {}),
        ("d.png", "/photos/2026/may", 2, {"public": True}), ("e.txt", "", 5, {"expires_in": 3600}),
        ("é.txt", "/other", 4, {}), ("a.txt", "/photography", 6, {}),
    ]
    return api, [api.upload(b"x" * size, filename=name, path=path, **more) for name, path, size, more in rows]


def found(api, records, **request):
    """The positions of the files a request finds, by body and by query alike."""
    order = {record["id"]: position for position, record in enumerate(records)}
    body = [order[item["id"]] for item in api.data("POST", "/files/list", json={"limit": 50, **request})["items"]]
    params = {name: json.dumps(value) for name, value in request.items()}
    query = api.data("GET", "/files", params={"limit": 50, **params})["items"]
    assert [order[item["id"]] for item in query] == body
    return body


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("filename", "eq", "a.txt", [0, 6]), ("filename", "neq", "a.txt", [1, 2, 3, 4, 5]),
        ("filename", "in", ["a.txt", "d.png"], [0, 3, 6]), ("filename", "not_in", ["a.txt", "d.png"], [1, 2, 4, 5]),
        ("size", "gt", 4, [4, 6]), ("size", "gte", 4, [4, 5, 6]), ("size", "lt", 2, [1]), ("size", "lte", 2, [1, 2, 3]),
        ("filename", "like", "_.txt", [0, 1, 4, 5, 6]), ("filename", "like", "b%", []), ("filename", "ilike", "b%", [1]),
        ("filename", "like", "%\\%%", [2]), ("filename", "like", "c\\_%", [2]), ("filename", "like", "a\\_%", []),
        ("filename", "contains", "%", [2]), ("filename", "contains", ".t", [0, 1, 2, 4, 5, 6]),
        ("filename", "not_contains", ".txt", [3]), ("expires_at", "is_null", None, [0, 1, 2, 3, 5, 6]),
        ("expires_at", "is_not_null", None, [4]), ("path", "is_empty", None, [4]),
        ("path", "is_not_empty", None, [0, 1, 2, 3, 5, 6]), ("sha256", "is_null", None, []),
        ("path", "eq", "/photos", [0, 1]), ("path", "like", "/photos/%", [2, 3]), ("visibility", "eq", "public", [3]),
        ("created_at", "gt", "2020-01-01T00:00:00Z", [0, 1, 2, 3, 4, 5, 6]), ("created_at", "lt", "2020-01-01T00:00:00Z", []),
    ],
)
def test_every_operator(listed, field, operator, value, expected):
    """2.3: every comparison of a filter, in the body and in the query; a path is a folder."""
    api, records = listed
    condition = {"field": field, "operator": operator}
    if value is not None:
        condition["value"] = value
    assert sorted(found(api, records, filters=[condition])) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"term": "PHOTO"}, [0, 1, 2, 3, 6]), ({"term": "/photos", "exact": True}, [0, 1]),
        ({"term": "photo", "fields": ["filename"]}, []), ({"term": "100%"}, [2]), ({"term": "_"}, [2]),
        ({"term": "image/", "fields": ["content_type"]}, [3]), ({"term": "é"}, [5]), ({"term": ""}, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_search(listed, search, expected):
    """2.3: term, exact, fields."""
    api, records = listed
    assert sorted(found(api, records, search=search)) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ([], [6, 5, 4, 3, 2, 1, 0]), ([{"field": "created_at", "dir": "asc"}], [0, 1, 2, 3, 4, 5, 6]),
        ([{"field": "size", "dir": "desc"}, {"field": "filename", "dir": "asc"}], [6, 4, 5, 0, 2, 3, 1]),
        ([{"field": "filename"}, {"field": "size", "dir": "desc"}], [1, 6, 0, 2, 3, 4, 5]),
        ([{"field": "path", "dir": "desc"}, {"field": "size"}], [3, 2, 1, 0, 6, 5, 4]),
        ([{"field": "expires_at", "dir": "desc"}, {"field": "created_at"}], [4, 0, 1, 2, 3, 5, 6]),
    ],
)
def test_orders_and_their_pages(listed, sort, expected):
    """2.3: several fields, each direction; pages of one order there and back."""
    api, records = listed
    assert found(api, records, sort=sort) == expected
    order = {record["id"]: position for position, record in enumerate(records)}
    for limit in (1, 2, 3):
        pages, cursor = [], ""
        while True:
            page = api.data("POST", "/files/list", json={"limit": limit, "cursor": cursor, "sort": sort})
            pages.append([order[item["id"]] for item in page["items"]])
            if not page["has_next"]:
                break
            cursor = page["next_cursor"]
        assert list(itertools.chain(*pages)) == expected
        back = []
        while page["has_previous"]:
            page = api.data("POST", "/files/list", json={
                "limit": limit, "cursor": page["prev_cursor"], "direction": "prev", "sort": sort})
            back.insert(0, [order[item["id"]] for item in page["items"]])
        assert back == pages[:-1]


def test_row93_a_cursor_is_for_its_own_order(listed, api):
    """Row 93: tampered cursors and those of another order, list or team are refused."""
    mine, _ = listed
    sort = [{"field": "filename", "dir": "asc"}]
    cursor = mine.data("POST", "/files/list", json={"limit": 2, "sort": sort})["next_cursor"]
    body = {"cursor": cursor, "sort": sort}
    assert mine.post("/files/list", json=body).ok
    assert mine.get("/files", params={"cursor": cursor, "sort": json.dumps(sort)}).ok
    for other in ({"cursor": cursor}, {"cursor": cursor, "sort": [{"field": "filename", "dir": "desc"}]},
                  {"cursor": cursor[:-1], "sort": sort}, {"cursor": cursor + "A", "sort": sort},
                  {"cursor": "A" + cursor[1:], "sort": sort}):
        assert mine.post("/files/list", json=other).status_code == 422
    assert api.post("/files/list", json=body).status_code == 422
    assert api.post("/tasks/list", json={"cursor": cursor}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"filters": [{"field": "team_id", "operator": "eq", "value": "x"}]},
        {"filters": [{"field": "size", "operator": "like", "value": "1%"}]},
        {"filters": [{"field": "filename", "operator": "like", "value": "x\\"}]},
        {"filters": [{"field": "filename", "operator": "in", "value": "x"}]},
        {"filters": [{"field": "filename", "operator": "eq"}]}, {"filters": [{"field": "filename"}]},
        {"filters": [{"field": "filename", "operator": "like", "value": "%a" * 600}]},
        {"sort": [{"field": "filename; DROP TABLE files"}]}, {"sort": [{"field": "size", "dir": "sideways"}]},
        {"sort": [{"field": "size"}, {"field": "size"}]}, {"sort": "size"}, {"sort": [{"field": "size"}] * 5},
        {"search": {"term": "x" * 1001}}, {"search": {"term": "x", "fields": ["size"]}}, {"search": ["x"]},
        {"fields": ["nonsense"]}, {"fields": [1]}, {"page": 2}, {"limit": -1}, {"direction": "up"},
    ],
    ids=lambda body: json.dumps(body)[:50],
)
def test_a_list_that_makes_no_sense_is_refused(listed, body):
    """What was ignored would show what should be hidden."""
    api, _ = listed
    answer = api.post("/files/list", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["detail"].startswith("/")


def test_fields_limit_what_is_shown(listed):
    """2.3: `fields`; the id is always there, and empty means all."""
    api, records = listed
    items = api.data("POST", "/files/list", json={"fields": ["filename", "size"], "limit": 2})["items"]
    assert all(set(item) == {"id", "filename", "size"} for item in items)
    query = api.data("GET", "/files", params={"fields": '["url"]', "limit": 1})["items"]
    assert set(query[0]) == {"id", "url"}
    plain = api.data("GET", "/files", params={"fields": "path,uri", "limit": 1})["items"]
    assert set(plain[0]) == {"id", "path", "uri"}
    assert set(api.data("POST", "/files/list", json={"fields": []})["items"][0]) == set(records[0])


# Lifetimes.


def test_a_file_vanishes_at_its_time(server, team):
    """expires_in: the record says when; 60 seconds to a year."""
    before = time.time()
    record = team.upload(b"x", filename="short.txt", expires_in=60)
    told = time.mktime(time.strptime(record["expires_at"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert before + 58 <= told <= time.time() + 62
    assert team.upload(b"x", filename="stays.txt")["expires_at"] is None
    assert team.create_file(filename="long", expires_in=31_536_000)["expires_at"]


# Changes.


def test_rename_and_move(server, team, api):
    """PATCH: name and folder change, the uri's name follows, the old uri and the old link stay good."""
    record = team.upload(b"bytes", filename="old name.txt", path="/old")
    changed = team.data("PATCH", f"/files/{record['id']}", json={"filename": "new/é name.txt"})
    assert changed["filename"] == "é name.txt" and changed["path"] == "/old"
    assert changed["uri"].startswith(f"inf://files/{record['id']}/%C3%A9")
    assert changed["updated_at"] > record["updated_at"] and changed["created_at"] == record["created_at"]
    assert fetch(changed["url"]).content == fetch(record["url"]).content == b"bytes"
    moved = team.data("PATCH", f"/files/{record['id']}", json={"path": "/new//folder/"})
    assert moved["path"] == "/new/folder" and moved["filename"] == "é name.txt"
    assert team.data("PATCH", f"/files/{record['id']}", json={}) == {**moved, "url": team.data(
        "GET", f"/files/{record['id']}")["url"]}
    for bad in ({"filename": "a\0b"}, {"filename": "x" * 5000}, {"path": "/a/.."}, {"filename": 1}, {"path": []}, []):
        assert team.request("PATCH", f"/files/{record['id']}", json=bad).status_code in (400, 422)
    assert api.request("PATCH", f"/files/{record['id']}", json={"filename": "x"}).status_code == 404


def test_visibility(server, team, make_key):
    """Unsigned links work while the file is public, and stop at once."""
    record = team.upload(b"seen", filename="seen.txt")
    change = lambda visibility: team.post(f"/files/{record['id']}/visibility", json={"visibility": visibility})
    unsigned = record["url"].split("?")[0]
    assert fetch(unsigned).status_code == 403
    for back in ("private", "team"):
        shown = change("public").json()["data"]
        assert shown["visibility"] == "public" and shown["url"] == unsigned
        assert fetch(unsigned).content == b"seen"
        hidden = change(back).json()["data"]
        assert hidden["visibility"] == "team" and "?" in hidden["url"]
        assert fetch(unsigned).status_code == 403
    assert fetch(hidden["url"]).content == b"seen"
    for bad in ("org", "", "PUBLIC", None, 1):
        assert change(bad).status_code == 422
    assert team.request("PATCH", f"/files/{record['id']}", json={"public": True}).json()["data"]["visibility"] == "public"
    assert fetch(unsigned).content == b"seen"


def test_links(server, team):
    """A link of the caller's own length; of a public file, one without an end."""
    record = team.upload(b"linked", filename="linked.txt")
    path = f"/files/{record['id']}/link"
    link = team.data("POST", path, json={"expires_in": 60})
    assert fetch(link["url"]).content == b"linked"
    assert link["expires_at"] < team.data("POST", path)["expires_at"] < team.data(
        "POST", path, json={"expires_in": 604_800})["expires_at"]
    for bad in (0, -1, 604_801, "60", 1.5):
        assert team.post(path, json={"expires_in": bad}).status_code == 422
    pending = team.create_file(filename="pending")
    assert team.post(f"/files/{pending['id']}/link").status_code == 409
    team.post(f"/files/{record['id']}/visibility", json={"visibility": "public"})
    public = team.data("POST", path)
    assert public["expires_at"] is None and "?" not in public["url"]
    assert fetch(public["url"]).content == b"linked"
    # A link ends with its file.
    short = team.upload(b"short", filename="short.txt", expires_in=60)
    assert team.data("POST", f"/files/{short['id']}/link")["expires_at"] == short["expires_at"]


def test_changes_need_their_scope(server, make_key, team):
    """files:write to change, files:read for a link."""
    name = "scopes-" + uuid.uuid4().hex[:8]
    reader, writer = server.client(make_key(name, "files:read")), server.client(make_key(name, "files:write"))
    record = writer.create_file(filename="a")
    assert requests.put(record["upload_url"], data=b"a", timeout=30).ok
    path = f"/files/{record['id']}"
    assert reader.request("PATCH", path, json={"filename": "b"}).status_code == 403
    assert reader.post(path + "/visibility", json={"visibility": "public"}).status_code == 403
    assert writer.post(path + "/link").status_code == 403
    assert writer.request("PATCH", path, json={"filename": "b"}).ok
    assert reader.post(path + "/link").ok
    assert team.post(path + "/link").status_code == 404
