"""Tells open pages what has changed: nothing else sends them news through the channel layer.

Groups: `user.<id>` is every socket of one person, `team` every socket of the dispatch team. Whoever receives is
decided here, when it is sent, so that who was removed receives nothing from then on; fanout.py finds their sockets in
each process. What is told is a hint that may be lost: the sockets notice gaps by the numbers, and read them from the
database.
"""

import asyncio
import logging
import time
from contextlib import contextmanager

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db.models import BigAutoField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.languages import ALL, first_known
from accounts.models import AccessLink
from dispatch_console.metrics import BROADCASTS, FAILED_BROADCASTS
from dispatch_console.prepared import Given, Prepared

from .fragments import render_message
from .models import Conversation, Message, Participant, ReadMark
from .spoken import spoken
from .threads import in_thread

logger = logging.getLogger(__name__)

TEAM = "team"
# The processes themselves.
PRESENCE = "presence"
# The one group that the channel layer knows: every process that has sockets.
EVERYWHERE = "everywhere"
# Seconds that the channel layer gets to take the news. While a process has much to do, its own loop may be what is
# slow, and news given up would have to be read from the database by every socket, which is more to do.
PATIENCE = 5
# The same where somebody waits for it.
SHORT_PATIENCE = 0.5
# Seconds from one line in the log to the next while the layer takes nothing. The metric counts every failure.
LOG_PACE = 10
# How long read marks are gathered: everybody who looks at a conversation reads a message in the same moment.
READ_PACE = 0.5


@contextmanager
def failures_counted():
    """News may fail while it is made ready or while it is handed over: either way nobody hears it."""
    try:
        yield
    except Exception:
        FAILED_BROADCASTS.inc()
        raise


def person_group(person_id):
    return f"user.{person_id}"


def message_sent(message: Message):
    """Show a message to everybody who takes part, and to the team, which sees every conversation."""
    _tell_message(message, {"type": "message.sent"})


def message_changed(message: Message):
    """Show what became of a message to everybody who takes part, and to the team."""
    _tell_message(message, {"type": "message.changed", "revision": message.revision})


def _tell_message(message, event):
    """With the element in each language in which somebody is likely to have it open: once each, never per reader.

    That is the language of every installation, those of the pages that are open at this process, and those noted of
    the guests who take part. A socket that reads another one, such as a colleague's at another process, finds its
    language missing and reads the message from the database, as it does with what was lost.
    """
    with failures_counted():
        guests = _guests_and_languages.all(conversation=message.conversation_id)
        noted = {first_known(tags, ALL) for _, *tags in guests}
        event |= {
            "conversation": message.conversation_id,
            "number": message.number,
            "html": {
                language: render_message(message, language) for language in {settings.LANGUAGE_CODE, *spoken(), *noted}
            },
        }
    _tell([TEAM, *(person_group(person_id) for person_id, *_ in guests)], event)


def inbox_changed(conversation_id, person_id):
    """What this person's lists say of a conversation has changed: read in one tab, read in all."""
    _tell([person_group(person_id)], {"type": "inbox.changed", "conversation": conversation_id})


def notification_tested(person_id, key):
    """A sign to this person's open pages, so that the one that asked for it sees how far news comes."""
    _tell([person_group(person_id)], {"type": "notification.tested", "key": key})


def read_mark_moved(conversation_id, person_id):
    """Let everybody in a conversation know how far this person has read it, soon, and with those of others at once."""
    if not on_serving_loop(_gather, conversation_id, person_id):
        _tell(*_read_marks(conversation_id, {person_id}))


def people_changed(conversation_id):
    """Of what the team sees beside a conversation's people something has changed: how far they were reached."""
    _tell([TEAM], {"type": "people.changed", "conversation": conversation_id})


def orders_changed(sender, ids, **signal):
    """What the pages of these orders' conversations show of them has changed. In one piece: an import changes many."""
    conversations = list(Conversation.objects.filter(order__in=ids).values_list("pk", flat=True))
    if conversations:
        guests = Participant.objects.present().guests().filter(conversation__in=conversations)
        groups = [person_group(person_id) for person_id in guests.values_list("person", flat=True).distinct()]
        _tell([TEAM, *groups], {"type": "orders.changed", "conversations": conversations})


def access_changed(person_id):
    """This person's sockets ask again whether they may be open."""
    _tell([person_group(person_id)], {"type": "access.changed"})


def typing(conversation_id, person):
    """The group names and the event by which everybody in a conversation learns that `person` is writing."""
    event = {"type": "typing.seen", "conversation": conversation_id, "person": person.pk, "name": person.name}
    return [TEAM, *_guest_groups(conversation_id)], event


async def presence_changed(conversations, by):
    """Let the other processes know that somebody came to these conversations or went. `by` is the one that says it."""
    await send([PRESENCE], {"type": "presence.changed", "conversations": list(conversations), "by": by}, PATIENCE)


async def send(groups, event, patience=SHORT_PATIENCE):
    BROADCASTS.inc()
    layer = get_channel_layer()
    with failures_counted():
        async with asyncio.timeout(patience):
            await layer.group_send(EVERYWHERE, event | {"groups": list(groups)})


_serving = None


def speak_through(loop):
    """From now on the news goes out on this event loop, the one that serves the sockets."""
    global _serving
    _serving = loop


def on_serving_loop(call, *arguments):
    """Have the event loop that serves the sockets call this soon: False where there is none."""
    if not (_serving and _serving.is_running()):
        return False
    _serving.call_soon_threadsafe(call, *arguments)
    return True


def _tell(groups, event):
    """Send from a thread that answers a request, without waiting for it: the message is stored, this is a hint.

    async_to_sync would tie the hint to the request, and a visitor who hangs up in that moment would take the thread's
    database connection along.
    """
    if _serving and _serving.is_running():
        asyncio.run_coroutine_threadsafe(send(groups, event, PATIENCE), _serving).add_done_callback(_note_failure)
        return
    # A loop that has stopped, since the process ends, would let the last of its threads wait for it for ever.
    is_over = _serving is not None and not _serving.is_closed()
    async_to_sync(send, force_new_loop=is_over)(groups, event)


# What is not told yet: the people whose marks have moved, by conversation. Only the serving loop touches it.
_gathered, _tasks = {}, set()


def _gather(conversation_id, person_id):
    if not _gathered:
        task = asyncio.create_task(_tell_gathered())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    _gathered.setdefault(conversation_id, set()).add(person_id)


async def _tell_gathered():
    try:
        await asyncio.sleep(READ_PACE)
    finally:
        # Also when it is cancelled, or nothing would be gathered ever again.
        moved = list(_gathered.items())
        _gathered.clear()
    for conversation_id, people in moved:
        try:
            await send(*await in_thread(_read_marks)(conversation_id, people), PATIENCE)
        except Exception as error:
            # A hint, as all that is told.
            logger.error("Who has read what could not be told: %r", error)


@failures_counted()
def _read_marks(conversation_id, people):
    """The group names and the event by which everybody in a conversation learns how far these people have read it."""
    marks = ReadMark.objects.filter(conversation=conversation_id, person__in=people).select_related("person")
    said = [
        {"person": mark.person_id, "name": mark.person.name, "number": mark.number, "at": mark.at.isoformat()}
        for mark in marks
    ]
    event = {"type": "read.marks", "conversation": conversation_id, "marks": said}
    return [TEAM, *_guest_groups(conversation_id)], event


_silent_until = 0


def _note_failure(sending):
    global _silent_until
    error, now = sending.exception(), time.monotonic()
    if error and now >= _silent_until:
        _silent_until = now + LOG_PACE
        logger.error("The channel layer did not take the news: %r", error)


def _guest_groups(conversation_id):
    return [person_group(person_id) for person_id in _guests(conversation_id).values_list("person_id", flat=True)]


def _guests(conversation_id):
    return Participant.objects.present().guests().filter(conversation=conversation_id)


# What the browser asked for by which a guest came in last; "" where none has.
_links = AccessLink.objects.filter(person=OuterRef("person")).exclude(language="").order_by("-last_used_at")
_language_of_link = Coalesce(Subquery(_links.values("language")[:1]), Value(""))


@Prepared
def _guests_and_languages():
    guests = _guests(Given("conversation", BigAutoField()))
    return guests.values_list("person_id", "person__language", _language_of_link)
