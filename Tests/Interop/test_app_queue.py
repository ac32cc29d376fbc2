# SPDX-License-Identifier: Apache-2.0
"""Many tasks on two workers: in a fair order, none lost, through a death of the server as well."""

import time

import pytest

from hosted import hosting

COUNTING = '''
    class Input(BaseAppInput):
        number: int

    class Output(BaseAppOutput):
        number: int
        worker: int
        at: float

    class App(BaseApp):
        async def run(self, input_data: Input) -> Output:
            await asyncio.sleep(0.05)
            return Output(number=input_data.number, worker=os.getpid(), at=time.time())
'''


@pytest.mark.timeout(400)
def test_sixty_four_tasks_end_in_order_of_fairness_though_the_server_is_killed(tmp_path, environments):
    with hosting(tmp_path / "s", environments, counting=COUNTING) as server:
        api = server.client()
        teams = []
        for name in ("red", "blue"):
            key = api.data("POST", "/keys", json={
                "name": name, "team": name, "scopes": ["files:read", "files:write", "apps:execute"]})["key"]
            teams.append(key)
        warm = server.client(teams[0])
        assert warm.wait(warm.run("counting", {"number": -1})["id"], limit=300)["status"] == 10
        ids = []
        # Red has 48 in the queue before blue's first: blue must not wait for all of them.
        for team, count in ((0, 48), (1, 16)):
            client = server.client(teams[team])
            ids += [(team, n, client.run("counting", {"number": n})["id"]) for n in range(count)]
        clients = [server.client(key) for key in teams]

        def ended():
            return sum(clients[team].data("GET", f"/tasks/{id}/status")["status"] >= 10 for team, _, id in ids)

        deadline = time.monotonic() + 120
        while ended() < 20:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        server.kill()
        server.start()
        clients = [server.client(key) for key in teams]
        while ended() < len(ids):
            assert time.monotonic() < deadline, f"{ended()} of {len(ids)} tasks have ended"
            time.sleep(0.1)
        tasks = [(team, n, clients[team].data("GET", f"/tasks/{id}")) for team, n, id in ids]
        assert [task["status"] for _, _, task in tasks] == [10] * 64
        assert all(task["output"]["number"] == n for _, n, task in tasks)

        def last(team):
            return max(task["output"]["at"] for owner, _, task in tasks if owner == team)

        # Both teams have one worker each while both have work, so blue's 16 end long before red's 48.
        order = sorted(tasks, key=lambda entry: entry[2]["output"]["at"])
        before = sum(team == 0 for team, _, _ in order[: max(i for i, e in enumerate(order) if e[0] == 1)])
        assert last(1) < last(0)
        assert before <= 48 - 8, f"{before} of red's tasks ended before blue's last"
        # Within a team the oldest is begun first; two run at once, and the killed ones begin again.
        for team in (0, 1):
            numbers = [n for owner, n, _ in order if owner == team]
            assert all(abs(place - n) <= 6 for place, n in enumerate(numbers)), numbers
