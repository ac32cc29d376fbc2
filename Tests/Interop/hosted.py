# SPDX-License-Identifier: Apache-2.0
"""Servers with Python apps of a test's own, written on the spot. All share one environment of installed packages."""

import textwrap
from contextlib import contextmanager

from conftest import new_key
from ferry_process import FerryServer

HEADER = """\
import asyncio, glob, json, os, socket, sys, time
from typing import List, Optional
from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from pydantic import Field

"""


def write_app(apps, name, code, **keys):
    """A folder of a Python app `tests/<name>`; `code` is what stands below the imports."""
    folder = apps / name
    folder.mkdir(parents=True)
    lines = {"namespace": "tests", "name": name, "description": name, "category": "other", "kernel": "python-3.11", **keys}
    (folder / "inf.yml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))
    (folder / "inference.py").write_text(HEADER + textwrap.dedent(code))
    return folder


@contextmanager
def hosting(folder, environments, *arguments, **apps):
    """A server that runs these apps (name: code). `environments` is kept from server to server."""
    place = folder / "apps"
    place.mkdir(parents=True, exist_ok=True)
    for name, code in apps.items():
        write_app(place, name.replace("_", "-"), code)
    server = FerryServer(folder, new_key(), "--apps-dir", str(place), *arguments)
    server.data.mkdir(mode=0o700, parents=True)
    environments.mkdir(exist_ok=True)
    (server.data / "environments").symlink_to(environments)
    server.start()
    try:
        yield server
        server.stop()
    finally:
        server.kill()
    assert server.key not in server.log_text()
