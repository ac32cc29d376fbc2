# SPDX-License-Identifier: Apache-2.0
"""Content the tests upload, and what they look at in content that comes back."""

import io
import random

import requests
from PIL import Image


def photo(width=640, height=480, seed=1):
    """A PNG with enough noise in it that a smaller picture is also a smaller file."""
    noise = Image.frombytes("RGB", (width // 4, height // 4), random.Random(seed).randbytes(width * height * 3 // 16))
    out = io.BytesIO()
    noise.resize((width, height), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def fetch(url, **options):
    """A GET as anybody could do it: no key, no environment."""
    session = requests.Session()
    session.trust_env = False
    options.setdefault("allow_redirects", False)
    return session.get(url, timeout=60, **options)


def opened(content):
    """The image in these bytes, decoded to the end."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
