# SPDX-License-Identifier: Apache-2.0
"""Foreign addresses in file fields and webhooks never reach a forbidden place. A listener says so, not an answer."""

import itertools
import socket
import threading
import time

import pytest

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
    """Counts connections to all loopback addresses and answers each with `answer`."""

    def __init__(self, address, port=0, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"):
        self.answer = answer
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
            with peer:
                peer.settimeout(2)
                try:
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
    with hosting(tmp_path / "s", environments, reading=READING) as server:
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
        for target in (allowed, redirects[302]):
            before = target.count
            api.wait(api.run("reading", {"file": "data:,x"}, webhook=f"http://127.0.0.2:{target.port}/hook")["id"])
            deadline = time.monotonic() + 30
            while target.count == before:
                assert time.monotonic() < deadline, "the webhook did not come"
                time.sleep(0.05)
        assert b"webhook-signature: v1," in allowed.requests[-1].lower()
        assert inside.count == 0
    for listener in (inside, allowed, hooked, *redirects.values()):
        listener.close()
