# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand, for requests no library would send."""

import socket
from dataclasses import dataclass, field


@dataclass
class Answer:
    """One response. `status` is 0 when the server closed the connection without any."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""
    closed: bool = False

    @property
    def count(self):
        """Status lines on the connection, the interim 100 included."""
        return self.raw.count(b"HTTP/1.1 ")


def request(method, target, host, *lines, body=b"", key=None):
    """A request's bytes. Header lines are str or bytes and go out as they are."""
    head = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    if key:
        head.append(f"Authorization: Bearer {key}")
    encoded = [line if isinstance(line, bytes) else line.encode("latin-1") for line in (*head, *lines)]
    return b"\r\n".join(encoded) + b"\r\n\r\n" + body


class Connection:
    def __init__(self, port, timeout=15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends; a server that has already closed is no error here, the answer tells."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.buffer += piece
        return bool(piece)

    def read_head(self):
        """The next head, interim ones included, as (status, headers); None at the end of the connection."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return parse_head(head)

    def read_line(self):
        """The next line of the stream, without its end; None at the end of the connection."""
        while b"\n" not in self.buffer:
            if not self._more():
                return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def read_exactly(self, size):
        while len(self.buffer) < size:
            if not self._more():
                break
        piece, self.buffer = self.buffer[:size], self.buffer[size:]
        return piece

    def read_to_end(self):
        """Everything up to the close; a socket timeout when the server does not close."""
        while self._more():
            pass
        rest, self.buffer = self.buffer, b""
        return rest


def chunks(connection):
    """The chunks of a chunked body, one by one; ends after the last one."""
    while True:
        size = int(connection.read_line().split(b";")[0], 16)
        piece = connection.read_exactly(size)
        assert connection.read_line() == b""
        if size == 0:
            return
        yield piece


def parse_head(head):
    first, *rest = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in rest)
    return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in fields}


def parse(raw):
    """The first final response in these bytes, as (status, headers, body); status 0 when there is none."""
    while raw.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in raw:
        head, raw = raw.split(b"\r\n\r\n", 1)
        status, headers = parse_head(head)
        if status != 100:
            return status, headers, raw[: int(headers.get("content-length", len(raw)))]
    return 0, {}, b""


def exchange(port, data, timeout=10):
    """Sends bytes and reads until the server closes. `closed` is False when it had not within the timeout; give
    the request `Connection: close` where the connection may live on."""
    answer = Answer()
    with Connection(port, timeout) as connection:
        connection.send(data)
        try:
            answer.raw = connection.read_to_end()
            answer.closed = True
        except TimeoutError:
            answer.raw = connection.buffer
    answer.status, answer.headers, answer.body = parse(answer.raw)
    return answer
