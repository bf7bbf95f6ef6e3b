"""Somebody who writes, as the page does: one message after the other, each again until it is stored."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from .lines import read_lines

# Seconds. The page waits longer between two tries; a test has less time, and more tries are harder on the server.
LONGEST_PAUSE = 0.5
TRY_TIMEOUT = 15


@dataclass
class Attempt:
    began: float
    took: float
    # An HTTP status, or the name of what went wrong on the way.
    outcome: int | str


@dataclass
class Sending:
    """One message, from the first try until it was acknowledged."""

    chat: int
    body: str
    client_id: str = field(default_factory=lambda: str(uuid4()))
    attempts: list[Attempt] = field(default_factory=list)
    number: int | None = None
    acknowledged: float | None = None
    # Whether an earlier try had stored it, and the last one was told so.
    found_again: bool = False

    @property
    def began(self):
        return self.attempts[0].began

    @property
    def latency(self):
        return self.acknowledged - self.began

    @property
    def cut_off(self):
        """Whether a try ended while the server may have had it, so that the next one must not store it again."""
        return any(attempt.outcome in ON_THE_WAY for attempt in self.attempts)


ON_THE_WAY = {"ReadError", "RemoteProtocolError", "ReadTimeout", "WriteError"}


class Sender:
    def __init__(self, caller, chat, urls):
        """`urls` are those of the servers: the first is home, the others are tried in turn when it does not answer."""
        self.caller, self.chat, self.urls = caller, chat, urls
        self.sendings: list[Sending] = []
        self.name = uuid4().hex[:6]

    async def talk(self, turns, *, pause=0.0, length=0):
        """Send one message for each of `turns`, an iterator that others may share, about `pause` seconds apart.

        Every text is there once: its number and this sender's name begin it, and `length` characters are its size.
        In HTML it is five times as long.
        """
        if pause:
            # Not all at the same moment.
            await asyncio.sleep(random.uniform(0, 2 * pause))
        for _ in turns:
            sending = Sending(self.chat, f"{self.name} says {len(self.sendings)}".ljust(length, "&"))
            self.sendings.append(sending)
            await self.send(sending)
            if pause:
                await asyncio.sleep(random.uniform(0, 2 * pause))

    async def send(self, sending):
        at = 0
        while sending.acknowledged is None:
            tried_at = datetime.now(UTC)
            attempt, answer = await self.attempt(sending, self.urls[at % len(self.urls)])
            sending.attempts.append(attempt)
            if attempt.outcome == 200:
                (line,) = read_lines(answer.text)
                assert line.client_id == sending.client_id, "the answer is another message"
                sending.number, sending.acknowledged = line.number, attempt.began + attempt.took
                sending.found_again = bool(line.at) and line.at < tried_at
                return
            if isinstance(attempt.outcome, int):
                assert attempt.outcome == 503, f"{attempt.outcome} for a message that is in order: {answer.text[:500]}"
                assert "Retry-After" in answer.headers, f"503 without a time to try again: {answer.text[:500]}"
                wanted = float(answer.headers["Retry-After"])
            else:
                at += 1
                wanted = 2 ** len(sending.attempts) * 0.05
            await asyncio.sleep(random.uniform(0.5, 1) * min(wanted, LONGEST_PAUSE))

    async def attempt(self, sending, url):
        loop = asyncio.get_running_loop()
        began, answer = loop.time(), None
        path = f"{url}{self.caller.door}/chats/{sending.chat}/messages/"
        try:
            async with asyncio.timeout(TRY_TIMEOUT):
                answer = await self.caller.post(path, body=sending.body, client_id=sending.client_id)
            outcome = answer.status_code
        except httpx.TransportError as error:
            outcome = type(error).__name__
        except TimeoutError:
            outcome = "ReadTimeout"
        return Attempt(began, loop.time() - began, outcome), answer
