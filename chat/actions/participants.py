from django.utils import timezone

from accounts.models import User

from .. import broadcasts
from ..models import Conversation, Message, Participant, PushSubscription
from ..transactions import in_turn
from ..writes import after_commit, answer_link_requests, append_event, check_active, locked, put_in


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
    PushSubscription.objects.filter(link__conversation=conversation, link__person=person).delete()
    answer_link_requests(conversation, actor, person)
    append_event(conversation, Message.Event.REMOVED, actor, [person])
    after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    after_commit(broadcasts.access_changed, person.pk)
    return True
