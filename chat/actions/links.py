from django.utils import timezone

from accounts.models import AccessLink, User

from .. import broadcasts
from ..models import Conversation, PushSubscription
from ..transactions import transaction
from ..writes import after_commit, check_active


@transaction()
def make_link(*, conversation: Conversation, person: User, actor: User | None) -> tuple[AccessLink, str]:
    """A new web chat link and its token, which cannot be read again: (link, token). Raises PersonInactive."""
    check_active([person])
    only_here = conversation if person.role == User.Role.CUSTOMER else None
    return AccessLink.make(person=person, conversation=only_here, made_in=conversation, made_by=actor)


@transaction()
def revoke_links(*, links) -> int:
    """Revoke these links: their pages answer 404, their sockets close and their pushes end at once.

    Answers the number of those that worked.
    """
    links = links.filter(revoked_at__isnull=True)
    PushSubscription.objects.filter(link__in=links).delete()
    people = set(links.values_list("person_id", flat=True))
    revoked = links.update(revoked_at=timezone.now())
    for person_id in people:
        after_commit(broadcasts.access_changed, person_id)
    return revoked
