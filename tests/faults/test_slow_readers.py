"""Pages that stop reading: they cost the server little, and the others nothing."""

import asyncio
import secrets
import socket
from base64 import b64encode
from contextlib import ExitStack

import pytest

from .crowd import Crowd, percentile_95
from .ledger import settle
from .table import size

SLOW = size(short=10, full=50)
# Of 4,000 characters that are 20 kB in HTML: more than what the server and the kernels together keep for a reader.
MESSAGES = size(short=200, full=600)
LENGTH = 4000
# Seconds
TO_DELIVER = size(short=5, full=1)
PAUSE = 0.5
MEMORY = 100 * 1024 * 1024


def stop_reading(server, caller, chat):
    """A websocket that nobody reads from. By hand: every client library reads ahead."""
    page = socket.socket()
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page.settimeout(30)
    page.connect(("127.0.0.1", server.port))
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in caller.client.cookies.jar)
    page.sendall(
        f"GET {caller.door}/ws/?chat={chat}&after=0 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookies}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {b64encode(secrets.token_bytes(16)).decode()}\r\n\r\n".encode()
    )
    assert b" 101 " in page.recv(64)
    return page


@pytest.mark.postgres(own=True)
@pytest.mark.redis(own=True)
async def test_who_does_not_read_is_let_go(production, table):
    chat = production.people.chats[0]
    people = [(caller, chat) for caller, _ in production.people.team]
    people += [one for one in production.people.guests if one[1] == chat]
    async with Crowd(people, production.urls) as crowd:
        let_go = await production.metric("dispatch_slow_readers_total")
        before = highest = production.memory()
        with ExitStack() as stack:
            for n in range(SLOW):
                server = production.servers[n % len(production.servers)]
                stack.enter_context(await asyncio.to_thread(stop_reading, server, people[n % len(people)][0], chat))
            talking = asyncio.create_task(crowd.talk(range(MESSAGES), pause=PAUSE, length=LENGTH))
            while not talking.done():
                highest = max(highest, production.memory())
                await asyncio.wait([talking], timeout=0.1)
            await talking
            verdict = await settle(crowd, production)
            gone = await production.metric("dispatch_slow_readers_total") - let_go
    delays = crowd.delays()
    remarks = [
        f"{gone:.0f} of them let go",
        f"memory of both servers grew by {(highest - before) / 2**20:.0f} MB",
        f"the others' deliveries p95 {percentile_95(delays):.2f} s",
        f"p95 of sends {crowd.p95():.2f} s",
    ]
    converged = max(0.0, verdict.converged_at - max(sending.acknowledged for sending in crowd.acknowledged))
    table.add(f"{SLOW} readers that do not read", "two servers", verdict, converged, remarks)
    verdict.check()
    assert highest - before < MEMORY
    assert percentile_95(delays) < TO_DELIVER
    # The premise: so much was sent that none of them could have taken it without reading.
    assert gone == SLOW
