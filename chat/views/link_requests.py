"""Asking for a new link, for who was in by one that has ended."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse

from accounts.models import AccessLink
from accounts.views import link_gone

from .. import actions
from ..models import Conversation, Participant
from ..refusals import AskedTooOften, Refused


def link_request_create(request, link):
    key = request.COOKIES.get(settings.GUEST_COOKIE_NAME, "")
    was_in = AccessLink.objects.of_browser(key).filter(public_id=link)
    # Where it works meanwhile, since the order was reopened, nobody needs to be asked.
    if not was_in.usable().exists():
        ended = was_in.select_related("person", "conversation").first()
        conversation = ended and Conversation.objects.to_ask_by(ended).first()
        if conversation is None:
            return link_gone(request, was_in)
        try:
            actions.ask_for_link(conversation=conversation, link=ended)
        except Participant.DoesNotExist:
            return link_gone(request, was_in)
        except Refused as refused:
            response = link_gone(request, was_in, refusal=refused.reason)
            response.status_code = 409
            if isinstance(refused, AskedTooOften):
                response.status_code, response.headers["Retry-After"] = 429, refused.retry_after
            return response
    return HttpResponseRedirect(reverse("guest:conversation_list", args=[link]), status=303)
