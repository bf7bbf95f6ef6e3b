"""What tells a dispatcher that somebody has written, and a page on which each step of it can be tried."""

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.viewers import team_door

from .. import actions, broadcasts
from ..calling import calls_for
from ..models import Conversation
from .pages import bare_conversation, to_conversation

# What a test is called by the page that began it.
KEY = re.compile(r"[\w-]{1,64}")
MUTED_SHOWN = 200
SOUNDS = [("", _("Off")), ("chime", _("Chime")), ("knock", _("Knock")), ("bell", _("Bell"))]
# The steps by the names that notify-steps.js knows them by.
STEPS = [
    ("storage", _("The browser keeps your choices")),
    ("badge", _("The number on the tab’s icon")),
    ("sound", _("Sound")),
    ("server", _("From the server to this page")),
    ("secure", _("An address that browsers trust")),
    ("browser", _("The browser has desktop notifications")),
    ("permission", _("Your permission")),
    ("chosen", _("Turned on in this browser")),
    ("screen", _("On the screen")),
]


@team_door
def notification_detail(request):
    viewer = request.viewer
    muted = Conversation.objects.visible_to(viewer).muted_by(viewer.person).for_rows(viewer)
    context = {
        "viewer": viewer,
        "sounds": SOUNDS,
        "steps": STEPS,
        "muted": muted.order_by("-last_activity_at", "-pk")[:MUTED_SHOWN],
    }
    return render(request, "chat/notification_detail.html", context)


@team_door
def notification_test_create(request):
    """Sends a sign through the channel layer to all open pages of this person; the one that asked knows its key."""
    key = request.POST.get("key", "")
    if not KEY.fullmatch(key):
        words = "key: 1 to 64 letters, digits and dashes\n"
        return HttpResponse(words, status=422, content_type="text/plain; charset=utf-8")
    broadcasts.notification_tested(request.viewer.person.pk, key)
    return HttpResponse(status=204)


@team_door
def call_list(request):
    """What calls for this person now, for pages that have missed it."""
    context = {"calls": calls_for(request.viewer), "viewer": request.viewer}
    return render(request, "chat/_calls.html", context)


@team_door
def mute_create(request, pk):
    conversation = bare_conversation(request, pk)
    actions.mute(conversation=conversation, person=request.viewer.person)
    return to_conversation(request, conversation)


@team_door
def mute_delete(request, pk):
    conversation = bare_conversation(request, pk)
    actions.unmute(conversation=conversation, person=request.viewer.person)
    return to_conversation(request, conversation)
