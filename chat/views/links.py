from uuid import uuid4

import segno
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe

from accounts.models import AccessLink, User
from accounts.viewers import team_door

from .. import actions
from ..linking import link_url
from ..models import Delivery, Participant
from ..notices.ways import own_ways_to, ways_to
from ..refusals import PersonInactive
from .pages import to_conversation, visible_conversation


@team_door
def link_list(request, pk, person):
    return links_page(request, visible_conversation(request, pk), person)


@team_door
def link_create(request, pk, person):
    conversation = visible_conversation(request, pk)
    guest = guest_of(conversation, person)
    try:
        _, token = actions.make_link(conversation=conversation, person=guest, actor=request.viewer.person)
    except PersonInactive as refused:
        return links_page(request, conversation, person, refusal=refused.reason, status=422)
    url = link_url(token)
    own = own_ways_to(guest, conversation, url)
    return links_page(request, conversation, person, url=url, qr=_qr(url), own=own)


@team_door
def link_list_delete(request, pk, person):
    conversation = visible_conversation(request, pk)
    actions.revoke_links(links=AccessLink.objects.into(conversation, [guest_of(conversation, person).pk]))
    return links_page(request, conversation, person) if request.htmx else to_conversation(request, conversation)


@team_door
def link_delete(request, pk, person, public_id):
    conversation = visible_conversation(request, pk)
    links = AccessLink.objects.into(conversation, [guest_of(conversation, person).pk]).filter(public_id=public_id)
    get_object_or_404(links)
    actions.revoke_links(links=links)
    return links_page(request, conversation, person) if request.htmx else to_conversation(request, conversation)


def guest_of(conversation, person_id) -> User:
    """The customer or driver of this conversation; the team signs in and has no links."""
    # person__pk and not person: for a number that no database holds, only the former finds nobody.
    present = Participant.objects.present().guests().filter(conversation=conversation, person__pk=person_id)
    participant = present.select_related("person").first()
    if participant is None:
        raise Http404
    return participant.person


def links_page(request, conversation, person_id, status=200, **more):
    guest = guest_of(conversation, person_id)
    links = AccessLink.objects.usable().with_writable().into(conversation, [guest.pk])
    context = {
        "section": "chats",
        "viewer": request.viewer,
        "conversation": conversation,
        "guest": guest,
        "ways": ways_to(guest),
        "delivery": Delivery.objects.last_of_each(conversation).get(guest.pk),
        "key": uuid4(),
        "links": list(links.select_related("made_by", "conversation__order")),
        **more,
    }
    template = "chat/_weblink.html" if request.htmx else "chat/link_list.html"
    return render(request, template, context, status=status)


def _qr(url):
    # Error correction M: still read when a fingerprint covers a part of it.
    return mark_safe(segno.make(url, error="m", micro=False).svg_inline(omitsize=True, border=0))
