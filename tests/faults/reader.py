"""An open page without a browser: what static/js does with the websocket, and what stands in for it."""

import asyncio
import json
import random
from collections import Counter
from typing import NamedTuple

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .lines import Line, read_lines


class Pace(NamedTuple):
    """Seconds: the pauses between two tries to connect, and between two polls."""

    first: float
    longest: float
    poll: float


AS_THE_PAGE = Pace(first=1, longest=30, poll=5)
# Shorter, so that a test is; the server has it harder.
HURRIED = Pace(first=0.25, longest=2, poll=1)
SILENCE = 45
HANDSHAKE = 15
EASE = 10

NOT_ALLOWED = 4401


class Reader:
    def __init__(self, caller, chat, urls, *, pace=HURRIED):
        """`urls` are those of the servers: the first is home, the others are tried in turn when it does not answer."""
        self.caller, self.chat, self.urls = caller, chat, urls
        self.pace = pace
        # What the page that it is had brought, which is not kept here.
        self.began_after = 0
        self.shown: dict[int, Line] = {}
        # When each number was first shown.
        self.shown_at: dict[int, float] = {}
        # Frames that the contract does not allow: not the next number of this connection.
        self.out_of_order = []
        self.closes = Counter()
        # What it was answered over HTTP: statuses, and the names of what went wrong on the way.
        self.answers = Counter()
        self.connected_at = []
        self.polled = 0
        self.is_live = asyncio.Event()
        self.stopped = False
        self.socket = None

    @property
    def last(self):
        """Everything up to this number is shown, as the page asks for it after."""
        number = self.began_after + len(self.shown)
        # Numbers count up without a gap. Only in a gap is the answer not their count.
        return number if number in self.shown or not self.shown else self._before_first_gap()

    def _before_first_gap(self):
        number = self.began_after
        while number + 1 in self.shown:
            number += 1
        return number

    def history(self):
        return [self.shown[number] for number in sorted(self.shown)]

    def place(self, lines):
        now = asyncio.get_running_loop().time()
        for line in lines:
            self.shown_at.setdefault(line.number, now)
            self.shown[line.number] = line

    async def run(self):
        """Be there until cancelled."""
        poller, at, failures, attempts = None, 0, 0, 0
        try:
            while not self.stopped:
                if await self.live(self.urls[at % len(self.urls)]):
                    failures = attempts = 0
                    if poller:
                        poller.cancel()
                        poller = None
                else:
                    failures += 1
                    if failures == 2:
                        poller = asyncio.create_task(self.poll())
                at += 1
                # Full jitter, as in live.js.
                await asyncio.sleep(random.uniform(0, min(self.pace.longest, self.pace.first * 2**attempts)))
                attempts += 1
        finally:
            if poller:
                poller.cancel()

    async def live(self, url):
        """One connection from its beginning to its end. Whether it was opened at all."""
        after = self.last
        address = f"{url.replace('http', 'ws', 1)}{self.caller.door}/ws/?chat={self.chat}&after={after}"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.caller.client.cookies.jar)
        opened = False
        try:
            async with connect(
                address,
                additional_headers={"Cookie": cookies},
                compression=None,
                proxy=None,
                ping_interval=None,
                max_size=None,
                open_timeout=HANDSHAKE,
                close_timeout=1,
            ) as self.socket:
                opened = True
                self.connected_at.append(asyncio.get_running_loop().time())
                self.is_live.set()
                await self.listen(expected=after + 1)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            self.closes[code] += 1
            self.stopped = code == NOT_ALLOWED
            if code == 4008:
                await self.ask()
        except InvalidHandshake as refused:
            status = getattr(getattr(refused, "response", None), "status_code", None)
            self.closes[status or type(refused).__name__] += 1
        except (OSError, TimeoutError) as error:
            self.closes[type(error).__name__] += 1
        finally:
            self.is_live.clear()
            self.socket = None
        return opened

    async def listen(self, expected):
        while True:
            async with asyncio.timeout(SILENCE):
                frame = await self.socket.recv()
            if frame.startswith("{"):
                said = json.loads(frame)
                if said["type"] == "heartbeat" and said["last_number"] > self.last:
                    await self.ask()
                continue
            for line in read_lines(frame):
                if line.number != expected:
                    self.out_of_order.append((expected, line.number))
                expected = line.number + 1
                self.place([line])
                if line.number > self.last + 1:
                    await self.ask()

    async def poll(self):
        loop, took = asyncio.get_running_loop(), 0
        while True:
            # As in live.js: who is answered late asks less often.
            await asyncio.sleep(max(self.pace.poll, min(self.pace.longest, EASE * took)))
            began = loop.time()
            await self.ask()
            took = loop.time() - began

    async def ask(self):
        """Read by HTTP what is missing, from whichever server answers."""
        for url in self.urls:
            path = f"{url}{self.caller.door}/chats/{self.chat}/messages/"
            try:
                answer = await self.caller.client.get(path, params={"after": self.last}, timeout=10)
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code == 200:
                self.polled += 1
                self.place(read_lines(answer.text))
                return
