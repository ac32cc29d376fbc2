# SPDX-License-Identifier: Apache-2.0
"""Rows of the bad-input catalogue (reliability.md section 3), each on the real server; the row's number is in
the test's name. R means: refused with a clear 4xx, and nothing left behind."""

import base64
import secrets
import shutil
import subprocess
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from raw_http import Connection, exchange, request
from samples import fetch

HTML = b"<!doctype html><title>x</title><script>document.title='script ran'</script>"


def refused(answer):
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert answer.json()["detail"]
    return answer


def target(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def with_query(url, change):
    """The URL with its query parameters (a list of pairs) passed through `change`."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(change(parse_qsl(parts.query, keep_blank_values=True)))).geturl()


def replaced(name, value):
    return lambda pairs: [(key, value if key == name else old) for key, old in pairs]


@pytest.fixture
def host(server):
    return f"127.0.0.1:{server.port}"


# Names, types and sizes of records.


@pytest.mark.parametrize("name", ["a\x00.png", "\x00", "a.png\x00"])
def test_row25_nul_in_a_filename(api, leaves_nothing, name):
    """Row 25: R."""
    refused(api.post("/files", json={"files": [{"uri": "", "filename": name}]}))


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb"])
def test_row26_line_break_in_a_filename(api, leaves_nothing, name):
    """Row 26: R, by a check of bytes."""
    refused(api.post("/files", json={"files": [{"uri": "", "filename": name}]}))


def neutralised(answer):
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    kind = answer.headers["Content-Type"].split(";")[0].strip().lower()
    assert answer.headers["Content-Disposition"].startswith("attachment") or kind == "application/octet-stream"


@pytest.mark.parametrize("public", [False, True], ids=["private", "public"])
@pytest.mark.parametrize(
    "kind",
    ["text/html", "image/svg+xml", "text/xml", "application/xhtml+xml", "TEXT/HTML", "text/html;charset=utf-7",
     "application/javascript"],
)
def test_row45_types_a_browser_would_run(api, kind, public):
    """Row 45: octet-stream or attachment, and nosniff, and a sandbox."""
    record = api.upload(HTML, filename="page", content_type=kind, public=public)
    answer = fetch(record["url"])
    neutralised(answer)
    assert answer.content == HTML


def test_row46_html_in_a_png(api, tmp_path):
    """Row 46: nosniff; no script runs. Asked of a real browser where one is installed."""
    record = api.upload(HTML, filename="picture.png", content_type="image/png")
    answer = fetch(record["url"])
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    browser = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if browser:
        page = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
             "--virtual-time-budget=2000", "--dump-dom", record["url"]],
            capture_output=True, text=True, timeout=60,
        )
        assert "<title>script ran</title>" not in page.stdout


@pytest.mark.parametrize("size", [-1, -9223372036854775808])
def test_row51_negative_size(api, leaves_nothing, size):
    """Row 51: R."""
    refused(api.post("/files", json={"files": [{"uri": "", "size": size}]}))


@pytest.mark.parametrize("size", [9223372036854775807, 9223372036854775808, 10**30])
def test_row52_sizes_at_the_end_of_int64(api, leaves_nothing, size):
    """Row 52: R by the limit, R by the parser."""
    answer = refused(api.post("/files", json={"files": [{"uri": "", "size": size}]}))
    assert answer.status_code in (400, 413, 422)


def test_row55_size_zero(server, api):
    """Row 55: an empty file is fine."""
    record = api.create_file(filename="empty", size=0)
    assert server.client(key="").put(record["upload_url"], data=b"").ok
    assert fetch(api.data("GET", f"/files/{record['id']}")["url"]).content == b""


def test_row56_no_size_and_a_chunked_body(server, api, host):
    """Row 56: fine up to the maximum size."""
    record = api.create_file(filename="chunked")
    answer = exchange(server.port, request(
        "PUT", target(record["upload_url"]), host, "Transfer-Encoding: chunked", "Connection: close",
        body=b"5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n",
    ))
    assert 200 <= answer.status < 300
    assert fetch(record["url"]).content == b"hello there"


# Framing of requests. After each, the same record still takes a right upload.


@pytest.fixture
def pending(server, api):
    record = api.create_file(filename="framing.bin")
    yield record
    assert fetch(record["url"]).status_code in (404, 409), "the malformed request stored something"
    assert server.client(key="").put(record["upload_url"], data=b"right").ok
    assert fetch(record["url"]).content == b"right"


def smuggled(host, key):
    """A second request behind a malformed one; it must never be answered."""
    return request("GET", "/health", host, key=key)


def closes(answer, *statuses):
    assert answer.closed, f"the connection stays open after {answer.raw[:200]!r}"
    assert answer.status in statuses, answer.raw[:300]
    assert answer.count <= 1, "the request behind the malformed one was answered"


@pytest.mark.parametrize("value", ["+5", "5, 5", "0x5", "-1", " ", "5 5", "five", "18446744073709551617"])
@pytest.mark.parametrize("route", ["upload", "api"])
def test_row57_malformed_content_length(server, host, pending, value, route):
    """Row 57: R 400 and close."""
    url = target(pending["upload_url"]) if route == "upload" else "/files/list"
    data = request("PUT" if route == "upload" else "POST", url, host, f"Content-Length: {value}", key=server.key)
    closes(exchange(server.port, data + b"hello" + smuggled(host, server.key)), 400)


@pytest.mark.parametrize("values", [("5", "6"), ("6", "5"), ("5", "50")])
def test_row58_two_content_lengths(server, host, pending, values):
    """Row 58: R and close."""
    lines = [f"Content-Length: {value}" for value in values]
    data = request("PUT", target(pending["upload_url"]), host, *lines, body=b"hello")
    closes(exchange(server.port, data + smuggled(host, server.key)), 0, 400)


@pytest.mark.parametrize("order", [0, 1])
def test_row59_content_length_with_chunked(server, host, pending, order):
    """Row 59: R and close."""
    lines = ["Content-Length: 5", "Transfer-Encoding: chunked"]
    data = request("PUT", target(pending["upload_url"]), host, *(lines[::-1] if order else lines),
                   body=b"5\r\nhello\r\n0\r\n\r\n")
    closes(exchange(server.port, data + smuggled(host, server.key)), 0, 400)


@pytest.mark.parametrize(
    "coding", ["xchunked", "chunked, identity", "\x0bchunked", "chunked, chunked", "identity", "gzip"],
    ids=["xchunked", "chunked-identity", "vt-chunked", "twice", "identity", "gzip"],
)
def test_row60_transfer_codings(server, host, pending, coding):
    """Row 60: R and close."""
    data = request("PUT", target(pending["upload_url"]), host, f"Transfer-Encoding: {coding}",
                   body=b"5\r\nhello\r\n0\r\n\r\n")
    closes(exchange(server.port, data + smuggled(host, server.key)), 0, 400, 501)


def test_row65_expect_with_a_bad_signature(server, host, pending):
    """Row 65: 403 before the body; with a good signature the interim answer comes at once."""
    url = target(with_query(pending["upload_url"], replaced("sig", "A" * 43)))
    lines = ("Content-Length: 5", "Expect: 100-continue")
    with Connection(server.port, timeout=5) as connection:
        connection.send(request("PUT", url, host, *lines))
        assert connection.read_head()[0] == 403


def test_row65_expect_with_a_good_signature(server, api, host):
    """Row 65, the other half: 100, then the body, then a success."""
    record = api.create_file(filename="expect.bin", size=5)
    lines = ("Content-Length: 5", "Expect: 100-continue")
    with Connection(server.port, timeout=5) as connection:
        connection.send(request("PUT", target(record["upload_url"]), host, *lines))
        assert connection.read_head()[0] == 100
        connection.send(b"hello")
        assert 200 <= connection.read_head()[0] < 300
    assert fetch(record["url"]).content == b"hello"


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["array", "object"])
def test_row69_deep_json(api, leaves_nothing, opening):
    """Row 69: R, no stack overflow."""
    depth = 100_000
    closing = "]" if opening == "[" else "}"
    deep = opening * depth + "1" + closing * depth
    for path, body in (("/files", deep), ("/apps/run", f'{{"app":"image-processor","input":{{"image":{deep}}}}}')):
        refused(api.post(path, data=body, headers={"Content-Type": "application/json"}))
    assert api.get("/health").ok


# Ids.


@pytest.mark.parametrize(
    "bad",
    ["file_..%2Fx", "..%2F..%2Fetc%2Fpasswd", "x" * 10_240, "%00", "a%0d%0ab", "0" * 26, "%C3%A9", "' OR 1=1 --"],
    ids=["traversal", "deep-traversal", "10k", "nul", "crlf", "never-was", "utf8", "sql"],
)
def test_row91_ids_that_name_nothing(api, leaves_nothing, bad):
    """Row 91: 404 with one body, whatever is wrong with the id."""
    bodies = set()
    for method, path in (("GET", "/files/"), ("DELETE", "/files/")):
        answer = api.request(method, path + bad)
        assert answer.status_code == 404, answer.text[:300]
        body = answer.json()
        bodies.add((body["title"], body["error"]["code"]))
    assert len(bodies) == 1


def test_row91_an_empty_id(api, leaves_nothing):
    """Row 91: an id of no bytes deletes nothing."""
    assert api.delete("/files/").status_code in (404, 405)


def test_row91_another_tenants_id(api, other_team):
    """Row 91: the same answer for another team's id as for one that never was."""
    record = api.upload(b"mine", filename="mine.txt")
    theirs, never = other_team.get(f"/files/{record['id']}"), other_team.get("/files/" + "0" * 26)
    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace(record["id"], "ID") == never.text.replace("0" * 26, "ID")


# Signed links. `put` is an upload link, `get` a content link.


@pytest.fixture(params=["put", "get"])
def link(request, api):
    """A signed link and a call that tries another form of it; afterwards the link itself still works."""
    record = api.create_file(filename="signed.bin", size=6)
    put = lambda url: requests.put(url, data=b"signed", timeout=30, allow_redirects=False)
    if request.param == "get":
        assert put(record["upload_url"]).ok
        url, call = api.data("GET", f"/files/{record['id']}")["url"], fetch
    else:
        url, call = record["upload_url"], put
    yield url, call
    assert call(url).ok


def forbidden(answer):
    assert answer.status_code == 403, (answer.status_code, answer.text[:300])
    assert answer.json()["error"]["code"] in ("signature_invalid", "url_expired")


def one_bit_off(signature):
    """Each result differs from the signature in one character; decoded, in as little as one bit."""
    for position in (0, len(signature) // 2, len(signature) - 2):
        old = signature[position]
        new = format(int(old, 16) ^ 1, "x") if old in "0123456789abcdef" else "B" if old == "A" else "A"
        yield signature[:position] + new + signature[position + 1 :]


def test_row95_altered_signatures(link):
    """Row 95: one bit off, cut, empty, other case, array parameter, duplicated parameter: 403 each."""
    url, call = link
    signature = dict(parse_qsl(urlsplit(url).query))["sig"]
    forms = [replaced("sig", value) for value in one_bit_off(signature)]
    forms += [replaced("sig", value) for value in (signature[:-1], signature[: len(signature) // 2], "", " ")]
    forms += [replaced("sig", value) for value in (signature.swapcase(), signature + "=", signature + "A")]
    if signature.upper() != signature:
        forms.append(replaced("sig", signature.upper()))
    forms.append(lambda pairs: [("sig[]" if key == "sig" else key, value) for key, value in pairs])
    forms.append(lambda pairs: pairs + [("sig", signature)])
    forms.append(lambda pairs: [("sig", "A" * len(signature))] + pairs)
    forms.append(lambda pairs: [pair for pair in pairs if pair[0] != "sig"])
    for change in forms:
        forbidden(call(with_query(url, change)))
    forbidden(call(urlsplit(url)._replace(query="").geturl()))


@pytest.mark.parametrize(
    "value", ["1", "0", "-1", "9223372036854775808", "9223372036854775807", "1e9", "", None, "+99999999999", " 1"]
)
def test_row96_altered_expiry(link, value):
    """Row 96: past, 0, -1, 2^63, missing, 1e9: 403."""
    url, call = link
    if value is None:
        forbidden(call(with_query(url, lambda pairs: [pair for pair in pairs if pair[0] != "exp"])))
    else:
        forbidden(call(with_query(url, replaced("exp", value))))


def test_row97_a_link_is_for_one_use(server, api):
    """Row 97: a signed GET as PUT or DELETE, another path, another key id: 403; HEAD goes with GET."""
    first = api.upload(b"first", filename="first.txt")
    second = api.upload(b"second", filename="second.txt")
    fresh = api.create_file(filename="fresh.txt", size=5)
    anybody = server.client(key="")
    assert anybody.request("HEAD", first["url"]).status_code == 200
    # Another method than the link's: 403, or no such method on that path at all.
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        assert anybody.request(method, first["url"], data=b"xxxxx").status_code in (403, 404, 405)
    assert anybody.get(fresh["upload_url"]).status_code in (403, 404, 405)
    # The signature of one path on another.
    query = urlsplit(first["url"]).query
    forbidden(anybody.put(urlsplit(fresh["upload_url"])._replace(query=query).geturl(), data=b"xxxxx"))
    forbidden(anybody.get(urlsplit(second["url"])._replace(query=query).geturl()))
    upload_query = urlsplit(fresh["upload_url"]).query
    forbidden(anybody.get(urlsplit(first["url"])._replace(query=upload_query).geturl()))
    # Another key id.
    for value in ("", "0", "other", "../0", dict(parse_qsl(query))["kid"] + "x"):
        forbidden(anybody.get(with_query(first["url"], replaced("kid", value))))
        forbidden(anybody.put(with_query(fresh["upload_url"], replaced("kid", value)), data=b"xxxxx"))
    # A larger body than was signed.
    larger = with_query(fresh["upload_url"], replaced("max", "1000000"))
    if larger != fresh["upload_url"]:
        forbidden(anybody.put(larger, data=b"x" * 1000))
    assert fetch(first["url"]).content == b"first"


@pytest.mark.parametrize(
    "change",
    [
        lambda path: "/" + path,
        lambda path: path.replace("/", "//"),
        lambda path: "/." + path,
        lambda path: "/x/.." + path,
        lambda path: path.replace("/c", "/%63", 1).replace("/u", "/%75", 1),
        lambda path: path + "/",
        lambda path: path + ";x",
        lambda path: path + "%00",
        lambda path: path + "%2f..",
    ],
    ids=["leading", "doubled", "dot", "parent", "escape", "trailing", "parameter", "nul", "escaped-parent"],
)
def test_row98_other_spellings_of_the_path(server, host, link, change):
    """Row 98: one canonical form serves the same bytes; every other form is a 403 or 404."""
    url, call = link
    parts = urlsplit(url)
    method, body = ("GET", b"") if call is fetch else ("PUT", b"signed")
    lines = ("Connection: close", f"Content-Length: {len(body)}")
    answer = exchange(server.port, request(method, f"{change(parts.path)}?{parts.query}", host, *lines, body=body))
    assert 200 <= answer.status < 300 or answer.status in (400, 403, 404), answer.raw[:300]
    if answer.status == 200 and method == "GET":
        assert answer.body == b"signed"


# Keys and secrets.


def test_row108_authorization(server, host):
    """Row 108: none, no token, 64 KiB, a line break: 401 (or a refused header); the scheme's case is free."""

    def status(*lines):
        return exchange(server.port, request("GET", "/files", host, "Connection: close", *lines)).status

    key = server.key
    assert status() == 401
    for value in ("Bearer", "Bearer ", "", key, f"Basic {key}", f"Bearer {key} extra", f"Bearer  x{key}",
                  f'Bearer "{key}"', f"Bearer {key},"):
        assert status(f"Authorization: {value}") == 401, value.replace(key, "KEY")
    assert status("Authorization: Bearer " + "x" * 65_536) in (400, 401, 431)
    assert status(f"Authorization: Bearer x\r\n {key}") in (400, 401)
    assert status(f"Authorization: Bearer {key}\x00") in (400, 401)
    assert status("Authorization: Bearer inf_wrong", f"Authorization: Bearer {key}") in (400, 401)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert status(f"Authorization: {scheme} {key}") == 200


def test_row110_secrets_stay_out_of_logs_and_errors(server, api):
    """Row 110: no key, signature or data-URI payload in the log or in the body of an error."""
    payload = base64.b64encode(secrets.token_bytes(48)).decode()
    record = api.upload(b"secret", filename="secret.bin")
    fresh = api.create_file(filename="fresh.bin", size=3)
    signatures = [dict(parse_qsl(urlsplit(url).query))["sig"] for url in (record["url"], fresh["upload_url"])]
    foreign = "https://user:" + payload[:20] + "@example.com/x?X-Amz-Signature=" + payload[20:50]
    anybody = server.client(key="")
    wrong = "inf_wrong_" + secrets.token_hex(16)
    answers = [
        anybody.put(fresh["upload_url"], data=b"too long for it"),
        anybody.get(with_query(record["url"], replaced("exp", "1"))),
        anybody.request("PATCH", record["url"]),
        anybody.get(record["url"].replace("/content/", "/nothing/")),
        *(
            api.post("/apps/run", json={"app": "image-processor", "input": {"image": source, "width": "wide"}})
            for source in (record["url"] + "&x=1", f"data:image/png;base64,{payload}!", foreign)
        ),
        api.post("/files", data=f'{{"files": "{payload}"'),
        server.client(wrong).get("/files"),
        anybody.get(f"/files?api_key={server.key}"),
    ]
    planted = [server.key, payload, payload[:20], payload[20:50], wrong, *signatures]
    for answer in answers:
        assert answer.status_code >= 400
        for secret in planted:
            assert secret not in answer.text, answer.text[:300]
    log = server.log_text()
    for secret in planted:
        assert secret not in log
