"""All that changes a conversation. Nothing else writes one.

Each action is one transaction that holds the conversation's row, so that numbers follow each other without a gap in
the order in which they are committed. What people must hear of is told after the commit, and may fail: the database
is the truth, and every reader can catch up from it.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.utils import timezone

from accounts.models import AccessLink, User
from orders.models import Order, OrderEvent

from . import broadcasts
from .models import Conversation, Message, Participant
from .refusals import KeyReused, NoCustomer
from .writes import (
    after_commit,
    append,
    append_event,
    check_active,
    check_pace,
    locked,
    move_read_mark,
    note_at_order,
    put_in,
    reopen,
    transaction,
)


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
    check_active([order.customer])
    conversation = Conversation.objects.create(order=order, created_by=actor)
    put_in(conversation, [order.customer, actor], actor)
    append_event(conversation, Message.Event.OPENED, actor, [order.customer])
    OrderEvent.objects.create(order=order, kind=OrderEvent.Kind.CHAT_OPENED, actor=actor)
    return conversation, True


@transaction()
def start_conversation(*, title: str, people: list[User], actor: User) -> Conversation:
    """A conversation without an order. Raises PersonInactive."""
    check_active(people)
    others = [person for person in people if person != actor]
    conversation = Conversation.objects.create(title=title, created_by=actor)
    put_in(conversation, [actor, *others], actor)
    append_event(conversation, Message.Event.OPENED, actor, others)
    return conversation


@transaction()
def send_message(*, conversation: Conversation, author: User, body: str, client_id=None) -> Sent:
    """Store what `author` wrote. A second call with the same `client_id` and text finds the first one's message.

    Sending joins: who of the team was not in the conversation is in it from now on, with a line that all see. A
    closed conversation is open again. Raises KeyReused, TooManyMessages, OtherChatOpen, and Participant.DoesNotExist
    for a guest who has been taken out since the page was opened.
    """
    conversation = locked(conversation)
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
    check_pace(author)
    if not conversation.is_open:
        reopen(conversation, author)
    if author.is_team and put_in(conversation, [author], author):
        append_event(conversation, Message.Event.JOINED, author)
    return Sent(append(conversation, author=author, body=body, client_id=client_id or uuid4()), created=True)


@transaction()
def add_participants(*, conversation: Conversation, people: list[User], actor: User) -> list[User]:
    """Add people, who see everything from the first message, and return those who were not in.

    Raises PersonInactive.
    """
    conversation = locked(conversation)
    check_active(people)
    added = put_in(conversation, people, actor)
    if added:
        append_event(conversation, Message.Event.ADDED, actor, added, seen=conversation.human_count)
    return added


@transaction()
def remove_participant(*, conversation: Conversation, person: User, actor: User) -> bool:
    """Take a person out, who from now on receives and sees nothing of it. False when the person was not in."""
    conversation = locked(conversation)
    present = Participant.objects.present().filter(conversation=conversation, person=person)
    if not present.update(removed_at=timezone.now()):
        return False
    append_event(conversation, Message.Event.REMOVED, actor, [person])
    after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    after_commit(broadcasts.access_changed, person.pk)
    return True


@transaction()
def close_conversation(*, conversation: Conversation, actor: User) -> bool:
    """Close it; False when it was closed. Its messages stay, and its order can have a new chat."""
    conversation = locked(conversation)
    if not conversation.is_open:
        return False
    conversation.closed_at, conversation.closed_by = timezone.now(), actor
    conversation.waiting_since = None
    conversation.save(update_fields=["closed_at", "closed_by", "waiting_since"])
    append_event(conversation, Message.Event.CLOSED, actor)
    note_at_order(conversation, OrderEvent.Kind.CHAT_CLOSED, actor)
    return True


@transaction()
def reopen_conversation(*, conversation: Conversation, actor: User) -> bool:
    """Open a closed one again; False when it was open. Raises OtherChatOpen."""
    conversation = locked(conversation)
    if conversation.is_open:
        return False
    reopen(conversation, actor)
    return True


@transaction()
def mark_read(*, conversation: Conversation, person: User, number: int) -> bool:
    """Note that `person` has read up to `number`. Never goes back: False when that was known."""
    message = Message.objects.filter(conversation=conversation, number__lte=number).order_by("-number").first()
    if message is None:
        return False
    moved = move_read_mark(message, person)
    if moved:
        after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    return moved


@transaction()
def make_link(*, conversation: Conversation, person: User, actor: User | None) -> tuple[AccessLink, str]:
    """A new web chat link and its token, which cannot be read again: (link, token). Raises PersonInactive."""
    check_active([person])
    only_here = conversation if person.role == User.Role.CUSTOMER else None
    return AccessLink.make(person=person, conversation=only_here, made_in=conversation, made_by=actor)


@transaction()
def revoke_links(*, links) -> int:
    """Revoke these links: their pages answer 404 and their sockets close at once. The number of those that worked."""
    links = links.filter(revoked_at__isnull=True)
    people = set(links.values_list("person_id", flat=True))
    revoked = links.update(revoked_at=timezone.now())
    for person_id in people:
        after_commit(broadcasts.access_changed, person_id)
    return revoked
