"""One look at the database for all sockets of a process, instead of one for each.

The channel layer may lose anything at any time, and be away for hours. So every HEARTBEAT seconds each socket is told
the last number of its conversation, gets what it has missed, and is closed when it is no longer allowed to be here.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from accounts.models import AccessLink, User

from .models import Conversation, Participant

logger = logging.getLogger(__name__)

# Seconds
HEARTBEAT = 20


class Sweep:
    """The sockets of one event loop, which in production is one process."""

    def __init__(self):
        self.sockets = set()
        self.task = None

    def add(self, socket):
        self.sockets.add(socket)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())

    def remove(self, socket):
        self.sockets.discard(socket)
        if not self.sockets and self.task:
            self.task.cancel()

    async def run(self):
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self.look()

    async def look(self):
        sockets = list(self.sockets)
        try:
            doubtful, last_numbers = await read_rights(sockets)
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            # Nobody is put out because the database is away; what was missed comes with the next look.
            logger.error("The sweep could not read the database: %s", error)
            doubtful, last_numbers = set(), {}
        for socket in sockets:
            try:
                await self.tend(socket, socket in doubtful, last_numbers.get(socket.conversation_id))
            except Exception:
                # One broken socket must not keep the others from their heartbeat.
                logger.exception("A socket could not be tended")

    async def tend(self, socket, is_doubtful, last_number):
        if is_doubtful and not await socket.check_access():
            return
        await socket.control("heartbeat", last_number=last_number if last_number is not None else socket.sent)
        if last_number is not None:
            await socket.catch_up(up_to=last_number)


_sweeps = WeakKeyDictionary()


def sweep() -> Sweep:
    """The sweep of the running event loop."""
    return _sweeps.setdefault(asyncio.get_running_loop(), Sweep())


@database_sync_to_async
def read_rights(sockets):
    """The sockets whose right to be here is in doubt, and the last number of each conversation that is looked at.

    A handful of queries for any number of sockets. It only doubts; whether a socket is closed is decided by the same
    check that let it in.
    """
    chats = {socket.conversation_id for socket in sockets if socket.conversation_id}
    people = {socket.viewer.person.pk for socket in sockets}
    links = {socket.viewer.link.pk for socket in sockets if socket.viewer.link}
    sessions = {socket.session_key for socket in sockets if socket.session_key}

    last_numbers = dict(Conversation.objects.filter(pk__in=chats).values_list("pk", "last_number"))
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
        if chat and chat not in last_numbers:
            return False
        if link:
            return link.pk in usable and (not chat or (chat, person.pk) in present)
        return socket.session_key in alive and passwords.get(person.pk) == person.password

    return {socket for socket in sockets if not is_sound(socket)}, last_numbers
