# SPDX-License-Identifier: Apache-2.0
"""A program of apps, spoken to over the worker protocol as a server does."""

import json
import subprocess
import tempfile
import uuid
from pathlib import Path

from ferry_process import ferry_binary


class AppWorker:
    """One app of `ferry-builtin-apps`, set up. To be used with `with`; it must end by itself with exit code 0."""

    LIMIT = 30  # seconds

    def __init__(self, app, **environment):
        self.app = app
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **environment}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ferry-app-worker-")
        self.log = open(Path(self.folder.name) / "log", "w+b")
        self.process = subprocess.Popen(
            [str(Path(ferry_binary()).with_name("ferry-builtin-apps"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, env={**self.environment, "HOME": self.folder.name})
        self.say(type="hello", protocol=2, origins=[])
        assert self.app in self.hear()["apps"]
        self.say(type="setup", app=self.app, setup=None, metadata={})
        assert self.hear() == {"type": "ready"}
        return self

    def __exit__(self, kind, *_):
        try:
            self.process.stdin.close()
            code = self.process.wait(self.LIMIT)
            assert kind or code == 0
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.log.close()
            self.folder.cleanup()

    def say(self, **message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        assert line, "the worker said nothing more"
        return json.loads(line)

    def put(self, filename, data, **members):
        """A file of an input."""
        path = Path(self.folder.name) / uuid.uuid4().hex
        path.write_bytes(data)
        return {"path": str(path), "filename": filename, "size": len(data), **members}

    def start(self, input, function="run"):
        task = uuid.uuid4().hex
        folder = Path(self.folder.name) / task
        folder.mkdir()
        self.say(
            type="run", task=task, app=self.app, function=function, input=input, work_dir=str(folder),
            output_dir=str(folder), metadata={})
        return task

    def finish(self):
        """The last message of the task under way, and the increments before it."""
        deltas = []
        while (message := self.hear())["type"] not in ("result", "error", "cancelled"):
            if message["type"] == "delta":
                deltas.append(message["delta"])
        return message, deltas

    def output(self, input):
        """What the app answers, which it must."""
        self.start(input)
        message, deltas = self.finish()
        assert message["type"] == "result", message
        output = message["output"]
        assert "".join(delta.get("response", "") for delta in deltas) == output["response"]
        return output

    def failure(self, input):
        self.start(input)
        message, _ = self.finish()
        assert message["type"] == "error", message
        return message["message"]
