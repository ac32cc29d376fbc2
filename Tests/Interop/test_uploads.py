# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md sections 2 and 3, and the file boxes of section 10, with the unmodified official client."""

import base64
import hashlib
from urllib.parse import urlsplit

import pytest
import requests

from samples import fetch, opened

CONTENT = b"The quick brown fox.\n" * 50


def test_upload_from_a_path(sdk, server, picture, tmp_path):
    """10 both: POST /files answers an array; index 0 has upload_url, uri, id, filename, content_type, size."""
    path = tmp_path / "photo.png"
    path.write_bytes(picture)
    record = sdk.upload(str(path))
    assert record["filename"] == "photo.png"
    assert record["content_type"] == "image/png"
    assert record["size"] == len(picture)
    assert record["uri"] == f"inf://files/{record['id']}/photo.png"
    assert record["upload_url"].startswith(server.base + "/uploads/")
    assert fetch(record["url"]).content == picture


def test_upload_from_bytes(sdk):
    """10 both: content_type defaults to application/octet-stream and is echoed; filename null is accepted."""
    record = sdk.upload(CONTENT)
    assert record["content_type"] == "application/octet-stream"
    assert record["filename"]
    assert fetch(record["url"]).content == CONTENT


def test_upload_from_a_data_uri(sdk):
    """3.1 row 3: the type in the data URI is the record's type."""
    record = sdk.upload("data:text/plain;base64," + base64.b64encode(CONTENT).decode())
    assert record["content_type"] == "text/plain"
    assert record["size"] == len(CONTENT)
    assert fetch(record["url"]).content == CONTENT


def test_upload_from_base64(sdk):
    """3.1 row 4: bare base64 of 16 characters or more."""
    record = sdk.upload(base64.b64encode(CONTENT).decode())
    assert record["content_type"] == "application/octet-stream"
    assert fetch(record["url"]).content == CONTENT


def test_all_four_options_arrive(sdk, api):
    """10 both: POST /files accepts filename, content_type, path and public: true."""
    record = sdk.upload(
        CONTENT, filename="custom.txt", content_type="text/x-custom", path="/custom/path", public=True
    )
    stored = api.data("GET", f"/files/{record['id']}")
    for member in (record, stored):
        assert member["filename"] == "custom.txt"
        assert member["content_type"] == "text/x-custom"
        assert member["path"] == "/custom/path"
        assert member["visibility"] == "public"
        assert member["size"] == len(CONTENT)


@pytest.mark.parametrize("public", [False, None])
def test_a_file_is_private_unless_public_is_true(sdk, api, public):
    """10 both: POST /files accepts public false and null."""
    record = sdk.upload(CONTENT, public=public)
    assert api.data("GET", f"/files/{record['id']}")["visibility"] != "public"
    bare = urlsplit(record["url"])._replace(query="").geturl()
    assert fetch(bare).status_code in (403, 404)


def test_zero_bytes(sdk, api):
    """10 both: size 0 and a zero-length PUT are legal."""
    record = sdk.upload(b"", filename="empty.bin")
    stored = api.data("GET", f"/files/{record['id']}")
    assert stored["size"] == 0
    answer = fetch(stored["url"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == "0"


def test_the_url_serves_the_bytes_without_a_key(sdk, picture, tmp_path):
    """10 both: url is GETtable without auth, right Content-Length, an extension in the path, no redirect."""
    path = tmp_path / "résumé 1.png"
    path.write_bytes(picture)
    record = sdk.upload(str(path))
    assert record["filename"] == "résumé 1.png"
    assert urlsplit(record["url"]).path.endswith(".png")
    answer = fetch(record["url"])
    assert answer.status_code == 200
    assert answer.content == picture
    assert answer.headers["Content-Length"] == str(len(picture))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["ETag"].startswith('"') and answer.headers["ETag"].endswith('"')
    disposition = answer.headers["Content-Disposition"]
    assert "filename*=UTF-8''r%C3%A9sum%C3%A9%201.png" in disposition
    assert disposition.isascii()
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head = requests.head(record["url"], timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Content-Disposition"):
        assert head.headers[name] == answer.headers[name]
    assert opened(answer.content).size == (640, 480)


def test_a_public_file_has_an_unsigned_url(sdk, api):
    """architecture.md section 4, Links: checked by visibility at each request, so it never expires."""
    record = sdk.upload(CONTENT, filename="open.txt", public=True)
    url = api.data("GET", f"/files/{record['id']}")["url"]
    assert urlsplit(url).query == ""
    assert fetch(url).content == CONTENT
    api.delete(f"/files/{record['id']}")
    assert fetch(url).status_code in (403, 404)


def test_the_same_options_can_be_used_for_any_number_of_files(sdk, api):
    """Two uploads with equal names and equal bytes are two records."""
    first = sdk.upload(CONTENT, filename="twice.txt")
    second = sdk.upload(CONTENT, filename="twice.txt")
    assert first["id"] != second["id"]
    api.delete(f"/files/{first['id']}")
    assert fetch(second["url"]).content == CONTENT


def test_a_file_comes_back_through_the_official_file_class(sdk, picture, tmp_path, monkeypatch):
    """10 both: uri or url, when http(s), is GETtable by the File classes without auth."""
    from inferencesh import File

    monkeypatch.setenv("FILE_CACHE_DIR", str(tmp_path / "cache"))
    record = sdk.upload(picture, filename="photo.png", content_type="image/png")
    file = File(record["url"])
    assert file.content_type == "image/png"
    assert open(file.path, "rb").read() == picture


# The PUT by itself: 10 both, "PUT upload_url".


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": ""}, {"Content-Type": "text/html"}, {"Content-Type": "text/plain"}],
    ids=["none", "empty", "mismatching", "matching"],
)
def test_put_needs_no_key_and_takes_any_content_type(server, api, headers):
    """10 both: no auth header needed, any, empty or mismatching Content-Type; the declared one is kept."""
    record = api.create_file(filename="a.txt", content_type="text/plain", size=len(CONTENT))
    answer = server.client(key="").put(record["upload_url"], data=CONTENT, headers=headers)
    assert 200 <= answer.status_code < 300
    stored = api.data("GET", f"/files/{record['id']}")
    assert stored["content_type"] == "text/plain"
    assert fetch(stored["url"]).content == CONTENT


@pytest.mark.parametrize("declared", ["", "application/octet-stream"])
def test_put_type_is_adopted_when_none_was_declared(server, api, declared):
    """2.2: keep the declared type unless it is empty or application/octet-stream."""
    record = api.create_file(filename="x", content_type=declared, size=len(CONTENT))
    server.client(key="").put(record["upload_url"], data=CONTENT, headers={"Content-Type": "text/csv"})
    assert api.data("GET", f"/files/{record['id']}")["content_type"] == "text/csv"


def test_put_is_idempotent(server, api):
    """10 both: idempotent (clients retry); other bytes are a conflict and the first ones stay."""
    record = api.create_file(filename="a.bin", size=len(CONTENT))
    anybody = server.client(key="")
    assert anybody.put(record["upload_url"], data=CONTENT).ok
    assert anybody.put(record["upload_url"], data=CONTENT).ok
    other = bytes(len(CONTENT))
    refused = anybody.put(record["upload_url"], data=other)
    assert refused.status_code == 409
    assert fetch(record["url"]).content == CONTENT


def test_put_of_a_chunked_body_with_an_undeclared_size(server, api):
    """10 both: size may be absent; a body without a length is taken up to the maximum size."""
    record = api.create_file(filename="stream.bin")
    answer = server.client(key="").put(record["upload_url"], data=iter([b"one ", b"two ", b"three"]))
    assert answer.ok, answer.text
    stored = api.data("GET", f"/files/{record['id']}")
    assert stored["size"] == 13
    assert fetch(stored["url"]).content == b"one two three"


def test_several_records_in_one_request(api):
    """2.1: the answer has the order and length of the request."""
    names = ["a.txt", "b.txt", "c.txt"]
    records = api.data("POST", "/files", json={"files": [{"uri": "", "filename": name} for name in names]})
    assert [record["filename"] for record in records] == names
    assert len({record["upload_url"] for record in records}) == 3


def test_a_record_has_every_member_strict_decoders_need(api):
    """2.4: members without a question mark are always present (the Swift client's decoder throws otherwise)."""
    record = api.upload(CONTENT, filename="a.txt", content_type="text/plain")
    for member in (
        "id", "short_id", "created_at", "updated_at", "user_id", "team_id", "visibility", "path", "remote_path",
        "upload_url", "uri", "content_type", "size", "filename", "category", "rating",
    ):
        assert record.get(member) is not None, member
    assert record["short_id"] == record["id"][:8]
    assert record["visibility"] in ("private", "team", "org", "public", "unlisted")
    assert record["created_at"].endswith("Z")


def test_ranges_and_conditions(api):
    """Single ranges, conditional requests, HEAD."""
    url = api.upload(CONTENT, filename="a.txt", content_type="text/plain")["url"]
    etag = fetch(url).headers["ETag"]
    part = fetch(url, headers={"Range": "bytes=4-8"})
    assert (part.status_code, part.content) == (206, CONTENT[4:9])
    assert part.headers["Content-Range"] == f"bytes 4-8/{len(CONTENT)}"
    tail = fetch(url, headers={"Range": "bytes=-5"})
    assert (tail.status_code, tail.content) == (206, CONTENT[-5:])
    beyond = fetch(url, headers={"Range": "bytes=999999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert fetch(url, headers={"If-None-Match": etag}).status_code == 304
    assert fetch(url, headers={"If-Match": '"another"'}).status_code == 412
    changed = fetch(url, headers={"Range": "bytes=0-0", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, CONTENT)


def test_digest_of_large_content(api, server):
    """Bytes come back equal when they do not fit one buffer."""
    content = hashlib.sha256(b"seed").digest() * (5 << 15)  # 5 MiB
    record = api.upload(content, filename="five.bin")
    assert hashlib.sha256(fetch(record["url"]).content).digest() == hashlib.sha256(content).digest()
