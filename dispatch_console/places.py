"""How many requests of a process work at the same time.

Threads take the interpreter from each other and from the event loop, which has the websockets to serve. A few at work
answer more requests than many do, and what is stored reaches the open pages sooner.
"""

import threading
from contextlib import contextmanager

COUNT = 8


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


_places = Places(COUNT)
_thread = threading.local()


@contextmanager
def place():
    """Work, once there is a place for it."""
    _places.take()
    _thread.has_place = True
    try:
        yield
    finally:
        _thread.has_place = False
        _places.leave()


@contextmanager
def place_lent():
    """Let another work while this thread only waits. Does nothing in a thread that has no place."""
    if not getattr(_thread, "has_place", False):
        yield
        return
    _places.leave()
    try:
        yield
    finally:
        _places.take_back()
