# SPDX-License-Identifier: Apache-2.0
"""Rows of the bad-input catalogue and of the fault matrix (reliability.md) that are about HTTP itself: framing,
headers, bodies, and clients that take their time or come in crowds. The row's number is in the test's name."""

import gzip
import json
import re
import resource
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import new_key
from ferry_process import FerryServer
from raw_http import Connection, exchange, request
from samples import fetch


def target(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.fixture
def host(server):
    return f"127.0.0.1:{server.port}"


@pytest.fixture
def pending(server, api):
    """A record whose upload is attacked; it holds nothing afterwards and still takes a right upload."""
    record = api.create_file(filename="framing.bin")
    yield record
    assert fetch(record["url"]).status_code in (404, 409), "the malformed request stored something"
    assert server.client(key="").put(record["upload_url"], data=b"right").ok
    assert fetch(record["url"]).content == b"right"


def closes(answer, *statuses):
    assert answer.closed, f"the connection stays open after {answer.raw[:200]!r}"
    assert answer.status in statuses, answer.raw[:300]
    assert answer.count == 1, "the request behind the malformed one was answered"
    assert json.loads(answer.body)["detail"]


def behind(host, key):
    """A request behind a malformed one; it must never be executed."""
    body = b'{"files":[{"uri":"","filename":"smuggled"}]}'
    return request("POST", "/files", host, f"Content-Length: {len(body)}", key=key, body=body)


@pytest.mark.parametrize(
    "body",
    [b"FFFFFFFFFFFFFFFF\r\nhello", b"7FFFFFFFFFFFFFFF\r\nhello", b"5;ext\r\nhello\r\n0\r\n\r\n",
     b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"5\r\nhello\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n",
     b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloo\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n"],
    ids=["2^64", "2^63", "extension", "extension-value", "bare-lf", "bare-lf-after-data", "space", "0x", "too-long",
         "trailer"],
)
def test_row61_chunks(server, host, pending, leaves_nothing, body):
    """Row 61: R."""
    data = request("PUT", target(pending["upload_url"]), host, "Transfer-Encoding: chunked", body=body)
    closes(exchange(server.port, data + behind(host, server.key)), 400)


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked\r\nTransfer-Encoding: chunked", "chunked;q=1"])
def test_row60_codings_before_chunked(server, host, pending, coding):
    """Row 60: R and close; what chunked is the last of, too."""
    data = request("PUT", target(pending["upload_url"]), host, f"Transfer-Encoding: {coding}",
                   body=b"5\r\nhello\r\n0\r\n\r\n")
    closes(exchange(server.port, data + behind(host, server.key)), 400)


@pytest.mark.parametrize(
    "line", ["X-Folded: a\r\n b", "X-Folded: a\r\n\tb", "X-Space : a", "X-Tab\t: a", "Host: other", " Leading: a"],
    ids=["fold", "fold-tab", "space-colon", "tab-colon", "two-hosts", "leading"],
)
def test_row62_headers_two_readers_would_read_differently(server, host, leaves_nothing, line):
    """Row 62: R 400."""
    closes(exchange(server.port, request("POST", "/files", host, line, key=server.key) + behind(host, server.key)), 400)


def test_row62_no_host(server, host, leaves_nothing):
    """Row 62: R 400."""
    closes(exchange(server.port, b"GET /health HTTP/1.1\r\n\r\n" + behind(host, server.key)), 400)


@pytest.mark.parametrize(
    "lines",
    [[f"X-{n}: y" for n in range(257)], ["X-Long: " + "y" * (81 << 10)],
     [f"X-{n}: " + "y" * (10 << 10) for n in range(200)]],
    ids=["257-headers", "81-KB-header", "2-MB-in-all"],
)
def test_row63_headers_without_measure(server, host, lines):
    """Row 63: 431."""
    closes(exchange(server.port, request("GET", "/health", host, *lines)), 431)


@pytest.mark.parametrize("length", [5, 5000])
def test_row64_a_request_behind_a_refused_upload(server, host, pending, leaves_nothing, length):
    """Row 64: not executed, whether or not the upload had come whole."""
    url = target(pending["upload_url"]) + "0"
    for _ in range(20):
        data = request("PUT", url, host, f"Content-Length: {length}", body=b"hello")
        closes(exchange(server.port, data + behind(host, server.key)), 403)


def test_row66_compressed_upload(server, api):
    """Row 66: stored as it is, never inflated."""
    bomb = gzip.compress(bytes(10 << 20))
    record = api.create_file(filename="bomb.gz", size=len(bomb))
    answer = server.client(key="").put(record["upload_url"], data=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.ok and answer.json()["data"]["size"] == len(bomb)
    assert fetch(record["url"]).content == bomb


def test_row67_compressed_json(api, leaves_nothing):
    """Row 67: never inflated; 415."""
    bomb = gzip.compress(b'{"files":[' + b" " * (64 << 20) + b"{}]}")
    answer = api.post("/files", data=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
    assert answer.status_code == 415 and answer.json()["detail"]


@pytest.mark.parametrize("element", ["{}", "1", '{"filename":"x"}'])
def test_row72_ten_thousand_files_in_one_request(api, leaves_nothing, element):
    """Row 72: R by the limit, before any is looked at."""
    body = '{"files":[' + ",".join([element] * 10_000) + "]}"
    answer = api.post("/files", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and "at most 100" in answer.json()["detail"]


def test_row73_unknown_fields(api):
    """Row 73: ignored."""
    assert api.create_file(filename="known", unknown={"a": [1]}, id="x")["id"] != "x"


@pytest.mark.parametrize(
    "body", ['{"files":[{"filename":5}]}', '{"files":{"filename":"a"}}', '{"files":[[]]}', "[]", '"x"', "5",
             '{"files":[{"size":"1"}]}', '{"files":[{"public":1}]}', '{"files":null}'])
def test_row73_wrong_types(api, leaves_nothing, body):
    """Row 73: R."""
    answer = api.post("/files", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and answer.json()["detail"]


def test_row74_a_huge_string(api, leaves_nothing):
    """Row 74: R."""
    answer = api.post("/files", json={"files": [{"uri": "", "filename": "x" * (10 << 20)}]})
    assert answer.status_code == 413 and answer.json()["detail"]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e99999"])
def test_row74_numbers_beyond_measure(api, leaves_nothing, number):
    """Row 74: R, not infinity."""
    answer = api.post("/files", data='{"files":[{"size":%s}]}' % number, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and answer.json()["detail"]


def test_row28_a_digest_without_a_value(server, host, api):
    """Fault row 28: a claimed digest that is none is a 400."""
    record = api.create_file(filename="digest.bin", size=5)
    answer = server.client(key="").put(record["upload_url"], data=b"hello", headers={"Content-Digest": "sha-256"})
    assert answer.status_code == 400


# Faults. Each has a server of its own.


@pytest.fixture
def own_server(tmp_path):
    running = FerryServer(tmp_path / "own", new_key())
    yield running.start()
    running.kill()


def memory(server):
    """Resident memory in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text())[1])


def processor_time(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_row19_readers_that_never_read(own_server):
    """Fault row 19: memory is bounded, and they are closed."""
    record = own_server.client().upload(bytes(48 << 20), filename="large.bin")
    assert len(fetch(record["url"]).content) == 48 << 20
    before = memory(own_server)
    readers = []
    for _ in range(100):
        reader = socket.create_connection(("127.0.0.1", own_server.port))
        reader.sendall(request("GET", target(record["url"]), f"127.0.0.1:{own_server.port}"))
        readers.append(reader)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert (memory(own_server) - before) / len(readers) < 400
        assert own_server.client().get("/health").ok
        time.sleep(0.1)
    files = Path(f"/proc/{own_server.process.pid}/fd")
    deadline = time.monotonic() + 60
    while len(list(files.iterdir())) > 80:
        assert time.monotonic() < deadline, "readers that never read are kept"
        time.sleep(0.5)
    for reader in readers:
        reader.close()


def test_row18_and_row20_slow_senders(own_server):
    """Fault rows 18 and 20: slow headers are closed within 12 s, an upload of 1 byte a second within 30 s; others
    are served meanwhile."""
    api = own_server.client()
    record = api.create_file(filename="slow.bin")
    host = f"127.0.0.1:{own_server.port}"
    head, body = Connection(own_server.port), Connection(own_server.port)
    head.send(b"GET /health HTTP/1.1\r\nHost: a\r\n")
    body.send(request("PUT", target(record["upload_url"]), host, "Content-Length: 100000"))
    began, ends = time.monotonic(), {}
    for connection in (head, body):
        connection.socket.settimeout(0.5)
    while len(ends) < 2:
        passed = time.monotonic() - began
        assert passed < 45, f"still open: {ends}"
        for name, connection, piece in (("head", head, b"X: y\r\n"), ("body", body, b"x")):
            if name in ends:
                continue
            connection.send(piece)
            try:
                first = connection.read_head()
            except TimeoutError:
                continue
            ends[name] = (passed, first and first[0])
        assert api.get("/health").ok
    assert ends["head"][0] < 12 and ends["head"][1] == 408
    assert 15 < ends["body"][0] < 30 and ends["body"][1] == 408
    assert own_server.client(key="").put(record["upload_url"], data=b"right").ok


def test_row11_no_file_left_to_open(tmp_path, monkeypatch):
    """Fault row 11: with few files to open a crowd is told to come back; no spinning, and it recovers."""
    import ferry_process

    start = ferry_process.subprocess.Popen
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    monkeypatch.setattr(ferry_process.subprocess, "Popen",
                        lambda *args, **options: start(*args, preexec_fn=limit, **options))
    server = FerryServer(tmp_path / "few", new_key())
    server.start()
    try:
        crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(200)]
        before = processor_time(server)
        time.sleep(3)
        assert processor_time(server) - before < 1.5, "the server spins"
        for connection in crowd:
            connection.close()
        deadline = time.monotonic() + 10
        while True:
            try:
                assert server.client().get("/health", timeout=2).ok
                break
            except (AssertionError, OSError):
                assert time.monotonic() < deadline, "it does not recover"
                time.sleep(0.1)
        assert server.client().upload(b"after", filename="after")["size"] == 5
        server.stop()
    finally:
        server.kill()
