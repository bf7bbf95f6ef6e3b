"""Who has which conversation on the screen: what the sockets of a process look at, written and told together.

What a socket looks at is known here, in memory. The database hears of it when somebody comes or goes, at most once in
PACE seconds for all of them, and every 20 seconds with the sweep. The other processes hear of it by one event for all
conversations, each of them reads these in one query, and tells only the pages that show them.
"""

import asyncio
import contextlib
import json
import logging
import time
from uuid import uuid4
from weakref import WeakKeyDictionary

from . import actions, broadcasts
from .fanout import fan_out
from .models import Presence
from .threads import in_thread
from .transactions import UNREACHABLE

logger = logging.getLogger(__name__)

# Seconds. After a restart everybody comes back at once.
PACE = 0.5
# For this part of the time at most it is told who is here: where that takes long, messages have more need of it.
EASE = 20
# Seconds that it may be late by that.
LATEST = 5
# For which a page without a socket is taken to be looked at, and how often that is written.
LASTS = Presence.LASTS.total_seconds()
AGAIN = 20
# What a page has asked for by HTTP may be answered after its socket has gone: that says nothing of who is there.
UNDER_WAY = 5


class Attendance:
    """The sockets of one event loop, which in production is one process. All of it runs on that loop."""

    def __init__(self):
        self.name = str(uuid4())
        # By conversation its sockets, each with what it was told last.
        self.told = {}
        # Who is there by which sockets, and since when by a page without one: by (conversation, person).
        self.looking, self.asked = {}, {}
        # When the last socket by which somebody looked was gone, by (conversation, person).
        self.left = {}
        # As it was read last: the people who are here, by conversation.
        self.here = {}
        self.changed, self.untold = set(), set()
        # Up to which number somebody has a conversation, by (conversation, person): as said, and as stored.
        self.received, self.stored = {}, {}
        self.flushing = None

    # What the sockets say. Whoever opens one looks, until the page says that it is hidden.

    def enter(self, socket):
        self.told.setdefault(socket.conversation_id, {})[socket] = None
        fan_out().join(self.hear, [broadcasts.PRESENCE])
        self.look(socket, True)
        self.untold.add(socket.conversation_id)
        self.soon()

    def look(self, socket, looks):
        if socket not in self.told.get(socket.conversation_id, ()):
            return
        key = socket.conversation_id, socket.viewer.person.pk
        sockets = self.looking.setdefault(key, set())
        was_here = bool(sockets)
        sockets.add(socket) if looks else sockets.discard(socket)
        if not sockets:
            del self.looking[key]
            if was_here:
                self.left[key] = time.monotonic()
        was_asked = self.asked.pop(key, None) is not None
        if bool(sockets) != was_here or was_asked:
            self.changed.add(key)
            self.soon()

    def leave(self, socket):
        self.look(socket, False)
        sockets = self.told.get(socket.conversation_id, {})
        sockets.pop(socket, None)
        if not sockets:
            self.told.pop(socket.conversation_id, None)
            self.here.pop(socket.conversation_id, None)
        if not self.told:
            fan_out().leave(self.hear, [broadcasts.PRESENCE])

    def ask(self, conversation_id, person_id):
        """Somebody has asked for the conversation by HTTP. A page with a socket says more exactly what is looked at."""
        key = conversation_id, person_id
        if any(socket.viewer.person.pk == person_id for socket in self.told.get(conversation_id, ())):
            return
        if time.monotonic() - self.left.get(key, -UNDER_WAY) < UNDER_WAY:
            return
        if time.monotonic() - self.asked.get(key, -AGAIN) >= AGAIN:
            self.asked[key] = time.monotonic()
            self.changed.add(key)
            self.soon()

    def receive(self, conversation_id, person_id, number):
        """A page of this person's has all up to this number. Delivered, whether or not anybody looks at it."""
        key = conversation_id, person_id
        if number > max(self.received.get(key, 0), self.stored.get(key, 0)):
            self.received[key] = number
            self.soon()

    def is_here(self, key):
        return key in self.looking or time.monotonic() - self.asked.get(key, -LASTS) < LASTS

    # Writing and telling, together for all that happens in a moment

    def soon(self):
        if self.flushing is None:
            self.flushing = asyncio.create_task(self.flush())

    async def flush(self):
        try:
            pause = PACE
            while self.changed or self.received or self.untold:
                await asyncio.sleep(pause)
                began = time.monotonic()
                await self.write_changed()
                await self.tell_untold()
                pause = max(PACE, min(LATEST, EASE * (time.monotonic() - began)))
        except Exception as error:
            # The next beat says who is here, and who is not is not here after a while.
            note_fault(error)
        finally:
            self.flushing = None

    async def write_changed(self):
        changed, self.changed = self.changed, set()
        received, self.received = self.received, {}
        if not changed and not received:
            return
        here = {key for key in changed if self.is_here(key)}
        try:
            await write(here, changed - here, received)
        except UNREACHABLE:
            # With whatever is said next.
            self.changed |= changed
            self.received = received | self.received
            raise
        self.stored |= received
        conversations = {conversation for conversation, _ in changed | received.keys()}
        self.untold |= conversations
        # A hint: the others look at the next beat.
        with contextlib.suppress(Exception):
            await broadcasts.presence_changed(conversations, self.name)

    async def tell_untold(self):
        untold, self.untold = self.untold & self.told.keys(), set()
        if not untold:
            return
        said = await read(untold)
        for conversation in untold & self.told.keys():
            people = said.get(conversation, [])
            self.here[conversation] = {each["person"] for each in people if each["here"]}
            # Another process has said that somebody went whom this one still has.
            self.changed |= {
                (conversation, socket.viewer.person.pk)
                for socket in self.told[conversation]
                if (conversation, socket.viewer.person.pk) in self.looking
                and socket.viewer.person.pk not in self.here[conversation]
            }
            # Once for all: a conversation of fifty is told to fifty.
            news = json.dumps({"type": "presence", "people": people})
            for socket, told in list(self.told[conversation].items()):
                if told != news:
                    await self.tell(socket, news)

    async def tell(self, socket, news):
        try:
            self.told[socket.conversation_id][socket] = news
            await socket.send(text_data=news)
        except Exception:
            # One broken socket must not keep the others from hearing it.
            logger.exception("A socket could not be told who is here")

    async def beat(self):
        """Say again who is here, and find out who has gone without a word. To be called every AGAIN seconds."""
        self.asked = {key: at for key, at in self.asked.items() if time.monotonic() - at < LASTS}
        self.left = {key: at for key, at in self.left.items() if time.monotonic() - at < UNDER_WAY}
        self.stored = {key: number for key, number in self.stored.items() if key[0] in self.told}
        if not self.told:
            return
        try:
            await write(set(self.looking), set())
            here = await read_here(set(self.told))
        except Exception as error:
            # This beat is not to be the last.
            note_fault(error)
            return
        self.untold |= {
            conversation for conversation in self.told if here.get(conversation) != self.here.get(conversation)
        }
        if self.untold:
            self.soon()

    # What other processes say

    def hear(self, said):
        if said["by"] != self.name:
            self.untold |= self.told.keys() & set(said["conversations"])
            if self.untold:
                self.soon()


def note_fault(error):
    logger.error("Who looks at what could not be said: %s", error, exc_info=not isinstance(error, UNREACHABLE))


_attendances = WeakKeyDictionary()


def attendance() -> Attendance:
    """Who is there by the sockets of the running event loop."""
    return _attendances.setdefault(asyncio.get_running_loop(), Attendance())


def note_look(conversation, person, received=0):
    """A page is made for this person, or asks for news without a socket: nobody reads in secret.

    `received` is the number up to which it has all.
    """

    def note():
        attendance().ask(conversation.pk, person.pk)
        attendance().receive(conversation.pk, person.pk, received)

    broadcasts.on_serving_loop(note)


@in_thread
def write(here, gone, received=()):
    if here or gone:
        actions.note_presence(here=here, gone=gone)
    if received:
        actions.note_received(received=received)


@in_thread
def read(conversations):
    """What everybody in these conversations is told, by conversation."""
    said = {}
    for row in Presence.objects.shown().filter(conversation__in=conversations):
        said.setdefault(row.conversation_id, []).append(
            {
                "person": row.person_id,
                "name": row.person.name,
                "team": row.person.is_team,
                "here": row.is_now,
                "at": None if row.is_now else row.at.isoformat(),
                "received": row.received,
            }
        )
    return said


@in_thread
def read_here(conversations):
    here = {conversation: set() for conversation in conversations}
    rows = Presence.objects.shown().here().filter(conversation__in=conversations)
    for conversation, person in rows.values_list("conversation", "person"):
        here[conversation].add(person)
    return here
