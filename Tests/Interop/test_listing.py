# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md section 2.3 and the JavaScript file box of section 10: list, get, delete."""

import json

import pytest

from samples import fetch


@pytest.fixture(scope="module")
def listed(server):
    """Five files of a team that has no others, and the API as that team."""
    key = server.client().data(
        "POST", "/keys", json={"name": "lists", "team": "lists", "scopes": ["files:read", "files:write"]}
    )["key"]
    api = server.client(key)
    names = ["a.txt", "b.png", "c.txt", "d.png", "e.txt"]
    types = {"txt": "text/plain", "png": "image/png"}
    records = [
        api.upload(b"x" * (position + 1), filename=name, content_type=types[name[2:]])
        for position, name in enumerate(names)
    ]
    return api, records


def names(page):
    return sorted(item["filename"] for item in page["items"])


def test_list_with_an_empty_body(listed):
    """10 JS: /files/list with an empty body; 1.4: Content-Type JSON and no body counts as {}."""
    api, records = listed
    page = api.data("POST", "/files/list", headers={"Content-Type": "application/json"})
    assert names(page) == ["a.txt", "b.png", "c.txt", "d.png", "e.txt"]
    for member in ("next_cursor", "prev_cursor", "has_next", "has_previous", "items_per_page"):
        assert member in page
    assert page["has_next"] is False


def test_zero_values_mean_the_default(listed):
    """2.3: Swift always encodes zero values."""
    api, _ = listed
    body = {"cursor": "", "limit": 0, "search": {"term": "", "exact": False}, "filters": [], "sort": []}
    assert len(api.data("POST", "/files/list", json=body)["items"]) == 5


def test_pages_cover_everything_once(listed):
    """2.3: cursor and limit, there and back."""
    api, records = listed
    seen, cursor = [], ""
    while True:
        page = api.data("POST", "/files/list", json={"limit": 2, "cursor": cursor})
        seen += [item["id"] for item in page["items"]]
        if not page["has_next"]:
            break
        cursor = page["next_cursor"]
    assert len(seen) == 5
    assert set(seen) == {record["id"] for record in records}
    assert page["has_previous"] is True
    back = api.data("POST", "/files/list", json={"limit": 2, "cursor": page["prev_cursor"], "direction": "prev"})
    assert [item["id"] for item in back["items"]] == seen[2:4]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "filename", "operator": "eq", "value": "a.txt"}, ["a.txt"]),
        ({"field": "filename", "operator": "neq", "value": "a.txt"}, ["b.png", "c.txt", "d.png", "e.txt"]),
        ({"field": "filename", "operator": "in", "value": ["a.txt", "b.png"]}, ["a.txt", "b.png"]),
        ({"field": "content_type", "operator": "like", "value": "image/%"}, ["b.png", "d.png"]),
        ({"field": "size", "operator": "gt", "value": 3}, ["d.png", "e.txt"]),
        ({"field": "size", "operator": "lt", "value": 3}, ["a.txt", "b.png"]),
    ],
    ids=lambda value: value["operator"] if isinstance(value, dict) else "",
)
def test_filters(listed, condition, expected):
    """2.3: filters eq, neq, in, like, gt, lt, in the body and as a JSON query parameter."""
    api, _ = listed
    assert names(api.data("POST", "/files/list", json={"filters": [condition]})) == expected
    assert names(api.data("GET", "/files", params={"filters": json.dumps([condition]), "limit": "10"})) == expected


def test_an_unknown_filter_or_cursor_is_refused(listed):
    """A filter that is ignored would show what should be hidden."""
    api, _ = listed
    for body in (
        {"filters": [{"field": "filename", "operator": "sounds_like", "value": "a"}]},
        {"filters": [{"field": "nonsense; DROP TABLE files", "operator": "eq", "value": "a"}]},
        {"cursor": "!!not-a-cursor!!"},
    ):
        answer = api.post("/files/list", json=body)
        assert answer.status_code in (400, 422), (body, answer.text)


def test_get_and_delete(listed):
    """10 JS: /files/{id} GET and DELETE; 1.2 rule 5: never an empty body with the envelope."""
    api, _ = listed
    record = api.upload(b"gone", filename="gone.txt")
    assert api.data("GET", f"/files/{record['id']}")["filename"] == "gone.txt"
    answer = api.delete(f"/files/{record['id']}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["success"] is True
    assert api.get(f"/files/{record['id']}").status_code == 404
    assert fetch(record["url"]).status_code in (403, 404)
    assert api.delete(f"/files/{record['id']}").status_code == 404
