"""Whose turn it is to write. Those who must wait do so here, where waiting costs nothing."""

import threading
from contextlib import ExitStack, contextmanager
from functools import wraps

from django.db import InterfaceError, OperationalError, connection
from django.db.transaction import atomic, on_commit
from psycopg_pool import PoolTimeout

from dispatch_console.places import place_lent

# What is raised when the database is away, locked or too slow. Trying again may help, as with no other of its errors.
UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)
# Seconds. SQLite lets one write at a time, so that all wait for all; PostgreSQL the writers of one conversation.
PATIENCE = {"sqlite": 10, "postgresql": 2}

_one_writer = threading.RLock()
# Two conversations that share one only wait for each other now and then.
_turns = [threading.RLock() for _ in range(256)]


@contextmanager
def transaction(row=None, *, until_told=True):
    """One transaction, in which an action does all that it does.

    SQLite has writers knock at ever longer intervals until they give up; one process has the file, so its threads can
    line up here instead. PostgreSQL has them wait for the `row` that they hold, each with a connection that others, and
    the sockets, then lack: so the writers of one conversation line up here too, without a connection. Each has its turn
    until what it wrote is told, so that open pages hear of it in its order, or else until COMMIT.

    Raises OperationalError when its turn does not come.
    """
    if connection.vendor == "sqlite":
        turn = _one_writer
    elif row is None:
        turn = None
    else:
        turn = _turns[row.pk % len(_turns)]
    if turn is None:
        with atomic():
            yield
        return
    with ExitStack() as held:
        take(turn)
        held.callback(turn.release)
        with atomic():
            if not until_told:
                on_commit(held.close)
            yield


def take(turn):
    if turn.acquire(blocking=False):
        return
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        # Back to the pool, from which the next query takes one again.
        connection.close()
    with place_lent():
        taken = turn.acquire(timeout=PATIENCE[connection.vendor])
    if not taken:
        raise OperationalError("too many are writing")


def in_turn(action):
    """The transaction of an action that holds the row of its `conversation`, of its `message`'s, or of its `order`."""

    @wraps(action)
    def inner(**given):
        row = given.get("conversation") or given.get("order") or given["message"].conversation
        with transaction(row):
            return action(**given)

    return inner
