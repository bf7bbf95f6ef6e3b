from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.viewers import either_door, team_door
from orders.models import Order
from orders.views import order_detail

from .. import actions
from ..forms import ConversationForm, TitleForm
from ..inbox import Inbox
from ..models import Conversation, QuickAnswer
from ..presence import note_look
from ..refusals import OtherChatOpen, PersonInactive, Refused
from .pages import MESSAGE_PAGE, conversation_page, inbox_page, people_picker, to_conversation, visible_conversation

# Messages on a page that shows one in its place: before it, and in all.
LEAD, LONG_PAGE = 25, 225


@either_door
def conversation_list(request):
    inbox = inbox_page(request.viewer, request.GET)
    template = "chat/conversation_list.html" if request.viewer.is_team else "chat/guest_list.html"
    if request.htmx:
        template += "#rows"
    context = {"section": "chats", "viewer": request.viewer, "inbox": inbox}
    if not request.viewer.is_team:
        context["answers"] = [answer.words for answer in QuickAnswer.objects.for_person(request.viewer.person)]
    elif inbox["counts"] and not request.htmx:
        context["longest"] = Inbox(request.viewer).longest_wait()
    return render(request, template, context, status=422 if inbox["errors"] else 200)


@either_door
def conversation_detail(request, pk):
    conversation = visible_conversation(request, pk)
    note_look(conversation, request.viewer.person)
    earlier, at, reply_to = (number_in(request, name) for name in ("before", "at", "reply"))
    if earlier is not None:
        # Without JavaScript, earlier messages are pages of their own.
        messages = conversation.messages.before(earlier, MESSAGE_PAGE)
        return conversation_page(request, conversation, messages=messages, is_earlier=True, reply_to=reply_to)
    if at is not None and at <= conversation.last_number - MESSAGE_PAGE + LEAD:
        # From a little before this message up to the latest, if these are not too many: scripts bring the others.
        messages = conversation.messages.around(at, LONG_PAGE, lead=LEAD)
        is_earlier = messages[-1].number < conversation.last_number
        return conversation_page(request, conversation, messages=messages, is_earlier=is_earlier, reply_to=reply_to)
    return conversation_page(request, conversation, reply_to=reply_to)


def number_in(request, name):
    """The number that the query gives by this name, or None."""
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else None


@team_door
def order_chat_create(request, reference):
    order = get_object_or_404(Order.objects.named(reference))
    try:
        conversation, _ = actions.open_order_chat(order=order, actor=request.viewer.person)
    except Refused:
        # The order's own page says why there can be no chat, and what to do.
        response = order_detail(request, reference)
        response.status_code = 422
        return response
    return to_conversation(request, conversation)


@team_door
def conversation_new(request):
    return _new_conversation_page(request, ConversationForm(), request.GET)


@either_door
def conversation_create(request):
    if not request.viewer.is_team:
        raise Http404
    form = ConversationForm(request.POST)
    if form.is_valid():
        try:
            conversation = actions.start_conversation(
                title=form.cleaned_data["title"], people=list(form.cleaned_data["person"]), actor=request.viewer.person
            )
            return to_conversation(request, conversation)
        except PersonInactive as refused:
            form.add_error("person", refused.reason)
    return _new_conversation_page(request, form, request.POST, status=422)


def _new_conversation_page(request, form, query, status=200):
    context = {
        "section": "chats",
        "viewer": request.viewer,
        "form": form,
        "action": reverse("chat:conversation_list"),
        **people_picker(query),
    }
    template = "chat/conversation_new.html"
    return render(request, f"{template}#people" if request.htmx and status == 200 else template, context, status=status)


@team_door
def wait_delete(request, pk):
    conversation = visible_conversation(request, pk)
    actions.end_wait(conversation=conversation, actor=request.viewer.person)
    return to_conversation(request, conversation)


@team_door
def title_detail(request, pk):
    conversation = visible_conversation(request, pk)
    return _title_page(request, conversation, TitleForm(initial={"title": conversation.title}))


@team_door
def title_update(request, pk):
    conversation = visible_conversation(request, pk)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return _title_page(request, conversation, form, status=422)
    actions.rename_conversation(
        conversation=conversation, title=form.cleaned_data["title"], actor=request.viewer.person
    )
    return to_conversation(request, conversation)


def _title_page(request, conversation, form, status=200):
    context = {"section": "chats", "viewer": request.viewer, "conversation": conversation, "form": form}
    return render(request, "chat/conversation_title.html", context, status=status)


@team_door
def closure_create(request, pk):
    conversation = visible_conversation(request, pk)
    actions.close_conversation(conversation=conversation, actor=request.viewer.person)
    return to_conversation(request, conversation)


@team_door
def closure_delete(request, pk):
    conversation = visible_conversation(request, pk)
    try:
        actions.reopen_conversation(conversation=conversation, actor=request.viewer.person)
    except OtherChatOpen as refused:
        return conversation_page(request, conversation, refusal=refused.reason, status=409)
    return to_conversation(request, Conversation.objects.get(pk=conversation.pk))
