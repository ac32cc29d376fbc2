# SPDX-License-Identifier: Apache-2.0
"""Strings that people and programs type as prompts, and that careless code takes for files: the same ones on every
run, but for the paths of this machine."""

import base64
import json
import os
import random
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HEX = "0123456789abcdef"
ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl qu r s sh st t th tr v w z".split()
VOWELS = "a e i o u ai ea ee io ou".split()
CODAS = ["", "", "n", "r", "l", "s", "t", "ck", "nd", "ng", "st", "ly", "tion"]
SUBJECTS = "the cat,a robot,my grandmother,every file,this folder,the server,an astronaut,nobody".split(",")
VERBS = "reads,draws,uploads,deletes,paints,describes,forgets,summarises".split(",")
OBJECTS = "a poem,/etc/passwd,the report.pdf,data: and noise,photo.png,~/notes,an image,https://a.b/c".split(",")

# Well-formed beyond doubt: what a text field, too, is uploaded from.
DATA_URIS = [
    "data:text/plain,Hello%20World", "data:text/plain;charset=utf-8,caf%C3%A9", "data:;base64,aGVsbG8=",
    "data:image/png;base64,iVBORw0KGgo=", "data:application/json,%7B%7D", "DATA:text/html,x",
    "data:application/octet-stream;base64,AAECAwQF", "data:audio/webm;codecs=opus;base64,GkXfow==",
]  # fmt: skip

# What people write who mean no file.
DATA_PROSE = [
    "data: is it plural?", "data: the new oil", "data:", "data:,", "data:,x", "data;base64", "data: a/b, c/d",
    "data:text/html", "data:;base64;base64 twice", "data:no comma at all", "Data: 5 rows, 3 columns", "data :a/b,c",
    "data: image/png;base64,iVBORw0KGgo=", "data:image/png;base64,???", "data:two words;base64,aGk",
]  # fmt: skip

ODDITIES = [
    "", " ", ".", "..", "/", "~", "~/", "~root", "~root/.bashrc", "-", "-rf", "--output=x", "@file", "@/etc/passwd",
    "${HOME}", "$(id)", "`id`", "*", "file:///etc/passwd", "file:/etc/passwd", "C:\\Windows\\win.ini",
    "\\\\server\\share", "//etc/passwd", "/etc/../etc/passwd", "./", "../", "./.", "inf://files/none/x",
    "internationalize", "a/b", "null", "true", "{\"path\":\"/etc/passwd\"}", "path=/etc/passwd", "\u202egnp.exe",
    "re\u0301sume\u0301.pdf", "résumé.pdf", "a\tb", "line one\nline two", "x" * 4096, "A" * 63, "0" * 64,
]  # fmt: skip


def _words(generator, count):
    found = set()
    while len(found) < count:
        syllables = generator.choice([1, 2, 2, 3, 3, 4])
        word = "".join(
            generator.choice(ONSETS) + generator.choice(VOWELS) + generator.choice(CODAS) for _ in range(syllables)
        )
        found.add(word.capitalize() if generator.random() < 0.1 else word)
    return sorted(found)


def _readme_words():
    texts = [REPOSITORY / "README.md", REPOSITORY / "ARCHITECTURE.md", REPOSITORY / "CONTRIBUTING.md"]
    return sorted({word for text in texts for word in re.split(r"\s+", text.read_text()) if word})


def _ids(generator):
    found = []
    for length in (32, 40, 64):
        found += ["".join(generator.choices(HEX, k=length)) for _ in range(700)]
    for _ in range(700):
        digits = "".join(generator.choices(HEX, k=32))
        found += [f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}", digits.upper()]
    return found


def _tokens(generator):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    found = []
    for number in range(300):
        signature = base64.urlsafe_b64encode(generator.randbytes(32)).decode().rstrip("=")
        found.append(f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': str(number)})}.{signature}")
    return found


def _urls(generator, words):
    schemes = ["https://", "http://", "ftp://", "s3://", "mailto:", "ssh://git@"]
    return [
        f"{generator.choice(schemes)}{generator.choice(words)}.example/{generator.choice(words)}.png?x={number}"
        for number in range(400)
    ]


def _prose(generator):
    found = set()
    while len(found) < 1500:
        count = generator.randint(1, 3)
        found.add(
            ", ".join(
                f"{generator.choice(SUBJECTS)} {generator.choice(VERBS)} {generator.choice(OBJECTS)}"
                for _ in range(count)
            )
            + generator.choice(".?! ")
        )
    return sorted(found)


def paths_beneath(folder, limit=6000):
    """Every path of a folder, links not followed, files and folders."""
    found = [folder]
    for place, folders, files in os.walk(folder, followlinks=False):
        found += [os.path.join(place, name) for name in folders + files]
        if len(found) > limit:
            break
    return [path for path in found[:limit] if _is_text(path)]


def _is_text(path):
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def make(folder):
    """The corpus, in a fixed order. The folder gets files and folders that bear names out of it; run there.

    Paths of `/proc/self` are those of this process; most are every process's.
    """
    generator = random.Random(20260401)
    words = _words(generator, 12_500)
    names = words[:: len(words) // 150]
    for number, name in enumerate(names):
        if number % 2:
            (folder / name).mkdir(exist_ok=True)
        else:
            (folder / name).write_text(f"content of {name}\n")
    (folder / "hello").write_text("hello\n")
    (folder / "photo.png").write_bytes(base64.b64decode("iVBORw0KGgo="))
    corpus = [*words, *_readme_words(), *_ids(generator), *_tokens(generator), *_urls(generator, words)]
    corpus += [*_prose(generator), *paths_beneath("/etc"), *paths_beneath("/proc/self"), *ODDITIES, *DATA_PROSE]
    corpus += [f"{prose} {number}" for number in range(20) for prose in DATA_PROSE]
    corpus += ["hello", "photo.png", "./hello", str(folder), f"{folder}/hello", *names]
    corpus += ["bin", "usr", "tmp", "/bin", "/usr", "/tmp", "/home", "/root", "docs", "src", "node_modules", ".git"]
    corpus += DATA_URIS
    return list(dict.fromkeys(corpus))


def chunks(strings, maximum_bytes, maximum_count):
    """The strings in lists whose JSON stays below a size."""
    part, size = [], 0
    for text in strings:
        length = len(json.dumps(text, ensure_ascii=False).encode()) + 1
        if part and (size + length > maximum_bytes or len(part) >= maximum_count):
            yield part
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        yield part
