"""Somebody holds the row of one conversation and does not let go: the others are answered as ever."""

import asyncio
from uuid import uuid4

import pytest

from .crowd import percentile_95, until

pytestmark = [pytest.mark.postgres(own=True), pytest.mark.redis(own=True)]

# More than a process has connections.
SENDS = 40
# Seconds
TO_REFUSE = 5
TO_SEND = 1


async def send(caller, url, chat):
    """The answer, and how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await caller.post(f"{url}/chats/{chat}/messages/", body="Hello", client_id=str(uuid4()))
    return answer, loop.time() - began


# As many as there are places for those who write, and one.
@pytest.mark.parametrize("count", [1, 3])
async def test_only_who_writes_there_is_refused(production, postgres, table, count):
    (caller, _), (colleague, _) = production.people.team[:2]
    *stuck, other = production.people.chats[: count + 1]
    url = production.urls[0]
    for chat in (*stuck, other):
        assert (await send(caller, url, chat))[0].status_code == 200
    connection = await asyncio.to_thread(postgres.connect, production.servers[0].database.name)
    with connection, connection.transaction():
        connection.execute("SELECT FROM chat_conversation WHERE id = ANY(%s) FOR UPDATE", [stuck])
        refusing = [asyncio.create_task(send(caller, url, stuck[n % count])) for n in range(SENDS)]
        await until(lambda: waits_for_a_row(postgres), "a send that waits for the row")
        meanwhile = [await send(colleague, url, other)]
        while not all(sending.done() for sending in refusing):
            meanwhile.append(await send(colleague, url, other))
        refused = await asyncio.gather(*refusing)
    sends, refusals = [took for _, took in meanwhile], [took for _, took in refused]
    remarks = [
        f"{SENDS} sends to it refused, the slowest after {max(refusals):.1f} s",
        f"{len(sends)} sends to another conversation, p95 {percentile_95(sends):.2f} s, slowest {max(sends):.2f} s",
    ]
    table.add(f"The rows of {count} conversations held", "one of two servers", remarks=remarks)
    assert {answer.status_code for answer, _ in refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer, _ in refused)
    assert max(refusals) < TO_REFUSE
    assert {answer.status_code for answer, _ in meanwhile} == {200}
    assert max(sends) < TO_SEND
    for chat in stuck:
        assert (await send(caller, url, chat))[0].status_code == 200


def waits_for_a_row(postgres):
    with postgres.connect() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.execute(asked).fetchone()[0]


SHOW = """
import dispatch_console.asgi
from django.db import connection

with connection.cursor() as cursor:
    for name in ("lock_timeout", "statement_timeout"):
        cursor.execute(f"SHOW {name}")
        print(*cursor.fetchone())
"""


async def test_a_server_waits_for_no_row_and_no_query_for_long(production):
    shell = ["shell", "--verbosity", "0", "--no-imports", "--command", SHOW]
    said = await asyncio.to_thread(production.servers[0].manage, *shell)
    assert said.split() == ["2s", "10s"]
