"""What the console's pages cost the server among 100,000 conversations and 1,000,000 messages, on PostgreSQL.

    python -m tests.bench [conversations]

It starts a PostgreSQL of its own and removes it; DATABASE_URL names another one, in which it makes and removes a test
database. Pages are asked for with all that answers them, middleware and rendering included, but without a network.
A machine that does something else as well is slow at everything: `cpu` is the time that Python itself has worked,
`database` the time that it has waited for PostgreSQL, and the last column how many times an empty inbox a page has
cost, in the same rounds. The limits are for what PostgreSQL takes. Fails where one is not kept.
"""

import os
import sys
import time
from statistics import median
from typing import NamedTuple

CONVERSATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = 9
# Milliseconds of PostgreSQL.
INBOX, SEARCH = 50, 100

INBOXES = {
    "the inbox": "/chats/",
    "Mine": "/chats/?show=mine",
    "Waiting": "/chats/?show=waiting",
    "Unread": "/chats/?show=unread",
    "Closed": "/chats/?show=closed",
}
# What many are, and what nobody is: a condition on people that no index knows. They are watched, without a limit.
BY_REACH = {
    "Opened": "/chats/?reach=opened",
    "Gone quiet": "/chats/?reach=quiet",
    "No contact": "/chats/?reach=none",
    "Waiting, and gone quiet": "/chats/?show=waiting&reach=quiet",
}
# The others of the pages ask the same whoever asks.
FOR_EACH = {"an empty inbox", *INBOXES, *BY_REACH}


def pages(words):
    """What is measured: (name, path, limit)."""
    half_way = CONVERSATIONS // 2
    found = {
        "the most common word": words[0],
        "one in ten messages": words[10],
        "one in a thousand": words[1500],
        "a rare word": words[19_000],
        "two common ones": f"{words[0]}+{words[3]}",
        "a common and a rare one": f"{words[0]}+{words[18_000]}",
        "one letter": "e",
        "two letters": "ta",
        "nothing": "zzzzzz",
        "an order": f"R-{half_way}",
        "a name": "person+4321",
        "a phone": "555-5432",
        "a phone by its digits": "5554321",
    }
    yield "a trivial page", "/healthz", None
    yield "an empty inbox", "/chats/?show=closed&cursor=1-1", None
    for name, path in INBOXES.items():
        yield name, path, INBOX
    for name, path in BY_REACH.items():
        yield name, path, None
    yield "a page from the middle", "/chats/?cursor=MIDDLE", INBOX
    yield "a conversation", f"/chats/{half_way}/", None
    yield "a driver", "/people/101/", INBOX
    for name, query in found.items():
        yield f"search: {name}", f"/chats/?q={query}", SEARCH
    yield "orders", "/orders/", None
    yield "orders: a name", "/orders/?q=person+4321", SEARCH


class Database:
    """Adds up what the queries take until their rows are here, in seconds."""

    taken = 0

    def __call__(self, execute, *query):
        began = time.perf_counter()
        try:
            return execute(*query)
        finally:
            self.taken += time.perf_counter() - began


class Cost(NamedTuple):
    """Milliseconds of a page: the median of the rounds, and the least of them."""

    usual: float
    least: float
    worked: float
    database: float
    least_database: float


def measure(client, path):
    from django.db import connection

    client.get(path)
    rounds = []
    for _ in range(ROUNDS):
        began, began_work, database = time.perf_counter(), time.process_time(), Database()
        with connection.execute_wrapper(database):
            status = client.get(path).status_code
        rounds.append((time.perf_counter() - began, time.process_time() - began_work, database.taken))
        assert status == 200, f"{path} answers {status}"
    taken, worked, asked = ([1000 * seconds for seconds in column] for column in zip(*rounds, strict=True))
    return Cost(median(taken), min(taken), median(worked), median(asked), min(asked))


def report(viewers, words, middle):
    heads = f"{'median':>9}{'least':>9}{'cpu':>9}{'database':>10}{'least':>9}{'limit':>8}{'x empty':>9}"
    print(f"\n{'':34}{heads}   milliseconds")  # noqa: T201
    late = []
    for who, client in viewers.items():
        print(who)  # noqa: T201
        empty = None
        for name, path, limit in pages(words):
            if who != next(iter(viewers)) and name not in FOR_EACH:
                continue
            cost = measure(client, path.replace("MIDDLE", middle))
            empty = cost.usual if name == "an empty inbox" else empty
            ratio = f"{cost.usual / empty:9.1f}" if empty else f"{'':9}"
            figures = (
                f"{cost.usual:9.1f}{cost.least:9.1f}{cost.worked:9.1f}{cost.database:10.1f}{cost.least_database:9.1f}"
            )
            print(f"  {name:32}{figures}{limit or '':>8}{ratio}")  # noqa: T201
            # The least is what PostgreSQL needs; the rest of it, what else the machine had to do.
            if limit and cost.least_database > limit:
                late.append(f"{who}, {name}: {cost.least_database:.0f} ms")
    return late


def run():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment

    from accounts.models import User
    from chat.models import Conversation
    from chat.paging import EPOCH, MICROSECOND

    from .filling import fill, vocabulary

    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "test_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        began = time.perf_counter()
        fill(CONVERSATIONS, CONVERSATIONS * 10)
        filled = time.perf_counter() - began
        print(f"{CONVERSATIONS:,} conversations and {CONVERSATIONS * 10:,} messages, filled in {filled:.0f} s")  # noqa: T201
        viewers = {}
        for number, what in ((1, "has read nearly all"), (2, "has read every second one"), (3, "has read its own")):
            viewers[f"Dispatcher {number}, who {what}"] = client = Client()
            client.force_login(User.objects.get(pk=number), backend="accounts.backends.TeamBackend")
        row = Conversation.objects.get(pk=CONVERSATIONS // 2)
        middle = f"{(row.last_activity_at - EPOCH) // MICROSECOND}-{row.pk}"
        late = report(viewers, vocabulary(), middle)
        connection.close()
        sys.exit("Too slow: " + "; ".join(late) if late else 0)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def main():
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return run()
    from tests.faults.services import Postgres

    server = Postgres()
    try:
        os.environ["DATABASE_URL"] = server.url
        run()
    finally:
        server.remove()


if __name__ == "__main__":
    main()
