# SPDX-License-Identifier: Apache-2.0
"""Apps see their task, and nothing of the server, of other tasks or of other teams."""

import json
import os
import shutil
import subprocess

import pytest

from hosted import hosting

PRYING = '''
    class Input(BaseAppInput):
        paths: List[str] = Field(default_factory=list, description="What to read.")
        secret: str = Field(default="", description="What to leave behind.")

    class Output(BaseAppOutput):
        read: dict
        environment: dict
        processes: dict
        user: int
        mine: str

    class App(BaseApp):
        async def run(self, input_data: Input) -> Output:
            read = {}
            for pattern in input_data.paths:
                for path in glob.glob(pattern, recursive=True) or [pattern]:
                    if "site-packages" in path or "/lib/python" in path or len(read) > 500:
                        continue
                    try:
                        if os.path.isdir(path):
                            read[path] = " ".join(os.listdir(path))[:300]
                        else:
                            with open(path, "rb") as file:
                                read[path] = file.read(300).decode("latin-1")
                    except OSError:
                        pass
            processes = {}
            for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as file:
                        processes[path] = file.read(2000).decode("latin-1")
                except OSError:
                    pass
            for place in ("/tmp/left", os.path.join(os.environ["HOME"], "left"), "left"):
                try:
                    with open(place, "w") as file:
                        file.write(input_data.secret)
                except OSError:
                    pass
            return Output(read=read, environment=dict(os.environ), processes=processes, user=os.getuid(), mine=os.getcwd())
'''

PRINTING = '''
    class Input(BaseAppInput):
        count: int = 1 << 20

    class Output(BaseAppOutput):
        printed: int

    class App(BaseApp):
        async def run(self, input_data: Input) -> Output:
            line = "x" * 99
            for _ in range(input_data.count // 100):
                print(line)
            os.write(1, b"raw bytes on descriptor one\\n")
            return Output(printed=input_data.count)
'''

needs_bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can run apps as another user")


def has_other_user():
    return subprocess.run(["id", "-u", "nobody"], capture_output=True).returncode == 0


CONFINEMENTS = [
    pytest.param([], id="bubblewrap", marks=needs_bubblewrap),
    pytest.param(["--app-user", "nobody"], id="app-user", marks=needs_root),
]


def everything(server):
    data = str(server.data)
    return [
        f"{data}/root-key", f"{data}/*", f"{data}/**/*", str(server.folder), f"{server.folder}/**/*", "/proc/self/environ",
        "/proc/1/environ", f"/proc/{server.process.pid}/environ", f"/proc/{server.process.pid}/cwd/*",
        f"/proc/{server.process.pid}/root{data}/root-key", f"/proc/{server.process.pid}/fd/*", "/tmp/*", "/tmp/**/*",
        "/var/tmp/*", "/var/tmp/**/*", "/var/lib/ferry/work/**/*",
    ]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("arguments", CONFINEMENTS)
def test_a_prying_app_gets_nothing(tmp_path, environments, arguments):
    with hosting(tmp_path / "s", environments, *arguments, prying=PRYING) as server:
        api = server.client()
        stranger = server.client(api.data("POST", "/keys", json={
            "name": "s", "team": "strangers", "scopes": ["files:read", "files:write", "apps:execute"]})["key"])
        secret = "the other team's secret 4711"
        held = stranger.upload(secret.encode(), filename="held.txt")
        first = stranger.wait(stranger.run("prying", {"secret": secret, "paths": []})["id"], limit=300)
        assert first["status"] == 10, first["error"]
        file_task = stranger.wait(stranger.run("file-inspector", {"file": held["uri"]})["id"])
        assert file_task["status"] == 10
        task = api.wait(api.run("prying", {"paths": everything(server)})["id"], limit=300)
        assert task["status"] == 10, task["error"]
        seen = json.dumps(task["output"])
        assert server.key not in seen
        assert secret not in seen
        assert "SQLite format 3" not in seen
        assert "FERRY_ROOT_KEY" not in seen
        assert not any("root-key" in path and text for path, text in task["output"]["read"].items())
        if arguments:
            assert task["output"]["user"] != 0
        allowed = {"PATH", "LANG", "HOME", "TMPDIR", "FILE_CACHE_DIR", "FERRY_APP_DIR", "PWD", "LC_CTYPE", "VIRTUAL_ENV",
                   "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "SHLVL", "_", "OLDPWD", "PYTHONNOUSERSITE", "PYTHONSAFEPATH"}
        assert set(task["output"]["environment"]) <= allowed
        # What it can read at all, it reads: the check above is no empty one.
        own = api.wait(api.run("prying", {"paths": ["/usr/bin/env"]})["id"], limit=60)
        assert own["output"]["read"], "the app reads nothing at all"


@pytest.mark.timeout(400)
def test_an_app_that_prints_a_mebibyte_still_answers(tmp_path, environments):
    with hosting(tmp_path / "s", environments, printing=PRINTING) as server:
        api = server.client()
        for count in (1 << 20, 20 << 20):
            task = api.wait(api.run("printing", {"count": count})["id"], limit=300)
            assert task["status"] == 10, task["error"]
            assert task["output"] == {"printed": count}
        logs = api.data("GET", f"/tasks/{task['id']}/logs")
        assert "x" * 99 in json.dumps(logs) or logs["logs"]
