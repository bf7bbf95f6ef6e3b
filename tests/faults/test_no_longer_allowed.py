"""Somebody may no longer be here, and no news of it gets through: their page is let go all the same."""

import asyncio
import re

import pytest

from tests.callers import Caller, Chat

from .crowd import until
from .reader import NOT_ALLOWED, Reader
from .services import Redis
from .table import FULL

pytestmark = [pytest.mark.postgres(own=True), pytest.mark.redis(own=True)]

# Seconds
TO_CLOSE = 20

# What happens to Redis. Where nothing does, only the news of this are lost, of which no server can know: then it takes
# as long as the sweep does to come round.
FAULTS = {"killed": Redis.kill, "stopped (SIGSTOP)": Redis.pause}
if FULL:
    FAULTS["well, and the news lost"] = None


class Lonely:
    """A server process of the same installation that shares no channel layer with the others: it tells nobody."""

    def __init__(self, site):
        self.server = site.servers[0].another()
        self.server.environment = {**self.server.environment, "REDIS_URL": ""}

    async def __aenter__(self):
        await asyncio.to_thread(self.server.start)
        return self.server.url

    async def __aexit__(self, *error):
        await asyncio.to_thread(self.server.stop)


async def open_chat(url, names):
    """A conversation with these customers, its opener, and the ids of the customers."""
    opener = await Caller(url).sign_in("dispatcher0")
    people = [await opener.find(name) for name in names]
    answer = await opener.post("/chats/", title="Who may be here", person=people)
    number = int(re.fullmatch(r"/chats/(\d+)/", answer.headers["Location"])[1])
    return opener, Chat(number, "", "", 0, ""), people


@pytest.mark.parametrize("fault", FAULTS)
async def test_who_may_no_longer_be_here_is_let_go(production, redis, table, fault):
    async with Lonely(production) as url:
        opener, chat, (revoked, removed) = await open_chat(url, ["Customer 0", "Customer 1"])
        signed_out = await Caller(url).sign_in("dispatcher1")
        links = [await opener.make_link(chat, person) for person in (revoked, removed)]
        guests = [await Caller(url).join(link) for link in links]
        # Each of them is at another server than the one that is told.
        readers = [Reader(caller, chat.id, production.urls[:1]) for caller in (*guests, signed_out, opener)]
        tasks = [asyncio.create_task(reader.run()) for reader in readers]
        try:
            await until(lambda: all(reader.is_live.is_set() for reader in readers), "everybody to be here")
            if FAULTS[fault]:
                await asyncio.to_thread(FAULTS[fault], redis)
            links_of_revoked = f"{chat.path}participants/{revoked}/links/"
            answers = [
                await opener.post(links_of_revoked, method="DELETE"),
                await opener.post(f"{chat.path}participants/{removed}/", method="DELETE"),
                await signed_out.post("/logout/"),
            ]
            assert [answer.is_error for answer in answers] == [False] * 3
            began = asyncio.get_running_loop().time()
            *gone, stays = readers
            closed = await until(lambda: all(reader.stopped for reader in gone), "them to be let go", 2 * TO_CLOSE)
            # Who may still be here is.
            assert stays.is_live.is_set()
            assert not stays.closes
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(caller.client.aclose() for caller in (*guests, signed_out, opener)))
    remarks = [f"let go after {closed - began:.1f} s: a revoked link, a removed participant, a sign-out"]
    table.add(f"rights end while Redis is {fault}", "two servers", remarks=remarks)
    assert [reader.closes for reader in gone] == [{NOT_ALLOWED: 1}] * 3
    assert closed - began < TO_CLOSE
