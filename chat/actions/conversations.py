from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dispatch_console.folding import fold
from orders.models import Order, OrderEvent

from ..models import Conversation, Message
from ..refusals import NoCustomer
from ..transactions import in_turn, transaction
from ..writes import answer_link_requests, append_event, check_active, locked, note_at_order, put_in, reopen


def open_order_chat(*, order: Order, actor: User) -> tuple[Conversation, bool]:
    """The order's open chat, and whether it was made now. Its customer is in it from the start, and so is the actor.

    Raises NoCustomer, PersonInactive.
    """
    # A chat that is there is only read: nobody has to wait for others who open it too.
    conversation = order.conversations.open().first()
    if conversation:
        return conversation, False
    with transaction(order, until_told=False):
        return _find_or_make_order_chat(order, actor)


def _find_or_make_order_chat(order, actor):
    # The row of the order is held, so that of several dispatchers who click at once one makes the chat and the
    # others find it. The constraint on the conversation stands behind that.
    order = Order.objects.select_for_update(of=["self"], no_key=True).select_related("customer").get(pk=order.pk)
    conversation = order.conversations.open().first()
    if conversation:
        return conversation, False
    if order.customer is None:
        raise NoCustomer(_("This order has no customer. Give it one in the admin or by an import, then open the chat."))
    check_active([order.customer])
    conversation = Conversation.objects.create(order=order, created_by=actor)
    put_in(conversation, [order.customer, actor], actor)
    append_event(conversation, Message.Event.OPENED, actor, [order.customer])
    OrderEvent.objects.create(order=order, kind=OrderEvent.Kind.CHAT_OPENED, actor=actor)
    return conversation, True


@transaction()
def open_person_chat(*, person: User, actor: User) -> tuple[Conversation, bool]:
    """The open chat with this person alone and about no order, and whether it was made now.

    Of the team all may be in it, as in every chat; one with a colleague is the two's. Raises PersonInactive.
    """
    # The row of the person is held, so that of several who click at once one makes the chat and the others find it.
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    conversation = Conversation.objects.open().with_nobody_but(person, actor).first()
    if conversation:
        return conversation, False
    return start_conversation(title="", people=[person], actor=actor), True


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
def end_wait(*, conversation: Conversation, actor: User) -> bool:
    """Say, for all to see, that what was written last needs no answer; False when nobody waits for one."""
    conversation = locked(conversation)
    if not conversation.waiting_since:
        return False
    answer_link_requests(conversation, actor)
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
    answer_link_requests(conversation, actor)
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
