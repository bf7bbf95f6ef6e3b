"""PostgreSQL stops from one instruction to the next, within commits too: nothing is acknowledged that is not stored."""

import asyncio

import pytest

from .crowd import Crowd, until
from .ledger import settle
from .services import wait_until
from .table import size

pytestmark = [pytest.mark.postgres(own=True), pytest.mark.redis(own=True)]

STOPS = size(short=2, full=10)
MESSAGES = size(short=80, full=3_000)
# Seconds
TO_ANSWER = 5
TO_CONVERGE = 10
# Microseconds that PostgreSQL waits within every commit before it writes. The longest that it takes.
SLOW_COMMITS = {"commit_delay": 100_000, "commit_siblings": 0}


def stop_before_it_is_written(postgres):
    """Stop it while a commit is under way that is not on the disk. The number of such commits."""
    count = wait_until(postgres.commits_under_way, "a commit")
    postgres.stop_immediately()
    return count


def stop_before_it_is_answered(postgres):
    """Stop it while a commit is on the disk and its sender has not heard of it. The number of such commits."""
    postgres.hold_commits()
    count = wait_until(lambda: postgres.commits_under_way(held=True), "a commit that is held")
    postgres.stop_immediately()
    postgres.let_commits_go()
    return count


@pytest.fixture
def slow_postgres(postgres):
    postgres.stop_immediately()
    postgres.start(**SLOW_COMMITS)
    yield postgres
    # The next test starts it again as it is in production.
    postgres.stop_immediately()


async def test_it_is_stopped_within_commits(production, slow_postgres, table):
    postgres = slow_postgres
    within_commits, away, recoveries = [], [], []
    async with Crowd(production.people.everybody, production.urls, one_home=True) as crowd:
        loop = asyncio.get_running_loop()
        async for point in crowd.points(MESSAGES, STOPS):
            stop = stop_before_it_is_answered if point % 2 else stop_before_it_is_written
            within_commits.append(await asyncio.to_thread(stop, postgres))
            stopped = loop.time()

            def told(since=stopped):
                return [attempt for attempt in crowd.failures() if attempt.began > since]

            # It stays away until as many have been told as there are senders, of what they sent only then.
            await until(lambda told=told: len(told()) >= len(crowd.senders), "503 for every sender")
            away.append((stopped, loop.time()))
            await asyncio.to_thread(postgres.start, **SLOW_COMMITS)
            back, stored = loop.time(), len(crowd.acknowledged)
            await until(lambda stored=stored: len(crowd.acknowledged) > stored, "a send that is stored again")
            recoveries.append(loop.time() - back)
        since = max(away[-1][1], max(sending.acknowledged for sending in crowd.acknowledged))
        verdict = await settle(crowd, production)
    converged = max(0.0, verdict.converged_at - since)
    meanwhile = [
        attempt
        for attempt in crowd.attempts
        if any(begin < attempt.began and attempt.began + attempt.took < end for begin, end in away)
    ]
    # Of all that were refused, those too who had been in line when it stopped.
    slowest = max(attempt.took for attempt in crowd.attempts if attempt.outcome == 503)
    found_again = [sending for sending in crowd.sendings if sending.found_again]
    remarks = [
        f"{len(crowd.senders)} senders in {len(production.people.chats)} conversations",
        f"{sum(within_commits)} commits under way at the stops",
        f"{len(meanwhile)} answers of 503 meanwhile, the slowest 503 after {slowest:.1f} s",
        f"{len(found_again)} sends found stored",
    ]
    remarks.append(f"stored again {max(recoveries):.1f} s after it was back at the latest")
    table.add(f"PostgreSQL stopped immediately, {STOPS} times", "two servers", verdict, converged, remarks)
    verdict.check()
    assert {attempt.outcome for attempt in meanwhile} == {503}
    assert {attempt.outcome for attempt in crowd.attempts} == {200, 503}
    assert slowest < TO_ANSWER
    assert converged < TO_CONVERGE
    assert max(recoveries) < TO_CONVERGE
    # The premises: every stop came within commits, and some of them had been stored when their senders tried again.
    assert all(within_commits)
    assert found_again
