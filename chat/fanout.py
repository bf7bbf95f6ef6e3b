"""What the channel layer brings to a process, handed to those in it whom it is for.

The processes have one group of the layer in common, and news says for which groups of ours it is. So it crosses the
layer once and is unpacked once in each process, and a page that opens asks nothing of Redis.
"""

import asyncio
import logging
from contextlib import suppress
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from . import broadcasts

logger = logging.getLogger(__name__)

# Seconds that the layer gets to take this process in, and until it is asked again.
PATIENCE = 5
PAUSE = 0.5
# For which a page that opens waits for that. Until then the pulse does not come back, and the database is read.
SHORT_PATIENCE = 1


class FanOut:
    """The groups of one event loop, which in production is one process. All of it runs on that loop."""

    def __init__(self):
        # By group, what is called with each event for it.
        self.members = {}
        # Where this process hears what is sent to all, once it does.
        self.channel = None
        self.joined = asyncio.Event()
        self.task = None

    def join(self, hear, groups):
        """Have `hear` called with each event for one of these groups."""
        for group in groups:
            self.members.setdefault(group, set()).add(hear)
        if self.task is None:
            self.task = asyncio.create_task(self.run())

    async def ready(self):
        """Wait until such events arrive here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHORT_PATIENCE):
                await self.joined.wait()

    def leave(self, hear, groups):
        for group in groups:
            members = self.members.get(group, set())
            members.discard(hear)
            if not members:
                self.members.pop(group, None)
        if not self.members and self.task:
            self.task.cancel()
            self.task, self.channel = None, None
            self.joined.clear()

    async def run(self):
        layer = get_channel_layer()
        channel = await self.listen(layer)
        self.channel = channel
        self.joined.set()
        try:
            while True:
                try:
                    self.hand_out(await layer.receive(channel))
                except Exception:
                    # One that cannot be read must not be the last.
                    logger.exception("News could not be handed out")
                    await asyncio.sleep(PAUSE)
        finally:
            with suppress(Exception):
                await layer.group_discard(broadcasts.EVERYWHERE, channel)

    async def listen(self, layer):
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    channel = await layer.new_channel("fanout")
                    await layer.group_add(broadcasts.EVERYWHERE, channel)
                return channel
            except Exception:
                # Whatever it was, nothing is heard: the pulse says so, and not twice a second.
                logger.debug("The channel layer does not take this process in", exc_info=True)
                await asyncio.sleep(PAUSE)

    def hand_out(self, event):
        """To everybody once, whatever groups they have in common with it."""
        for hear in set().union(*(self.members.get(group, ()) for group in event["groups"])):
            hear(event)


_fan_outs = WeakKeyDictionary()


def fan_out() -> FanOut:
    """The groups of the running event loop."""
    return _fan_outs.setdefault(asyncio.get_running_loop(), FanOut())
