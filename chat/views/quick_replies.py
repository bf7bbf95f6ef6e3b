from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.viewers import team_door

from .. import actions
from ..filling import FIELDS, fill, values_for
from ..models import QuickReply
from ..quick_reply_forms import QuickReplyForm, ZoneForm
from ..refusals import NameTaken
from .pages import visible_conversation


@team_door
def conversation_reply_list(request, pk):
    """The quick replies that this viewer can use, each filled in for this conversation."""
    conversation = visible_conversation(request, pk)
    form = ZoneForm(request.GET)
    values = values_for(conversation, request.viewer, form.cleaned_data["zone"] if form.is_valid() else None)
    replies = list(QuickReply.objects.usable_by(request.viewer.person))
    for reply in replies:
        reply.filled = fill(reply.body, values)
    return render(request, "chat/_replies.html", {"replies": replies})


@team_door
def quick_reply_list(request):
    return _list_page(request, QuickReplyForm())


@team_door
def quick_reply_create(request):
    form = QuickReplyForm(request.POST, instance=QuickReply(owner=request.viewer.person))
    return _save(form) or _list_page(request, form, status=422)


@team_door
def quick_reply_detail(request, reply):
    reply = own_reply(request, reply)
    return _change_page(request, reply, QuickReplyForm(instance=reply))


@team_door
def quick_reply_update(request, reply):
    reply = own_reply(request, reply)
    form = QuickReplyForm(request.POST, instance=reply)
    return _save(form) or _change_page(request, reply, form, status=422)


@team_door
def quick_reply_delete(request, reply):
    actions.delete_quick_reply(reply=own_reply(request, reply))
    return _to_list()


def own_reply(request, pk) -> QuickReply:
    return get_object_or_404(QuickReply.objects.owned_by(request.viewer.person), pk=pk)


def _save(form):
    """The way back to the list, or None for what cannot be saved: then the form says why."""
    if form.is_valid():
        try:
            actions.save_quick_reply(reply=form.instance)
            return _to_list()
        except NameTaken as refused:
            form.add_error("name", refused.reason)
    return None


def _to_list():
    return HttpResponseRedirect(reverse("chat:quick_reply_list"), status=303)


def _list_page(request, form, status=200):
    context = {
        "section": "replies",
        "form": form,
        "fields": FIELDS,
        "own": QuickReply.objects.owned_by(request.viewer.person),
        "shared": QuickReply.objects.shared(),
    }
    return render(request, "chat/quick_reply_list.html", context, status=status)


def _change_page(request, reply, form, status=200):
    context = {"section": "replies", "form": form, "fields": FIELDS, "reply": reply}
    return render(request, "chat/quick_reply_detail.html", context, status=status)
