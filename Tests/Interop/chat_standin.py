# SPDX-License-Identifier: Apache-2.0
"""A strict stand-in of a server of the chat completions protocol.

Requests are held against the types of the package `openai` and against rules that those types leave open; answers are
built of its models. What it answers, the last text of a user says:

    say: TEXT            TEXT, in pieces of 3 to 7 characters
    count N PAUSE_MS     `word1` to `wordN`, with pauses
    call NAME {json}     calls a tool that was offered, its arguments in fragments
    call two             calls the first tool twice at once
    finish {json}        calls the tool `finish`
    fail STATUS [once]   that status; with `once`, 429 and 500 only the first time
    break                cuts the connection in the middle of the stream
    think                thinks first, then answers
    after tools' results `tool said: ` and the results, joined by `|`
    anything else        describes what came

    python chat_standin.py PORT     serves on that port of the loopback interface; the key is that of OPENAI_API_KEY
"""

import base64
import hashlib
import itertools
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsBase, CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming)
from openai.types.model import Model
from pydantic import TypeAdapter, ValidationError

STREAMING = TypeAdapter(CompletionCreateParamsStreaming)
WHOLE = TypeAdapter(CompletionCreateParamsNonStreaming)
KNOWN = set(CompletionCreateParamsBase.__annotations__) | {"stream"}
MESSAGE_KEYS = {
    "system": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}
# Which kinds of parts each role may send.
PART_KINDS = {
    "system": {"text"}, "user": {"text", "image_url"}, "assistant": {"text", "refusal"}, "tool": {"text"},
}
SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",), "image/jpeg": (b"\xff\xd8\xff",), "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,([A-Za-z0-9+/]*={0,2})")
MAXIMUM_BODY = 80 << 20


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class ChatStandin:
    """The server, for the time of a `with`, or from `start()` to `stop()`."""

    def __init__(self, key="sk-stand-in-key", models=("stand-in", "stand-in-large"), port=0):
        self.key = key
        self.models = list(models)
        # One for each request: path, headers, body (parsed), status, and whether the client left before the end.
        self.requests = []
        self.failed = set()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.standin = self
        self.port = self.server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}/v1"

    def start(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def environment(self):
        """What `ferry serve` needs to find this server."""
        found = {"FERRY_SECRET_OPENAI_BASE_URL": self.base}
        if self.key:
            found["FERRY_SECRET_OPENAI_API_KEY"] = self.key
        return found

    @property
    def chats(self):
        """The bodies of the requests for a completion, the refused ones too."""
        return [record["body"] for record in self.requests if record["path"] == "/v1/chat/completions"]

    def is_first(self, text):
        with self.lock:
            if text in self.failed:
                return False
            self.failed.add(text)
            return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"
    sys_version = ""
    timeout = 60
    wbufsize = 0
    disable_nagle_algorithm = True

    @property
    def standin(self):
        return self.server.standin

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve(self.models)

    def do_POST(self):
        self.serve(self.completion)

    def serve(self, answer):
        self.record = {
            "path": self.path, "headers": dict(self.headers), "body": None, "status": 200, "is_aborted": False}
        with self.standin.lock:
            self.standin.requests.append(self.record)
        try:
            data = self.body()
            self.authorize()
            answer(data)
        except Refusal as refusal:
            self.refuse(refusal)
        except (BrokenPipeError, ConnectionResetError):
            self.record["is_aborted"] = True
            self.close_connection = True

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding"):
            raise Refusal(411, "a request needs a Content-Length")
        if length > MAXIMUM_BODY:
            self.close_connection = True
            raise Refusal(413, f"a request has at most {MAXIMUM_BODY} bytes")
        return self.rfile.read(length)

    def authorize(self):
        wanted = f"Bearer {self.standin.key}" if self.standin.key else None
        if self.headers.get("Authorization") != wanted:
            raise Refusal(401, "Incorrect API key provided. You did not provide the key of this server.")

    def refuse(self, refusal):
        self.record["status"] = refusal.status
        body = {"error": {
            "message": str(refusal), "type": "invalid_request_error" if refusal.status < 500 else "server_error",
            "param": None, "code": None}}
        self.send_json(refusal.status, body, refusal.headers)

    def send_json(self, status, body, headers=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def models(self, _):
        if self.path != "/v1/models":
            raise Refusal(404, f"there is nothing at {self.path}")
        models = [Model(id=name, created=1, object="model", owned_by="tests") for name in self.standin.models]
        self.send_json(200, {"object": "list", "data": [model.model_dump() for model in models]})

    def completion(self, data):
        if self.path != "/v1/chat/completions":
            raise Refusal(404, f"there is nothing at {self.path}")
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise Refusal(400, "the request is no JSON by its Content-Type")
        try:
            body = json.loads(data)
        except ValueError:
            raise Refusal(400, "the request is no JSON") from None
        self.record["body"] = body
        check(body)
        if body["model"] not in self.standin.models:
            raise Refusal(404, f"The model `{body['model']}` does not exist or you do not have access to it.")
        Answer(self, body).send()


# ---------------------------------------------------------------- what a request may hold


def consume(value):
    """Iterables are validated only when somebody iterates over them."""
    if isinstance(value, dict):
        for item in value.values():
            consume(item)
    elif not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
        for item in value:
            consume(item)


def check(body):
    """Raises Refusal unless that is a proper request."""
    if not isinstance(body, dict):
        raise Refusal(400, "the request is no object")
    if unknown := sorted(set(body) - KNOWN):
        raise Refusal(400, f"Unrecognized request arguments supplied: {', '.join(unknown)}")
    try:
        consume((STREAMING if body.get("stream") else WHOLE).validate_python(body))
    except ValidationError as error:
        places = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5]]
        raise Refusal(400, "; ".join(places)) from None
    if not body["messages"]:
        raise Refusal(400, "messages must not be empty")
    if "stream_options" in body and not body.get("stream"):
        raise Refusal(400, "stream_options needs stream")
    names = [tool["function"]["name"] for tool in body.get("tools", [])]
    if "tool_choice" in body and not names:
        raise Refusal(400, "tool_choice needs tools")
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names):
        raise Refusal(400, "a tool's name is used twice, or cannot be one")
    for tool in body.get("tools", []):
        parameters = tool["function"].get("parameters", {"type": "object"})
        if parameters.get("type") != "object":
            raise Refusal(400, f"the parameters of {tool['function']['name']} are no schema of an object")
    check_messages(body["messages"])


def check_messages(messages):
    asked = []  # calls that no result has answered yet
    ids = set()  # of all calls
    for index, message in enumerate(messages):
        role, where = message["role"], f"messages[{index}]"
        if role not in MESSAGE_KEYS:
            raise Refusal(400, f"{where} has the role {role}")
        if unknown := sorted(set(message) - MESSAGE_KEYS[role]):
            raise Refusal(400, f"{where} holds {', '.join(unknown)}")
        if role == "tool":
            if message["tool_call_id"] not in asked:
                raise Refusal(400, f"{where} answers the call {message['tool_call_id']!r}, which was not made")
            asked.remove(message["tool_call_id"])
        elif asked:
            raise Refusal(400, f"{where}: the calls {', '.join(asked)} were not answered by tool messages")
        for call in message.get("tool_calls") or []:
            asked.append(call["id"])
            if call["id"] in ids:
                raise Refusal(400, f"{where} repeats the id {call['id']!r} of a call")
            ids.add(call["id"])
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", call["function"]["name"]):
                raise Refusal(400, f"{where}: {call['function']['name']!r} is no name of a tool")
            try:
                arguments = json.loads(call["function"]["arguments"])
            except ValueError:
                arguments = None
            if not isinstance(arguments, dict):
                raise Refusal(400, f"{where}: the arguments of {call['id']} are no JSON object")
        if len(set(asked)) < len(asked):
            raise Refusal(400, f"{where} has two calls of one id")
        content = message.get("content")
        if content is None and not (role == "assistant" and message.get("tool_calls")):
            raise Refusal(400, f"{where} has no content")
        if isinstance(content, list):
            check_parts(content, role, where)
    if asked:
        raise Refusal(400, f"the calls {', '.join(asked)} were not answered")


def check_parts(parts, role, where):
    if not parts:
        raise Refusal(400, f"{where} has an empty array for its content")
    for part in parts:
        if part.get("type") not in PART_KINDS[role]:
            raise Refusal(400, f"{where}: {role} messages cannot hold {part.get('type')!r}")
        if unknown := sorted(set(part) - {"type", part["type"]}):
            raise Refusal(400, f"{where}: a part holds {', '.join(unknown)}")
        if part["type"] == "image_url":
            image(part, where)


def image(part, where=""):
    """Type and bytes of a picture."""
    found = DATA_URL.fullmatch(part["image_url"]["url"])
    if not found or len(found[2]) % 4:
        raise Refusal(400, f"{where}: an image is no data URL with base64")
    data = base64.b64decode(found[2], validate=True)
    if found[1] not in SIGNATURES:
        raise Refusal(400, f"{where}: images of the type {found[1]} are not supported")
    if not data.startswith(SIGNATURES[found[1]]):
        raise Refusal(400, f"{where}: an image is not of the type {found[1]}")
    return found[1], data


# ---------------------------------------------------------------- what is answered


def text_of(message):
    """A message's own text: of several parts, the first that is text."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return next((part["text"] for part in content if part["type"] == "text"), "")


def described(message):
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []
    words = []
    for part in parts:
        if part["type"] == "image_url":
            kind, data = image(part)
            words.append(f"image {kind} {len(data)} bytes sha256 {hashlib.sha256(data).hexdigest()}")
        else:
            words.append(f"text {json.dumps(part['text'][:40], ensure_ascii=False)}")
    words += [f"call {call['function']['name']}" for call in message.get("tool_calls") or []]
    return f"{message['role']}: {', '.join(words) or 'nothing'}"


def pieces(text):
    """The text in pieces of 3 to 7 characters."""
    place, sizes = 0, itertools.cycle([3, 7, 4, 6, 5])
    while place < len(text):
        size = next(sizes)
        yield text[place:place + size]
        place += size


class Answer:
    """One answer, as a stream or as a whole."""

    def __init__(self, handler, body):
        self.handler = handler
        self.body = body
        self.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
        self.head = {"id": f"chatcmpl-{os.urandom(6).hex()}", "created": int(time.time()), "model": body["model"]}
        self.is_streaming = body.get("stream") is True
        self.is_begun = False
        self.words = 0
        self.content, self.reasoning, self.calls = "", "", []

    def send(self):
        self.behave()
        reason = "tool_calls" if self.calls else "stop"
        counted = {"prompt_tokens": len(json.dumps(self.body["messages"]).split()), "completion_tokens": self.words}
        usage = {**counted, "total_tokens": sum(counted.values())}
        if not self.is_streaming:
            message = {"role": "assistant", "content": self.content or None}
            if self.reasoning:
                message["reasoning_content"] = self.reasoning
            if self.calls:
                message["tool_calls"] = self.calls
            whole = ChatCompletion(
                **self.head, object="chat.completion", usage=usage,
                choices=[{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}])
            self.handler.send_json(200, whole.model_dump(mode="json", exclude_unset=True))
            return
        self.chunk({}, reason)
        if (self.body.get("stream_options") or {}).get("include_usage"):
            self.write(ChatCompletionChunk(**self.head, object="chat.completion.chunk", choices=[], usage=usage))
        self.raw(b"data: [DONE]\n\n")
        self.handler.wfile.write(b"0\r\n\r\n")

    def behave(self):
        messages = self.body["messages"]
        spoken = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
        latest = messages[spoken[-1] + 1:] if spoken else messages
        results = [text_of(message) for message in latest if message["role"] == "tool"]
        if results:
            files = [described(message) for message in latest if message["role"] == "user"]
            return self.say("; ".join([f"tool said: {'|'.join(results)}", *files]))
        text = text_of(next((message for message in reversed(messages) if message["role"] == "user"), {}))
        verb, _, rest = text.partition(" ")
        if text.startswith("say: "):
            return self.say(text[len("say: "):])
        if found := re.fullmatch(r"count (\d+) (\d+)", text):
            return self.count(int(found[1]), int(found[2]) / 1000)
        if text == "call two":
            name = next(iter(self.tools), None)
            return self.call([(name, "{}"), (name, "{}")])
        if verb == "call":
            name, _, arguments = rest.partition(" ")
            return self.call([(name, arguments or "{}")])
        if verb == "finish":
            return self.call([("finish", rest or "{}")])
        if found := re.fullmatch(r"fail (\d{3})( once)?", text):
            return self.fail(int(found[1]), text, bool(found[2]))
        if text == "break":
            return self.cut()
        if text.startswith("think"):
            self.think("Let me think. " * 3)
            return self.say("Now I know.")
        choice = self.body.get("tool_choice")
        if choice == "required" or isinstance(choice, dict):
            name = choice["function"]["name"] if isinstance(choice, dict) else self.tools[0]
            return self.call([(name, "{}")])
        return self.say("\n".join([f"{len(messages)} messages", *map(described, messages)]))

    def say(self, text):
        for piece in pieces(text):
            self.grow(piece)

    def count(self, number, pause):
        for index in range(number):
            self.grow(f"{' ' if index else ''}word{index + 1}")
            time.sleep(pause)

    def think(self, text):
        for piece in pieces(text):
            self.reasoning += piece
            self.chunk({"reasoning_content": piece})

    def grow(self, piece):
        self.content += piece
        self.words += 1
        self.chunk({"content": piece})

    def call(self, calls):
        for name, _ in calls:
            if name not in self.tools:
                raise Refusal(400, f"the tool {name} was not offered")
            if self.body.get("tool_choice") == "none":
                raise Refusal(400, "tools must not be called")
        for index, (name, arguments) in enumerate(calls):
            made = f"call_{os.urandom(6).hex()}"
            self.calls.append({"id": made, "type": "function", "function": {"name": name, "arguments": arguments}})
            head = {"index": index, "id": made, "type": "function", "function": {"name": name, "arguments": ""}}
            self.chunk({"tool_calls": [head]})
            for piece in pieces(arguments):
                self.words += 1
                self.chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def fail(self, status, text, is_once):
        if is_once and status in (429, 500) and not self.handler.standin.is_first(text):
            return self.say("recovered")
        headers = {"Retry-After": "0"} if status == 429 and is_once else {}
        raise Refusal(status, f"failing with {status}, as asked", headers)

    def cut(self):
        self.say("This will not")
        self.handler.close_connection = True
        self.handler.connection.close()
        raise ConnectionResetError

    def chunk(self, delta, reason=None):
        if not self.is_streaming:
            return
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        if not self.is_begun:
            choice["delta"] = {"role": "assistant", "content": "", **delta}
        self.write(ChatCompletionChunk(**self.head, object="chat.completion.chunk", choices=[choice]))

    def write(self, chunk):
        data = chunk.model_dump_json(exclude_unset=True)
        self.raw(f"data: {data}\n\n".encode())

    def raw(self, data):
        if not self.is_begun:
            self.is_begun = True
            self.handler.send_response(200)
            self.handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.handler.send_header("Transfer-Encoding", "chunked")
            self.handler.end_headers()
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def main(arguments):
    if len(arguments) != 1 or not arguments[0].isdigit():
        print(__doc__, file=sys.stderr)
        return 2
    standin = ChatStandin(key=os.environ.get("OPENAI_API_KEY", ""), port=int(arguments[0]))
    print(f"stand-in: listening on {standin.base}", flush=True)
    try:
        standin.server.serve_forever()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
