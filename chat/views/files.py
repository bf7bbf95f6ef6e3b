from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.viewers import either_door

from ..files.serving import serve
from ..models import MessageFile
from .pages import bare_conversation


@either_door
def file_detail(request, pk, number, file):
    conversation = bare_conversation(request, pk)
    messages = conversation.messages.filter(number=number, deleted_at=None)
    row = get_object_or_404(MessageFile.objects.filter(message__in=messages), pk=file)
    match request.GET.get("size", ""):
        case "":
            return serve(request, row, row.stored_as, row.size, row.content_type)
        case "thumbnail" if row.thumbnail_as:
            return serve(request, row, row.thumbnail_as, row.thumbnail_size, row.thumbnail_type)
    raise Http404
