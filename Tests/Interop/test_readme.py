# SPDX-License-Identifier: Apache-2.0
"""The README's Python example, its form and its server command, run as they stand there."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from ferry_process import clean_environment, ferry_binary

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_example_works(server, monkeypatch, capsys):
    """The official client, given a key and an address, runs the example word for word."""
    monkeypatch.chdir(REPOSITORY)
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {"key": server.key, "server": server.base})
    link = capsys.readouterr().out.strip().splitlines()[-1]
    answer = requests.get(link, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_form_works(server):
    """`curl …` as written, in a shell that knows the address and a key."""
    (command,) = [line for block in blocks("text") for line in block.splitlines() if line.startswith("curl")]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, env=clean_environment(key=server.key, server=server.base, NO_PROXY="*"))
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)["data"]
    assert (record["filename"], record["content_type"], record["path"]) == ("coffee.png", "image/png", "/photos")
    assert record["size"] == (REPOSITORY / "Demo" / "coffee.png").stat().st_size
    assert record["expires_at"]


def test_the_server_command_works(tmp_path):
    """`ferry serve …` and `ferry keys create …` as written; the key lies where the README says."""
    (command,) = [line for block in blocks("text") for line in block.splitlines() if line.startswith("ferry serve")]
    port = int(shlex.split(command)[shlex.split(command).index("--port") + 1])
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            pytest.skip(f"port {port} is taken by another program on this machine")
    environment = clean_environment(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"))
    environment["PATH"] = os.path.dirname(str(ferry_binary())) + os.pathsep + environment.get("PATH", os.defpath)
    running = subprocess.Popen(
        shlex.split(command), cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        line = running.stdout.readline().strip()
        assert f"`{line}`" in README
        key = (tmp_path / "data" / "root-key").read_text(encoding="utf-8").strip()
        (create,) = re.findall(r"`(ferry keys create[^`]*)`", README)
        made = subprocess.run(
            shlex.split(create), cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            env=environment)
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith("inf_")
        assert key not in made.stdout + made.stderr
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 0


def test_the_demo_ends_with_the_path_of_a_smaller_image(tmp_path):
    """What `make demo` runs once everything is built, here with the tested build; see Demo/run."""
    environment = clean_environment(HOME=str(tmp_path))
    environment["FERRY_BIN"] = str(ferry_binary())
    environment["INFERENCE_API_KEY"] = "inf_for_another_server"
    done = subprocess.run(
        [str(REPOSITORY / "Demo" / "run")], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = Path(done.stdout.strip().splitlines()[-1])
    assert result.is_absolute()
    assert 0 < result.stat().st_size < (REPOSITORY / "Demo" / "coffee.png").stat().st_size
    assert result.read_bytes()[:3] == b"\xff\xd8\xff"
