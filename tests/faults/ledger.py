"""Compares what was acknowledged with what is stored and with what everybody was shown."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from .crowd import until
from .lines import read_lines

PAGE = 200


@dataclass
class Verdict:
    sent: int
    acknowledged: int
    # Acknowledged, and not stored under the number that was said.
    lost: list
    # Stored more than once.
    doubled: list
    # Numbers that are not 1..n, sends of one person that changed places, frames of a socket that did.
    out_of_order: list
    # Pages that do not show what is stored, and when the last of the others did.
    unequal: list
    converged_at: float

    def check(self):
        assert self.sent == self.acknowledged
        assert not self.lost, self.lost[:5]
        assert not self.doubled, self.doubled[:5]
        assert not self.out_of_order, self.out_of_order[:5]
        assert not self.unequal, self.unequal[:5]


def check_spread(crowd, *, senders, chats):
    """That so many wrote, two or more in each of so many conversations, and that all who had one open saw the same."""
    writers = Counter(sender.chat for sender in crowd.senders if sender.sendings)
    readers = Counter(reader.chat for reader in crowd.readers)
    histories = {(reader.chat, tuple(reader.history())) for reader in crowd.readers}
    assert (writers.total(), len(writers)) == (senders, chats)
    assert min(writers.values()) > 1
    assert readers.keys() == writers.keys()
    assert min(readers.values()) > 1
    assert len(histories) == chats, "the readers of one conversation have been shown different histories"


async def stored_lines(caller, url, chat):
    """The whole conversation, from its first message, as the database has it."""
    lines = []
    while True:
        after = lines[-1].number if lines else 0
        answer = await caller.client.get(f"{url}{caller.door}/chats/{chat}/messages/", params={"after": after})
        assert answer.status_code == 200, answer.text[:500]
        page = read_lines(answer.text)
        lines += page
        if len(page) < PAGE:
            return lines


async def settle(crowd, site, patience=60.0):
    """Give the readers `patience` seconds to show what is stored, and compare everything with everything."""
    observer, url = site.people.observer, site.urls[0]
    stored = {chat: await stored_lines(observer, url, chat) for chat in site.people.chats}

    def unequal():
        return [reader for reader in crowd.readers if reader.history() != stored[reader.chat]]

    with suppress(AssertionError):
        await until(lambda: not unequal(), "the same history for everybody", patience)
    return Verdict(
        sent=len(crowd.sendings),
        acknowledged=len(crowd.acknowledged),
        lost=lost(crowd, stored),
        doubled=doubled(stored),
        out_of_order=out_of_order(crowd, stored),
        unequal=[difference(reader, stored[reader.chat]) for reader in unequal()],
        converged_at=max((max(reader.shown_at.values()) for reader in crowd.readers if reader.shown_at), default=0.0),
    )


def lost(crowd, stored):
    at = {(chat, line.number): line for chat, lines in stored.items() for line in lines}

    def is_there(sending):
        line = at.get((sending.chat, sending.number))
        return line and (line.client_id, line.body) == (sending.client_id, sending.body)

    return [sending for sending in crowd.acknowledged if not is_there(sending)]


def doubled(stored):
    # By the text, which every sender uses once: keys that were made anew would hide it.
    texts = Counter(line.body for lines in stored.values() for line in lines if line.kind == "text")
    return [text for text, times in texts.items() if times > 1]


def out_of_order(crowd, stored):
    found = []
    for chat, lines in stored.items():
        numbers = [line.number for line in lines]
        if numbers != list(range(1, len(lines) + 1)):
            found.append(f"chat {chat} is numbered {numbers}")
    for sender in crowd.senders:
        numbers = [sending.number for sending in sender.sendings if sending.number]
        if numbers != sorted(set(numbers)):
            found.append(f"{sender.name} sent one after the other what is numbered {numbers}")
    for reader in crowd.readers:
        found += [f"a socket brought {came} instead of {due}" for due, came in reader.out_of_order]
    return found


def difference(reader, lines):
    shown = set(reader.history())
    missing = [line.number for line in lines if line not in shown]
    return f"chat {reader.chat} of {len(lines)}: {len(shown)} shown, missing {missing[:10]}, closed {reader.closes}"
