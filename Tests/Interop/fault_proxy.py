# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a server that fails as networks do. Each request gets connections of its own.

    python3 fault_proxy.py PORT cut-put N       cuts each PUT once N bytes of its body went through
    python3 fault_proxy.py PORT answer-put N    answers each PUT of 64 KiB or more, or of unknown length, with status N
    python3 fault_proxy.py PORT cut-streams N   cuts each answer of a `…/stream` after N to 1.6 N bytes

The first line on standard error is its address; each further line, `cut`, is a connection that was cut. It ends with
its standard input, or when it is killed.
"""

import json
import os
import select
import socket
import struct
import sys
import threading


class FaultProxy:
    """The proxy, for the time of a `with`."""

    def __init__(self, port, fault=None, amount=0, on_cut=lambda: None):
        self.port_behind = port
        self.fault, self.amount, self.on_cut = fault, amount, on_cut
        self.lock = threading.Lock()
        # One "METHOD PATH" for each request, and how many connections were cut.
        self.requests = []
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Wakes the thread that waits for connections, which closing alone does not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def count(self, start):
        """How many requests began like this."""
        with self.lock:
            return sum(request.startswith(start) for request in self.requests)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.port_behind)) as server:
                self.relay(client, server)
        except OSError:
            pass

    def relay(self, client, server):
        head, rest = self.head(client)
        if head is None:
            return
        first, *fields = head.split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        with self.lock:
            self.requests.append(f"{method.decode()} {target.decode()}")
        values = {name.lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
        if self.fault == "answer-put" and method == b"PUT" and int(values.get(b"content-length", b"65536")) >= 65536:
            return self.answer(client, values, rest)
        kept = [field for field in fields if not field.lower().startswith(b"connection:")]
        server.sendall(b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n")
        up = self.amount if self.fault == "cut-put" and method == b"PUT" else None
        down = None
        if self.fault == "cut-streams" and target.partition(b"?")[0].endswith(b"/stream"):
            with self.lock:
                down = self.amount + self.cuts % 11 * self.amount // 16
        self.pass_on(client, server, rest, up, down)

    @staticmethod
    def head(client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return None, b""
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def answer(self, client, values, rest):
        """Reads the request to its end, so that the answer arrives whatever the client does."""
        if values.get(b"expect", b"").lower() != b"100-continue":
            missing = int(values.get(b"content-length", b"-1"))
            size = len(rest)
            while size < missing if missing >= 0 else not rest.endswith(b"0\r\n\r\n"):
                more = client.recv(65536)
                if not more:
                    return
                size += len(more)
                rest = (rest + more)[-16:]
        body = json.dumps({"code": "refused", "detail": "the proxy takes no such file"}).encode()
        client.sendall(
            b"HTTP/1.1 %d Refused\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n" % (self.amount, len(body)) + body)

    def pass_on(self, client, server, waiting, up, down):
        """Both ways to the end of the answer, or until so many bytes went up or down."""
        is_begun = False
        while True:
            if up is not None:
                waiting, up = waiting[:up], up - len(waiting[:up])
            if waiting:
                server.sendall(waiting)
            if up == 0:
                return self.cut(client, server)
            ready, _, _ = select.select([client, server], [], [])
            waiting = b""
            if server in ready:
                data = server.recv(4096)
                if not data:
                    return
                if not is_begun:
                    # The client must not use the connection again.
                    is_begun = True
                    data = data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                if down is not None:
                    data, down = data[:down], down - len(data[:down])
                client.sendall(data)
                if down == 0:
                    return self.cut(client, server)
            if client in ready:
                waiting = client.recv(65536)
                if not waiting:
                    return

    def cut(self, *ends):
        with self.lock:
            self.cuts += 1
            self.on_cut()
        for end in ends:
            # A reset, as by a machine that is gone, and not an orderly end.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()


def main(arguments):
    if len(arguments) != 3 or arguments[1] not in ("cut-put", "answer-put", "cut-streams"):
        print(__doc__, file=sys.stderr)
        return 2
    def tell():
        print("cut", file=sys.stderr, flush=True)

    with FaultProxy(int(arguments[0]), arguments[1], int(arguments[2]), tell) as proxy:
        print(proxy.base, file=sys.stderr, flush=True)
        while os.read(0, 4096):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
