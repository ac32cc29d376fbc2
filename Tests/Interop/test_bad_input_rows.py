# SPDX-License-Identifier: Apache-2.0
"""Rows 1 to 39 of the bad-input catalogue (reliability.md section 3), as far as they reach the server as data URIs in
file fields, as names in forms and as cursors, and rows 47, 49, 70 and 71; the row's number is in the test's name."""

import base64

import pytest

from samples import fetch
from test_bad_input import neutralised, refused
from test_bad_input_files import BOTH, JSON, file_part, form, only_label, post_form, stored_label

APP = {"app": "file-inspector"}


def accepted(api, uri, content, kind="text/plain"):
    """A task takes the data URI as a file with this content and this type."""
    task = api.run("file-inspector", {"file": uri})
    try:
        record = api.data("GET", f"/files/{task['input']['file'].split('/')[3]}")
        assert (record["size"], record["content_type"]) == (len(content), kind)
        answer = fetch(record["url"])
        assert answer.content == content
        assert "\r" not in answer.headers["Content-Type"] and "X-Y" not in answer.headers
    finally:
        api.wait(task["id"])


def refused_uri(api, uri):
    """No task takes it; the reason says so, names the place and shows nothing of the payload."""
    answer = refused(api.post("/apps/run", json={**APP, "input": {"file": uri}}))
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail.startswith("/input/file: ") and len(detail) < 300, detail
    return detail


# Data URIs in a task's file field.


@pytest.mark.parametrize("uri", ["data:", "DATA:"])
def test_row1_nothing_behind_the_colon(api, leaves_nothing, uri):
    """Row 1: R."""
    assert "Invalid data URI format" in refused_uri(api, uri)


@pytest.mark.parametrize("uri", ["data:,", "data:;base64,"])
def test_row2_nothing_behind_the_comma(api, uri):
    """Row 2: an empty text."""
    accepted(api, uri, b"")


@pytest.mark.parametrize("uri", ["data:text/html", "data:image/png;base64", "data: is it plural?"])
def test_row3_no_comma(api, leaves_nothing, uri):
    """Row 3: R."""
    assert "Invalid data URI format" in refused_uri(api, uri)


@pytest.mark.parametrize(("uri", "kind"), [("data:;base64;base64,WA", "text/plain"), ("data:x/x;base64;base64,WA", "x/x")])
def test_row4_base64_twice(api, uri, kind):
    """Row 4: base64."""
    accepted(api, uri, b"X", kind)


@pytest.mark.parametrize(("uri", "kind"), [("data:x/x;base64;charset=x,WA", "x/x;charset=x")])
def test_row5_base64_not_last(api, uri, kind):
    """Row 5: a parameter without sense."""
    accepted(api, uri, b"WA", kind)


@pytest.mark.parametrize("uri", ["data:;BASe64,WA", "data:;BASE64,WA"])
def test_row6_base64_in_any_case(api, uri):
    """Row 6: base64."""
    accepted(api, uri, b"X")


@pytest.mark.parametrize(
    ("uri", "kind"),
    [("data:image/png;charset=utf-8;base64,AAAA", "image/png;charset=utf-8"),
     ("data:audio/webm;codecs=opus;base64,AAAA", "audio/webm;codecs=opus")])
def test_row7_parameters_before_base64(api, uri, kind):
    """Row 7: fine."""
    accepted(api, uri, bytes(3), kind)


@pytest.mark.parametrize("uri", ["data:;%62ase64,WA"])
def test_row8_an_escaped_word(api, uri):
    """Row 8: not base64."""
    accepted(api, uri, b"WA")


@pytest.mark.parametrize("uri", ["DATA:,X", "dAtA:,X"])
def test_row9_scheme_in_any_case(api, uri):
    """Row 9: fine."""
    accepted(api, uri, b"X")


@pytest.mark.parametrize("payload", ["a%0", "%zz", "%", "100%"])
def test_row10_what_is_no_escape(api, payload):
    """Row 10: literal."""
    accepted(api, "data:text/plain," + payload, payload.encode())


@pytest.mark.parametrize("uri", ["data:,%FF", "data:,%ff"])
def test_row11_bytes_that_are_no_text(api, uri):
    """Row 11: one byte."""
    accepted(api, uri, b"\xff")


@pytest.mark.parametrize(
    "uri", ["data:text/html\r\nX-Y: z,x", "data:;a\r\nX-Y: y,x", "data:text/\0html,x", "data:text/html;a=\"\r\n\",x"])
def test_row12_line_ends_in_the_type(api, uri):
    """Row 12: plain text, and nothing of it in a header."""
    accepted(api, uri, b"x")


@pytest.mark.parametrize("head", ["data:;base64,", "data:,"])
def test_row13_beyond_the_limit(api, leaves_nothing, head):
    """Row 13: R before decoding, nothing of the payload in the answer."""
    detail = refused_uri(api, head + "QUJD" * (7 << 18))
    assert str(6 << 20) in detail and "QUJDQUJD" not in detail


@pytest.mark.parametrize("length", [256, 65_536])
def test_row14_an_endless_type(api, leaves_nothing, length):
    """Row 14: R."""
    assert "bbbbbbbb" not in refused_uri(api, "data:a/" + "b" * length + ",x")


@pytest.mark.parametrize("payload", ["a", "abcde"])
def test_row15_one_digit_left_over(api, leaves_nothing, payload):
    """Row 15: R."""
    refused_uri(api, "data:;base64," + payload)


@pytest.mark.parametrize(("payload", "content"), [("YR", b"a"), ("YR==", b"a")])
def test_row16_stray_bits(api, payload, content):
    """Row 16: fine in a data URI."""
    accepted(api, "data:;base64," + payload, content)


@pytest.mark.parametrize("payload", ["ab=c", "abcd===", "="])
def test_row17_wrong_padding(api, leaves_nothing, payload):
    """Row 17: R."""
    assert payload not in refused_uri(api, "data:;base64," + payload)


@pytest.mark.parametrize("payload", ["ab\tc\nd", " abcd\r\n"])
def test_row18_white_space(api, payload):
    """Row 18: forgiven in a data URI."""
    accepted(api, "data:;base64," + payload, base64.b64decode("abcd"))


@pytest.mark.parametrize("payload", ["-_8=", "-_8", "+_8="])
def test_row19_url_safe_alphabet(api, payload):
    """Row 19: fine in a data URI."""
    accepted(api, "data:;base64," + payload, b"\xfb\xff")


@pytest.mark.parametrize("payload", ["ab\u00a0cd", "ab\u3000cd", "ab\u000bcd"])
def test_row20_other_white_space(api, leaves_nothing, payload):
    """Row 20: R."""
    refused_uri(api, "data:;base64," + payload)


@pytest.mark.parametrize("how", ["stray bits", "white space", "padding", "alphabet", "no-break space", "cut"])
def test_row16_to_row20_cursors_are_strict(api, how):
    """Rows 16 to 20: what a data URI is forgiven, a cursor is not."""
    for name in "abc":
        api.create_file(filename=name)
    # Enough of them that one cursor has the wanted form.
    for size in range(1, 40):
        sort = [{"field": "filename", "dir": "asc"}] if size % 2 else []
        cursor = api.data("POST", "/files/list", json={"limit": size, "sort": sort})["next_cursor"]
        if not cursor:
            continue
        if how == "stray bits" and len(cursor) % 4 in (0, 1):
            continue
        if how == "alphabet" and not set(cursor) & set("-_"):
            continue
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        wrong = {
            "stray bits": cursor[:-1] + digits[digits.index(cursor[-1]) ^ 1],
            "white space": cursor[:8] + "\n" + cursor[8:],
            "padding": cursor + "=" * (-len(cursor) % 4 or 1),
            "alphabet": cursor.replace("-", "+").replace("_", "/"),
            "no-break space": cursor[:8] + "\u00a0" + cursor[8:],
            "cut": cursor[: 4 * (len(cursor) // 4 - 1) + 1],
        }[how]
        assert api.post("/files/list", json={"limit": size, "sort": sort, "cursor": cursor}).ok
        assert refused(api.post("/files/list", json={"limit": size, "sort": sort, "cursor": wrong})).status_code == 422
        return
    pytest.fail("no cursor of that form among forty")


# Names.


@BOTH
@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../passwd", "./passwd"])
def test_row21_a_way_upwards(server, api, how, name):
    """Row 21: a label; what lies on the disk is called otherwise."""
    only_label(server, api, stored_label(api, name, how), "passwd")


@pytest.mark.parametrize("name", [b"a\x00.png", b"\x00"])
def test_row25_nul_in_a_form(api, leaves_nothing, name):
    """Row 25: R, in the field as in the part's own name."""
    refused(post_form(api, form(file_part(), ("filename", name))))
    refused(post_form(api, form(file_part(filename=name))))


@pytest.mark.parametrize("name", [b"a\r\nSet-Cookie: x=1", b"a\nb", b"a\rb"])
def test_row26_line_break_in_a_form(api, leaves_nothing, name):
    """Row 26: R, by a check of bytes."""
    refused(post_form(api, form(file_part(), ("filename", name))))


@BOTH
@pytest.mark.parametrize("name", ['a";b="', "\\", "\\\\", '"'])
def test_row27_quotes_and_backslashes(api, how, name):
    """Row 27: escaped in filename= and in filename*."""
    record = stored_label(api, name, how)
    assert record["filename"] == name
    disposition = fetch(record["url"]).headers["Content-Disposition"]
    plain = disposition.split('filename="', 1)[1].rsplit('"; filename*', 1)[0]
    assert '"' not in plain.replace("\\\\", "").replace('\\"', "")
    extended = disposition.split("filename*=UTF-8''", 1)[1]
    assert not set(extended) & set('";\\ ')


@BOTH
@pytest.mark.parametrize(("name", "extended"), [("résumé €.pdf", "r%C3%A9sum%C3%A9%20%E2%82%AC.pdf"), ("💾", "%F0%9F%92%BE")])
def test_row28_names_beyond_ascii(api, how, name, extended):
    """Row 28: a fallback of ASCII, and the name as it is in UTF-8."""
    record = stored_label(api, name, how)
    assert record["filename"] == name
    disposition = fetch(record["url"]).headers["Content-Disposition"]
    assert disposition.isascii() and 'filename="' in disposition
    assert disposition.endswith("filename*=UTF-8''" + extended)


@BOTH
@pytest.mark.parametrize(("name", "label"), [("\u202egpj.exe", "gpj.exe"), ("a\u2066b\u2069.txt", "ab.txt")])
def test_row29_marks_of_direction(api, how, name, label):
    """Row 29: stripped from the label."""
    assert stored_label(api, name, how)["filename"] == label


@BOTH
@pytest.mark.parametrize("name", [".htaccess", ".env", "x.php.jpg", "web.config", "a.phtml", "shell.JSP"])
def test_row37_names_web_servers_know(server, api, how, name):
    """Row 37: opaque bytes, an attachment."""
    record = stored_label(api, name, how)
    only_label(server, api, record, name)
    answer = fetch(record["url"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("text", ["/etc/passwd", "/dev/zero", "/proc/self/mem", "./link", "folder/", "missing.png"])
def test_row39_row40_row41_row42_a_path_in_a_file_field(api, leaves_nothing, text):
    """Rows 39 to 42: the server looks nothing up: R, whatever lies there."""
    detail = refused_uri(api, text)
    assert "not a file" in detail
    assert refused_uri(api, {"path": text, "uri": ""}) != detail


# Types and JSON.

@pytest.mark.parametrize("kind", ["a/b\r\nX: y", "a/b\n", "a/b\0", "\na/b"])
def test_row47_line_ends_in_a_type(api, leaves_nothing, kind):
    """Row 47: R."""
    refused(api.post("/files", json={"files": [{"uri": "", "filename": "x", "content_type": kind}]}))
    refused(post_form(api, form(file_part(), ("content_type", kind.encode()))))


@pytest.mark.parametrize(
    "kind", ["text/html;charset=utf-7", "text/plain;charset=utf-7", 'text/plain; charset="UTF-7"'])
def test_row49_utf7(api, kind):
    """Row 49: neutralised."""
    record = api.upload(b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", filename="page", content_type=kind)
    neutralised(fetch(record["url"]))


@pytest.mark.parametrize(
    "body",
    ['{"files":[],"files":[{"uri":""}]}', '{"files":[{"uri":"","uri":"x"}]}', '{"files":[{"size":1,"\\u0073ize":2}]}'])
def test_row70_a_name_twice(api, leaves_nothing, body):
    """Row 70: R."""
    assert refused(api.post("/files", data=body, headers=JSON)).status_code == 400


@pytest.mark.parametrize(
    "body",
    [b'{"files":[{"uri":"","size":1,}]}', b'\xef\xbb\xbf{"files":[{"uri":""}]}', b'{"files":[{"uri":"","size":NaN}]}',
     b"{'files':[]}", b'{"files":[{"uri":"","size":-Infinity}]}', b'{"files":[{"uri":""},]}'])
def test_row71_what_lenient_parsers_take(api, leaves_nothing, body):
    """Row 71: R."""
    assert refused(api.post("/files", data=body, headers=JSON)).status_code == 400
