# SPDX-License-Identifier: Apache-2.0
"""wire-contract.md 5.1 and 5.4, sessions: one worker for several calls, with the unmodified official client."""

import asyncio
import time

import inferencesh
import pytest
from inferencesh import APIError

import counter_app
from conftest import new_key
from ferry_process import FerryServer

pytestmark = pytest.mark.timeout(120)
APP = "tests/counter"


@pytest.fixture(scope="module")
def counters(tmp_path_factory):
    with counter_app.serving(tmp_path_factory.mktemp("sessions")) as running:
        yield running


@pytest.fixture
def client(counters):
    return inferencesh.inference(api_key=counters.key, base_url=counters.base)


def new_session(client, **more):
    result = client.tasks.run({"app": APP, "input": {}, "session": "new", **more})
    return result["session_id"], result["output"]


def refusal(body):
    with pytest.raises(APIError) as caught:
        body()
    return caught.value


def test_calls_of_a_session_share_a_worker(client):
    with client.session(APP) as session:
        outputs = [session.call("run", {})["output"] for _ in range(3)]
        assert [output["count"] for output in outputs] == [2, 3, 4]
        assert len({output["home"] for output in outputs}) == 1
        info = session.info()
        assert (info["status"], info["call_count"], info["idle_timeout"]) == ("active", 4, 300)
        assert session.keepalive()["expires_at"] >= info["expires_at"]
        assert session.session_id in [each["id"] for each in client.sessions.list()]
    assert client.sessions.get(session.session_id)["status"] == "ended"


def test_the_asynchronous_client(counters):
    async def calls():
        client = inferencesh.async_inference(api_key=counters.key, base_url=counters.base)
        async with await client.session(APP) as session:
            return [(await session.call("run", {}))["output"]["count"] for _ in range(2)]

    assert asyncio.run(calls()) == [2, 3]


def test_sessions_do_not_share_a_worker(client):
    (first, one), (second, two) = new_session(client), new_session(client)
    assert (one["count"], two["count"]) == (1, 1)
    assert one["home"] != two["home"]
    for session in (first, second):
        client.sessions.end(session)


def test_an_ended_session_takes_no_calls(client):
    session, _ = new_session(client)
    client.sessions.end(session)
    client.sessions.end(session)
    error = refusal(lambda: client.tasks.run({"app": APP, "input": {}, "session": session}))
    assert (error.status_code, error.code) == (410, "SESSION_ENDED")
    assert refusal(lambda: client.sessions.keepalive(session)).status_code == 410
    assert refusal(lambda: client.sessions.get("a" * 26)).code == "SESSION_NOT_FOUND"


def test_a_session_expires(client, counters):
    session, _ = new_session(client, session_timeout=1)
    deadline = time.monotonic() + 10
    while client.sessions.get(session)["status"] == "active":
        assert time.monotonic() < deadline, "the session does not expire"
        time.sleep(0.05)
    error = refusal(lambda: client.tasks.run({"app": APP, "input": {}, "session": session}))
    assert (error.status_code, error.code) == (410, "SESSION_EXPIRED")


def test_a_worker_that_dies_ends_its_session(client):
    session, _ = new_session(client)
    with pytest.raises(Exception):
        client.tasks.run({"app": APP, "function": "die", "input": {}, "session": session})
    # Told by the call or by its task, depending on who notices first.
    with pytest.raises(Exception) as caught:
        client.tasks.run({"app": APP, "input": {}, "session": session})
    assert "WORKER_LOST" in str(caught.value) or getattr(caught.value, "code", "") in ("WORKER_LOST", "SESSION_ENDED")
    assert client.sessions.get(session)["status"] == "ended"


def test_after_a_restart_the_worker_is_lost(tmp_path):
    counter_app.write(tmp_path / "apps")
    arguments = ("--apps-dir", str(tmp_path / "apps"))
    running = FerryServer(tmp_path / "server", new_key(), *arguments).start()
    try:
        client = inferencesh.inference(api_key=running.key, base_url=running.base)
        session, _ = new_session(client)
        running.kill()
        running.start()
        client = inferencesh.inference(api_key=running.key, base_url=running.base)
        assert client.sessions.get(session)["status"] == "active"
        error = refusal(lambda: client.tasks.run({"app": APP, "input": {}, "session": session}))
        assert error.code == "WORKER_LOST"
        assert client.sessions.get(session)["status"] == "ended"
    finally:
        running.kill()
