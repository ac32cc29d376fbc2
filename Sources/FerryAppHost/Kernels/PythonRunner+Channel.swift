// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// Lines of JSON from and to the host.
    static let channel = #"""
        # SPDX-License-Identifier: Apache-2.0
        """Lines of JSON from and to the host."""

        import json
        import logging
        import math
        import os
        import threading

        MAXIMUM_LINE = 8 << 20
        MAXIMUM_LOG = 16 << 10


        class TooLong(Exception):
            """A message that the host would not take."""


        class Channel:
            def __init__(self, commands, replies):
                self._commands = os.fdopen(commands, "rb", buffering=1 << 16)
                self._replies = replies
                self._lock = threading.Lock()

            def send(self, kind, **members):
                message = {"type": kind}
                message.update((name, value) for name, value in members.items() if value is not None)
                self.send_raw(message)

            def send_raw(self, message):
                line = json.dumps(finite(message), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                # Lone surrogates, as they come from names of files, have no UTF-8.
                data = line.encode("utf-8", "replace") + b"\n"
                if len(data) > MAXIMUM_LINE:
                    raise TooLong(f"the output is {len(data)} bytes of JSON, over {MAXIMUM_LINE}; return files instead")
                with self._lock:
                    while data:
                        data = data[os.write(self._replies, data):]

            def follow(self, handle):
                """Gives each message to `handle`, and None at the end. Runs in a thread of its own."""
                try:
                    for line in self._commands:
                        try:
                            message = json.loads(line)
                        except ValueError:
                            continue
                        if isinstance(message, dict):
                            handle(message)
                finally:
                    handle(None)


        class LogHandler(logging.Handler):
            """Passes what the app's logger is told on to the host."""

            def __init__(self, channel):
                super().__init__()
                self._channel = channel
                self.task = None

            def emit(self, record):
                try:
                    text = self.format(record)
                    self._channel.send(
                        "log", task=self.task, level=record.levelname.lower(), message=text[:MAXIMUM_LOG])
                except Exception:
                    self.handleError(record)


        def finite(value):
            """The same value with null for numbers that JSON does not have."""
            if isinstance(value, float):
                return value if math.isfinite(value) else None
            if isinstance(value, dict):
                return {key: finite(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [finite(item) for item in value]
            return value

        """#
}
