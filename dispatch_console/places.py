"""How many requests of a process work at the same time.

Threads take the interpreter from each other and from the event loop, which has the websockets to serve. A few at work
answer as many requests as many do, and what is stored reaches the open pages at once.
"""

import threading
from contextlib import contextmanager


class Places:
    """A semaphore that lets those first who come back.

    They hold something for which others wait, such as a connection of the pool. Behind a hundred who have not begun yet
    they would keep it from them for as long as all hundred take.
    """

    def __init__(self, count):
        self.free = count
        self.coming_back = 0
        lock = threading.Lock()
        self.back, self.new = threading.Condition(lock), threading.Condition(lock)

    def take(self):
        with self.new:
            self.new.wait_for(lambda: self.free and not self.coming_back)
            self.free -= 1

    def take_back(self):
        with self.back:
            self.coming_back += 1
            self.back.wait_for(lambda: self.free)
            self.coming_back -= 1
            self.free -= 1
            self.call()

    def leave(self):
        with self.back:
            self.free += 1
            self.call()

    def call(self):
        if self.free:
            (self.back if self.coming_back else self.new).notify()


# Apart, so that a message need not wait behind the hundred pages that ask whether there is one, nor they behind a row
# that somebody holds.
READING, WRITING = Places(2), Places(3)
_thread = threading.local()


@contextmanager
def place(places):
    """Work, once there is a place for it."""
    places.take()
    _thread.places = places
    try:
        yield
    finally:
        _thread.places = None
        places.leave()


@contextmanager
def place_lent():
    """Let another work while this thread only waits. Does nothing in a thread that has no place."""
    places = getattr(_thread, "places", None)
    if places is None:
        yield
        return
    places.leave()
    try:
        yield
    finally:
        places.take_back()
