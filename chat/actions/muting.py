from accounts.models import User

from .. import broadcasts
from ..models import Conversation, Mute
from ..transactions import transaction
from ..writes import after_commit


@transaction()
def mute(*, conversation: Conversation, person: User) -> bool:
    """Let `person` hear nothing of this conversation; False when that is so already."""
    # Two tabs may ask at once: the constraint lets one of them in.
    if Mute.objects.filter(conversation=conversation, person=person).exists():
        return False
    Mute.objects.bulk_create([Mute(conversation=conversation, person=person)], ignore_conflicts=True)
    after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    return True


@transaction()
def unmute(*, conversation: Conversation, person: User) -> bool:
    """Let `person` hear of this conversation again; False when that is so already."""
    unmuted, _ = Mute.objects.filter(conversation=conversation, person=person).delete()
    if unmuted:
        after_commit(broadcasts.inbox_changed, conversation.pk, person.pk)
    return bool(unmuted)
