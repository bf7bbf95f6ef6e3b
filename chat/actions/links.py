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
    answer_requests_by_link(conversation, person, actor)
    made = new_link(conversation, person, actor)
    after_commit(broadcasts.people_changed, conversation.pk)
    return made


# Parts of somebody's transaction: a link that is sent answers who asked for it when it is sent, and not before.


def new_link(conversation, person, actor):
    return AccessLink.make(person=person, conversation=_only(conversation, person), made_in=conversation, made_by=actor)


def answer_requests_by_link(conversation, person, actor):
    asked, only_here = LinkRequest.objects.open().filter(person=person), _only(conversation, person)
    for request in asked.filter(conversation=only_here) if only_here else asked.order_by("conversation"):
        answer_link_requests(locked(request.conversation), actor, person)


def _only(conversation, person):
    """A customer's link opens one conversation, a driver's all of theirs."""
    return conversation if person.role == User.Role.CUSTOMER else None


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
