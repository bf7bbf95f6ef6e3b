"""One look at the database for all sockets of a process, instead of one for each.

The channel layer may lose anything at any time, and be away for hours. So every HEARTBEAT seconds each socket is told
the last number of its conversation, and twice in that time it gets what it has missed, and is closed when it is no
longer allowed to be here. While the layer is known to be deaf, that is done every few seconds.
"""

import asyncio
import logging
from datetime import timedelta
from itertools import cycle
from weakref import WeakKeyDictionary

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import AccessLink, User

from .catching_up import Position
from .models import Conversation, Participant
from .presence import attendance
from .pulse import Pulse
from .threads import in_thread
from .transactions import UNREACHABLE

logger = logging.getLogger(__name__)

# Seconds
HEARTBEAT = 20
# How long a commit may take to be seen after the moment that it bears.
LATENESS = timedelta(seconds=30)
# For which all others wait until a page has taken what it missed.
SHORT_PATIENCE = 1


class Sweep:
    """The sockets of one event loop, which in production is one process."""

    def __init__(self):
        self.sockets = set()
        self.tasks = []
        # By socket, what sends it what it missed.
        self.bringing = {}
        # The last number that the sockets here have heard of, where something has happened lately.
        self.heard = {}
        self.looked_at = timezone.now()

    def add(self, socket):
        self.sockets.add(socket)
        if not self.tasks:
            self.looked_at = timezone.now()
            self.tasks = [asyncio.create_task(self.run()), asyncio.create_task(Pulse(self.heal).run())]

    def remove(self, socket):
        self.sockets.discard(socket)
        if bringing := self.bringing.get(socket):
            bringing.cancel()
        if not self.sockets:
            for task in self.tasks:
                task.cancel()
            self.tasks = []

    def note(self, conversation_id, number):
        """The channel layer has delivered this message to a socket here, and so to all of them."""
        self.heard[conversation_id] = max(number, self.heard.get(conversation_id, 0))

    async def run(self):
        # Within HEARTBEAT seconds nobody is left who may not be here: what a look itself takes is on top of its pace.
        for beat in cycle([False, True]):
            await asyncio.sleep(HEARTBEAT / 2)
            await self.look(beat)
            if beat:
                await attendance().beat()

    async def heal(self):
        await self.look(beat=False)

    async def look(self, beat=True):
        sockets = list(self.sockets)
        try:
            doubtful, positions = await read_rights(sockets)
            missed = await self.missed_by_lists()
        except Exception as error:
            # Nobody is put out because the database is away; what was missed comes with the next look, whatever it was.
            is_fault = not isinstance(error, UNREACHABLE)
            logger.error("The sweep could not read the database: %s", error, exc_info=is_fault)
            doubtful, positions, missed = set(), {}, set()
        # Whose rights are in doubt need not wait until the others have read.
        for socket in sorted(sockets, key=lambda socket: socket not in doubtful):
            try:
                await self.tend(socket, socket in doubtful, positions.get(socket.conversation_id), missed, beat)
            except Exception:
                # One broken socket must not keep the others from their heartbeat.
                logger.exception("A socket could not be tended")

    async def tend(self, socket, is_doubtful, position, missed, beat):
        if is_doubtful and not await socket.check_access():
            return
        for conversation_id in missed:
            socket.refresh_inbox(conversation_id)
        is_there = position and (socket.has(position) or await self.bring(socket, position))
        if beat:
            # After it, so that no page asks by HTTP for what is just coming.
            await socket.control("heartbeat", last_number=position.number if is_there else socket.sent)

    async def bring(self, socket, position):
        """Let it catch up. False when its page takes that slowly: it goes on, and nobody waits for it."""
        if socket in self.bringing:
            return False
        bringing = self.bringing[socket] = asyncio.create_task(socket.catch_up(position))
        bringing.add_done_callback(lambda _: self.bringing.pop(socket))
        done, _ = await asyncio.wait([bringing], timeout=SHORT_PATIENCE)
        if not done or bringing.cancelled():
            return False
        bringing.result()
        return True

    async def missed_by_lists(self):
        """The conversations in which something has happened of which no socket here has heard."""
        since, self.looked_at = self.looked_at - LATENESS, timezone.now()
        last_numbers = await read_active(since)
        missed = {pk for pk, number in last_numbers.items() if number > self.heard.get(pk, 0)}
        self.heard = {pk: max(number, self.heard.get(pk, 0)) for pk, number in last_numbers.items()}
        return missed


_sweeps = WeakKeyDictionary()


def sweep() -> Sweep:
    """The sweep of the running event loop."""
    return _sweeps.setdefault(asyncio.get_running_loop(), Sweep())


@in_thread
def read_active(since):
    """The last number of each conversation in which something has happened since then."""
    return dict(Conversation.objects.filter(last_activity_at__gt=since).values_list("pk", "last_number"))


@in_thread
def read_rights(sockets):
    """The sockets whose right to be here is in doubt, and how far each conversation that is looked at has come.

    A handful of queries for any number of sockets. It only doubts; whether a socket is closed is decided by the same
    check that let it in.
    """
    chats = {socket.conversation_id for socket in sockets if socket.conversation_id}
    people = {socket.viewer.person.pk for socket in sockets}
    links = {socket.viewer.link.pk for socket in sockets if socket.viewer.link}
    sessions = {socket.session_key for socket in sockets if socket.session_key}

    rows = Conversation.objects.filter(pk__in=chats).values_list("pk", "last_number", "revision")
    positions = {pk: Position(number, revision) for pk, number, revision in rows}
    passwords = dict(User.objects.active().team().filter(pk__in=people).values_list("pk", "password"))
    usable = set(AccessLink.objects.usable().filter(pk__in=links).values_list("pk", flat=True))
    alive = set(Session.objects.filter(pk__in=sessions, expire_date__gt=timezone.now()).values_list("pk", flat=True))
    present = set(
        Participant.objects.present()
        .filter(conversation__in=chats, person__in=people)
        .values_list("conversation", "person")
    )

    def is_sound(socket):
        person, link, chat = socket.viewer.person, socket.viewer.link, socket.conversation_id
        if chat and chat not in positions:
            return False
        if link:
            return link.pk in usable and (not chat or (chat, person.pk) in present)
        return socket.session_key in alive and passwords.get(person.pk) == person.password

    return {socket for socket in sockets if not is_sound(socket)}, positions
