# SPDX-License-Identifier: Apache-2.0
"""Foreign addresses in file fields and webhooks never reach a forbidden place. A listener says so, not an answer."""

import itertools
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import new_key
from ferry_process import FerryServer
from hosted import hosting

READING = '''
    class Input(BaseAppInput):
        file: File = Field(description="What to read.")

    class Output(BaseAppOutput):
        text: str

    class App(BaseApp):
        async def run(self, input_data: Input) -> Output:
            with open(input_data.file.path, "rb") as file:
                return Output(text=file.read(100).decode("latin-1"))
'''


class Listener:
    """Counts connections to an address and answers each with `answer`, by TLS if there is a context for it."""

    def __init__(
        self, address, port=0, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        security=None,
    ):
        self.answer = answer
        self.security = security
        self.count = 0
        self.requests = []
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.reply, args=(peer,), daemon=True).start()

    def reply(self, peer):
        peer.settimeout(2)
        try:
            if self.security:
                peer = self.security.wrap_socket(peer, server_side=True)
            with peer:
                self.requests.append(peer.recv(65536))
                peer.sendall(self.answer)
        except OSError:
            pass

    def close(self):
        self.socket.close()


def forbidden(port):
    """Ways to write this machine's own and other forbidden addresses."""
    hosts = [
        "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
        "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.0.0.2", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]",
        "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "x@127.0.0.1", "x:y@127.0.0.1", "evil\\@127.0.0.1",
        "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "foo.localhost", "ip6-localhost", "127.0.0.1#@example.com", "127.0.0.1?@example.com",
    ]
    schemes = ["http://", "https://", "HTTP://", "http:/", "http:", "//", "ftp://", "gopher://", "file://", "http+unix://"]
    tails = [f":{port}/", f":{port}", "/", ":80/", ":0/", ":22/", ":99999/", f":{port}/a?b=c#d"]
    return ["".join(parts) for parts in itertools.product(schemes, hosts, tails)]


@pytest.mark.timeout(600)
def test_no_file_field_and_no_webhook_reaches_a_forbidden_address(tmp_path, environments):
    listeners = [Listener("127.0.0.1")]
    port = listeners[0].port
    listeners += [Listener(address, port) for address in ("127.0.0.2", "::1")]
    # With the listeners' port allowed, so that only the addresses stand in the way.
    with hosting(tmp_path / "s", environments, "--allow-port", str(port), reading=READING) as server:
        api = server.client()
        for url in forbidden(port):
            answer = api.post("/apps/run", json={"app": "reading", "input": {"file": url}})
            assert answer.status_code == 422, f"{url}: {answer.status_code} {answer.text[:300]}"
            assert "/input/file" in answer.text
        for url in forbidden(port)[::7]:
            answer = api.post("/apps/run", json={
                "app": "reading", "input": {"file": "data:,x"}, "webhook": url})
            assert answer.status_code == 422, f"webhook {url}: {answer.status_code} {answer.text[:300]}"
        assert [listener.count for listener in listeners] == [0, 0, 0]
    for listener in listeners:
        listener.close()


@pytest.mark.timeout(600)
def test_an_allowed_network_is_reached_and_a_redirect_out_of_it_is_not(tmp_path, environments):
    inside = Listener("127.0.0.1")
    allowed = Listener("127.0.0.2")
    redirects = {
        status: Listener(
            "127.0.0.2",
            answer=(
                f"HTTP/1.1 {status} See\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n"
            ).encode(),
        )
        for status in (301, 302, 303, 307, 308)
    }
    redirects["protocol-relative"] = Listener(
        "127.0.0.2",
        answer=f"HTTP/1.1 302 Found\r\nLocation: //127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    ports = ",".join(str(entry.port) for entry in (inside, allowed, *redirects.values()))
    arguments = ["--allow-network", "127.0.0.2/32", "--allow-port", ports]
    with hosting(tmp_path / "s", environments, *arguments, reading=READING) as server:
        api = server.client()
        task = api.wait(api.run("reading", {"file": f"http://127.0.0.2:{allowed.port}/greeting.txt"})["id"], limit=300)
        assert task["status"] == 10, task["error"]
        assert task["output"]["text"] == "hello"
        assert allowed.count == 1
        assert server.key.encode() not in allowed.requests[0]
        for kind, listener in redirects.items():
            task = api.wait(api.run("reading", {"file": f"http://127.0.0.2:{listener.port}/"})["id"], limit=60)
            assert task["status"] == 11, f"{kind}: {task}"
            assert listener.count >= 1, kind
        assert inside.count == 0
        # A webhook reaches what is allowed, too, and follows no redirect.
        hooked = Listener("127.0.0.2", answer=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        # Its port is not on the list.
        answer = api.post("/apps/run", json={
            "app": "reading", "input": {"file": "data:,x"}, "webhook": f"http://127.0.0.2:{hooked.port}/"})
        assert answer.status_code == 422
        # The second try comes after the first one's redirect was answered: had it been followed, it would show.
        for target, tries in ((allowed, 1), (redirects[302], 2)):
            before = target.count
            api.wait(api.run("reading", {"file": "data:,x"}, webhook=f"http://127.0.0.2:{target.port}/hook")["id"])
            deadline = time.monotonic() + 60
            while target.count < before + tries:
                assert time.monotonic() < deadline, "the webhook did not come"
                time.sleep(0.05)
        assert b"webhook-signature: v1," in allowed.requests[-1].lower()
        assert inside.count == 0
    for listener in (inside, allowed, hooked, *redirects.values()):
        listener.close()


# Rows of the bad-input catalogue. PORT stands for that of listeners on this machine; the list of ports lets it through.
ROWS = {
    75: ["http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://0:PORT/"],
    76: [f"http://{host}:PORT/" for host in ("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "017700000001")],
    77: [f"http://[{host}]:PORT/" for host in ("::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%25lo")],
    78: ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://metadata.google.internal/"],
    79: [
        f"http://{host}:PORT/"
        for host in ("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1", "240.0.0.1", "[fc00::1]")
    ],
    80: ["http://①②⑦.⓪.⓪.①:PORT/", "http://127。0。0。1:PORT/", "http://127.0.0.1.:PORT/"],
    85: [
        "file:///etc/passwd", "gopher://127.0.0.1:PORT/", "ftp://127.0.0.1:PORT/", "unix:/run/x", "http+unix://%2Frun%2Fx/",
        "//127.0.0.1:PORT/",
    ],
    86: ["http://a@127.0.0.1:PORT/", "http://evil\\@127.0.0.1:PORT/", "http://127.0.0.1:PORT#@example.com/"],
    87: [f"http://example.com:{port}/" for port in (0, 22, 25, 6379, 99999)],
    88: [
        "http://127.0.0.1:PORT/\r\nX-A: b", "http://127.0.0.1:PORT/a\tb", "http://127.0.0.1:PORT/a b", "http://127.0.0.1:PORT/\0",
        "http://127.0.0.1:PORT/" + 65536 * "x",
    ],
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server, and what nobody may reach."""
    listeners = [Listener("127.0.0.1")]
    listeners += [Listener(address, listeners[0].port) for address in ("127.0.0.2", "::1")]
    running = FerryServer(tmp_path_factory.mktemp("guarded"), new_key(), "--allow-port", str(listeners[0].port)).start()
    try:
        yield running.client(), listeners
        running.stop()
    finally:
        running.kill()
        for listener in listeners:
            listener.close()


@pytest.mark.parametrize("row", ROWS)
def test_row75_to_row80_and_row85_to_row88_addresses_that_are_refused(guarded, row):
    api, listeners = guarded
    for url in ROWS[row]:
        url = url.replace("PORT", str(listeners[0].port))
        for place, body in (
            ("/input/file", {"input": {"file": url}}),
            ("/input/file", {"input": {"file": {"uri": url}}}),
            ("/webhook", {"input": {"file": "data:,x"}, "webhook": url}),
        ):
            answer = api.post("/apps/run", json={"app": "file-inspector", **body})
            assert answer.status_code == 422, f"{place} {url[:200]!r}: {answer.status_code} {answer.text[:300]}"
            assert place in answer.text
    assert [listener.count for listener in listeners] == [0, 0, 0]


def bodies():
    """Answers whose bodies are not what they should be."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    yield "short", head + b"Content-Length: 100\r\n\r\nhalf", "broke off"
    yield "too large", head + b"Content-Length: 10737418241\r\n\r\nx", "10737418240"
    yield "compressed", head + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "compressed"


@pytest.mark.timeout(120)
def test_row89_and_row90_sources_that_lie(tmp_path):
    """Of slow and endless ones the fetcher's own tests tell."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.2", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )
    security = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    security.load_cert_chain(certificate, key)
    nobodys = Listener("127.0.0.2", security=security)
    liars = {name: (Listener("127.0.0.2", answer=answer), reason) for name, answer, reason in bodies()}
    ports = ",".join(str(entry.port) for entry in (nobodys, *(listener for listener, _ in liars.values())))
    server = FerryServer(tmp_path / "s", new_key(), "--allow-network", "127.0.0.2/32", "--allow-port", ports).start()
    try:
        api = server.client()
        for name, (listener, reason) in liars.items():
            url = f"http://127.0.0.2:{listener.port}/file?signature=secret"
            task = api.wait(api.run("file-inspector", {"file": url})["id"], limit=60)
            assert task["status"] == 11, f"{name}: {task}"
            assert reason in task["error"], f"{name}: {task['error']}"
            assert "secret" not in task["error"]
            assert listener.count >= 1, name
        task = api.wait(api.run("file-inspector", {"file": f"https://127.0.0.2:{nobodys.port}/"})["id"], limit=60)
        assert task["status"] == 11, task
        assert "certificate" in task["error"]
        assert nobodys.count >= 1
        assert nobodys.requests == []
        # It does speak TLS, to who does not ask whom it is.
        careless = ssl._create_unverified_context()
        with careless.wrap_socket(socket.create_connection(("127.0.0.2", nobodys.port), timeout=5)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        server.stop()
    finally:
        server.kill()
    for listener in (nobodys, *(listener for listener, _ in liars.values())):
        listener.close()
