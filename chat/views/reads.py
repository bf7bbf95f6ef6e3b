"""Who has read how far."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.viewers import either_door

from .. import actions
from ..forms import ReadForm
from .pages import bare_conversation, to_conversation, visible_conversation


@either_door
def read_list(request, pk):
    """Who has seen the last message, and when, and who has got it. The same for everybody in the conversation."""
    conversation = bare_conversation(request, pk)
    context = {"seen": conversation.seen_by(), "delivered": conversation.delivered_to()}
    return render(request, "chat/_seen.html", context)


@either_door
def read_create(request, pk):
    conversation = bare_conversation(request, pk)
    person = request.viewer.person
    form = ReadForm(request.POST)
    if not form.is_valid():
        wrong = "unread_from" if "unread_from" in request.POST else "number"
        return HttpResponse(f"{wrong}: a message's number\n", status=422, content_type="text/plain")
    number, unread_from = form.cleaned_data["number"], form.cleaned_data["unread_from"]
    if unread_from:
        actions.mark_unread(conversation=conversation, person=person, number=unread_from)
    else:
        actions.mark_read(conversation=conversation, person=person, number=number)
    if not request.htmx:
        return to_conversation(request, conversation)
    return _unread_line(request, pk) if unread_from else HttpResponse(status=204)


def _unread_line(request, pk):
    """The line that now stands before the first unread message, for the page to place."""
    conversation = visible_conversation(request, pk)
    first_unread = conversation.messages.first_unread(request.viewer.person)
    if first_unread is None:
        return HttpResponse(status=204)
    context = {"conversation": conversation, "first_unread": first_unread}
    return render(request, "chat/_unread_line.html", context)
