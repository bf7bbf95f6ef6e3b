"""What the pages of a conversation show, for whoever asks and whatever brought them there."""

from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import AccessLink, User
from accounts.viewers import Viewer
from dispatch_console.sought import readings_of
from orders.timeline import timeline_of

from ..forms import InboxForm, PeopleSearchForm
from ..found import Found
from ..inbox import Inbox
from ..models import Conversation, Delivery, LinkRequest, Message, Participant, Reach
from ..paging import START, keyset_page
from .box import answers_at_hand, message_form

INBOX_PAGE = 50
# The first one is what a screen shows and a little more: the next is fetched before one has scrolled there.
FIRST_INBOX_PAGE = 30
MESSAGE_PAGE = 50
UNREAD_PAGE = 200
PICK_LIMIT = 50


def bare_conversation(request, pk) -> Conversation:
    """The conversation, or 404, the same for one that is not there and one that is not theirs."""
    conversation = Conversation.visible_one(request.viewer, pk)
    if conversation is None:
        raise Http404
    return conversation


def visible_conversation(request, pk) -> Conversation:
    """The same with all that a page shows of it: its order, its people, what is unread."""
    return get_object_or_404(Conversation.objects.visible_to(request.viewer).for_rows(request.viewer), pk=pk)


def to_conversation(request, conversation, anchor=""):
    """303 to the conversation, behind the same door, and beside the same list where the form has said which."""
    kept = {name: request.GET[name] for name in ("show", "reach", "q") if name in request.GET}
    query = f"?{urlencode(kept)}" if kept else ""
    response = redirect(f"{request.viewer.door}{conversation.get_absolute_url()}{query}{anchor}")
    response.status_code = 303
    return response


def own_message(request, conversation, number) -> Message:
    """The text with this number that the viewer wrote, or 404."""
    own = conversation.messages.filter(author=request.viewer.person, kind=Message.Kind.TEXT)
    return get_object_or_404(own.for_fragments(), number=number)


def text_to_answer(conversation, number) -> Message | None:
    """The text with this number, for the box in which it is answered; None when there is nothing to answer."""
    if number is None:
        return None
    texts = conversation.messages.filter(kind=Message.Kind.TEXT, deleted_at__isnull=True)
    return texts.select_related("author").filter(number=number).first()


def inbox_page(viewer: Viewer, query, current=None) -> dict:
    """A page of the viewer's conversations, filtered by `query` (q, show, reach, cursor).

    Beside the conversation `current` it reaches as far as this one. Where that is too far, or is none of these, it
    stands apart.
    """
    form = InboxForm(query)
    form.is_valid()
    show, q = form.cleaned_data.get("show", "all"), form.cleaned_data.get("q", "")
    # How others are reached is the team's concern.
    reach = form.cleaned_data.get("reach", "") if viewer.is_team else ""
    # A search looks everywhere: who looks for an order does not know whether its chat was closed.
    everywhere = q and show == "all"
    inbox = Inbox(viewer)
    found = inbox.visible if everywhere else inbox.show(show)
    cursor = form.cleaned_data.get("cursor", "")
    # Of a guest's chats those with something new come first, whatever has happened in the others since.
    has_top = not viewer.is_team and show == "all" and not q and not reach
    if has_top:
        top, rows, next_cursor = _unread_first(found, viewer, cursor)
    else:
        top, (rows, next_cursor) = (
            [],
            keyset_page(
                found.search(q).for_rows(viewer),
                field="waiting_since" if show == "waiting" else "last_activity_at",
                newest_first=show != "waiting",
                cursor=cursor,
                size=INBOX_PAGE if cursor else FIRST_INBOX_PAGE,
                only=_with_guest_on(reach) if reach else None,
                through=current and current.pk,
            ),
        )
    rows = [*top, *rows]
    hits = Message.objects.search(q).latest_in([row.pk for row in rows]) if q else {}
    readings = readings_of(q)
    for row in rows:
        # What was looked for, as far as it is a message: the row shows it and leads to it.
        row.hit = hits.get(row.pk)
        row.found = Found(row, readings, viewer) if readings[0] else None
    # The next pages of a list are rows and nothing else.
    counts = inbox.counts() if viewer.is_team and not cursor else {}
    given = {"show": show if show != "all" else "", "reach": reach, "q": q}
    kept = {name: value for name, value in given.items() if value}
    return {
        "asked": inbox,
        "conversations": rows,
        "show": show,
        "shows": [(name, label, counts.get(name)) for name, label in form.fields["show"].choices],
        "counts": counts,
        "q": q,
        "reach": reach and Reach(reach),
        "rungs": Reach,
        "query": f"?{urlencode(kept)}" if kept else "",
        "next": f"?{urlencode({**kept, 'cursor': next_cursor})}" if next_cursor else "",
        "top": len(top),
        "is_apart": bool(current) and current not in rows,
        "has_heads": has_top and not cursor,
        "total": inbox.visible.count() if has_top else 0,
        "errors": form.errors,
    }


def _with_guest_on(rung):
    """For keyset_page: of these conversations, those in which a customer or driver stands on this rung.

    They are named one by one. Of a condition that picks them out, PostgreSQL makes less: it asks about everybody first.
    """
    guests = Participant.objects.on_rung(rung)
    return lambda ids: set(guests.filter(conversation__in=ids).values_list("conversation", flat=True))


def _unread_first(found, viewer, cursor):
    """A page of conversations: those with something new, which stand on the first, the others, and the next cursor."""
    unread = found.unread_by(viewer.person).for_rows(viewer)
    top = list(unread.order_by("-last_activity_at", "-pk")[:INBOX_PAGE])
    others = found.exclude(pk__in=[row.pk for row in top])
    room = INBOX_PAGE if cursor else INBOX_PAGE - len(top)
    if not room:
        return top, [], START if others.exists() else ""
    rows, next_cursor = keyset_page(
        others.for_rows(viewer), field="last_activity_at", newest_first=True, cursor=cursor, size=room
    )
    return [] if cursor else top, rows, next_cursor


def conversation_page(request, conversation, *, form=None, messages=None, reply_to=None, status=200, **more):
    """The whole page of a conversation, with what somebody typed and what was wrong with it, if anything was."""
    viewer = request.viewer
    presences = list(conversation.presences.shown())
    first_unread = None
    if messages is None:
        messages, first_unread = _latest_messages(conversation, viewer.person)
    context = {
        "section": "chats",
        # What a form is answered with stands at the form's address, where the relative ones of messages do not hold.
        "base": f"{viewer.door}{conversation.get_absolute_url()}" if request.method == "POST" else "",
        "viewer": viewer,
        "conversation": conversation,
        "lines": messages,
        "first_unread": first_unread,
        # Of more than a page can hold, the first ones are further up, and the line stands above what is here.
        "unread_line": first_unread and max(first_unread, messages[0].number),
        "seen": conversation.seen_by(),
        "delivered": conversation.delivered_to(),
        "presences": presences,
        "form": form or message_form(viewer),
        "reply": text_to_answer(conversation, reply_to),
        **answers_at_hand(conversation, viewer),
        "echo": Message(author=viewer.person, kind=Message.Kind.TEXT),
        "other_chat": _open_chat_of_same_order(conversation),
        **more,
    }
    if not viewer.is_team:
        return render(request, "chat/guest_thread.html", context, status=status)
    context |= {
        "inbox": inbox_page(viewer, request.GET, current=conversation),
        "timeline": timeline_of(conversation.order) if conversation.order else [],
        **people_panel(conversation, presences),
    }
    return render(request, "chat/conversation_detail.html", context, status=status)


def _latest_messages(conversation, person):
    """The end of a conversation, and the number of the first unread message, from which on it is there if it can be."""
    messages = conversation.messages.latest_page(MESSAGE_PAGE)
    first_unread = conversation.messages.first_unread(person)
    if first_unread and first_unread < messages[0].number:
        messages = conversation.messages.latest_page(UNREAD_PAGE)
    return messages, first_unread


def people_panel(conversation, presences=None) -> dict:
    """Who is in it, how each of them is reached, and the order's driver where one tap can add that person.

    `presences` is who looks at it and who did, for who has read that already.
    """
    people = Participant.objects.present().filter(conversation=conversation).select_related("person").with_reach()
    presences = list(conversation.presences.shown()) if presences is None else presences
    driver = conversation.order.driver if conversation.order else None
    missing = driver and driver.is_active and all(row.person_id != driver.pk for row in people)
    return {
        "people": with_reach(conversation, people, presences),
        "presences": presences,
        "assigned_driver": driver if missing else None,
    }


def with_reach(conversation, rows, presences):
    """Give each participant what the panel says of reaching them.

    `links` are the web chat links that open this conversation, newest first, `last_used_at` when one of them was opened
    last, `seen_at` when the person had it on the screen, and `asked_at` since when the person waits for a new link.
    `delivery` is what was sent to them last, or is on its way.
    """
    rows = list(rows)
    links = {}
    for link in AccessLink.objects.usable().into(conversation, [row.person_id for row in rows]):
        links.setdefault(link.person_id, []).append(link)
    deliveries = Delivery.objects.last_of_each(conversation)
    asked = dict(LinkRequest.objects.open().filter(conversation=conversation).values_list("person", "asked_at"))
    # Who reads what is sent elsewhere, or by a page without a socket, has read it all the same.
    seen = dict(conversation.read_marks.filter(human_count__gt=0).values_list("person", "at"))
    looked = {each.person_id: each.at for each in presences if each.person_id in seen}
    for row in rows:
        row.delivery = deliveries.get(row.person_id)
        row.links = links.get(row.person_id, [])
        row.last_used_at = max((link.last_used_at for link in row.links if link.last_used_at), default=None)
        row.seen_at = max(filter(None, [seen.get(row.person_id), looked.get(row.person_id)]), default=None)
        row.asked_at = asked.get(row.person_id)
    return rows


def _open_chat_of_same_order(conversation):
    """The newer chat of a closed one's order, in which writing goes on."""
    if conversation.is_open or not conversation.order_id:
        return None
    return Conversation.objects.open().filter(order=conversation.order_id).first()


def people_picker(query, conversation=None) -> dict:
    """Who can be added: drivers and the team, customers too where `query` asks for them, and those chosen before."""
    search = PeopleSearchForm(query)
    search.is_valid()
    asked = search.cleaned_data
    chosen = list(asked.get("person") or [])
    roles = [User.Role.DRIVER, *User.TEAM_ROLES, *([User.Role.CUSTOMER] if asked.get("customers") else [])]
    people = User.objects.active().filter(role__in=roles).search(asked.get("q", ""))
    present = set()
    if conversation:
        present = set(conversation.participants.present().values_list("person_id", flat=True))
    found = list(people.exclude(pk__in=[person.pk for person in chosen])[: PICK_LIMIT + 1])
    more, found = len(found) > PICK_LIMIT, found[:PICK_LIMIT]
    groups = [
        (_("Chosen"), [person for person in chosen if person.pk not in present], True),
        (_("Drivers and team"), [person for person in found if person.role != User.Role.CUSTOMER], False),
        (_("Customers"), [person for person in found if person.role == User.Role.CUSTOMER], False),
    ]
    return {
        "search": search,
        "groups": [(label, people, is_chosen) for label, people, is_chosen in groups if people],
        "present": present,
        "more": more,
        "nobody": not found,
    }
