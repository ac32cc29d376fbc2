# SPDX-License-Identifier: Apache-2.0
"""A real `ferry serve` as a child process."""

import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
LISTENING = re.compile(r"ferry: listening on (http://127\.0\.0\.1:(\d+))\n")


def ferry_binary():
    return os.environ.get("FERRY_BIN") or str(REPOSITORY / ".build/debug/ferry")


def clean_environment(**extra):
    """This process's environment without anything that would point Ferry or a client elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FERRY_", "INFERENCE_", "INFSH_")) and not name.lower().endswith("_proxy")
    }
    return {**kept, **extra}


class FerryServer:
    """`ferry serve` on a free port of the loopback interface."""

    START_LIMIT = 30  # seconds
    STOP_LIMIT = 60

    def __init__(self, folder, key, *arguments, program=None, environment=None):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.key = key
        self.arguments = arguments
        self.environment = environment or {}
        self.program = program or ferry_binary()
        self.log = self.folder / "server.log"
        self.process = None
        self.base = ""
        self.port = 0

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = clean_environment(XDG_DATA_HOME=str(self.folder / "share"), **self.environment)
        if self.key:
            environment["FERRY_ROOT_KEY"] = self.key
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--port", "0", "--data-dir", str(self.data), *self.arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        ready, _, _ = select.select([self.process.stdout], [], [], self.START_LIMIT)
        line = self.process.stdout.readline().decode() if ready else ""
        found = LISTENING.fullmatch(line)
        if not found:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server printed {line!r}; its log ends:\n{self.log_text()[-4000:]}")
        self.base, self.port = found[1], int(found[2])
        return self

    def stop(self):
        """SIGTERM; the server must end by itself, with exit code 0, having printed its one line only."""
        self.process.send_signal(signal.SIGTERM)
        try:
            rest, _ = self.process.communicate(timeout=self.STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"SIGTERM did not end the server within {self.STOP_LIMIT} s") from None
        assert self.process.returncode == 0, f"exit code {self.process.returncode}\n{self.log_text()[-4000:]}"
        assert rest == b"", f"more than one line on standard output: {rest!r}"

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def client(self, key=None):
        """Plain HTTP with a key (the root key unless another is given); an empty key sends none."""
        return API(self.base, self.key if key is None else key)

    def app_processes(self):
        """The ids of the processes below the server: its apps' workers."""
        found, waiting = set(), [self.process.pid]
        while waiting:
            for path in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
                try:
                    children = {int(text) for text in path.read_text().split()}
                except OSError:
                    continue  # it ended while we looked
                waiting += children - found
                found |= children
        return found

    def stored_files(self):
        """The files in the data directory other than the database: what a rejected upload must not add to."""
        return {
            str(path.relative_to(self.data))
            for path in self.data.rglob("*")
            if path.is_file() and not re.search(r"\.(sqlite3?|db)([-.]|$)|-(wal|shm|journal)$", path.name)
        }


class API:
    """The HTTP API without a client library's habits: no retries, no netrc, no proxies."""

    def __init__(self, base, key):
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def request(self, method, path, **options):
        url = path if path.startswith("http") else self.base + path
        options.setdefault("timeout", 60)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, url, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def data(self, method, path, **options):
        """The `data` of an answer that must be a success."""
        answer = self.request(method, path, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()["data"]

    # Short cuts the tests share.

    def create_file(self, **fields):
        """A pending record; its bytes are still to come."""
        return self.data("POST", "/files", json={"files": [{"uri": "", **fields}]})[0]

    def upload(self, content, **fields):
        """A ready record."""
        record = self.create_file(size=len(content), **fields)
        answer = requests.put(record["upload_url"], data=content, timeout=60)
        assert answer.ok, answer.text
        return self.data("GET", f"/files/{record['id']}")

    def run(self, app, input, **fields):
        return self.data("POST", "/apps/run", json={"app": app, "input": input, **fields})

    def wait(self, task_id, limit=60):
        """The task once it has ended; polls with a deadline."""
        deadline = time.monotonic() + limit
        while True:
            task = self.data("GET", f"/tasks/{task_id}")
            if task["status"] >= 10:
                return task
            assert time.monotonic() < deadline, f"task {task_id} still has status {task['status']}"
            time.sleep(0.05)

    def all_ids(self, path):
        """The ids of every record of a list route, over all its pages."""
        found, cursor = [], ""
        while True:
            page = self.data("POST", path, json={"limit": 100, "cursor": cursor})
            found += [item["id"] for item in page["items"] or []]
            if not page["has_next"]:
                return found
            cursor = page["next_cursor"]
