"""Many at once in one conversation: one order for all, in every tab."""

import pytest

from .crowd import Crowd
from .ledger import check_spread, settle
from .table import size

MESSAGES = size(short=100, full=2_000)
SENDERS = size(short=10, full=50)
TABS = 5


@pytest.mark.postgres(own=True)
@pytest.mark.redis(own=True)
async def test_two_dispatchers_many_senders_and_five_tabs(production, table):
    chat = production.people.chats[0]
    dispatchers = [caller for caller, _ in production.people.team[:2]]
    guests = [caller for caller, at in production.people.guests if at == chat]
    people = [*dispatchers, *guests]
    # The tabs of one person write at once as well; only what one tab sends, it sends one after the other.
    crowd = Crowd(
        [(people[n % len(people)], chat) for n in range(SENDERS)] + [(dispatchers[0], chat)] * TABS,
        production.urls,
        senders=SENDERS,
    )
    async with crowd:
        await crowd.talk(range(MESSAGES))
        verdict = await settle(crowd, production)
    converged = max(0.0, verdict.converged_at - max(sending.acknowledged for sending in crowd.acknowledged))
    remarks = [f"{len(people)} people, {len(crowd.readers)} tabs", f"p95 of sends {crowd.p95():.2f} s"]
    table.add(f"{SENDERS} concurrent senders in one conversation", "two servers", verdict, converged, remarks)
    verdict.check()
    check_spread(crowd, senders=SENDERS, chats=1)
    assert len(crowd.readers) == SENDERS + TABS
    assert verdict.sent == MESSAGES
    # Fifty who never stop are more than one conversation takes at once on a small machine: who waited too long is told.
    assert crowd.statuses() <= {200, 503}
    # The premise: they wrote at once, so that neighbours in the order are of different tabs.
    tab_of = {sending.number: sender.name for sender in crowd.senders for sending in sender.sendings}
    numbers = sorted(tab_of)
    assert sum(tab_of[a] != tab_of[b] for a, b in zip(numbers, numbers[1:], strict=False)) > MESSAGES / 2
