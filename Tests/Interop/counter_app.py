# SPDX-License-Identifier: Apache-2.0
"""A small app with a memory, in the form of a program: it counts its calls. No package is needed to run it."""

from contextlib import contextmanager

from conftest import new_key
from ferry_process import FerryServer

SETTINGS = "namespace: {namespace}\nname: {name}\nkernel: swift\nexecutable: bin/counter\n"

PROGRAM = '''#!/usr/bin/env python3
import json, os, sys

NOTE = {note!r}
FUNCTIONS = {{name: {{"description": "", "input_schema": {{"type": "object"}}, "output_schema": {{"type": "object"}}}}
              for name in ("run", "die")}}

def say(**message):
    os.write(1, (json.dumps(message) + "\\n").encode())

if sys.argv[1:] == ["describe"]:
    print(json.dumps([{{"namespace": {namespace!r}, "name": {name!r}, "version": "1", "description": "counts",
                       "category": "other", "default_function": "run", "functions": FUNCTIONS}}]))
    sys.exit()
count = 0
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        say(type="hello", protocol=2, apps=[{reference!r}])
    elif message["type"] == "setup":
        say(type="ready")
    elif message["type"] == "run":
        count += 1
        if message["function"] == "die":
            os._exit(3)
        say(type="result", task=message["task"],
            output={{"count": count, "process": os.getpid(), "home": os.environ["HOME"], "note": NOTE}})
    elif message["type"] == "shutdown":
        break
'''


def files(name="counter", namespace="tests", note=""):
    """The app's folder: texts by path."""
    values = {"name": name, "namespace": namespace, "note": note, "reference": f"{namespace}/{name}"}
    return {"inf.yml": SETTINGS.format(**values), "bin/counter": PROGRAM.format(**values)}


def write(folder, **options):
    """Writes the app below a folder of apps."""
    for path, text in files(**options).items():
        target = folder / options.get("name", "counter") / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o755 if path.startswith("bin/") else 0o644)


@contextmanager
def serving(folder):
    """A server that has the app."""
    write(folder / "apps")
    running = FerryServer(folder / "server", new_key(), "--apps-dir", str(folder / "apps")).start()
    try:
        yield running
    finally:
        running.kill()
