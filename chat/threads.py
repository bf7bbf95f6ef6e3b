"""The threads in which sockets ask the database."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from channels.db import DatabaseSyncToAsync

# Outside of a request, channels has one thread for all sockets of a process: one slow query would hold up all of them.
# Each thread takes a connection while it asks, so there are fewer than the pool has.
COUNT = 4

in_thread = partial(
    DatabaseSyncToAsync,
    thread_sensitive=False,
    executor=ThreadPoolExecutor(COUNT, thread_name_prefix="sockets"),
)
