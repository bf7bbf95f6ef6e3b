from accounts.models import User

from .. import broadcasts
from ..models import Conversation, Delivery, Message, ReadMark
from ..transactions import transaction
from ..writes import after_commit, move_read_mark, move_read_mark_back


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
        # If they were told before of what came after this point, they were back since: what comes now is news again.
        theirs = {"conversation": conversation, "person": person}
        now_seen = ReadMark.objects.filter(**theirs).values("human_count")
        Delivery.objects.notices().filter(**theirs, seen__in=now_seen).update(seen=None)
        after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
        after_commit(broadcasts.read_mark_moved, conversation.pk, person.pk)
    return moved
