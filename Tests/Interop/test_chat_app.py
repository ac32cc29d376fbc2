# SPDX-License-Identifier: Apache-2.0
"""The app `chat-completions` against the strict stand-in of a model server."""

import contextlib
import hashlib
import json
import shutil
import socket
import threading
import time

import pytest

from app_worker import AppWorker
from chat_standin import ChatStandin, Handler, Refusal, image
from samples import photo

APP = "ferry/chat-completions"
TOOLS = [
    {"type": "function", "function": {
        "name": name, "description": "A tool.", "parameters": {"type": "object", "properties": {}}}}
    for name in ("weather", "finish")
]


@pytest.fixture(scope="module")
def standin():
    with ChatStandin() as running:
        yield running


@pytest.fixture(scope="module")
def chat(standin):
    with AppWorker(APP, OPENAI_BASE_URL=standin.base, OPENAI_API_KEY=standin.key) as worker:
        yield worker


def test_an_answer_streams_and_is_whole(chat):
    output = chat.output({"text": "say: héllo wörld 😀, as it goes on and on"})
    assert output["response"] == "héllo wörld 😀, as it goes on and on"
    usage = output["usage"]
    assert usage["stop_reason"] == "stop" and usage["total_tokens"] > usage["completion_tokens"] > 0
    assert usage["time_to_first_token"] > 0
    assert "tool_calls" not in output and "reasoning" not in output


def test_settings_reach_the_server_and_others_do_not(chat, standin):
    chat.output({
        "text": "say: hi", "system_prompt": "be brief", "temperature": 0.5, "top_p": 0.5, "max_tokens": 100, "seed": 3,
        "stop": ["x"], "frequency_penalty": 0.5, "presence_penalty": 0.5, "context_size": 9, "top_k": 4, "anything": 1,
        "response_format": {"type": "json_schema", "name": "n", "json_schema": {"type": "object"}, "strict": True},
        "tools": TOOLS, "tool_choice": {"mode": "auto"}})
    body = standin.chats[-1]
    assert body["model"] == "stand-in" and body["stream"] and body["stream_options"] == {"include_usage": True}
    assert body["messages"] == [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "say: hi"}]
    assert (body["temperature"], body["max_tokens"], body["seed"], body["stop"]) == (0.5, 100, 3, ["x"])
    assert body["response_format"]["json_schema"] == {"name": "n", "schema": {"type": "object"}, "strict": True}
    assert body["tools"] == TOOLS and body["tool_choice"] == "auto"


def test_a_model_is_that_of_the_input_then_of_the_operator_then_the_first(chat, standin):
    assert chat.output({"text": "say: x", "model": "stand-in-large"}) and standin.chats[-1]["model"] == "stand-in-large"
    assert chat.output({"text": "say: x"}) and standin.chats[-1]["model"] == "stand-in"
    with AppWorker(
            APP, OPENAI_BASE_URL=standin.base + "/", OPENAI_API_KEY=standin.key, OPENAI_MODEL="stand-in-large") as other:
        assert other.output({"text": "say: x"}) and standin.chats[-1]["model"] == "stand-in-large"


def test_a_tool_is_called_and_its_result_handed_back(chat):
    output = chat.output({"text": 'call weather {"city": "Köln", "days": [1, 2]}', "tools": TOOLS})
    [call] = output["tool_calls"]
    assert call["type"] == "function"
    assert call["function"] == {"name": "weather", "arguments": {"city": "Köln", "days": [1, 2]}}
    assert output["usage"]["stop_reason"] == "tool_calls"
    context = [{"role": "user", "text": "weather?"}, {"role": "assistant", "text": "", "tool_calls": [call]}]
    turn = {"text": "rain", "role": "tool", "tool_call_id": call["id"], "context": context, "tools": TOOLS}
    assert chat.output(turn)["response"] == "tool said: rain"


def test_parallel_calls_get_their_results_together_and_files_behind_them(chat, standin):
    calls = chat.output({"text": "call two", "tools": TOOLS})["tool_calls"]
    assert len({call["id"] for call in calls}) == 2
    picture = chat.put("chart", photo(), content_type="image/jpeg")
    context = [
        {"role": "user", "text": "go"}, {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "text": "one", "tool_call_id": calls[0]["id"], "attachments": [picture]},
    ]
    said = chat.output({"text": "two", "role": "tool", "tool_call_id": calls[1]["id"], "context": context})
    assert said["response"].startswith("tool said: one|two; user: text ")
    assert hashlib.sha256(photo()).hexdigest() in said["response"]
    assert [message["role"] for message in standin.chats[-1]["messages"]] == [
        "user", "assistant", "tool", "tool", "user"]


def test_thoughts_are_told_apart(chat):
    output = chat.output({"text": "think"})
    assert output["reasoning"].startswith("Let me think. ") and output["response"] == "Now I know."


def test_files_reach_the_model_in_order(chat, standin):
    files = [
        chat.put("one.txt", "first\nwörds".encode()), chat.put("picture", photo()),
        chat.put("bad\n\u202ename.json", b'{"a": 1}'), chat.put("noise.bin", bytes(range(256))),
    ]
    said = chat.output({"text": "look", "attachments": files})["response"]
    assert f"sha256 {hashlib.sha256(photo()).hexdigest()}" in said
    first, second, third, fourth, fifth = standin.chats[-1]["messages"][-1]["content"]
    assert first == {"type": "text", "text": "look"} and second["text"] == "File: one.txt\nfirst\nwörds"
    assert image(third)[1] == photo()
    assert fourth["text"] == 'File: bad name.json\n{"a": 1}'
    assert fifth["text"].startswith("File: noise.bin\n[application/octet-stream, 256 bytes; its bytes were not given")


@pytest.mark.parametrize("text, told", [
    ("fail 401", "Give a key that it knows as FERRY_SECRET_OPENAI_API_KEY"),
    ("fail 404", "name another one as model"),
    ("fail 429", "takes no more requests for now (429)"),
    ("fail 501", "does not answer chats (501) and said: “failing with 501, as asked”. It has no /chat/completions"),
    ("fail 500", "the model server failed (500) and said: “failing with 500, as asked”. Try again"),
    ("break", "the model server's answer broke off before its end"),
    ("call nobody {}", "did not accept the request (400) and said: “the tool nobody was not offered”"),
])
def test_an_error_says_what_and_the_remedy(chat, standin, text, told):
    told_all = chat.failure({"text": text})
    assert told in told_all
    assert standin.key not in told_all and standin.base not in told_all


@pytest.mark.parametrize("text", ["fail 429 once", "fail 500 once"])
def test_what_may_go_better_is_tried_again(chat, text):
    assert chat.output({"text": text})["response"] == "recovered"


def test_a_broken_answer_is_not_asked_for_again(chat, standin):
    before = len(standin.chats)
    chat.failure({"text": "break"})
    assert len(standin.chats) == before + 1


def test_a_cancelled_task_ends_the_request_at_once(chat, standin):
    task = chat.start({"text": "count 2000 10"})
    assert chat.hear()["type"] == "delta"
    chat.say(type="cancel", task=task)
    asked = time.monotonic()
    assert chat.finish()[0] == {"type": "cancelled", "task": task}
    assert time.monotonic() - asked < 2
    while not standin.requests[-1]["is_aborted"]:
        assert time.monotonic() - asked < 5, "the server still writes"
        time.sleep(0.02)
    assert chat.output({"text": "say: next"})["response"] == "next"


def test_a_wrong_key_is_told_without_the_key(standin):
    with AppWorker(APP, OPENAI_BASE_URL=standin.base, OPENAI_API_KEY="sk-wrong-key") as worker:
        told = worker.failure({"text": "say: x"})
    assert "(401)" in told and "FERRY_SECRET_OPENAI_API_KEY" in told and "sk-wrong-key" not in told


def test_without_a_server_the_operator_is_told_what_to_do():
    with AppWorker(APP) as worker:
        told = worker.failure({"text": "hi", "base_url": "http://127.0.0.1:9/v1", "OPENAI_BASE_URL": "http://x/v1"})
    assert "FERRY_SECRET_OPENAI_BASE_URL" in told and "http://127.0.0.1:11434/v1" in told
    with AppWorker(APP, OPENAI_BASE_URL="http://127.0.0.1:1/v1") as worker:
        assert "cannot be reached (connection refused)" in worker.failure({"text": "hi"})


class Raw:
    """A server that answers every request with the same bytes, in pieces, and hangs up."""

    def __init__(self, *pieces, type="text/event-stream", model="m"):
        self.model = model
        self.pieces = [f"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n\r\n".encode(), *pieces]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):  # The app may leave before the end.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.recv(1 << 16)
                for piece in self.pieces:
                    connection.sendall(piece)
                    time.sleep(0.005)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass

    def __enter__(self):
        self.worker = AppWorker(APP, OPENAI_BASE_URL=self.base, OPENAI_MODEL=self.model)
        return self.worker.__enter__()

    def __exit__(self, *error):
        self.listener.close()
        self.worker.__exit__(*error)


def chunk(**delta):
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\r\n\r\n"


def called(**members):
    return {"function": {"name": "f", "arguments": "{}"}, **members}


END = b"data: [DONE]\r\n\r\n"


def test_bytes_may_come_in_any_pieces():
    stream = b": hello\r\n\r\n" + chunk(content="grün ") + chunk(content="😀") + END
    with Raw(*(stream[place:place + 1] for place in range(len(stream)))) as worker:
        assert worker.output({"text": "x"})["response"] == "grün 😀"


def test_an_answer_without_a_stream_is_accepted():
    message = {"role": "assistant", "content": "whole"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 2}}
    for kind in ("application/json", "text/plain"):
        with Raw(json.dumps(body).encode(), type=kind) as worker:
            output = worker.output({"text": "x"})
            assert output["response"] == "whole" and output["usage"]["prompt_tokens"] == 2


@pytest.mark.parametrize("pieces, told", [
    ([chunk(content="half")], "broke off"),
    ([chunk(content="half"), b'data: {"cho'], "broke off"),
    ([b"data: <html>\n\n"], "no chat completion"),
    ([b"data: " + b"x" * (1 << 20) + b"\n\n"], "a line of more than 1024 KiB"),
    ([chunk(content="x" * (200 << 10)), chunk(content="x" * (200 << 10)), END], "longer than 384 KiB"),
    ([b'data: {"error": {"message": "out of memory"}}\n\n'], "gave up and said: “out of memory”"),
    ([chunk(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f", "arguments": "[1]"}}]), END],
     "the tool f with arguments that are no JSON object"),
    ([chunk(tool_calls=[called(index=(1 << 63) - 1)]), chunk(tool_calls=[called(id="d")]), END],
     "the index 9223372036854775807, which must be from 0 to 127"),
    ([chunk(tool_calls=[called(index=-1)]), END], "the index -1, which must be from 0 to 127"),
    ([chunk(tool_calls=[{"index": index} for index in range(20_000)]), END], "calls more than 128 tools"),
    ([chunk(tool_calls=[called(id=f"c{index}")]) for index in range(129)] + [END], "calls more than 128 tools"),
])
def test_half_an_answer_is_none(pieces, told):
    with Raw(*pieces) as worker:
        assert told in worker.failure({"text": "x"})


def test_as_many_calls_as_are_allowed_are_taken():
    with Raw(*(chunk(tool_calls=[called(id=f"c{index}")]) for index in range(128)), END) as worker:
        calls = worker.output({"text": "x"})["tool_calls"]
    assert [call["id"] for call in calls] == [f"c{index}" for index in range(128)]


def test_counts_that_are_too_large_are_taken():
    most = (1 << 63) - 1
    usage = {"choices": [], "usage": {"prompt_tokens": most, "completion_tokens": 5}}
    with Raw(chunk(content="x"), b"data: " + json.dumps(usage).encode() + b"\n\n", END) as worker:
        counted = worker.output({"text": "x"})["usage"]
    assert (counted["prompt_tokens"], counted["completion_tokens"], counted["total_tokens"]) == (most, 5, most)


def test_an_event_of_very_many_lines_is_read_at_once():
    with Raw(b"data:\n" * 400_000) as worker:
        begin = time.monotonic()
        assert "broke off" in worker.failure({"text": "x"})
        assert time.monotonic() - begin < 5


def test_half_a_surrogate_pair_does_not_cost_the_answer():
    text = rb"a\ud83d b\ude00 \ud83d\ude00 \\ud83d"
    event = b'data: {"choices": [{"index": 0, "delta": {"content": "%s"}}]}\n\n' % text
    with Raw(event, END) as worker:
        assert worker.output({"text": "x"})["response"] == "a\ufffd b\ufffd 😀 \\ud83d"


@pytest.mark.parametrize("kind, body, told", [
    ("text/html", b"\n<!DOCTYPE html><p>Welcome", "gives a web page"),
    ("text/event-stream", b"<html>", "gives a web page"),
    ("text/html", b"It works!", "gives neither JSON nor a stream of events"),
])
def test_a_page_for_browsers_is_no_answer(kind, body, told):
    with Raw(body, type=kind) as worker:
        said = worker.failure({"text": "x"})
    assert told in said and "check it" in said and "FERRY_SECRET_OPENAI_BASE_URL" in said
    with Raw(body, type=kind, model="") as worker:
        said = worker.failure({"text": "x"})
    assert ("a web page" if b"<" in body else "no list of models") in said and "FERRY_SECRET_OPENAI_BASE_URL" in said


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_lists_no_models_is_told_as_that(status):
    class Unlisted(Handler):
        def models(self, _):
            raise Refusal(status, "no such thing")

    other = ChatStandin()
    other.server.RequestHandlerClass = Unlisted
    with other, AppWorker(APP, OPENAI_BASE_URL=other.base, OPENAI_API_KEY=other.key) as worker:
        said = worker.failure({"text": "x"})
        assert f"does not list its models ({status})" in said and "FERRY_SECRET_OPENAI_MODEL" in said
        assert len(other.requests) == 1, "it was asked again"
        assert worker.output({"text": "say: x", "model": "stand-in"})["response"] == "x"


def test_files_of_earlier_messages_do_not_fail_a_turn(chat, standin):
    size = (21 << 20)
    big = chat.put("big.png", b"\x89PNG\r\n\x1a\n".ljust(size, b"\0"))
    gone = {"uri": "http://127.0.0.1:1/gone.txt", "filename": "gone.txt"}
    context = [{"role": "user", "text": "look", "attachments": [big, gone]}, {"role": "assistant", "text": "I see"}]
    assert chat.output({"text": "say: on", "context": context})["response"] == "on"
    _, first, second = standin.chats[-1]["messages"][0]["content"]
    assert first["text"] == f"[image big.png is not shown: {size} bytes are more than 20 MiB]"
    assert second["text"].startswith("[file gone.txt is not shown: ")
    assert "at most 20 MiB" in chat.failure({"text": "look", "attachments": [big]})
    assert "port 1" in chat.failure({"text": "look", "attachments": [gone]})


def test_images_of_earlier_messages_leave_room_for_later_ones(chat, standin):
    def picture(name):
        return chat.put(name, b"\x89PNG\r\n\x1a\n".ljust(11 << 20, b"\0"))

    context = [{"role": "user", "text": f"look {n}", "attachments": [picture(f"{n}.png")]} for n in range(4)]
    assert chat.output({"text": "say: on", "context": context, "attachments": [picture("new.png")]})["response"] == "on"
    kinds = [message["content"][1]["type"] for message in standin.chats[-1]["messages"]]
    assert kinds == ["text", "text", "image_url", "image_url", "image_url"]
    assert standin.chats[-1]["messages"][0]["content"][1]["text"].startswith("[image 0.png is not shown: later messages")


def test_calls_that_a_model_got_wrong_do_not_fail_later_turns(chat, standin):
    def call(id, name):
        return {"id": id, "type": "function", "function": {"name": name, "arguments": {}}}

    def result(id, text):
        return {"role": "tool", "text": text, "tool_call_id": id}

    context = [
        {"role": "user", "text": "go"}, {"role": "assistant", "tool_calls": [call("c", "find all"), call("c", "x" * 70)]},
        result("c", "one"), result("c", "two"), {"role": "assistant", "tool_calls": [call("c", "wéather.now")]},
        result("c", "three"), {"role": "assistant", "tool_calls": [call("d", "")]}]
    said = chat.output({"text": "four", "role": "tool", "tool_call_id": "d", "context": context})
    assert said["response"] == "tool said: four"
    messages = standin.chats[-1]["messages"]
    calls = [call for message in messages for call in message.get("tool_calls", [])]
    assert [call["id"] for call in calls] == ["c", "c_2", "c_3", "d"]
    assert [call["function"]["name"] for call in calls] == ["find_all", "x" * 64, "w_ather_now", "_"]
    results = [(message["tool_call_id"], message["content"]) for message in messages if message["role"] == "tool"]
    assert results == [("c", "one"), ("c_2", "two"), ("c_3", "three"), ("d", "four")]


def test_a_redirect_is_not_followed(standin):
    class Elsewhere(Handler):
        def serve(self, answer):
            self.body()
            self.send_response(307)
            self.send_header("Location", standin.base + "/chat/completions")
            self.send_header("Content-Length", "0")
            self.end_headers()

    other = ChatStandin()
    other.server.RequestHandlerClass = Elsewhere
    before = len(standin.requests)
    with other, AppWorker(APP, OPENAI_BASE_URL=other.base, OPENAI_API_KEY=standin.key, OPENAI_MODEL="m") as worker:
        assert "sends elsewhere (307)" in worker.failure({"text": "x"})
    assert len(standin.requests) == before


def pdf(text):
    """A document of one page with one line of text."""
    content = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    document, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return document + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table, len(document))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext")
def test_a_document_reaches_the_model_as_its_text(chat, standin, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf("The harvest was good"))
    file = {"path": str(path), "filename": "report.pdf", "content_type": "application/pdf", "size": path.stat().st_size}
    chat.output({"text": "what does it say?", "attachments": [file]})
    texts = [part["text"] for part in standin.chats[-1]["messages"][-1]["content"]]
    assert any("report.pdf" in text and "The harvest was good" in text for text in texts), texts
