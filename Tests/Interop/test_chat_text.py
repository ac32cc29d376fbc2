# SPDX-License-Identifier: Apache-2.0
"""The text of a chat is text: neither the command nor the server looks for a file of its name."""

import json
import re
import shutil
import subprocess

import pytest

from ferry_process import clean_environment, ferry_binary

SECRET = "the-content-of-a-file-that-nobody-attached"
OPENING = re.compile(r'\b(?:open|openat|openat2|stat|lstat|newfstatat|access|faccessat2?|readlink(?:at)?|statx)\((?:[^"]*)"([^"]*)"')


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
def test_no_text_of_a_chat_opens_a_file(server, tmp_path):
    """`ferry agent send` with texts that are names of files, watched by strace: none is looked up."""
    (tmp_path / "notes.txt").write_text(SECRET)
    (tmp_path / "hello").write_text(SECRET)
    texts = [
        "hello", "notes.txt", "./notes.txt", str(tmp_path / "notes.txt"), "/etc/passwd", "~/.ssh/id_rsa",
        "file:///etc/passwd", "@notes.txt", "../" + tmp_path.name + "/notes.txt", "data:text/plain,hi",
        "data:text/plain;base64,aGVsbG8gd29ybGQ=", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
        "d41d8cd98f00b204e9800998ecf8427e", "see /etc/hostname and notes.txt", "{\"path\": \"/etc/passwd\"}",
    ]
    api = server.client()
    environment = clean_environment(
        INFERENCE_BASE_URL=server.base, INFERENCE_API_KEY=server.key, HOME=str(tmp_path), NO_PROXY="*")

    def looked_up(text, log):
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=%file", "-s", "4096", "-o", str(log), str(ferry_binary()), "agent", "send",
             "file-inspector", text, "--json"],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), set(OPENING.findall(log.read_text(errors="replace")))

    files = len(api.data("POST", "/files/list", json={"limit": 1000})["items"])
    _, ordinary = looked_up("a plain message", tmp_path / "ordinary.log")
    for number, text in enumerate(texts):
        answer, paths = looked_up(text, tmp_path / f"{number}.log")
        said = api.data("GET", f"/chats/{answer['chat_id']}/messages")["items"][0]
        assert said["content"] == [{"type": "text", "text": text}], "the text arrives as it is, and nothing beside it"
        assert SECRET not in json.dumps(answer)
        # What an ordinary run looks at is no matter; of the text's own words nothing is.
        new = {path for path in paths - ordinary if path and (path in text or path.endswith(("notes.txt", "/hello")))}
        assert not new, (text, new)
    assert len(api.data("POST", "/files/list", json={"limit": 1000})["items"]) == files, "something was uploaded"
