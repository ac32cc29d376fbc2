# SPDX-License-Identifier: Apache-2.0
"""Apps of the tests' own on a real server: a program in the place of `ferry-builtin-apps` that speaks the workers'
protocol and tells what it was given."""

import os
import shutil
import sys

from ferry_process import FerryServer, ferry_binary

PROGRAM = '''#!{python}
import hashlib, json, sys

TEXTS = {{"type": "object", "properties": {{"prompts": {{"type": "array", "items": {{"type": "string"}}}}}}}}
FILE = {{"type": "string", "format": "file"}}
FILES = {{"type": "object", "properties": {{"files": {{"type": "array", "items": FILE}}, "image": FILE}}}}
APPS = {{"reader": TEXTS, "files": FILES, "free": None}}

def digests(value):
    """The value with every placed file told by its bytes' digest and its type."""
    if isinstance(value, list):
        return [digests(element) for element in value]
    if isinstance(value, dict) and set(value) >= {{"path", "size"}}:
        with open(value["path"], "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() + " " + value["content_type"]
    if isinstance(value, dict):
        return {{name: digests(member) for name, member in value.items()}}
    return value

if sys.argv[1:] == ["describe"]:
    print(json.dumps([
        {{"namespace": "corpus", "name": name, "functions": {{"run": {{"input_schema": schema}}}}}}
        for name, schema in APPS.items()
    ]))
    sys.exit()
for line in sys.stdin:
    command = json.loads(line)
    if command["type"] == "hello":
        answer = {{"type": "hello", "protocol": 2}}
    elif command["type"] == "setup":
        answer = {{"type": "ready"}}
    elif command["type"] == "run":
        output = {{"given": digests(command["input"])}}
        if len(json.dumps(output)) > 100_000:
            output = {{"size": len(json.dumps(command["input"]))}}
        answer = {{"type": "result", "task": command["task"], "output": output}}
    else:
        sys.exit()
    print(json.dumps(answer), flush=True)
'''


def serve(folder, key):
    """A server whose apps are `corpus/reader` (a list of texts), `corpus/files` (a list of files, and one) and
    `corpus/free`, which has no schema."""
    programs = folder / "programs"
    programs.mkdir()
    ferry = programs / "ferry"
    try:
        os.link(ferry_binary(), ferry)
    except OSError:
        shutil.copy(ferry_binary(), ferry)
    # The system's own, which workers see: a virtual environment lies in a folder that they do not.
    python = next((path for path in ("/usr/bin/python3",) if os.access(path, os.X_OK)), sys.executable)
    apps = programs / "ferry-builtin-apps"
    apps.write_text(PROGRAM.format(python=python))
    apps.chmod(0o755)
    return FerryServer(folder / "server", key, program=str(ferry)).start()
