# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md section 5.5, rules 1 to 10, on the raw connection."""

import json
import time

import pytest

from raw_http import Connection, chunks, request
from samples import fetch

TASK_MEMBERS = ("id", "status", "output", "input", "logs", "created_at", "updated_at")
MAXIMUM_LINE = 512 << 10


def open_stream(connection, server, task_id, accept="application/x-ndjson"):
    connection.send(request("GET", f"/tasks/{task_id}/stream", f"127.0.0.1:{server.port}", f"Accept: {accept}",
                            "Connection: keep-alive", key=server.key))
    return connection.read_head()


def lines_of(connection):
    """The lines as the server flushed them: each chunk is one whole line or more."""
    for chunk in chunks(connection):
        assert chunk.endswith(b"\n"), "a line is spread over two chunks"
        yield from chunk.splitlines()


def stream(server, task_id, timeout=60):
    """Every line of the stream until the server ends it."""
    with Connection(server.port, timeout) as connection:
        status, headers = open_stream(connection, server, task_id)
        assert status == 200
        return headers, list(lines_of(connection))


@pytest.fixture(scope="module")
def ended(server, picture):
    api = server.client()
    uri = api.upload(picture, filename="photo.png")["uri"]
    return api.wait(api.run("image-processor", {"image": uri, "width": 50})["id"])


def test_rule_1_snapshot_on_connect(server, ended, held_task):
    """5.5 rule 1: the current snapshot at once, terminal or not."""
    for task in (ended, held_task):
        with Connection(server.port, timeout=5) as connection:
            begin = time.monotonic()
            open_stream(connection, server, task["id"])
            line = json.loads(next(lines_of(connection)))
            assert time.monotonic() - begin < 2
            assert line["id"] == task["id"]
            assert line["status"] == task["status"]
            assert set(TASK_MEMBERS) <= set(line)


def test_rules_2_and_3_terminal_line_then_close(server, api, large_file):
    """5.5 rules 2, 3: the terminal event is a full bare task; then the stream ends."""
    task = api.run("file-inspector", {"file": large_file})
    _, lines = stream(server, task["id"])
    events = [json.loads(line) for line in lines]
    terminal = [event for event in events if event.get("status", 0) >= 10]
    assert terminal == events[-1:]
    last = events[-1]
    assert "data" not in last and "fields" not in last
    assert set(TASK_MEMBERS) <= set(last)
    assert last["status"] == 10
    assert last["output"]["size"] == 256 << 20
    assert last["input"]
    stored = api.data("GET", f"/tasks/{task['id']}")
    for member in ("id", "status", "input", "output", "created_at", "updated_at"):
        assert last[member] == stored[member]


def test_rules_4_and_5_chunked_with_the_exact_content_type(server, ended):
    """5.5 rules 4, 5: HTTP/1.1 chunked, one flush a line, application/x-ndjson without a charset."""
    headers, lines = stream(server, ended["id"])
    assert headers["transfer-encoding"] == "chunked"
    assert "content-length" not in headers
    assert headers["content-type"] == "application/x-ndjson"
    assert len(lines) == 1


def test_rule_5_line_separators_are_escaped(server, api, sdk):
    """5.5 rule 5: U+2028, U+2029 and U+0085 never stand raw in a line; clients read them back."""
    text = "one\u2028two\u2029three\u0085four\u000bfive"
    uri = api.upload(text.encode(), filename="separators\u2028.txt", content_type="text/plain")["uri"]
    task = api.wait(api.run("file-inspector", {"file": uri})["id"])
    assert task["output"]["text_preview"] == text
    _, lines = stream(server, task["id"])
    raw = b"".join(lines)
    for separator in "\u2028\u2029\u0085":
        assert separator.encode() not in raw
    assert sdk.stream_of(task["id"])[-1]["output"]["text_preview"] == text


def test_rules_6_and_7_lines_are_short_objects(server, api, ended):
    """5.5 rules 6, 7: each line is a JSON object of less than 512 KiB, whatever the input was."""
    answer = api.post("/apps/run", json={
        "app": "file-inspector",
        "input": {"file": api.upload(b"x", filename="x.txt")["uri"], "note": "n" * 700_000},
    })
    ids = [ended["id"]]
    if answer.ok:
        ids.append(answer.json()["data"]["id"])
    else:
        assert answer.status_code in (413, 422)
    for task_id in ids:
        for line in stream(server, task_id)[1]:
            assert len(line) < MAXIMUM_LINE
            assert isinstance(json.loads(line), dict)


@pytest.mark.timeout(60)
def test_rule_8_heartbeats_and_repeated_snapshots(server, held_task):
    """5.5 rule 8: something at least every 10 s, a real line at least every 20 s, while nothing happens."""
    with Connection(server.port, timeout=15) as connection:
        open_stream(connection, server, held_task["id"])
        begin = last_line = last_real = time.monotonic()
        kinds = []
        for line in lines_of(connection):
            now, event = time.monotonic(), json.loads(line)
            assert now - last_line < 11
            last_line = now
            if event.get("type") == "heartbeat":
                assert event == {"type": "heartbeat"}
                kinds.append("heartbeat")
            else:
                assert now - last_real < 21
                last_real = now
                assert event["id"] == held_task["id"]
                kinds.append("snapshot")
            if now - begin > 1 and kinds.count("snapshot") > 1:
                break
    assert kinds[0] == "snapshot"
    assert "heartbeat" in kinds


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
def test_rule_9_errors_come_as_a_status(api, accept):
    """5.5 rule 9: before headers an error is a non-2xx status, and its body cannot be read as a terminal task."""
    answer = api.get("/tasks/nosuchtask/stream", headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] not in (10, 11, 12, 13)


def test_rule_10_a_stream_can_be_opened_again(server, api, held_task):
    """5.5 rule 10: re-openable at any time after a disconnect, by several readers at once."""
    for _ in range(5):
        with Connection(server.port, timeout=5) as connection:
            open_stream(connection, server, held_task["id"])
            assert json.loads(next(lines_of(connection)))["id"] == held_task["id"]
    with Connection(server.port, timeout=30) as first, Connection(server.port, timeout=30) as second:
        readers = []
        for connection in (first, second):
            open_stream(connection, server, held_task["id"])
            readers.append(lines_of(connection))
            assert json.loads(next(readers[-1]))["status"] < 10
        api.post(f"/tasks/{held_task['id']}/cancel")
        for reader in readers:
            assert json.loads(list(reader)[-1])["status"] == 12


def test_server_sent_events(server, api, picture):
    """10 JS: the SSE variant when Accept is text/event-stream."""
    uri = api.upload(picture, filename="photo.png")["uri"]
    task = api.run("image-processor", {"image": uri, "width": 60})
    with Connection(server.port, timeout=60) as connection:
        status, headers = open_stream(connection, server, task["id"], "text/event-stream")
        assert status == 200
        assert headers["content-type"].split(";")[0] == "text/event-stream"
        body = b"".join(chunks(connection))
    assert body.endswith(b"\n\n")
    frames = [frame for frame in body.decode().split("\n\n") if frame]
    events = []
    for frame in frames:
        fields = [line.partition(":")[::2] for line in frame.split("\n")]
        assert {name for name, _ in fields} <= {"event", "data", "id", "retry", ""}
        data = [value.removeprefix(" ") for name, value in fields if name == "data"]
        if data:
            events.append(json.loads("\n".join(data)))
    assert all(event["id"] == task["id"] for event in events)
    assert events[-1]["status"] == 10
    assert fetch(events[-1]["output"]["image"]["uri"]).status_code == 200


def test_a_stream_needs_the_right_to_read(server, ended):
    """A stream is as private as its task."""
    assert server.client(key="").get(f"/tasks/{ended['id']}/stream").status_code == 401
