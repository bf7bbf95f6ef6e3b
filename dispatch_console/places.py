"""How many requests of a process work at the same time.

Threads take the interpreter from each other and from the event loop, which has the websockets to serve. A few at work
answer more requests than many do, and what is stored reaches the open pages sooner.
"""

import threading
from contextlib import contextmanager

COUNT = 8

_places = threading.Semaphore(COUNT)
_thread = threading.local()


@contextmanager
def place():
    """Work, once there is a place for it."""
    with _places:
        _thread.has_place = True
        try:
            yield
        finally:
            _thread.has_place = False


@contextmanager
def place_lent():
    """Let another work while this thread only waits. Does nothing in a thread that has no place."""
    if not getattr(_thread, "has_place", False):
        yield
        return
    _places.release()
    try:
        yield
    finally:
        _places.acquire()
