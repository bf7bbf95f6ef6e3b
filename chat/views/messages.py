from functools import partial

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import AccessLink
from accounts.viewers import either_door

from .. import actions
from ..catching_up import catch_up_page
from ..forms import EditForm, MessagePageForm
from ..models import MessageFile, Participant
from ..presence import note_look
from ..refusals import FilesRefused, NothingToReplyTo, ReadOnly, Refused, TooLate, TooManyMessages
from .box import answers_at_hand, message_form
from .pages import (
    MESSAGE_PAGE,
    bare_conversation,
    conversation_page,
    own_message,
    text_to_answer,
    to_conversation,
    visible_conversation,
)


@either_door
def message_list(request, pk):
    conversation = bare_conversation(request, pk)
    form = MessagePageForm(request.GET)
    if not form.is_valid():
        return render(request, "chat/message_list.html", {"errors": form.errors}, status=422)
    after, before, revision = (form.cleaned_data[name] for name in ("after", "before", "revision"))
    note_look(conversation, request.viewer.person, received=min(after or 0, conversation.last_number))
    if after is not None:
        return _catch_up(request, conversation, after, conversation.revision if revision is None else revision)
    if before is not None:
        messages = conversation.messages.before(before, MESSAGE_PAGE)
    else:
        messages = conversation.messages.latest_page(MESSAGE_PAGE)
    return render(request, "chat/message_list.html", {"messages": messages})


def _catch_up(request, conversation, after, revision):
    page = catch_up_page(conversation, after=after, revision=revision)
    response = render(request, "chat/message_list.html", {"messages": [*page.changes, *page.messages]})
    # Up to which change of older messages the asker knows everything now.
    response.headers["X-Revision"] = page.revision
    return response


@either_door
def message_create(request, pk):
    conversation = bare_conversation(request, pk)
    uploads = request.FILES.getlist("files")
    form = message_form(request.viewer, request.POST, has_files=bool(uploads))
    if {*request.FILES} - {"files"}:
        form.add_error(None, _("Send files in the field “files”. The text is kept."))
    if not form.is_valid():
        return _not_sent(request, conversation, form, status=422)
    try:
        sent = _send(conversation, request.viewer, uploads, **form.cleaned_data)
    except (Participant.DoesNotExist, AccessLink.DoesNotExist):
        raise Http404 from None
    except FilesRefused as refused:
        form.refused = refused
        response = _not_sent(request, conversation, form, status=refused.status)
        if refused.retry_after:
            response.headers["Retry-After"] = refused.retry_after
        return response
    except NothingToReplyTo as refused:
        form.add_error("reply_to", refused.reason)
        return _not_sent(request, conversation, form, status=422)
    except Refused as refused:
        form.add_error(None, refused.reason)
        response = _not_sent(request, conversation, form, status=409)
        if isinstance(refused, TooManyMessages):
            response.status_code, response.headers["Retry-After"] = 429, refused.retry_after
        return response
    if request.htmx:
        return render(request, "chat/_message.html", {"message": sent.message})
    return to_conversation(request, conversation, f"#message-{sent.message.number}")


def _send(conversation, viewer, uploads, client_id, **fields):
    author = viewer.person
    fields |= {"conversation": conversation, "author": author, "client_id": client_id, "link": viewer.link}
    if not uploads or not viewer.may_write:
        # Who may only read is refused, before any work.
        return actions.send_message(**fields)
    if client_id and conversation.messages.filter(author=author, client_id=client_id).exists():
        # To be compared with what was sent, and not to be made once more.
        files = [MessageFile(digest=upload.digest) for upload in uploads]
    else:
        files = actions.store_files(uploads=uploads, uploader=author)
    try:
        return actions.send_message(files=files, **fields)
    finally:
        actions.drop_files(files=[file for file in files if file.pk and not file.message_id])


def _not_sent(request, conversation, form, status):
    """The form again, with what is wrong and all that was typed."""
    conversation = visible_conversation(request, conversation.pk)
    reply_to = form.cleaned_data.get("reply_to")
    if request.htmx:
        reply = text_to_answer(conversation, reply_to)
        context = {"conversation": conversation, "viewer": request.viewer, "form": form, "reply": reply}
        context |= answers_at_hand(conversation, request.viewer)
        return render(request, "chat/_composer.html", context, status=status)
    return conversation_page(request, conversation, form=form, reply_to=reply_to, status=status)


@either_door
def message_detail(request, pk, number):
    """The form in which its author changes or deletes a message."""
    conversation = bare_conversation(request, pk)
    message = own_message(request, conversation, number)
    if not message.is_changeable or not request.viewer.may_write:
        refused = TooLate() if request.viewer.may_write else ReadOnly()
        return _change_page(request, message, refusal=refused.reason, status=409)
    if message.facts.get("location"):
        # Where somebody was can be taken back, and not made another place.
        return _change_page(request, message)
    return _change_page(request, message, EditForm(initial={"body": message.body}, has_files=bool(message.file_list)))


@either_door
def message_update(request, pk, number):
    message = own_message(request, bare_conversation(request, pk), number)
    form = EditForm(request.POST, has_files=bool(message.file_list))
    if not form.is_valid():
        return _change_page(request, message, form, version=form.cleaned_data.get("version"), status=422)
    edit = partial(actions.edit_message, message=message, link=request.viewer.link, **form.cleaned_data)
    return _changed(request, message, form, edit)


@either_door
def message_delete(request, pk, number):
    message = own_message(request, bare_conversation(request, pk), number)
    return _changed(request, message, None, partial(actions.delete_message, message=message, link=request.viewer.link))


def _changed(request, message, form, change):
    try:
        message = change()
    except (Participant.DoesNotExist, AccessLink.DoesNotExist):
        raise Http404 from None
    except Refused as refused:
        # Against the message as it is now, so that saving once more says that this was seen.
        message = own_message(request, message.conversation, message.number)
        return _change_page(request, message, form, refusal=refused.reason, status=409)
    if request.htmx:
        return render(request, "chat/_message.html", {"message": message})
    return to_conversation(request, message.conversation, f"#message-{message.number}")


def _change_page(request, message, form=None, version=None, refusal="", status=200):
    """The form with what was typed, and beside it what the message says now where it could not be saved."""
    context = {
        "section": "chats",
        "viewer": request.viewer,
        "message": message,
        "conversation": visible_conversation(request, message.conversation_id),
        "form": form,
        "version": version or message.version,
        "refusal": refusal,
    }
    template = "chat/_change.html" if request.htmx else "chat/message_change.html"
    return render(request, template, context, status=status)
