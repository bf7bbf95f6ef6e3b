from itertools import groupby

from django.utils import timezone

from ..models import Conversation, Presence
from ..transactions import transaction


@transaction()
def note_presence(*, here: set[tuple[int, int]], gone: set[tuple[int, int]]) -> None:
    """Note who has a conversation on the screen now and who no longer: (conversation, person) each, in one statement.

    What it is called for is made known by the caller, who knows which of it is new.
    """
    now = timezone.now()
    # One that was erased while somebody had it on the screen must not keep the others from being noted.
    asked = {conversation for conversation, _ in here | gone}
    there = set(Conversation.objects.filter(pk__in=asked).values_list("pk", flat=True))
    rows = [
        Presence(conversation_id=conversation, person_id=person, at=now, is_here=(conversation, person) in here)
        # In one order, so that two processes do not wait for each other.
        for conversation, person in sorted(here | gone)
        if conversation in there
    ]
    Presence.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["conversation", "person"], update_fields=["at", "is_here"]
    )


def note_received(*, received: dict[tuple[int, int], int]) -> None:
    """Note what has been delivered: up to which number, by (conversation, person). Never goes back.

    Who has never had the conversation on the screen has no row yet, and nothing is said of it.
    """
    by_number = sorted((conversation, number, person) for (conversation, person), number in received.items())
    for (conversation, number), each in groupby(by_number, key=lambda row: row[:2]):
        people = [person for _, _, person in each]
        with transaction():
            Presence.objects.filter(conversation=conversation, person__in=people, received__lt=number).update(
                received=number
            )
