"""kill -9 of the server while everybody writes: what was acknowledged is there, once, in one order, for everybody."""

import pytest

from .crowd import Crowd, until
from .ledger import check_spread, settle
from .table import size

KILLS = size(short=2, full=20)
SENDERS = size(short=10, full=50)
CHATS = size(short=4, full=20)
MESSAGES = size(short=200, full=10_000)
# Seconds after the last restart.
TO_CONVERGE = 10


@pytest.mark.postgres(own=True)
@pytest.mark.redis(own=True)
async def test_two_servers_on_postgres_and_redis(production, table):
    await kill_again_and_again(production, table, "PostgreSQL and Redis, two servers killed in turn")


async def test_one_server_on_sqlite(embedded, table):
    await kill_again_and_again(embedded, table, "SQLite, one server")


async def kill_again_and_again(site, table, setup):
    async with Crowd(site.people.everybody, site.urls) as crowd:
        async for point in crowd.points(MESSAGES, KILLS):
            server, before = site.servers[point % len(site.servers)], len(crowd.failures())
            server.kill()
            # It stays away until somebody has noticed.
            await until(lambda before=before: len(crowd.failures()) > before, "a send that fails")
            restarted = await site.restart(server)
        # What had not been said before the last restart could not be shown within any time of it.
        since = max(restarted, max(sending.acknowledged for sending in crowd.acknowledged))
        verdict = await settle(crowd, site)
    converged = max(0.0, verdict.converged_at - since)
    cut_off = [sending for sending in crowd.sendings if sending.cut_off]
    found_again = [sending for sending in crowd.sendings if sending.found_again]
    reconnects = sum(len(reader.connected_at) - 1 for reader in crowd.readers)
    remarks = [
        f"{len(crowd.senders)} senders in {len(site.people.chats)} conversations",
        f"{len(cut_off)} sends cut off and repeated, {len(found_again)} of them found stored",
        f"{reconnects} reconnects",
        f"p95 of sends {crowd.p95():.2f} s",
    ]
    table.add(f"kill -9 of the server, {KILLS} times", setup, verdict, converged, remarks)
    verdict.check()
    check_spread(crowd, senders=SENDERS, chats=CHATS)
    assert verdict.sent >= MESSAGES
    assert converged < TO_CONVERGE
    assert crowd.statuses() <= {200, 503}
    # The premises: the kills hit sends that were under way, and pages that were open.
    assert cut_off
    assert reconnects >= KILLS
