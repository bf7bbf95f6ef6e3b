"""What the actions are made of. Each of these is a part of somebody's transaction, and most need the row held."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import OperationalError, connection
from django.db.transaction import atomic, on_commit
from django.utils import timezone

from dispatch_console.metrics import MESSAGES
from orders.models import Order, OrderEvent

from . import broadcasts
from .models import Conversation, Message, Participant, ReadMark
from .refusals import OtherChatOpen, PersonInactive, TooManyMessages

_one_writer = threading.RLock()
# Seconds
PATIENCE = 10


@contextmanager
def transaction():
    """One transaction, in which an action does all that it does.

    SQLite lets one write at a time, and lets the others knock at ever longer intervals until they give up. One process
    has the file, so its threads can line up here instead.
    """
    if connection.vendor != "sqlite":
        with atomic():
            yield
        return
    if not _one_writer.acquire(timeout=PATIENCE):
        raise OperationalError("too many are writing")
    try:
        with atomic():
            yield
    finally:
        _one_writer.release()


def locked(conversation):
    # no_key: what only refers to the row, such as a read mark, need not wait for it.
    return (
        Conversation.objects.select_for_update(of=["self"], no_key=True).select_related("order").get(pk=conversation.pk)
    )


def check_active(people):
    inactive = [person.name for person in people if not person.is_active]
    if inactive:
        raise PersonInactive(f"{', '.join(inactive)} cannot be added: no longer active.")


def check_pace(author):
    if not settings.RATE_LIMITS:
        return
    limit = settings.TEAM_MESSAGES_PER_MINUTE if author.is_team else settings.GUEST_MESSAGES_PER_MINUTE
    lately = timezone.now() - timedelta(minutes=1)
    if Message.objects.filter(author=author, created_at__gt=lately, kind=Message.Kind.TEXT).count() >= limit:
        raise TooManyMessages


def put_in(conversation, people, actor):
    """Make these people participants and return those who were not. Once each, since the conversation is locked."""
    rows = {row.person_id: row for row in conversation.participants.filter(person__in=people)}
    added = []
    for person in dict.fromkeys(people):
        row = rows.get(person.pk)
        if row is None:
            Participant.objects.create(conversation=conversation, person=person, added_by=actor)
        elif row.removed_at:
            row.removed_at, row.added_at, row.added_by = None, timezone.now(), actor
            row.save()
        else:
            continue
        added.append(person)
    return added


def reopen(conversation, actor):
    if conversation.order_id:
        # Holding the order keeps a new chat from being opened between this look and the commit.
        Order.objects.select_for_update(no_key=True).get(pk=conversation.order_id)
        newer = Conversation.objects.open().filter(order=conversation.order_id).first()
        if newer:
            raise OtherChatOpen(newer)
    conversation.closed_at = conversation.closed_by = None
    conversation.save(update_fields=["closed_at", "closed_by"])
    append_event(conversation, Message.Event.REOPENED, actor)
    note_at_order(conversation, OrderEvent.Kind.CHAT_REOPENED, actor)


def append_event(conversation, event, actor, people=(), **facts):
    if people:
        facts["people"] = [{"name": person.name, "role": person.role} for person in people]
    return append(conversation, author=actor, kind=Message.Kind.EVENT, event=event, facts=facts)


def append(conversation, *, author, **fields):
    """The next line of a conversation whose row is held."""
    now = timezone.now()
    human = fields.get("kind") != Message.Kind.EVENT
    conversation.last_number += 1
    conversation.human_count += human
    message = Message.objects.create(
        conversation=conversation,
        number=conversation.last_number,
        human_count=conversation.human_count,
        author=author,
        created_at=now,
        **fields,
    )
    conversation.last_activity_at = now
    if human:
        conversation.last_message = message
        conversation.waiting_since = None if author.is_team else (conversation.waiting_since or now)
        move_read_mark(message, author)
        after_commit(MESSAGES.inc)
    conversation.save(update_fields=["last_number", "human_count", "last_activity_at", "last_message", "waiting_since"])
    after_commit(broadcasts.message_sent, message)
    return message


def move_read_mark(message, person):
    fields = {"number": message.number, "human_count": message.human_count, "at": timezone.now()}
    marks = ReadMark.objects.filter(conversation=message.conversation_id, person=person)
    if marks.filter(number__lt=message.number).update(**fields):
        return True
    mark = ReadMark(conversation_id=message.conversation_id, person=person, **fields)
    # Two tabs may report at once: the constraint lets one of them in.
    return not marks.exists() and bool(ReadMark.objects.bulk_create([mark], ignore_conflicts=True))


def note_at_order(conversation, kind, actor):
    if conversation.order_id:
        OrderEvent.objects.create(order_id=conversation.order_id, kind=kind, actor=actor)


def after_commit(tell, *arguments):
    # robust: that the news cannot be told must not make a stored message look as if it had failed.
    on_commit(partial(tell, *arguments), robust=True)
