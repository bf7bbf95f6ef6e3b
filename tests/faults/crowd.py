"""Senders and readers at once, and when each of them has the same history."""

import asyncio
from itertools import chain
from statistics import quantiles

from .reader import HURRIED, Reader
from .sender import Sender


class Crowd:
    """Of these people each one writes and each one has the page open, spread over the servers in turn."""

    def __init__(self, people, urls, *, senders=None, one_home=False, pace=HURRIED):
        """`senders` is how many of them write, all by default. With `one_home` nobody moves to another server."""

        def addresses(n):
            home = n % len(urls)
            return urls[home : home + 1] if one_home else urls[home:] + urls[:home]

        self.senders = [Sender(caller, chat, addresses(n)) for n, (caller, chat) in enumerate(people[:senders])]
        # Not the same home as when writing: what one process takes, the other one has to show.
        self.readers = [Reader(caller, chat, addresses(n + 1), pace=pace) for n, (caller, chat) in enumerate(people)]
        self.tasks = []

    async def __aenter__(self):
        self.tasks = [asyncio.create_task(reader.run()) for reader in self.readers]
        async with asyncio.timeout(120):
            await asyncio.gather(*(reader.is_live.wait() for reader in self.readers))
        return self

    async def __aexit__(self, *error):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def talk(self, turns, **how):
        """Send one message for each of `turns`, whoever is free the next, until the last of them is acknowledged."""
        turns = iter(turns)
        async with asyncio.TaskGroup() as group:
            for sender in self.senders:
                group.create_task(sender.talk(turns, **how))

    async def points(self, messages, times):
        """Send so many messages, and halt `times` times on the way, the last time near the end.

        The traffic goes on at each halt, with more messages where a halt takes long. It is over when this is.
        """
        halts_are_over = asyncio.Event()
        turns = chain(range(messages), iter(halts_are_over.is_set, True))
        talking = asyncio.create_task(self.talk(turns))
        try:
            for point in range(times):
                due = messages * (point + 0.9) / times
                await until(lambda due=due: len(self.acknowledged) >= due or talking.done(), "traffic", patience=600)
                if talking.done():
                    # By an error.
                    await talking
                yield point
            halts_are_over.set()
            async with asyncio.timeout(300):
                await talking
        finally:
            talking.cancel()

    @property
    def sendings(self):
        return [sending for sender in self.senders for sending in sender.sendings]

    @property
    def acknowledged(self):
        return [sending for sending in self.sendings if sending.acknowledged is not None]

    @property
    def attempts(self):
        return [attempt for sending in self.sendings for attempt in sending.attempts]

    def failures(self):
        return [attempt for attempt in self.attempts if attempt.outcome != 200]

    def statuses(self):
        """Every status that a send was answered with."""
        return {attempt.outcome for attempt in self.attempts if isinstance(attempt.outcome, int)}

    def latencies(self, *, since=0.0, until=float("inf")):
        """How long each message took from its first try, between `since` and `until`, until its acknowledgement."""
        return [sending.latency for sending in self.acknowledged if since <= sending.began < until]

    def p95(self, **between):
        """Of `latencies`, in seconds."""
        return percentile_95(self.latencies(**between))

    def delays(self, *, since=0.0, until=float("inf"), readers=None):
        """How long after its acknowledgement each message was shown to each reader of its chat, in seconds.

        Of those that were acknowledged between `since` and `until`. Who has not been shown one waits still: infinity.
        """
        return [
            max(0.0, reader.shown_at.get(sending.number, float("inf")) - sending.acknowledged)
            for reader in (self.readers if readers is None else readers)
            for sending in self.acknowledged
            if sending.chat == reader.chat and since <= sending.acknowledged < until
        ]

    def shown_by(self, *, acknowledged_before, readers=None):
        """The time at which the last reader was shown the last of what had been acknowledged before a moment."""
        return max(
            reader.shown_at.get(sending.number, float("inf"))
            for reader in (self.readers if readers is None else readers)
            for sending in self.acknowledged
            if sending.chat == reader.chat and sending.acknowledged < acknowledged_before
        )


def percentile_95(values):
    return quantiles(values, n=20)[-1] if len(values) > 1 else max(values, default=0.0)


async def until(is_so, what, patience=60.0):
    """Wait for a condition. A deadline that passes fails the test and says what did not come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while not is_so():
        assert loop.time() < deadline, f"waited {patience} s for {what}"
        await asyncio.sleep(0.01)
    return loop.time()
