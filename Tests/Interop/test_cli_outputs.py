# SPDX-License-Identifier: Apache-2.0
"""`ferry run --save` on answers of another server, which returns files as addresses alone."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli import CommandLine

pytestmark = pytest.mark.timeout(60)
TASK = "a" * 26
SCHEMA = {"type": "object", "properties": {
    "audio": {"type": "string", "format": "file"}, "page": {"type": "string"},
    "stems": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/File"}, {"type": "null"}]}},
}, "$defs": {"File": {"type": "string", "format": "file"}}}


class Hosted(BaseHTTPRequestHandler):
    def do_GET(self):
        host = f"http://{self.headers['Host']}"
        if self.path.startswith("/files/"):
            return self.answer(self.path.encode(), "application/octet-stream")
        if self.path.startswith("/apps/"):
            function = {"input_schema": {"type": "object"}, "output_schema": SCHEMA}
            record = {"id": TASK, "namespace": "a", "name": "b", "functions": {"run": function}}
        elif self.path in ("/apps/run", f"/tasks/{TASK}"):
            output = {
                "audio": f"{host}/files/song.mp3?sig=1", "page": f"{host}/files/page.html",
                "stems": [f"{host}/files/drums.wav", None]}
            record = {"id": TASK, "status": 10, "app": "a/b", "function": "run", "input": {}, "output": output}
        else:
            return self.answer(b"{}", "application/json", 404)
        self.answer(json.dumps(record).encode(), "application/json")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.path = f"/tasks/{TASK}"
        self.do_GET()

    def answer(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def hosted():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hosted)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def test_addresses_are_saved_where_the_schema_says_file(hosted, tmp_path):
    ferry = CommandLine(tmp_path, INFERENCE_BASE_URL=hosted, INFERENCE_API_KEY="inf_test")
    run = ferry("run", "a/b", "--save", "out", "--json")
    assert run.code == 0, run.errors + run.text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["drums.wav", "song.mp3"]
    assert len(run.json["saved"]) == 2
    assert (tmp_path / "out" / "drums.wav").read_text() == "/files/drums.wav"
