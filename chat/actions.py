"""All that changes a conversation. Nothing else writes one.

Each action is one transaction that holds the conversation's row, so that numbers follow each other without a gap in
the order in which they are committed. What people must hear of is told after the commit, and may fail: the database
is the truth, and every reader can catch up from it.
"""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4

from django.conf import settings
from django.db import OperationalError, connection
from django.db.transaction import atomic, on_commit
from django.utils import timezone

from accounts.models import AccessLink, User
from dispatch_console.metrics import MESSAGES
from orders.models import Order, OrderEvent

from . import broadcasts
from .models import Conversation, Message, Participant, ReadMark

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


class Refused(Exception):
    """Something that cannot be done, with a sentence that says why and what to do."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class NoCustomer(Refused):
    pass


class PersonInactive(Refused):
    pass


class OtherChatOpen(Refused):
    """The conversation is closed and its order has another one, which is open: `conversation`."""

    def __init__(self, conversation):
        super().__init__("This chat is closed, and its order has a newer one. Write there.")
        self.conversation = conversation


class KeyReused(Refused):
    def __init__(self):
        super().__init__("This message was already sent with another text.")


class TooManyMessages(Refused):
    """More than anybody writes: `retry_after` is in seconds."""

    retry_after = 60

    def __init__(self):
        super().__init__("Too many messages in a minute. Wait a little and send it again.")


@dataclass(frozen=True)
class Sent:
    message: Message
    created: bool


@transaction()
def open_order_chat(*, order: Order, actor: User) -> tuple[Conversation, bool]:
    """The order's open chat, and whether it was made now. Its customer is in it from the start, and so is the actor.

    Raises NoCustomer, PersonInactive.
    """
    # The row of the order is held, so that of several dispatchers who click at once one makes the chat and the
    # others find it. The constraint on the conversation stands behind that.
    order = Order.objects.select_for_update(of=["self"], no_key=True).select_related("customer").get(pk=order.pk)
    conversation = order.conversations.open().first()
    if conversation:
        return conversation, False
    if order.customer is None:
        raise NoCustomer("This order has no customer. Give it one in the admin or by an import, then open the chat.")
    _check_active([order.customer])
    conversation = Conversation.objects.create(order=order, created_by=actor)
    _put_in(conversation, [order.customer, actor], actor)
    _append_event(conversation, Message.Event.OPENED, actor, [order.customer])
    OrderEvent.objects.create(order=order, kind=OrderEvent.Kind.CHAT_OPENED, actor=actor)
    return conversation, True


@transaction()
def start_conversation(*, title: str, people: list[User], actor: User) -> Conversation:
    """A conversation without an order. Raises PersonInactive."""
    _check_active(people)
    others = [person for person in people if person != actor]
    conversation = Conversation.objects.create(title=title, created_by=actor)
    _put_in(conversation, [actor, *others], actor)
    _append_event(conversation, Message.Event.OPENED, actor, others)
    return conversation


@transaction()
def send_message(*, conversation: Conversation, author: User, body: str, client_id=None) -> Sent:
    """Store what `author` wrote. A second call with the same `client_id` and text finds the first one's message.

    Sending joins: who of the team was not in the conversation is in it from now on, with a line that all see. A
    closed conversation is open again. Raises KeyReused, TooManyMessages, OtherChatOpen, and Participant.DoesNotExist
    for a guest who has been taken out since the page was opened.
    """
    conversation = _locked(conversation)
    if not author.is_team:
        Participant.objects.present().get(conversation=conversation, person=author)
    if client_id:
        sent = (
            Message.objects.select_related("author")
            .filter(conversation=conversation, author=author, client_id=client_id)
            .first()
        )
        if sent and sent.body == body:
            return Sent(sent, created=False)
        if sent:
            raise KeyReused
    _check_pace(author)
    if not conversation.is_open:
        _reopen(conversation, author)
    if author.is_team and _put_in(conversation, [author], author):
        _append_event(conversation, Message.Event.JOINED, author)
    return Sent(_append(conversation, author=author, body=body, client_id=client_id or uuid4()), created=True)


@transaction()
def add_participants(*, conversation: Conversation, people: list[User], actor: User) -> list[User]:
    """Add people, who see everything from the first message, and return those who were not in.

    Raises PersonInactive.
    """
    conversation = _locked(conversation)
    _check_active(people)
    added = _put_in(conversation, people, actor)
    if added:
        _append_event(conversation, Message.Event.ADDED, actor, added, seen=conversation.human_count)
    return added


@transaction()
def remove_participant(*, conversation: Conversation, person: User, actor: User) -> bool:
    """Take a person out, who from now on receives and sees nothing of it. False when the person was not in."""
    conversation = _locked(conversation)
    present = Participant.objects.present().filter(conversation=conversation, person=person)
    if not present.update(removed_at=timezone.now()):
        return False
    _append_event(conversation, Message.Event.REMOVED, actor, [person])
    _after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    _after_commit(broadcasts.access_changed, person.pk)
    return True


@transaction()
def close_conversation(*, conversation: Conversation, actor: User) -> bool:
    """Close it; False when it was closed. Its messages stay, and its order can have a new chat."""
    conversation = _locked(conversation)
    if not conversation.is_open:
        return False
    conversation.closed_at, conversation.closed_by = timezone.now(), actor
    conversation.waiting_since = None
    conversation.save(update_fields=["closed_at", "closed_by", "waiting_since"])
    _append_event(conversation, Message.Event.CLOSED, actor)
    _note_at_order(conversation, OrderEvent.Kind.CHAT_CLOSED, actor)
    return True


@transaction()
def reopen_conversation(*, conversation: Conversation, actor: User) -> bool:
    """Open a closed one again; False when it was open. Raises OtherChatOpen."""
    conversation = _locked(conversation)
    if conversation.is_open:
        return False
    _reopen(conversation, actor)
    return True


@transaction()
def mark_read(*, conversation: Conversation, person: User, number: int) -> bool:
    """Note that `person` has read up to `number`. Never goes back: False when that was known."""
    message = Message.objects.filter(conversation=conversation, number__lte=number).order_by("-number").first()
    if message is None:
        return False
    moved = _move_read_mark(message, person)
    if moved:
        _after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    return moved


@transaction()
def make_link(*, conversation: Conversation, person: User, actor: User | None) -> tuple[AccessLink, str]:
    """A new web chat link and its token, which cannot be read again: (link, token). Raises PersonInactive."""
    _check_active([person])
    only_here = conversation if person.role == User.Role.CUSTOMER else None
    return AccessLink.make(person=person, conversation=only_here, made_in=conversation, made_by=actor)


@transaction()
def revoke_links(*, links) -> int:
    """Revoke these links: their pages answer 404 and their sockets close at once. The number of those that worked."""
    links = links.filter(revoked_at__isnull=True)
    people = set(links.values_list("person_id", flat=True))
    revoked = links.update(revoked_at=timezone.now())
    for person_id in people:
        _after_commit(broadcasts.access_changed, person_id)
    return revoked


# The parts


def _locked(conversation):
    # no_key: what only refers to the row, such as a read mark, need not wait for it.
    return (
        Conversation.objects.select_for_update(of=["self"], no_key=True).select_related("order").get(pk=conversation.pk)
    )


def _check_active(people):
    inactive = [person.name for person in people if not person.is_active]
    if inactive:
        raise PersonInactive(f"{', '.join(inactive)} cannot be added: no longer active.")


def _check_pace(author):
    if not settings.RATE_LIMITS:
        return
    limit = settings.TEAM_MESSAGES_PER_MINUTE if author.is_team else settings.GUEST_MESSAGES_PER_MINUTE
    lately = timezone.now() - timedelta(minutes=1)
    if Message.objects.filter(author=author, created_at__gt=lately, kind=Message.Kind.TEXT).count() >= limit:
        raise TooManyMessages


def _put_in(conversation, people, actor):
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


def _reopen(conversation, actor):
    if conversation.order_id:
        # Holding the order keeps a new chat from being opened between this look and the commit.
        Order.objects.select_for_update(no_key=True).get(pk=conversation.order_id)
        newer = Conversation.objects.open().filter(order=conversation.order_id).first()
        if newer:
            raise OtherChatOpen(newer)
    conversation.closed_at = conversation.closed_by = None
    conversation.save(update_fields=["closed_at", "closed_by"])
    _append_event(conversation, Message.Event.REOPENED, actor)
    _note_at_order(conversation, OrderEvent.Kind.CHAT_REOPENED, actor)


def _append_event(conversation, event, actor, people=(), **facts):
    if people:
        facts["people"] = [{"name": person.name, "role": person.role} for person in people]
    return _append(conversation, author=actor, kind=Message.Kind.EVENT, event=event, facts=facts)


def _append(conversation, *, author, **fields):
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
        _move_read_mark(message, author)
        _after_commit(MESSAGES.inc)
    conversation.save(update_fields=["last_number", "human_count", "last_activity_at", "last_message", "waiting_since"])
    _after_commit(broadcasts.message_sent, message)
    return message


def _move_read_mark(message, person):
    fields = {"number": message.number, "human_count": message.human_count, "at": timezone.now()}
    marks = ReadMark.objects.filter(conversation=message.conversation_id, person=person)
    if marks.filter(number__lt=message.number).update(**fields):
        return True
    mark = ReadMark(conversation_id=message.conversation_id, person=person, **fields)
    # Two tabs may report at once: the constraint lets one of them in.
    return not marks.exists() and bool(ReadMark.objects.bulk_create([mark], ignore_conflicts=True))


def _note_at_order(conversation, kind, actor):
    if conversation.order_id:
        OrderEvent.objects.create(order_id=conversation.order_id, kind=kind, actor=actor)


def _after_commit(tell, *arguments):
    # robust: that the news cannot be told must not make a stored message look as if it had failed.
    on_commit(partial(tell, *arguments), robust=True)
