# SPDX-License-Identifier: Apache-2.0
"""interfaces.md section 2: the process itself."""

import stat
import threading
from urllib.parse import urlsplit

import pytest

from conftest import new_key
from ferry_process import FerryServer
from samples import fetch


@pytest.fixture
def own(tmp_path):
    server = FerryServer(tmp_path / "own", new_key()).start()
    yield server
    server.kill()


def test_sigterm_ends_with_exit_code_0_and_a_restart_has_everything(own):
    """One line on standard output; a start after a stop needs no repair."""
    api = own.client()
    record = api.upload(b"kept", filename="kept.txt")
    task = api.wait(api.run("file-inspector", {"file": record["uri"]})["id"])
    own.stop()
    own.start()
    api = own.client()
    assert fetch(api.data("GET", f"/files/{record['id']}")["url"]).content == b"kept"
    assert api.data("GET", f"/tasks/{task['id']}")["output"] == task["output"]
    own.stop()


def test_a_start_after_sigkill_needs_no_repair(own):
    """Acknowledged bytes survive, the unacknowledged leave nothing."""
    api = own.client()
    record = api.upload(b"acknowledged" * 1000, filename="a.bin")
    pending = api.create_file(filename="b.bin", size=64 << 20)
    begun = threading.Event()

    def slow():
        begun.set()
        for _ in range(1 << 20):
            yield b"z" * 64

    def put():
        try:
            own.client(key="").put(pending["upload_url"], data=slow())
        except Exception:
            pass  # the server is killed under it

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    begun.wait(5)
    own.kill()
    thread.join(20)
    own.start()
    api = own.client()
    assert fetch(api.data("GET", f"/files/{record['id']}")["url"]).content == b"acknowledged" * 1000
    link = urlsplit(pending["url"])
    assert fetch(f"{own.base}{link.path}?{link.query}").status_code in (404, 409)
    assert api.data("GET", f"/files/{pending['id']}")["upload_url"], "the record no longer waits for its bytes"
    own.stop()


def test_the_data_directory_and_the_root_key_are_private(tmp_path):
    """The data directory has mode 0700; without FERRY_ROOT_KEY a key is made and kept in a 0600 file."""
    server = FerryServer(tmp_path / "own", "")
    server.start()
    try:
        key = (server.data / "root-key").read_text().strip()
        assert key.startswith("inf_") and len(key) >= 40
        assert stat.S_IMODE((server.data / "root-key").stat().st_mode) == 0o600
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert server.client(key).get("/files").status_code == 200
        assert server.client("inf_wrong").get("/files").status_code == 401
        server.stop()
        assert key not in server.log_text()
        server.start()
        assert server.client(key).get("/files").status_code == 200
        server.stop()
    finally:
        server.kill()
