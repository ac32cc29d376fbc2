# SPDX-License-Identifier: Apache-2.0
"""More than 20,000 strings that are no files, run through `ferry run` where the schema says text, under a trace of
system calls: none of them may be looked up on the disk. The same where the schema says file."""

import base64
import codecs
import collections
import hashlib
import json
import os
import random
import re
import shutil
import subprocess

import inferencesh
import pytest

import corpus
import corpus_app
from conftest import new_key
from ferry_process import clean_environment, ferry_binary

# A command line takes 128 KiB for one word.
CHUNK_BYTES = 110_000
# What strings may name in one input is limited to this.
CHUNK_FILES = 1000
ADDRESS = re.compile(r"inf-files://|inf://|https?://", re.IGNORECASE)
TRACED_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A server with apps of ours, the corpus, and the folder to run in."""
    # Not beneath a folder whose name is in the corpus or on the deny list.
    folder = tmp_path_factory.mktemp("corpus")
    place = folder / "here"
    place.mkdir()
    strings = corpus.make(place)
    assert len(strings) >= 20_000
    server = corpus_app.serve(folder, new_key())
    try:
        yield Bench(server, strings, place, folder)
        server.stop()
    finally:
        server.kill()


class Bench:
    def __init__(self, server, strings, place, folder):
        self.server, self.strings, self.place, self.folder = server, strings, place, folder
        self.api = server.client()

    def ferry(self, *arguments, trace=None):
        tracer = ["strace", "-f", "-qq", "-e", "trace=%file", "-s", "8192", "-o", str(trace)] if trace else []
        return subprocess.run(
            [*tracer, ferry_binary(), *arguments],
            cwd=self.place,
            env=clean_environment(
                INFERENCE_BASE_URL=self.server.base,
                INFERENCE_API_KEY=self.server.key,
                HOME=str(self.place),
                XDG_CONFIG_HOME=str(self.folder / "config"),
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=100,
        )

    def run(self, app, value, *arguments, trace=None):
        text = json.dumps(value, ensure_ascii=False)
        return self.ferry("run", app, "--input", text, "--json", *arguments, trace=trace)

    def stored(self):
        """How many files the server has."""
        return len(self.api.all_ids("/files/list"))


def looked_up(trace):
    """How often each path was given to a system call that takes one."""
    found = collections.Counter()
    for line in trace.read_bytes().splitlines():
        # The words a program is started with are no paths.
        if b"execve(" in line:
            continue
        for text in TRACED_STRING.findall(line):
            found[codecs.escape_decode(text)[0].decode(errors="replace")] += 1
    return found


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace, which `make test` installs")
def test_a_prompt_is_never_looked_up(bench, tmp_path):
    """Where the schema says text, no string out of the corpus is opened or asked about, beyond what a run without
    any does of itself; and nothing is uploaded but data: URIs beyond doubt."""
    baseline = collections.Counter()
    for number in range(2):
        trace = tmp_path / f"without-{number}"
        done = bench.run("corpus/reader", {"prompts": []}, trace=trace)
        assert done.returncode == 0, done.stderr
        baseline |= looked_up(trace)
    assert baseline, "the trace is empty"
    before = bench.stored()
    ran = 0
    for number, part in enumerate(corpus.chunks(bench.strings, CHUNK_BYTES, len(bench.strings))):
        trace = tmp_path / f"with-{number}"
        done = bench.run("corpus/reader", {"prompts": part}, trace=trace)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        extra = looked_up(trace) - baseline
        touched = [text for text in part if text in extra]
        assert touched == [], f"{len(touched)} strings were looked up: {touched[:10]}"
        got = json.loads(done.stdout)["input"]["prompts"]
        assert len(got) == len(part)
        changed = [was for was, now in zip(part, got) if was != now]
        assert changed == [text for text in part if text in corpus.DATA_URIS]
        assert all(now.startswith("inf://") for was, now in zip(part, got) if was != now)
        ran += len(part)
    assert ran == len(bench.strings)
    assert bench.stored() - before == len(corpus.DATA_URIS)


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace, which `make test` installs")
def test_the_trace_sees_what_is_looked_up(bench, tmp_path):
    """The same trace finds a path where the schema says file: it could have failed."""
    trace = tmp_path / "trace"
    done = bench.run("corpus/files", {"image": "./hello"}, "--plan", trace=trace)
    assert done.returncode == 0, done.stderr
    assert looked_up(trace)[str(bench.place / "hello")] > 0


def expected_bytes(text, place):
    """What a file field is to upload of a string."""
    if text[:5].lower() == "data:":
        return None
    path = os.path.expanduser(text) if not text.startswith("~/") else str(place) + text[1:]
    path = os.path.join(place, path)
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return file.read()
    return base64.b64decode(text, validate=True)


def test_a_file_field_takes_or_refuses_each(bench, capsys):
    """Where the schema says file, each string is uploaded, kept as an address, or refused with its rule; of those to
    be uploaded a sample is, and arrives as it should."""
    verdicts = collections.Counter()
    takes = []
    before = bench.stored()
    for part in corpus.chunks(bench.strings, CHUNK_BYTES, CHUNK_FILES):
        done = bench.run("corpus/files", {"files": part}, "--plan")
        assert done.returncode in (0, 6), done.stderr.decode()[-2000:]
        plan = json.JSONDecoder().raw_decode(done.stdout.decode())[0]
        assert [entry["pointer"] for entry in plan] == [f"/files/{index}" for index in range(len(part))]
        for text, entry in zip(part, plan):
            assert set(entry) == {"pointer", "rule", "verdict", "source", "size", "content_type"}
            verdicts[entry["verdict"], entry["rule"]] += 1
            if entry["verdict"] == "keep":
                assert entry["rule"] == "file_field_uri" and ADDRESS.match(text), (text, entry)
            elif entry["verdict"] == "upload":
                assert entry["size"] is not None and entry["content_type"], (text, entry)
                takes.append((text, entry))
            assert not re.match(r"/(etc|proc|sys|dev|run)(/|$)", text) or entry["verdict"] == "refuse", (text, entry)
    assert sum(verdicts.values()) == len(bench.strings)
    assert bench.stored() == before, "a plan uploaded something"
    sample = random.Random(7).sample(takes, 60) + [take for take in takes if "base64" not in take[1]["rule"]]
    names = list(dict.fromkeys(text for text, _ in sample))
    done = bench.run("corpus/files", {"files": names})
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    given = json.loads(done.stdout)["output"]["given"]["files"]
    for text, was in zip(names, given, strict=True):
        wanted = expected_bytes(text, bench.place)
        if wanted is not None:
            assert was.split()[0] == hashlib.sha256(wanted).hexdigest(), text
    with capsys.disabled():
        print(f"\nfile field: {dict(sorted(verdicts.items()))}, {len(names)} uploaded")


def test_what_the_official_client_would_send(bench, capsys, monkeypatch):
    """For comparison: the official client's own classifier over the same strings, its uploader stubbed."""
    monkeypatch.chdir(bench.place)
    client = inferencesh.inference(api_key="inf_none", base_url="http://127.0.0.1:9")
    sent, folders, system = [], 0, 0

    def upload(data, options=None):
        sent.append(data)
        return {"uri": "inf://stub"}

    monkeypatch.setattr(client, "upload_file", upload)
    for text in bench.strings:
        client._process_input_data(text)
    folders = sum(os.path.isdir(text) for text in sent)
    system = sum(text.startswith(("/etc", "/proc")) and os.path.isfile(text) for text in sent)
    wanted = sum(text in corpus.DATA_URIS for text in sent)
    assert len(sent) > wanted
    with capsys.disabled():
        print(
            f"\nas prompts, of {len(bench.strings)} strings: Ferry sends {len(corpus.DATA_URIS)} (the well-formed "
            f"data: URIs); the official client takes {len(sent)} for files, among them {system} of the system's "
            f"files and {folders} folders, at which it fails"
        )


def test_files_without_ceremony(bench, picture):
    """A path and nested data: URIs in an app without a schema, by the documented rules; and with one."""
    photo = bench.place / "picture.png"
    photo.write_bytes(picture)
    done = bench.run("corpus/files", {"image": str(photo), "files": ["data:text/plain,a", "./picture.png"]})
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    own = hashlib.sha256(picture).hexdigest()
    given = json.loads(done.stdout)["output"]["given"]
    assert given["image"].split()[0] == own
    assert [text.split()[0] for text in given["files"]] == [hashlib.sha256(b"a").hexdigest(), own]

    value = {"image": str(photo), "deep": [{"er": "data:text/plain;base64,aGk="}], "prompt": "hello", "n": 1}
    done = bench.run("corpus/free", value)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    sent, given = json.loads(done.stdout)["input"], json.loads(done.stdout)["output"]["given"]
    assert given["image"].split()[0] == own
    assert given["deep"][0]["er"].split()[0] == hashlib.sha256(b"hi").hexdigest()
    assert (given["prompt"], given["n"]) == ("hello", 1)
    assert sent["image"].startswith("inf://files/")
    assert sent["deep"][0]["er"].startswith("inf://files/")
    assert (sent["prompt"], sent["n"]) == ("hello", 1)
    for uri, content in ((sent["image"], picture), (sent["deep"][0]["er"], b"hi")):
        record = bench.api.data("GET", f"/files/{uri.split('/')[3]}")
        assert bench.api.get(record["url"]).content == content
