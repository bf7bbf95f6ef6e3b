"""Redis is away, frozen, emptied or deaf: sends do not notice, and readers have everything soon."""

import asyncio

import pytest

from .crowd import Crowd, percentile_95, until
from .ledger import settle
from .services import Redis
from .table import size

pytestmark = [pytest.mark.postgres(own=True), pytest.mark.redis(own=True)]

# Seconds. In full the outage is longer than the sweep takes to come round. The short form runs beside other tests, on
# machines that have other things to do: there a send must only not wait for Redis, and news not for the sweep.
OUTAGE = size(short=7, full=30)
MOMENT = 0.5
# What begins within so many seconds of a fault may meet it, however short that is.
SOON = 5
# Between two messages of a person: about forty messages a second in full, or as many as this machine carries.
PAUSE, LONGEST_PAUSE = size(short=0.25, full=1), 8
TO_SEND = size(short=5, full=1)
# With Redis there. Where sends take longer than this there is no room to see what its loss adds.
CALM = TO_SEND / 4
TO_DELIVER_WITHOUT = 20
TO_DELIVER_AGAIN = size(short=8, full=2)
# Messages afterwards.
MORE = size(short=30, full=1000)

# How it begins, how it ends, and how long it lasts: a moment where it is over by itself.
FAULTS = {
    "killed": (Redis.kill, Redis.start, OUTAGE),
    "stopped (SIGSTOP)": (Redis.pause, Redis.resume, OUTAGE),
    "emptied (FLUSHALL)": (Redis.flush, None, MOMENT),
    "cut off from the servers (CLIENT KILL)": (Redis.cut_subscribers, None, MOMENT),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_redis_fails_while_everybody_writes(production, redis, table, fault):
    begin, end, outage = FAULTS[fault]
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    async with Crowd(production.people.everybody, production.urls, one_home=True) as crowd:
        pause, before = await pause_that_is_carried(crowd)
        talking = asyncio.create_task(crowd.talk(iter(over.is_set, True), pause=pause))

        def heard_at_once():
            lately = loop.time() - TO_DELIVER_AGAIN
            delays = crowd.delays(since=lately - 1, until=lately)
            return delays and max(delays) < TO_DELIVER_AGAIN

        # The premise: as long as Redis is there, everybody hears at once.
        await until(heard_at_once, "everybody to hear of everything")
        failed = await production.metric("dispatch_failed_broadcasts_total")
        began, sent_before = loop.time(), len(crowd.acknowledged)
        done = await asyncio.to_thread(begin, redis)
        # However short it is: about everybody writes meanwhile.
        await asyncio.sleep(max(outage, pause))
        # Then all are silent: what was lost must be missed without a later message that shows the gap.
        over.set()
        async with asyncio.timeout(60):
            await talking
        if end:
            assert await production.metric("dispatch_failed_broadcasts_total") > failed, "nothing failed"
            await asyncio.to_thread(end, redis)
        back, sent_meanwhile = loop.time(), len(crowd.acknowledged) - sent_before
        await settle(crowd, production, patience=2 * TO_DELIVER_WITHOUT)
        await crowd.talk(range(MORE), pause=pause)
        verdict = await settle(crowd, production)
    sends = crowd.latencies(since=began, until=max(back, began + SOON))
    meanwhile = crowd.delays(since=began, until=back)
    caught_up = max(0.0, crowd.shown_by(acknowledged_before=back) - back)
    afterwards = crowd.delays(since=back)
    remarks = [
        f"{sent_meanwhile / (back - began):.0f} messages a second",
        f"p95 of {len(sends)} sends {percentile_95(sends):.2f} s, {before:.2f} s before",
        f"deliveries meanwhile p95 {percentile_95(meanwhile):.1f} s, slowest {max(meanwhile):.1f} s",
        f"afterwards p95 {percentile_95(afterwards):.2f} s, slowest {max(afterwards):.2f} s",
    ]
    row = f"Redis {fault}" + (f" for {outage} s" if end else "")
    table.add(row, "two servers, readers on the other one", verdict, caught_up, remarks)
    verdict.check()
    assert {attempt.outcome for attempt in crowd.attempts} == {200}
    # The premise: enough of them to tell the slow ones.
    assert len(sends) >= len(crowd.senders) / 2
    assert percentile_95(sends) < TO_SEND
    assert done is None or done >= len(production.servers), "not every server was cut off"
    assert max(meanwhile) < TO_DELIVER_WITHOUT
    assert caught_up < TO_DELIVER_AGAIN
    assert max(afterwards) < TO_DELIVER_AGAIN


async def pause_that_is_carried(crowd):
    """How long each person waits between two messages so that this machine has room, and the p95 of sends then."""
    pause = PAUSE
    while True:
        began = asyncio.get_running_loop().time()
        await crowd.talk(range(4 * len(crowd.senders)), pause=pause)
        p95 = crowd.p95(since=began)
        if p95 < CALM or pause >= LONGEST_PAUSE:
            return pause, p95
        pause *= 1.5
