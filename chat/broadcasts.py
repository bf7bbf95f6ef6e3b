"""Tells open pages what has changed: the only caller of the channel layer.

Groups: `user.<id>` is every socket of one person, `team` every socket of the dispatch team. Whoever receives is
decided here, when it is sent, so that who was removed receives nothing from then on. What is told is a hint that may
be lost: the sockets notice gaps by the numbers, and read them from the database.
"""

import asyncio
import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.template.loader import render_to_string

from dispatch_console.metrics import BROADCASTS, FAILED_BROADCASTS

from .models import Message, Participant

logger = logging.getLogger(__name__)

TEAM = "team"
# Seconds. A channel layer that does not answer must not hold up the answer to a send.
PATIENCE = 0.5


def person_group(person_id):
    return f"user.{person_id}"


def message_sent(message: Message):
    """Show a message to everybody who takes part, and to the team, which sees every conversation."""
    event = {
        "type": "message.sent",
        "conversation": message.conversation_id,
        "number": message.number,
        "html": render_to_string("chat/_message.html", {"message": message}),
    }
    _tell([TEAM, *_guest_groups(message.conversation_id)], event)


def inbox_changed(conversation_id, person_id):
    """What this person's lists say of a conversation has changed: read in one tab, read in all."""
    _tell([person_group(person_id)], {"type": "inbox.changed", "conversation": conversation_id})


def access_changed(person_id):
    """This person's sockets ask again whether they may be open."""
    _tell([person_group(person_id)], {"type": "access.changed"})


def typing(conversation_id, person):
    """The group names and the event by which everybody in a conversation learns that `person` is writing."""
    event = {"type": "typing.seen", "conversation": conversation_id, "person": person.pk, "name": person.name}
    return [TEAM, *_guest_groups(conversation_id)], event


async def send(groups, event):
    BROADCASTS.inc()
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(layer.group_send(group, event) for group in groups))
    except Exception:
        FAILED_BROADCASTS.inc()
        raise


_serving = None


def speak_through(loop):
    """From now on the news goes out on this event loop, the one that serves the sockets."""
    global _serving
    _serving = loop


def _tell(groups, event):
    """Send from a thread that answers a request, without waiting for it: the message is stored, this is a hint.

    async_to_sync would tie the hint to the request, and a visitor who hangs up in that moment would take the thread's
    database connection along.
    """
    if _serving and _serving.is_running():
        asyncio.run_coroutine_threadsafe(send(groups, event), _serving).add_done_callback(_note_failure)
    else:
        async_to_sync(send)(groups, event)


def _note_failure(sending):
    if error := sending.exception():
        logger.error("The channel layer did not take the news: %r", error)


def _guest_groups(conversation_id):
    guests = Participant.objects.present().guests().filter(conversation=conversation_id)
    return [person_group(person_id) for person_id in guests.values_list("person_id", flat=True)]
