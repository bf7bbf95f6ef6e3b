"""A restart with many open pages, and what an open page costs."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from itertools import cycle, islice

import pytest
import pytest_asyncio

from .crowd import Crowd, until
from .ledger import stored_lines
from .reader import AS_THE_PAGE, NOT_ALLOWED
from .table import size

pytestmark = [pytest.mark.postgres(own=True), pytest.mark.redis(own=True)]

SOCKETS = size(short=100, full=1000)
# Seconds
TO_BE_BACK = 30
# Of all, in any one second.
AT_ONCE = 0.4
# So often everybody has tried in vain before the servers are started. A hundred are served at once: they are spread by
# their pauses alone, which have to have grown.
IN_VAIN = size(short=3, full=0)
# Of them, those who ask by HTTP all the time.
ASKING = 8
# They open their pages together.
GROUP = 50
# Bytes. In the short form the memory that a process takes for itself weighs more than a hundred sockets do.
MEMORY = size(short=200, full=60) * 1024


@pytest_asyncio.fixture(loop_scope="session")
async def pages(production):
    """pages(50) are as many open pages. As those of a browser they have brought what had been written by then."""
    people = production.people
    url = production.urls[0]
    written = {chat: len(await stored_lines(people.observer, url, chat)) for chat in people.chats}

    def pages(count):
        everybody = list(islice(cycle(people.everybody), count))
        crowd = Crowd(everybody, production.urls, senders=0, pace=AS_THE_PAGE)
        for reader in crowd.readers:
            reader.began_after = written[reader.chat]
        return crowd

    return pages


async def test_everybody_comes_back_after_a_restart(production, pages, table):
    loop = asyncio.get_running_loop()
    async with pages(SOCKETS) as crowd:

        def live():
            return [reader for reader in crowd.readers if reader.is_live.is_set()]

        asking = [asyncio.create_task(ask_on(reader)) for reader in crowd.readers[:ASKING]]
        await until(lambda: all(reader.answers[200] for reader in crowd.readers[:ASKING]), "answers before it")
        await production.halt()
        await until(lambda: not live(), "everybody to be cut off")
        await until(lambda: all(reader.closes.total() > IN_VAIN for reader in crowd.readers), "pauses that have grown")
        await production.start()
        restarted = loop.time()
        back = await until(lambda: len(live()) >= 0.95 * SOCKETS, "95 % of them", patience=2 * TO_BE_BACK) - restarted
        connects = Counter(
            int(reader.connected_at[-1] - restarted) for reader in crowd.readers if reader.is_live.is_set()
        )
        for task in asking:
            task.cancel()
        closes = sum((reader.closes for reader in crowd.readers), Counter())
        answers = sum((reader.answers for reader in crowd.readers), Counter())
    busiest = max(connects.values())
    remarks = [
        f"95 % of {SOCKETS} back after {back:.1f} s",
        f"at most {busiest} in one second",
        f"closed with {dict(closes)}",
        f"answered over HTTP with {dict(answers)}",
    ]
    table.add(f"restart with {SOCKETS} open sockets", "two servers", None, back, remarks)
    assert back < TO_BE_BACK
    assert not [status for status in closes + answers if status in range(500, 600)]
    # The premise: they were let go, but for who was just moving to the other server, and none for good.
    assert closes[1001] >= SOCKETS / 2
    assert not closes[NOT_ALLOWED]
    assert busiest < AT_ONCE * SOCKETS


async def ask_on(reader):
    """As somebody whose page has no socket, and who does not wait: there is a request under way at every moment."""
    while True:
        await reader.ask()
        await asyncio.sleep(0.05)


async def test_an_open_page_costs_little(production, pages, table):
    # New processes, which have no memory left over from earlier; what they take once, they take here: threads,
    # connections to the database, caches.
    await production.halt()
    await production.start()
    async with pages(GROUP):
        pass
    await until_open(production, 0)
    before = production.memory()
    async with AsyncExitStack() as everybody:
        # One group after the other: what a thousand handshakes take while they wait for each other is not what an open
        # page takes.
        for _ in range(0, SOCKETS, GROUP):
            await everybody.enter_async_context(pages(GROUP))
        await until_open(production, SOCKETS)
        each = (production.memory() - before) / SOCKETS
    table.add(f"{SOCKETS} open sockets", "two servers", remarks=[f"{each / 1024:.0f} KiB of memory each"])
    assert each < MEMORY


async def until_open(site, count):
    """Wait until the servers hold so many sockets: pages that have left are noticed a little later."""
    async with asyncio.timeout(60):
        while await site.metric("dispatch_open_sockets") != count:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
