"""Who is here, for pages without a websocket."""

from django.shortcuts import render

from accounts.viewers import either_door

from ..models import Presence
from ..presence import note_look
from .pages import bare_conversation


@either_door
def presence_list(request, pk):
    """Who has this conversation on the screen, and who had it when. The same for everybody in the conversation."""
    conversation = bare_conversation(request, pk)
    note_look(conversation, request.viewer.person)
    presences = Presence.objects.shown().filter(conversation=conversation)
    return render(request, "chat/presence_list.html", {"presences": presences})
