from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import AccessLink, User

from ..models import Conversation, LinkRequest, Message
from ..refusals import AskedTooOften
from ..transactions import in_turn
from ..writes import answer_link_requests, append_event, check_present, locked, reopen


@in_turn
def ask_for_link(*, conversation: Conversation, link: AccessLink) -> tuple[LinkRequest, bool]:
    """Ask dispatch for a new link, for who was in by `link`: the request, and whether it was made now.

    It waits for us like a word, also when we write in the meantime, which who asks cannot read. Raises AskedTooOften,
    OtherChatOpen, Participant.DoesNotExist.
    """
    conversation = locked(conversation)
    check_present(conversation, link.person)
    last = conversation.link_requests.filter(person=link.person).order_by("-pk").first()
    if last and last.is_open:
        return last, False
    if last and settings.RATE_LIMITS and timezone.now() - last.asked_at < timedelta(seconds=AskedTooOften.retry_after):
        raise AskedTooOften
    if not conversation.is_open:
        reopen(conversation, link.person)
    request = LinkRequest.objects.create(conversation=conversation, person=link.person, link=link)
    conversation.waiting_since = conversation.waiting_since or request.asked_at
    append_event(conversation, Message.Event.ASKED, link.person)
    return request, True


@in_turn
def dismiss_link_request(*, conversation: Conversation, person: User, actor: User) -> bool:
    """Say that this person needs no new link: False when nobody asked for one."""
    return answer_link_requests(locked(conversation), actor, person)
