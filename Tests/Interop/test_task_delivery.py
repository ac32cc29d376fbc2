# SPDX-License-Identifier: Apache-2.0
"""What a server owes its callers outlives it: a task that is to start later, and a webhook that was not told yet."""

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import counter_app
from conftest import new_key
from ferry_process import FerryServer

APP = "tests/counter"


class Receiver:
    """Takes webhooks; refuses those that come while it is told to."""

    def __init__(self):
        self.refuses = True
        self.refused, self.taken = [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                (receiver.refused if receiver.refuses else receiver.taken).append((dict(self.headers), body))
                self.send_response(503 if receiver.refuses else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_a_delayed_task_and_an_untold_webhook_outlive_a_killed_server(tmp_path):
    counter_app.write(tmp_path / "apps")
    receiver = Receiver()
    server = FerryServer(
        tmp_path / "server", new_key(), "--apps-dir", str(tmp_path / "apps"), "--allow-network", "127.0.0.0/8",
        "--allow-port", str(receiver.port)).start()
    try:
        api = server.client()
        secret = api.data("GET", "/webhooks/secret")["secret"]
        told = api.run(APP, {}, webhook=f"http://127.0.0.1:{receiver.port}/hook")["id"]
        start = datetime.now(timezone.utc) + timedelta(seconds=6)
        late = api.run(APP, {}, run_at=start.isoformat())["id"]
        until("the webhook was tried", lambda: receiver.refused)
        assert api.wait(told)["status"] == 10
        server.kill()
        receiver.refuses = False
        server.start()
        api = server.client()

        until("the webhook came after all", lambda: receiver.taken)
        headers, body = receiver.taken[0]
        headers = {name.lower(): value for name, value in headers.items()}
        assert headers["webhook-id"] == f"msg_{told}"
        assert headers["webhook-id"] == {n.lower(): v for n, v in receiver.refused[0][0].items()}["webhook-id"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        assert told in json.dumps(json.loads(body))

        task = api.wait(late, limit=60)
        assert task["status"] == 10
        events = {event["status"]: event for event in task["events"]}
        begun = datetime.fromisoformat(events[3]["event_time"].replace("Z", "+00:00"))
        assert begun >= start - timedelta(milliseconds=1)
        # Told once, and no more.
        time.sleep(1)
        assert len(receiver.taken) == 1
    finally:
        server.kill()
        receiver.close()
