"""A connection to Redis that is cut and back at once has lost what was sent meanwhile, and no beat missed it."""

import asyncio

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat import fanout, pulse
from chat.fanout import fan_out
from chat.pulse import Pulse

from .crowd import until
from .services import Redis

pytestmark = pytest.mark.redis(own=True)


# Servers that other tests have started listen to the one that is shared.
@pytest.fixture
def redis():
    server = Redis()
    yield server
    server.remove()


async def test_a_connection_that_is_back_before_the_next_beat_is_noticed(redis, monkeypatch):
    layer = RedisPubSubChannelLayer(hosts=[{"address": redis.url, "socket_timeout": None}])
    monkeypatch.setattr(pulse, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(fanout, "get_channel_layer", lambda: layer)
    # The layer pauses for a second after an error before it reads on: a beat that waits that long is not yet missed.
    monkeypatch.setattr(pulse, "PATIENCE", 30)
    healed = []

    async def heal():
        healed.append(mine.is_deaf)

    mine = Pulse(heal)
    fan_out().join(mine.hear, [mine.group])
    try:
        await mine.feel()
        await mine.feel()
        # The premise: all is well, and nothing is to be made good.
        assert not mine.is_deaf
        assert healed == []

        assert await asyncio.to_thread(redis.cut_subscribers) == 1
        await until(lambda: mine.is_renewed, "a new connection", patience=10)
        await mine.feel()

        # It was never deaf, and the database has been read all the same, once.
        assert healed == [False]
        await mine.feel()
        assert healed == [False]
    finally:
        task = fan_out().task
        fan_out().leave(mine.hear, [mine.group])
        await asyncio.gather(task, return_exceptions=True)
        await layer.flush()
