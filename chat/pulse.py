"""Notices when the channel layer has gone deaf: a beat that this process sends to itself does not come back.

Nothing tells a process that Redis has lost what others sent, least of all one that only listens. So it listens for
itself, and reads the database while it hears nothing, and once more when it hears again. A connection that is cut may
be back before the next beat; what was sent in between is lost all the same, so a new connection counts like deafness.
"""

import asyncio
import logging
from itertools import count
from uuid import uuid4

from channels.layers import InMemoryChannelLayer, get_channel_layer

from .fanout import fan_out

logger = logging.getLogger(__name__)

# Seconds from one beat to the next, and for which one of them may be under way.
PACE = 0.5
PATIENCE = 1


class Pulse:
    """Calls `heal` again and again while the layer is deaf, and once when it hears again."""

    def __init__(self, heal):
        self.heal = heal
        self.layer = get_channel_layer()
        self.numbers = count(1)
        self.group = f"pulse.{uuid4().hex}"
        self.heard, self.arrived = 0, asyncio.Event()
        self.is_deaf = self.is_renewed = False

    async def run(self):
        if isinstance(self.layer, InMemoryChannelLayer):
            # That one is this process itself.
            return
        fan_out().join(self.hear, [self.group])
        try:
            while True:
                await asyncio.sleep(PACE)
                await self.feel()
        finally:
            fan_out().leave(self.hear, [self.group])

    async def feel(self):
        was_deaf, self.is_deaf = self.is_deaf, not await self.comes_back()
        was_cut, self.is_renewed = self.is_renewed, False
        self.watch_connections()
        if self.is_deaf != was_deaf:
            logger.warning("The channel layer %s", "does not deliver" if self.is_deaf else "delivers again")
        if self.is_deaf or was_deaf or was_cut:
            await self.heal()

    async def comes_back(self):
        try:
            async with asyncio.timeout(PATIENCE):
                # Until the fan-out is there, nothing that is sent to all is heard here.
                await fan_out().joined.wait()
                beat = next(self.numbers)
                await self.layer.send(fan_out().channel, {"groups": [self.group], "beat": beat})
                while self.heard < beat:
                    await self.arrived.wait()
                    self.arrived.clear()
        except Exception:
            # Whatever it was, the beat did not come back. It is logged where that changes, and not twice a second.
            logger.debug("No pulse", exc_info=True)
            return False
        return True

    def watch_connections(self):
        """Have redis-py tell when it connects again. It keeps each callback once, and those of this object weakly."""
        for shard in self.layer._get_layer()._shards:
            if shard._pubsub and shard._pubsub.connection:
                shard._pubsub.connection.register_connect_callback(self.connected)

    async def connected(self, connection):
        # After redis-py has subscribed again, so that what is read from now on meets what is heard from now on.
        self.is_renewed = True

    def hear(self, event):
        self.heard = event["beat"]
        self.arrived.set()
