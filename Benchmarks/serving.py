# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: programs of the SDK, and a server of their own."""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import shutil
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def fail(text):
    sys.exit(f"{Path(sys.argv[0]).name}: {text}")


def need(ferry):
    if not os.access(ferry, os.X_OK):
        fail(f"{ferry} is not there: run `make build`")


def build(target):
    """Builds a program of the benchmarks and gives its path."""
    command = ["swift", "build", "-c", "release", "--product", target]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "FERRY_DEV_TARGETS": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode != 0:
        fail(f"`{' '.join(command)}` failed:\n{done.stdout[-4000:]}")
    return ROOT / ".build/release" / target


def start_server(ferry, folder, environment, *arguments):
    log = open(folder / "server.log", "wb")
    server = subprocess.Popen(
        [ferry, "serve", "--port", "0", "--data-dir", str(folder / "data"), *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
    )
    line = server.stdout.readline().decode().strip()
    found = re.fullmatch(r"ferry: listening on (http://\S+)", line)
    if not found:
        server.kill()
        fail(f"the server did not start: {line!r}; see {log.name}")
    return server, found[1]


@contextmanager
def serving(ferry, name, *arguments, folder=None):
    """A server with a key of its own, in a folder that goes afterwards. Gives the process, the folder and the environment
    in which programs of the SDK use it."""
    folder = folder or Path(tempfile.mkdtemp(prefix=f"{name}-", dir=ROOT / ".build"))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FERRY_", "INFERENCE_", "INFSH_")) and not name.lower().endswith("_proxy")
    }
    environment["FERRY_ROOT_KEY"] = environment["INFERENCE_API_KEY"] = "inf_bench_" + secrets.token_hex(24)
    server = None
    try:
        server, environment["INFERENCE_BASE_URL"] = start_server(ferry, folder, environment, *arguments)
        yield server, folder, environment
        server.send_signal(signal.SIGTERM)
        if server.wait(timeout=60) != 0:
            fail(f"the server ended with exit code {server.returncode}")
    finally:
        if server is not None and server.poll() is None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)
