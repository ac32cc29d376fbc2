# SPDX-License-Identifier: Apache-2.0
"""The command line against a server, or with one of its own."""

import json
import subprocess

from ferry_process import clean_environment, ferry_binary


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.text = done.stdout
        self.errors = done.stderr

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def json(self):
        """The last line of standard output as JSON."""
        return json.loads(self.lines[-1])


class CommandLine:
    """`ferry` with a home of its own in a folder; with a server, commands go there."""

    def __init__(self, folder, server=None, **environment):
        self.folder = folder
        self.environment = clean_environment(
            HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"), XDG_DATA_HOME=str(folder / "share"), **environment)
        if server:
            self.environment["INFERENCE_BASE_URL"] = server.base
            self.environment["INFERENCE_API_KEY"] = server.key

    def __call__(self, *arguments, limit=120, cwd=None):
        """Runs a command to its end."""
        return Result(subprocess.run(
            [ferry_binary(), *map(str, arguments)], cwd=cwd or self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit))

    def run(self, app, *arguments, limit=120):
        """`ferry run … --json`: the task's record."""
        result = self("run", app, *arguments, "--json", limit=limit)
        assert result.code == 0, result.errors + result.text
        return result.json
