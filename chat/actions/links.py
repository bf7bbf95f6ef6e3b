from django.utils import timezone

from accounts.models import AccessLink, User

from .. import broadcasts
from ..models import Conversation, LinkRequest, PushSubscription
from ..transactions import transaction
from ..writes import after_commit, answer_link_requests, check_active, locked


@transaction()
def make_link(*, conversation: Conversation, person: User, actor: User | None) -> tuple[AccessLink, str]:
    """A new web chat link and its token, which cannot be read again: (link, token). Raises PersonInactive.

    Where the person has asked for one, that is answered: by a driver's, which opens all chats, wherever it was asked.
    """
    check_active([person])
    only_here = conversation if person.role == User.Role.CUSTOMER else None
    asked = LinkRequest.objects.open().filter(person=person)
    for request in asked.filter(conversation=only_here) if only_here else asked.order_by("conversation"):
        answer_link_requests(locked(request.conversation), actor, person)
    made = AccessLink.make(person=person, conversation=only_here, made_in=conversation, made_by=actor)
    after_commit(broadcasts.people_changed, conversation.pk)
    return made


@transaction()
def revoke_links(*, links) -> int:
    """Revoke these links: their pages answer 404, their sockets close and their pushes end at once.

    Answers the number of those that worked.
    """
    links = links.filter(revoked_at__isnull=True)
    PushSubscription.objects.filter(link__in=links).delete()
    rows = list(links.values_list("person_id", "conversation_id", "made_in_id"))
    revoked = links.update(revoked_at=timezone.now())
    for person_id in {row[0] for row in rows}:
        after_commit(broadcasts.access_changed, person_id)
    for conversation_id in {row[1] or row[2] for row in rows} - {None}:
        after_commit(broadcasts.people_changed, conversation_id)
    return revoked
