"""The threads in which sockets ask the database."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from channels.db import DatabaseSyncToAsync

# Outside of a request, channels has one thread for all sockets of a process: one slow query would hold up all of them.
# Each thread takes a connection while it asks, so there are fewer than the pool has.
COUNT = 4


def in_threads(count, name):
    executor = ThreadPoolExecutor(count, thread_name_prefix=name)
    return partial(DatabaseSyncToAsync, thread_sensitive=False, executor=executor)


in_thread = in_threads(COUNT, "sockets")
# Lists are most of what sockets ask, and can wait: they take turns, and hold up neither messages nor who comes in.
in_list_thread = in_threads(1, "lists")
