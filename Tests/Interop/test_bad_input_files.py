# SPDX-License-Identifier: Apache-2.0
"""Rows of the bad-input catalogue (reliability.md section 3) that concern names, types, sizes and forms of files, each
on the real server; the row's number is in the test's name. R means: refused with a clear 4xx, and nothing left behind."""

import io
import json
import socket
import unicodedata
import zipfile
from urllib.parse import quote, unquote, urlsplit

import pytest
import requests

from raw_http import Connection, request
from samples import fetch

JSON = {"Content-Type": "application/json"}


def refused(answer):
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert answer.json()["detail"]
    return answer


def form(*parts, boundary="b0undary", closed=True):
    """A form by hand. Parts are (headers, content); headers of str are of a field of that name."""
    body = b""
    for headers, content in parts:
        if isinstance(headers, str):
            headers = [f'Content-Disposition: form-data; name="{headers}"'.encode()]
        body += b"--" + boundary.encode() + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + content + b"\r\n"
    return body + (b"--" + boundary.encode() + b"--\r\n" if closed else b"")


def file_part(content=b"content", filename=b"a.bin", *headers):
    disposition = b'Content-Disposition: form-data; name="file"'
    if filename is not None:
        disposition += b'; filename="' + filename + b'"'
    return [disposition, *headers], content


def post_form(api, body, boundary="b0undary", kind=None):
    return api.post("/files", data=body, headers={"Content-Type": kind or f"multipart/form-data; boundary={boundary}"})


def stored_label(api, name, how):
    """The label of a file stored under that name, by one of the two forms of POST /files."""
    if how == "json":
        return api.upload(b"x", filename=name)
    answer = post_form(api, form(file_part(b"x"), ("filename", name.encode())))
    assert answer.ok, answer.text
    return answer.json()["data"]


BOTH = pytest.mark.parametrize("how", ["json", "form"])


def only_label(server, api, record, name):
    """The name is a label: nothing on the server's disk is called that, and its content is served as it came."""
    assert record["filename"] == name
    assert record["uri"] == f"inf://files/{record['id']}/{quote(name, safe='')}"
    last = name.replace("\\", "/").split("/")[-1]
    assert not any(path.split("/")[-1] == last for path in server.stored_files())
    assert fetch(record["url"]).content == b"x"


# Names.


@BOTH
@pytest.mark.parametrize("name", ["..\\..\\win.ini", "C:\\Windows\\win.ini", "\\\\host\\share\\x.txt"])
def test_row22_windows_paths(server, api, how, name):
    """Row 22: a label only."""
    record = stored_label(api, name, how)
    only_label(server, api, record, name)
    assert "\\" not in unquote(urlsplit(record["url"]).path)


@BOTH
@pytest.mark.parametrize(("name", "label"), [("/abs/path", "path"), ("../../etc/passwd", "passwd"), ("a/b/c/", "c")])
def test_row23_absolute_paths(server, api, how, name, label):
    """Row 23: the last component is the label."""
    only_label(server, api, stored_label(api, name, how), label)


@BOTH
@pytest.mark.parametrize("name", ["", ".", "..", "/", "///", "/.."])
def test_row24_names_that_are_none(api, how, name):
    """Row 24: the default, `file` (a form's empty field says nothing: there the file's own name stands)."""
    record = stored_label(api, name, how)
    assert record["filename"] == ("a.bin" if how == "form" and name == "" else "file")


@BOTH
@pytest.mark.parametrize("name", ["a/\u0338b", "/\u0301"])
def test_row30_a_slash_with_a_combining_mark(api, leaves_nothing, how, name):
    """Row 30: R: it is a slash to whoever looks at bytes."""
    if how == "json":
        refused(api.post("/files", json={"files": [{"uri": "", "filename": name}]}))
    else:
        refused(post_form(api, form(file_part(), ("filename", name.encode()))))


@BOTH
def test_row31_lengths_of_names(api, how):
    """Row 31: 255 bytes are fine, 256 are cut on a scalar, 64 KiB are refused."""
    assert stored_label(api, "x" * 255, how)["filename"] == "x" * 255
    assert stored_label(api, "x" * 256, how)["filename"] == "x" * 255
    assert stored_label(api, "é" * 128, how)["filename"] == "é" * 127
    assert stored_label(api, "x" * 253 + "\U0001F600", how)["filename"] == "x" * 253


@BOTH
def test_row31_a_name_of_64_kib(api, leaves_nothing, how):
    """Row 31: R."""
    if how == "json":
        refused(api.post("/files", json={"files": [{"uri": "", "filename": "x" * 65536}]}))
    else:
        refused(post_form(api, form(file_part(), ("filename", b"x" * 65536))))
        refused(post_form(api, form(file_part(filename=b"x" * 65536))))


@BOTH
def test_row32_composed_and_decomposed(api, how):
    """Row 32: two labels, each as it came; ids are told apart by bytes."""
    forms = [unicodedata.normalize(kind, "é.txt") for kind in ("NFC", "NFD")]
    records = [stored_label(api, name, how) for name in forms]
    assert [record["filename"] for record in records] == forms
    for record, name in zip(records, forms):
        page = api.data("POST", "/files/list", json={"filters": [
            {"field": "filename", "operator": "eq", "value": name},
            {"field": "id", "operator": "in", "value": [record["id"] for record in records]},
        ]})
        assert [item["id"] for item in page["items"]] == [record["id"]]


@pytest.mark.parametrize("name", [b'"a\xff.png"', b'"\xc0\xae"', b'"\xed\xa0\x80"', b'"\\ud800"', b'"\\udc00x"'])
def test_row33_names_that_are_no_unicode(api, leaves_nothing, name):
    """Row 33: R, 400."""
    answer = refused(api.post("/files", data=b'{"files":[{"uri":"","filename":' + name + b"}]}", headers=JSON))
    assert answer.status_code == 400
    raw = name.strip(b'"')
    if b"\\u" not in raw:
        assert refused(post_form(api, form(file_part(filename=raw)))).status_code in (400, 422)
        assert refused(post_form(api, form(file_part(), ("filename", raw)))).status_code in (400, 422)


@BOTH
@pytest.mark.parametrize("name", ["CON", "nul.txt", "a:ads", "trailing.", "space ", "com1.png"])
def test_row34_names_windows_reserves(api, how, name):
    """Row 34: kept as a label; the name given to a download is safe."""
    record = stored_label(api, name, how)
    assert record["filename"] == name
    disposition = fetch(record["url"]).headers["Content-Disposition"]
    given = disposition.split('filename="')[1].split('"')[0]
    assert given and given[-1] not in ". " and ":" not in given
    assert given.split(".")[0].upper() not in ("CON", "NUL", "COM1")


@BOTH
@pytest.mark.parametrize("name", ["-rf", "--output=x", "=cmd()", "$(id)", "`id`", "a;b&c|d", "'; DROP TABLE files; --"])
def test_row35_row36_names_others_would_run(server, api, how, name):
    """Rows 35 and 36: literal text."""
    only_label(server, api, stored_label(api, name, how), name)


@pytest.mark.parametrize("name", ["%2e%2e%2f", "%252e", "..%2f..%2fx", "%00"])
def test_row38_escapes_in_names(api, name):
    """Row 38: decoded once, never as a path: the label holds them as they came."""
    record = api.upload(b"x", filename=name)
    assert record["filename"] == name
    assert unquote(record["uri"].split("/")[-1]) == name
    assert fetch(record["url"]).content == b"x"


# Content and types.


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../x", "outside")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("bomb", b"\0" * (8 << 20))
    return out.getvalue()


@BOTH
def test_row43_archives_stay_closed(server, api, how):
    """Row 43: stored as they are; nothing is unpacked."""
    content = archive()
    before = server.stored_files()
    if how == "json":
        record = api.upload(content, filename="bomb.zip")
    else:
        record = post_form(api, form(file_part(content, b"bomb.zip"))).json()["data"]
    assert record["content_type"] == "application/zip"
    assert record["size"] == len(content)
    assert fetch(record["url"]).content == content
    assert len(server.stored_files() - before) <= 1


@pytest.mark.parametrize("kind", [None, "", "garbage", "*/*", "image/*", "x" * 2048, "a/" + "b" * 2048, "a/b/c", "text"])
def test_row48_types_that_are_none(api, kind):
    """Row 48: octet-stream."""
    fields = {} if kind is None else {"content_type": kind}
    record = api.create_file(filename="nothing-known", size=5, **fields)
    assert record["content_type"] == "application/octet-stream"
    assert requests.put(record["upload_url"], data=b"hello", headers={"Content-Type": kind or ""}, timeout=30).ok
    ready = api.data("GET", f"/files/{record['id']}")
    assert ready["content_type"] == "application/octet-stream"
    assert fetch(ready["url"]).headers["Content-Type"] == "application/octet-stream"
    part = file_part(b"hello", b"nothing-known", b"Content-Type: " + (kind or "").encode())
    answer = post_form(api, form(part, ("content_type", (kind or "").encode())))
    assert answer.json()["data"]["content_type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("declared", "sent", "expected"),
    [
        ("image/webp", "text/html", "image/webp"),
        ("image/webp", None, "image/webp"),
        ("", "image/gif", "image/gif"),
        ("application/octet-stream", "image/gif", "image/gif"),
        ("application/octet-stream", "application/octet-stream", "image/png"),
        (None, None, "image/png"),
        (None, "application/x-www-form-urlencoded", "image/png"),
    ],
)
def test_row50_another_type_with_the_bytes(api, picture, declared, sent, expected):
    """Row 50: accepted; the declared type stands unless it says nothing, then the one of the PUT, then the content."""
    fields = {} if declared is None else {"content_type": declared}
    record = api.create_file(filename="picture", size=len(picture), **fields)
    headers = {} if sent is None else {"Content-Type": sent}
    assert requests.put(record["upload_url"], data=picture, headers=headers, timeout=30).ok
    assert api.data("GET", f"/files/{record['id']}")["content_type"] == expected


# Sizes and shapes of requests.


@pytest.mark.parametrize(("text", "size"), [("1e3", 1000), ("1.0", 1), ("10.0e-1", 1), ("0", 0), ("-0", 0)])
def test_row53_whole_numbers_in_other_clothes(api, text, size):
    """Row 53: a number without fraction is an integer however it is written."""
    body = '{"files":[{"uri":"","filename":"n","size":%s}]}' % text
    assert api.data("POST", "/files", data=body, headers=JSON)[0]["size"] == size


@pytest.mark.parametrize("text", ['"1"', "NaN", "1.5", "Infinity", "true", "[1]", "{}", "1e400", "0x1", "+1", "01"])
def test_row54_sizes_that_are_none(api, leaves_nothing, text):
    """Row 54: R."""
    refused(api.post("/files", data='{"files":[{"uri":"","size":%s}]}' % text, headers=JSON))


def test_row54_a_size_of_null(api):
    """Row 54: not known."""
    record = api.data("POST", "/files", data='{"files":[{"uri":"","filename":"n","size":null}]}', headers=JSON)[0]
    assert requests.put(record["upload_url"], data=b"abc", timeout=30).ok
    assert api.data("GET", f"/files/{record['id']}")["size"] == 3


@pytest.mark.parametrize("count", [101, 10_000])
def test_row72_many_files_in_one_request(api, leaves_nothing, count):
    """Row 72: R by the limit, all of them."""
    answer = refused(api.post("/files", json={"files": [{"uri": "", "filename": "x"}] * count}))
    assert "100" in answer.json()["detail"]


def test_row73_unknown_members(api):
    """Row 73: ignored."""
    record = api.create_file(filename="a.txt", nonsense={"a": [1]}, id="mine", team_id="theirs", sha256="0")
    assert record["filename"] == "a.txt"
    assert record["id"] != "mine" and record["team_id"] != "theirs"
    answer = post_form(api, form(file_part(), ("nonsense", b"x"), ("id", b"mine"), ("id", b"twice")))
    assert answer.ok and answer.json()["data"]["id"] != "mine"


@pytest.mark.parametrize(
    "body",
    [
        [], "x", 1, {"files": {}}, {"files": "x"}, {"files": None}, {"files": []}, {"files": [[]]}, {"files": ["x"]},
        {"files": [None]}, {"files": [{"filename": 1}]}, {"files": [{"filename": ["a"]}]}, {"files": [{"path": {}}]},
        {"files": [{"public": "yes"}]}, {"files": [{"public": 1}]}, {"files": [{"content_type": 5}]},
        {"files": [{"expires_in": "60"}]}, {"files": [{"expires_in": 59}]}, {"files": [{"expires_in": 31536001}]},
        {"files": [{"expires_in": -1}]}, {"files": [{}], "category": 1}, {"files": [{"path": "/a/../b"}]},
        {"files": [{"path": "a\u0000"}]}, {"files": [{"path": "x" * 1025}]},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_row73_wrong_types(api, leaves_nothing, body):
    """Row 73: R, for wrong types and for arrays in place of objects."""
    refused(api.post("/files", json=body))


# Forms.


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 71, "multipart/form-data; boundary=" + "x" * 4096,
        "multipart/form-data; boundary=a; boundary=b", 'multipart/form-data; boundary="a',
    ],
    ids=["none", "empty", "quoted-empty", "71", "4096", "two", "open-quote"],
)
def test_row107_boundaries_that_are_none(api, leaves_nothing, kind):
    """Row 107: R without a boundary, and for one of more than 70 characters."""
    boundary = kind.split("boundary=")[-1].split(";")[0].strip('"') if "boundary=" in kind else "x"
    refused(post_form(api, form(file_part(), boundary=boundary), kind=kind))


@pytest.mark.parametrize("boundary", ["x", "x" * 70, "----WebKitFormBoundaryAbC", "a'()+_,-./:=?b"])
def test_row107_boundaries_up_to_70_characters(api, boundary):
    """Row 107: fine."""
    kind = f'multipart/form-data; boundary="{boundary}"'
    answer = post_form(api, form(file_part(), boundary=boundary), kind=kind)
    assert answer.ok, answer.text
    assert fetch(answer.json()["data"]["url"]).content == b"content"


@pytest.mark.parametrize(
    "content",
    [b"b0undary", b"--b0undary", b"--b0undary--", b"x\r\n--b0undar", b"\r\n--b0undaryX\r\n", b"\r\n--b0undary-x", b"\r\n",
     b"\r\n\r\n--", b"\r" * 1000, b"", bytes(range(256)) * 300],
)
def test_row107_a_boundary_in_the_data(api, content):
    """Row 107: fine; what is no boundary's whole line is data."""
    answer = post_form(api, form(("path", b"/f"), file_part(content), ("public", b"true")))
    assert answer.ok, answer.text
    record = answer.json()["data"]
    assert (record["path"], record["visibility"], record["size"]) == ("/f", "public", len(content))
    assert fetch(record["url"]).content == content


@pytest.mark.parametrize(
    "body",
    [
        form(file_part(), closed=False), form(file_part(), closed=False) + b"--b0undary",
        form(file_part(b"x" * 300_000), closed=False), b"", b"--b0undary\r\n", b"nothing of it",
        form(file_part(), boundary="other"), form(file_part())[:-30],
    ],
    ids=["no-final", "half-final", "large", "empty", "only-first", "garbage", "other-boundary", "cut"],
)
def test_row107_no_final_boundary(api, leaves_nothing, body):
    """Row 107: R."""
    refused(post_form(api, body))


@pytest.mark.parametrize("count", [33, 10_000])
def test_row107_many_parts(api, leaves_nothing, count):
    """Row 107: R."""
    parts = [(f"field{number}", b"x") for number in range(count)]
    refused(post_form(api, form(file_part(), *parts)))
    refused(post_form(api, form(*[("", b"x")] * count)))


@pytest.mark.parametrize(
    "parts",
    [
        [], [("path", b"/a")], [file_part(), file_part()], [file_part(), ("path", b"/a"), ("path", b"/b")],
        [file_part(), ("path", b"/../x")], [file_part(), ("path", b"x" * 1025)], [file_part(), ("path", b"x" * 9000)],
        [file_part(), ("public", b"maybe")], [file_part(), ("expires_in", b"1h")], [file_part(), ("expires_in", b"59")],
        [file_part(), ("expires_in", b"+60")], [file_part(), ("filename", b"a\0b")], [file_part(), ("filename", b"\xff")],
        [file_part(), ("filename", b"a\r\nb")],
        [([b"Content-Type: text/plain"], b"x")], [([b"X: " + b"y" * 20_000, b'Content-Disposition: form-data; name="file"'], b"")],
        [([b'Content-Disposition: form-data; name="file"', b"Content-Transfer-Encoding: base64"], b"eA==")],
        [([b'Content-Disposition: form-data; name="file"; filename="a\0b"'], b"x")],
    ],
)
def test_row107_forms_that_say_nonsense(api, leaves_nothing, parts):
    """Row 107 and the rules of fields: R, wherever the field stands; nothing of the file stays."""
    refused(post_form(api, form(*parts)))
    refused(post_form(api, form(*reversed(parts))))


def test_row107_a_form_cut_in_the_middle(server, api, leaves_nothing):
    """Row 107: fewer bytes than announced store nothing."""
    body = form(file_part(b"x" * 100_000))
    lines = ("Content-Type: multipart/form-data; boundary=b0undary", f"Content-Length: {len(body)}")
    host = f"127.0.0.1:{server.port}"
    with Connection(server.port) as connection:
        connection.send(request("POST", "/files", host, *lines, body=body[:50_000], key=server.key))
        connection.socket.shutdown(socket.SHUT_WR)
        assert not connection.read_to_end().startswith(b"HTTP/1.1 2")


def test_row107_a_form_needs_the_right_to_write(server, make_key, leaves_nothing):
    """A form makes files: it needs the scope that they need, and a key."""
    reader = server.client(make_key("form-readers", "files:read"))
    assert refused(post_form(reader, form(file_part()))).status_code == 403
    assert refused(post_form(server.client(""), form(file_part()))).status_code == 401
