import re
from datetime import datetime
from uuid import uuid4

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, urlize
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch_console.templatetags import page

from .. import locations, maps, search, wording
from ..calling import calls_for
from ..files import wording as files_wording
from ..inbox import CAP
from ..models import Conversation, Message, Reach, in_own_words

register = template.Library()

register.filter("event_sentence", wording.event_sentence)

EVENT_ICONS = {
    Message.Event.OPENED: "message-square-plus",
    Message.Event.ADDED: "user-plus",
    Message.Event.REMOVED: "user-minus",
    Message.Event.JOINED: "log-in",
    Message.Event.ANSWERED: "check",
    Message.Event.RENAMED: "pencil",
    Message.Event.CLOSED: "archive",
    Message.Event.REOPENED: "archive-restore",
    Message.Event.ASKED: "key-round",
}


REACH_ICONS = {
    Reach.NO_CONTACT: "phone-off",
    Reach.NO_LINK: "unlink",
    Reach.SENT: "send",
    Reach.DELIVERED: "mail-check",
    Reach.OPENED: "mail-open",
    Reach.SEEN: "eye",
    Reach.QUIET: "moon",
}


@register.simple_tag
def reach_icon(rung, size=""):
    return page.icon(REACH_ICONS[rung], size)


@register.filter
def event_icon(message):
    return EVENT_ICONS[message.event]


@register.filter
def earlier_texts(message):
    """What a message said before it was changed, oldest first: {"body", "at"}."""
    return [{**said, "at": datetime.fromisoformat(said["at"])} for said in message.earlier]


@register.filter
def linkify(text):
    """The text escaped, with its addresses as links that leave the chat open."""
    # What urlize makes is escaped, so that the only "<a " in it is its own.
    return mark_safe(urlize(text, nofollow=True, autoescape=True).replace("<a ", '<a target="_blank" '))


@register.filter
def excerpt(text):
    """The beginning of a text, on one line: what a quote of it shows."""
    return Truncator(" ".join(text.split())).chars(160)


@register.filter
def own_words(text):
    """An answer by one tap as its reader is to see it."""
    return in_own_words(text)


@register.filter
def offered(answers, chosen):
    """The answers to choose from, and whether each is chosen; also one that is chosen and no longer among them."""
    texts = [answer.text for answer in answers]
    chosen = chosen or []
    return [(text, text in chosen) for text in [*texts, *(text for text in chosen if text not in texts)]]


register.filter("summary", files_wording.summary)
register.filter("removed_files", files_wording.removed)


@register.filter
def in_set(item, items):
    return item in items


@register.simple_tag
def fresh_key():
    """The idempotency key of a message that is yet to be written."""
    return uuid4()


@register.simple_tag(takes_context=True)
def title_of(context, conversation):
    return wording.title_of(conversation, context["viewer"])


@register.filter
def subtitle_of(conversation):
    return wording.subtitle_of(conversation)


@register.simple_tag(takes_context=True)
def with_whom(context, conversation):
    return wording.with_whom(conversation, context["viewer"])


@register.simple_tag(takes_context=True)
def readers(context, conversation):
    return wording.readers(conversation, context["viewer"])


@register.simple_tag(takes_context=True)
def who_is_in(context, conversation):
    """The people of an order's chat besides its customer: "Jose Pavarotti, Nancy Davolio and dispatch"."""
    customer = conversation.order and conversation.order.customer_id
    others = [face.name for face in faces(conversation) if face.pk != customer and not face.is_team]
    names = [wording.title_of(conversation, context["viewer"]), *others]
    return wording.name_list([*map(wording.bdi, names), _("dispatch")])


@register.simple_tag(takes_context=True)
def who_is_here(context):
    """Besides the viewer, who has a conversation on the screen or how many; else which guest had it last, and when."""
    others = [each for each in context["presences"] if each.person != context["viewer"].person]
    if here := [wording.bdi(each.person.name) for each in others if each.is_now]:
        text = _("{name} here now") if len(here) == 1 else ngettext("{count} here now", "{count} here now", len(here))
        return format_html('<i class="here"></i>{}', format_html(text, name=here[0], count=len(here)))
    guests = [each for each in others if not each.person.is_team]
    if not guests:
        return ""
    last = max(guests, key=lambda each: each.at)
    return format_html(_("{name} seen {time}"), name=wording.bdi(last.person.name), time=page.moment(last.at))


@register.simple_tag(takes_context=True)
def also_looking(context):
    """Who else of the team has this conversation on the screen, so that two do not answer at once."""
    viewer = context["viewer"]
    team = [each.person for each in context["presences"] if each.is_now and each.person.is_team]
    names = [wording.bdi(person.name) for person in team if person != viewer.person]
    return wording.also_looking(names) if names and viewer.is_team else ""


@register.filter
def looking_now(people):
    return wording.looking_now([wording.bdi(person.name) for person in people])


@register.filter
def presence_of(presences, person):
    return next((each for each in presences if each.person_id == person.pk), None)


@register.filter
def looking_in(presences, people_rows):
    """Those of the team who look at a conversation in which they are not."""
    inside = {row.person_id for row in people_rows}
    return [each.person for each in presences if each.is_now and each.person_id not in inside]


@register.simple_tag(takes_context=True)
def preview(context, conversation):
    """A row's last line, with its author where that is not plain: "You: On my way." """
    message = conversation.last_message
    if message is None:
        return _("No messages yet")
    is_own, name = message.author == context["viewer"].person, message.author.name
    if message.deleted_at:
        return _("You deleted a message") if is_own else _("{name} deleted a message").format(name=name)
    text = Truncator(" ".join(files_wording.summary(message).split())).chars(200)
    if is_own:
        return _("You: {text}").format(text=text)
    is_the_one = conversation.order and message.author_id == conversation.order.customer_id
    return text if is_the_one and context["viewer"].is_team else _("{name}: {text}").format(name=name, text=text)


@register.simple_tag(takes_context=True)
def hit(context, message, query):
    """The line of a row that was found by what somebody wrote: its author, and that with the words marked."""
    who = _("You") if message.author == context["viewer"].person else message.author.name
    text = search.snippet(files_wording.searched(message), query)
    return format_html(_("{name}: {text}"), name=wording.bdi(who), text=text)


@register.filter
def faces(conversation):
    """The two people whose avatars stand for a conversation: the customer, the driver, else whoever is there."""
    rank = {"customer": 0, "driver": 1}
    people = sorted((row.person for row in conversation.people_rows), key=lambda person: rank.get(person.role, 2))
    return [person for person in people if not person.is_team][:2] or people[:2]


@register.simple_tag
def people_of(conversation):
    """Those of them who stand for it, with their roles: "Jose Pavarotti (customer), Nancy Davolio (driver)"."""
    people = [wording.with_role(person.name, person.role) for person in faces(conversation)]
    return wording.comma_list(people) if people else ""


@register.filter
def capped(count):
    """A count as it is shown: nobody counts beyond 99."""
    return f"{CAP}+" if count is not None and count > CAP else count


@register.simple_tag
def unread(count):
    """How many are unread, for the eye and for the ear."""
    return _spoken_count(ngettext("{count} unread", "{count} unread", count), count)


@register.simple_tag
def waiting(count):
    """How many wait, for the eye and for the ear."""
    return _spoken_count(ngettext("{count} waiting", "{count} waiting", count), count)


def _spoken_count(text, count):
    """The number is what is seen; the words around it are heard."""
    before, number, after = text.partition("{count}")
    hidden = '<span class="visually-hidden">{}</span>'
    if not number:
        # Some languages have a word for one and for two.
        return format_html(f'<span aria-hidden="true">{{}}</span>{hidden}', capped(count), text)
    return format_html(
        "{}{}{}",
        format_html(hidden, before) if before else "",
        capped(count),
        format_html(hidden, after) if after else "",
    )


@register.inclusion_tag("chat/_wait.html")
def wait(since, prefix=""):
    """How long somebody has waited for us: outlined, tinted where that is long, filled where it is over the time."""
    minutes = max(1, int((timezone.now() - since).total_seconds() // 60))
    steps = {"long": settings.WAIT_LONG_MINUTES, "over": settings.WAIT_OVER_MINUTES}
    level = "over" if minutes >= steps["over"] else "long" if minutes >= steps["long"] else ""
    if minutes < 60:
        text = _("{minutes} min").format(minutes=minutes)
    elif minutes < 48 * 60:
        text = _("{hours} h {minutes}").format(hours=minutes // 60, minutes=f"{minutes % 60:02}")
    else:
        days = minutes // (24 * 60)
        text = ngettext("{count} day", "{count} days", days).format(count=days)
    return {"since": since, "level": level, "steps": steps, "text": text, "prefix": prefix}


@register.inclusion_tag("chat/_waiting_count.html", takes_context=True)
def waiting_count(context):
    counts = context.get("inbox", {}).get("counts")
    if counts:
        # The page has asked for it.
        return {"count": counts["waiting"]}
    viewer = getattr(context["request"], "viewer", None)
    return {"count": Conversation.objects.visible_to(viewer).waiting()[: CAP + 1].count() if viewer else 0}


@register.inclusion_tag("chat/_calls.html", takes_context=True)
def calls(context):
    viewer = getattr(context["request"], "viewer", None)
    inbox = context.get("inbox", {}).get("asked")
    return {"calls": calls_for(viewer, inbox) if viewer else None, "viewer": viewer}


@register.filter
def map_link(order):
    """What a phone opens in its map. Not every phone: map.js takes the other link where this one leads nowhere."""
    return maps.geo_link(maps.place_of(order))


@register.filter
def web_map_link(order):
    """The same on a map that every browser can open."""
    return maps.map_url(maps.place_of(order))


register.filter("coordinates", locations.coordinates)
register.filter("location_url", locations.location_url)


@register.filter
def tel_link(phone):
    """A link that dials, for numbers that hold nothing but what a dial has; else nothing."""
    digits = re.sub(r"[\s().\-/]", "", phone)
    return f"tel:{digits}" if re.fullmatch(r"\+?\d{5,15}", digits) else ""


@register.simple_tag
def link_days():
    """So many days after the delivery a link to the chat of an order opens it."""
    return settings.LINK_DEAD_DAYS


# What the pages of orders show of their chats


@register.simple_tag(takes_context=True)
def chats_of(context, orders):
    """The open chat of each of these orders as this viewer sees it, by the order's id, in one query."""
    viewer = context["request"].viewer
    chats = Conversation.objects.visible_to(viewer).open().filter(order__in=[order.pk for order in orders])
    return {chat.order_id: chat for chat in chats.with_unread(viewer.person)}


@register.inclusion_tag("chat/_chat_icon.html", takes_context=True)
def chat_icon(context, order, chats):
    return {"order": order, "chat": chats.get(order.pk), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("chat/_chat_open.html", takes_context=True)
def chat_open(context, order):
    viewer = context["request"].viewer
    chats = Conversation.objects.visible_to(viewer).open().filter(order=order)
    chat = chats.with_unread(viewer.person).select_related("last_message__author").first()
    return {"order": order, "chat": chat, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("chat/_order_chats.html", takes_context=True)
def order_chats(context, order):
    viewer = context["request"].viewer
    chats = Conversation.objects.visible_to(viewer).filter(order=order).select_related("closed_by").for_rows(viewer)
    return {"viewer": viewer, "chats": list(chats)}
