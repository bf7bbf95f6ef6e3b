from django.http import HttpResponse
from django.utils.http import content_disposition_header

from accounts.viewers import either_door

from ..transcript import transcript_of
from .pages import visible_conversation


@either_door
def transcript_detail(request, pk):
    """The whole conversation as a text file, for everybody who reads it."""
    conversation = visible_conversation(request, pk)
    lines = transcript_of(conversation, request.viewer)
    response = HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
    subject = conversation.order.reference if conversation.order else str(conversation.pk)
    name = " ".join(f"chat {subject}.txt".split())
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
