"""The page of a person, for the team: who it is, how they are reached, and what there is with them."""

from django.shortcuts import get_object_or_404, render

from accounts.models import User
from accounts.viewers import team_door
from orders.models import Order

from .. import actions
from ..forms import CursorForm
from ..models import Conversation
from ..paging import keyset_page
from ..refusals import PersonInactive
from .pages import INBOX_PAGE, to_conversation

# Orders on the page. All of them are found in the list of orders.
ORDERS = 10


@team_door
def person_detail(request, person):
    return _person_page(request, get_object_or_404(User, pk=person))


@team_door
def person_chat_create(request, person):
    """Open the chat with this person alone: the one that there is, or a new one."""
    person = get_object_or_404(User.objects.exclude(pk=request.viewer.person.pk), pk=person)
    try:
        conversation, _ = actions.open_person_chat(person=person, actor=request.viewer.person)
    except PersonInactive as refused:
        return _person_page(request, person, refusal=refused.reason, status=422)
    return to_conversation(request, conversation)


def _person_page(request, person, *, refusal="", status=200):
    viewer = request.viewer
    form = CursorForm(request.GET)
    if not form.is_valid():
        status = 422
    theirs = Conversation.objects.visible_to(viewer).with_participant(person)
    conversations, cursor = keyset_page(
        theirs.for_rows(viewer),
        field="last_activity_at",
        newest_first=True,
        cursor=form.cleaned_data.get("cursor", ""),
        size=INBOX_PAGE,
    )
    orders = list(Order.objects.of_person(person).select_related("customer", "driver")[: ORDERS + 1])
    context = {
        "section": "chats",
        "viewer": viewer,
        "person": person,
        "conversations": conversations,
        "is_first": not form.data.get("cursor"),
        "next": f"?cursor={cursor}" if cursor else "",
        "orders": orders[:ORDERS],
        "more_orders": len(orders) > ORDERS,
        "errors": form.errors,
        "refusal": refusal,
    }
    return render(request, "chat/person_detail.html", context, status=status)
