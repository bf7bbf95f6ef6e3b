from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.viewers import either_door

from .. import actions
from ..forms import MessageForm, MessagePageForm, ReadForm
from ..models import Participant
from ..refusals import Refused, TooManyMessages
from .pages import CATCH_UP_PAGE, MESSAGE_PAGE, conversation_page, to_conversation, visible_conversation


@either_door
def message_list(request, pk):
    conversation = visible_conversation(request, pk)
    form = MessagePageForm(request.GET)
    if not form.is_valid():
        return render(request, "chat/message_list.html", {"errors": form.errors}, status=422)
    after, before = form.cleaned_data["after"], form.cleaned_data["before"]
    if after is not None:
        messages = conversation.messages.after(after, CATCH_UP_PAGE)
    elif before is not None:
        messages = conversation.messages.before(before, MESSAGE_PAGE)
    else:
        messages = conversation.messages.latest_page(MESSAGE_PAGE)
    return render(request, "chat/message_list.html", {"messages": messages})


@either_door
def message_create(request, pk):
    conversation = visible_conversation(request, pk)
    form = MessageForm(request.POST)
    if request.FILES:
        form.add_error(None, "Files cannot be sent here yet. The text is kept: send it without the file.")
        return _not_sent(request, conversation, form, status=415)
    if not form.is_valid():
        return _not_sent(request, conversation, form, status=422)
    try:
        sent = actions.send_message(
            conversation=conversation,
            author=request.viewer.person,
            body=form.cleaned_data["body"],
            client_id=form.cleaned_data["client_id"],
        )
    except Participant.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        form.add_error(None, refused.reason)
        response = _not_sent(request, conversation, form, status=409)
        if isinstance(refused, TooManyMessages):
            response.status_code, response.headers["Retry-After"] = 429, refused.retry_after
        return response
    if request.htmx:
        return render(request, "chat/_message.html", {"message": sent.message})
    return to_conversation(request, conversation, f"#message-{sent.message.number}")


def _not_sent(request, conversation, form, status):
    """The form again, with what is wrong and all that was typed."""
    if request.htmx:
        context = {"conversation": conversation, "viewer": request.viewer, "form": form}
        return render(request, "chat/_composer.html", context, status=status)
    return conversation_page(request, conversation, form=form, status=status)


@either_door
def read_create(request, pk):
    conversation = visible_conversation(request, pk)
    form = ReadForm(request.POST)
    if not form.is_valid():
        return HttpResponse("number: a message's number\n", status=422, content_type="text/plain")
    actions.mark_read(conversation=conversation, person=request.viewer.person, number=form.cleaned_data["number"])
    return HttpResponse(status=204) if request.htmx else to_conversation(request, conversation)


@either_door
def file_detail(request, pk, number, file):
    # No message carries a file yet; whoever asks for one learns no more than that.
    visible_conversation(request, pk)
    raise Http404
