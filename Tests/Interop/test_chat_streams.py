# SPDX-License-Identifier: Apache-2.0
"""Many chats at once, watched by clients that come and go."""

import json
import threading
import time

import pytest
import requests

from chat_standin import ChatStandin
from ferry_process import FerryServer

CHATS = 50
WORDS = 120
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def standin():
    with ChatStandin() as running:
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory, standin):
    running = FerryServer(
        tmp_path_factory.mktemp("streams"), "inf_streams_of_these_tests",
        environment={
            "FERRY_SECRET_OPENAI_BASE_URL": standin.base, "FERRY_SECRET_OPENAI_API_KEY": standin.key,
        }).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()


def resident(process, field="VmRSS"):
    """Bytes of memory of the server itself, without its apps."""
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(field + ":"))


def merge(said, delta):
    """Puts an increment to what was said, as a client does that keeps it over connections."""
    if delta.get("whole"):
        said.clear()
    said.append(delta["delta"].get("response", ""))


class Reader:
    """Reads a chat's stream, a few events a connection, until the chat's end."""

    def __init__(self, host, chat_id, events):
        self.host, self.chat_id, self.events = host, chat_id, events
        self.connections = self.deltas = 0
        self.said, self.finals, self.sequence = [], [], 0
        self.error = None

    def run(self):
        try:
            while not self.connect():
                pass
        except Exception as error:
            self.error = repr(error)

    def connect(self):
        self.connections += 1
        with requests.get(
                f"{self.host.base}/chats/{self.chat_id}/stream", stream=True, timeout=60,
                headers={"Authorization": f"Bearer {self.host.key}", "Accept": "application/x-ndjson"}) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/x-ndjson"
            seen = 0
            for number, line in enumerate(answer.iter_lines()):
                event = json.loads(line)
                if number == 0:
                    assert event["event"] == "chats", event
                if event.get("event") == "delta":
                    delta = event["data"]
                    # Nothing is told twice: either everything anew, once a connection, or what follows.
                    assert delta["seq"] > self.sequence or delta.get("whole") and delta["seq"] == self.sequence, delta
                    self.sequence = delta["seq"]
                    merge(self.said, delta)
                    self.deltas += 1
                    seen += 1
                elif event.get("event") == "chat_messages":
                    message = event["data"]
                    if message["role"] == "assistant" and message["status"] != "pending":
                        self.finals.append(message)
                elif event.get("event") == "chats" and event["data"]["active_run"]["state"] not in ("working", "submitted"):
                    return True
                if seen >= self.events:
                    return False
        raise AssertionError("the stream ended without an end")


def converse(host, text, count, events):
    api = host.client()
    readers = []
    for _ in range(count):
        answer = api.data("POST", "/agents/run", json={
            "agent_config": {"core_app": {"ref": "chat-completions"}}, "input": {"text": text}})
        readers.append(Reader(host, answer["assistant_message"]["chat_id"], events))
    threads = [threading.Thread(target=reader.run) for reader in readers]
    peak = 0
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        peak = max(peak, resident(host.process))
        time.sleep(0.05)
    return readers, peak


def test_fifty_chats_stream_at_once_to_clients_that_come_and_go(host, standin):
    # The server has met every kind of request once.
    readers, _ = converse(host, f"count {WORDS} 1", 4, events=3)
    assert [reader.error for reader in readers] == [None] * 4
    before = resident(host.process)
    began = time.monotonic()
    readers, peak = converse(host, f"count {WORDS} 50", CHATS, events=3)
    seconds = time.monotonic() - began
    assert [reader.error for reader in readers if reader.error] == []
    whole = " ".join(f"word{number}" for number in range(1, WORDS + 1))
    api = host.client()
    for reader in readers:
        # The end is told once, and whole.
        assert len(reader.finals) == 1, [message["status"] for message in reader.finals]
        assert reader.finals[0]["status"] == "ready"
        text = "".join(part["text"] for part in reader.finals[0]["content"])
        assert text.split() == whole.split()
        assert "".join(reader.said).split() == whole.split()
        stored = api.data("GET", f"/chats/{reader.chat_id}/messages")["items"]
        assert [message["role"] for message in stored] == ["user", "assistant"]
        assert stored[1]["content"][0]["text"] == text and stored[1]["id"] == reader.finals[0]["id"]
    connections = sum(reader.connections for reader in readers)
    grown = peak - before
    print(f"{CHATS} chats, {connections} connections, {sum(r.deltas for r in readers)} increments in {seconds:.1f} s; "
          f"memory {before / MEBIBYTE:.1f} MiB, grown by {grown / MEBIBYTE:.1f} MiB at most")
    assert connections > 5 * CHATS, "the clients did not come and go"
    assert grown <= 32 * MEBIBYTE
    # They ran at once: one after the other would take longer than all of them together.
    assert seconds < CHATS * WORDS * 0.05 / 2
