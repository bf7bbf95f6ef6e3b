"""A page that was away for long: it gets all that it missed, however much, as long as it reads."""

import asyncio
import select

import pytest
from websockets.asyncio.client import connect

from tests.faults.lines import read_lines
from tests.faults.site import Site
from tests.faults.test_slow_readers import stop_reading

# Of 4,000 characters that are 20 kB in HTML: more than a page of them, and than what the server and the kernels
# together keep for a reader.
MESSAGES = 250
FILL = """
from accounts.models import User
from chat import actions
from chat.models import Conversation

chat, author = Conversation.objects.get(), User.objects.get(username="dispatcher0")
for n in range({count}):
    actions.send_message(conversation=chat, author=author, body=f"{{n}} ".ljust(4000, "&"))
"""
# Seconds
PATIENCE = 60


@pytest.fixture
async def site(tmp_path):
    """One server on an empty SQLite database: a chat with its customer and a dispatcher."""
    site = Site(tmp_path)
    await site.open(conversations=1, guests=1)
    yield site
    await site.stop()


async def test_who_reads_gets_everything_beside_one_who_does_not(site):
    server, (caller, chat) = site.servers[0], site.people.guests[0]
    await asyncio.to_thread(server.manage, "shell", "--verbosity", "0", "--command", FILL.format(count=MESSAGES))
    cookies = "; ".join(f"{name}={value}" for name, value in caller.client.cookies.items())
    address = f"ws://127.0.0.1:{server.port}{caller.door}/ws/?chat={chat}&after=0"
    bodies, numbers = [], []
    with await asyncio.to_thread(stop_reading, server, caller, chat) as deaf:
        async with asyncio.timeout(PATIENCE), connect(address, additional_headers={"Cookie": cookies}) as page:
            while len(bodies) < MESSAGES:
                said = await page.recv()
                if said.startswith("<"):
                    lines = read_lines(said)
                    numbers += [line.number for line in lines]
                    bodies += [line.body.split()[0] for line in lines if line.kind == "text"]
            assert numbers == list(range(1, len(numbers) + 1))
            assert bodies == [str(n) for n in range(MESSAGES)]
            # The other one is let go, and nobody else.
            end = select.poll()
            end.register(deaf, select.POLLRDHUP)
            assert await asyncio.to_thread(end.poll, PATIENCE * 1000)
            assert await site.metric("dispatch_slow_readers_total") == 1
            await (await page.ping())
