"""All that changes a conversation. Nothing else writes one.

Each action is one transaction that holds the conversation's row, so that numbers follow each other without a gap in
the order in which they are committed. What people must hear of is told after the commit, and may fail: the database
is the truth, and every reader can catch up from it.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.utils import timezone

from accounts.models import AccessLink, User
from dispatch_console.folding import fold
from orders.models import Order, OrderEvent

from . import broadcasts
from .models import Conversation, Message, Participant
from .refusals import (
    ChangedMeanwhile,
    ChatClosed,
    KeyReused,
    MessageDeleted,
    NoCustomer,
    TooLate,
    TooManyEdits,
)
from .transactions import in_turn, transaction
from .writes import (
    after_commit,
    append,
    append_event,
    change,
    check_active,
    check_pace,
    check_present,
    held,
    locked,
    move_read_mark,
    move_read_mark_back,
    note_at_order,
    put_in,
    reopen,
    waiting_since,
)


@dataclass(frozen=True)
class Sent:
    message: Message
    created: bool


@in_turn
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
    conversation = Conversation.objects.create(title=title, search_title=fold(title), created_by=actor)
    put_in(conversation, [actor, *others], actor)
    append_event(conversation, Message.Event.OPENED, actor, others)
    return conversation


@in_turn
def send_message(*, conversation: Conversation, author: User, body: str, client_id=None) -> Sent:
    """Store what `author` wrote. A second call with the same `client_id` and text finds the first one's message.

    Sending joins: who of the team was not in the conversation is in it from now on, with a line that all see. A
    closed conversation is open again. Raises KeyReused, TooManyMessages, OtherChatOpen, and Participant.DoesNotExist
    for a guest who has been taken out since the page was opened.
    """
    conversation = locked(conversation)
    check_present(conversation, author)
    if client_id:
        sent = (
            Message.objects.select_related("author")
            .filter(conversation=conversation, author=author, client_id=client_id)
            .first()
        )
        # Of one that was deleted since, nothing is left to compare with: it is what this key has sent.
        if sent and (sent.first_body == body or sent.deleted_at):
            # The process of the first try may have died between the commit and the news of it.
            after_commit(broadcasts.message_sent, sent)
            return Sent(sent, created=False)
        if sent:
            raise KeyReused
    check_pace(author)
    if not conversation.is_open:
        reopen(conversation, author)
    if author.is_team and put_in(conversation, [author], author):
        append_event(conversation, Message.Event.JOINED, author)
    return Sent(append(conversation, author=author, body=body, client_id=client_id or uuid4()), created=True)


@in_turn
def edit_message(*, message: Message, body: str, version: int) -> Message:
    """Let a message say something else, for its author, who saw `version` of it. All see that, and the earlier text.

    Asked for what it says already, it changes nothing, so that a lost answer can be asked for again. Raises
    MessageDeleted, TooLate, ChatClosed, ChangedMeanwhile, TooManyEdits, Participant.DoesNotExist.
    """
    conversation, message = held(message)
    if message.deleted_at:
        raise MessageDeleted
    if message.body == body:
        return message
    if not message.is_changeable:
        raise TooLate
    if not conversation.is_open:
        # Nobody looks there any more, and a new message brings it back.
        raise ChatClosed
    if message.version != version:
        raise ChangedMeanwhile
    if len(message.earlier) >= Message.EDIT_LIMIT:
        raise TooManyEdits
    said = {"body": message.body, "at": (message.changed_at or message.created_at).isoformat()}
    return change(conversation, message, body=body, earlier=[*message.earlier, said])


@in_turn
def delete_message(*, message: Message) -> Message:
    """Take back a message, for its author: the text is gone, and everybody sees that there was one.

    Deleting twice is deleting once. Raises TooLate, Participant.DoesNotExist.
    """
    conversation, message = held(message)
    if message.deleted_at:
        return message
    if not message.is_changeable:
        raise TooLate
    change(conversation, message, body="", earlier=[], deleted_at=timezone.now())
    # An answer that was taken back is no answer.
    if conversation.is_open:
        conversation.waiting_since = waiting_since(conversation)
        conversation.save(update_fields=["waiting_since"])
    return message


@in_turn
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


@in_turn
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


@in_turn
def end_wait(*, conversation: Conversation, actor: User) -> bool:
    """Say, for all to see, that what was written last needs no answer; False when nobody waits for one."""
    conversation = locked(conversation)
    if not conversation.waiting_since:
        return False
    conversation.waiting_since = None
    append_event(conversation, Message.Event.ANSWERED, actor)
    return True


@in_turn
def rename_conversation(*, conversation: Conversation, title: str, actor: User) -> bool:
    """Give it another title, or with "" the one that its order and people make; False when it had that."""
    conversation = locked(conversation)
    if conversation.title == title:
        return False
    conversation.title, conversation.search_title = title, fold(title)
    conversation.save(update_fields=["title", "search_title"])
    append_event(conversation, Message.Event.RENAMED, actor, title=title)
    return True


@in_turn
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


@in_turn
def reopen_conversation(*, conversation: Conversation, actor: User) -> bool:
    """Open a closed one again; False when it was open. Raises OtherChatOpen."""
    conversation = locked(conversation)
    if conversation.is_open:
        return False
    reopen(conversation, actor)
    return True


@transaction()
def mark_read(*, conversation: Conversation, person: User, number: int) -> bool:
    """Note that `person` has read up to `number`. Never goes back: False when no message in it was new to them."""
    message = Message.objects.filter(conversation=conversation, number__lte=number).order_by("-number").first()
    if message is None:
        return False
    moved = move_read_mark(message, person)
    if moved:
        after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
        after_commit(broadcasts.read_mark_moved, conversation.pk, person.pk)
    return moved


@transaction()
def mark_unread(*, conversation: Conversation, person: User, number: int) -> bool:
    """Let `person` have read only what stands before `number`, the one way back. False when that is so already."""
    moved = move_read_mark_back(conversation, person, number)
    if moved:
        after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
        after_commit(broadcasts.read_mark_moved, conversation.pk, person.pk)
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
