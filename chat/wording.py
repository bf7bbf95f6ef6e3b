"""The sentences that a conversation speaks: what happened, who reads, what it is called."""

import unicodedata

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User

from .models import Conversation, Message

# Embeddings, overrides and isolates: a title in them can read as what it is not.
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def one_line(text: str, limit: int) -> str:
    """A text as one line of at most `limit` characters, without what turns the line round that it is put into."""
    plain = text.translate(TURNING)
    shown = "".join(" " if char.isspace() or unicodedata.category(char) in ("Cc", "Cs") else char for char in plain)
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def name_list(names) -> SafeString:
    """ "Ann", "Ann and Bob", "Ann, Bob and Cid", of ready pieces of HTML."""
    *first, last = names
    return format_html(_("{first} and {last}"), first=comma_list(first), last=last) if first else last


def comma_list(names, put_in=format_html):
    """ "Ann, Bob, Cid", of ready pieces of HTML; of plain text with `str.format`."""
    whole, *more = names
    for name in more:
        whole = put_in(_("{first}, {next}"), first=whole, next=name)
    return whole


def bdi(name):
    # A name in another direction must not turn the sentence round.
    return format_html("<bdi>{}</bdi>", name)


def with_role(name, role) -> SafeString:
    """ "Nancy Davolio (driver)", with the name as a ready piece of HTML."""
    match role:
        case User.Role.CUSTOMER:
            text = _("{name} (customer)")
        case User.Role.DRIVER:
            text = _("{name} (driver)")
        case User.Role.SUPPORT:
            text = _("{name} (support)")
        case _:
            text = _("{name} (dispatcher)")
    return format_html(text, name=name)


def event_sentence(message: Message) -> SafeString:
    """What happened, for everybody the same: "Dispatcher 1 added Nancy Davolio (driver), who sees all 9 messages." """
    people = [with_role(bdi(person["name"]), person["role"]) for person in message.facts.get("people", [])]
    pieces = {"actor": bdi(message.author.name), "people": name_list(people) if people else ""}
    match message.event:
        case Message.Event.OPENED if people:
            text = _("{actor} opened this chat with {people}.")
        case Message.Event.OPENED:
            text = _("{actor} opened this chat.")
        case Message.Event.ADDED:
            text = _what_they_see(people, message.facts["seen"])
            pieces["count"] = message.facts["seen"]
        case Message.Event.REMOVED:
            text = _("{actor} removed {people}.")
        case Message.Event.JOINED:
            text = _("{actor} joined.")
        case Message.Event.ANSWERED:
            text = _("{actor} noted that no answer is needed.")
        case Message.Event.RENAMED if title := message.facts["title"]:
            text = _("{actor} named this chat “{title}”.")
            pieces["title"] = bdi(title)
        case Message.Event.RENAMED:
            text = _("{actor} removed the name of this chat.")
        case Message.Event.CLOSED:
            text = _("{actor} closed this chat.")
        case Message.Event.REOPENED:
            text = _("{actor} opened this chat again.")
        case Message.Event.ASKED:
            text = _("{actor} asked for a new link.")
        case _:
            raise ValueError(f"No sentence for {message.event!r}")
    return format_html(text, **pieces)


def _what_they_see(people, count):
    if count == 0:
        return _("{actor} added {people}.")
    if len(people) == 1:
        return ngettext(
            "{actor} added {people}, who sees the message so far.",
            "{actor} added {people}, who sees all {count} messages.",
            count,
        )
    return ngettext(
        "{actor} added {people}, who see the message so far.",
        "{actor} added {people}, who see all {count} messages.",
        count,
    )


def also_looking(names) -> SafeString:
    """ "Dispatcher 2 is also looking at this", of ready pieces of HTML."""
    text = ngettext("{names} is also looking at this", "{names} are also looking at this", len(names))
    return format_html(text, names=name_list(names))


def looking_now(names) -> SafeString:
    """ "Dispatcher 2, Dispatcher 3 looking now", of ready pieces of HTML."""
    text = ngettext("{names} looking now", "{names} looking now", len(names))
    return format_html(text, names=comma_list(names))


def title_of(conversation: Conversation, viewer) -> str:
    """What a list and a header call a conversation. Guests know their order's number, the team its customer."""
    if conversation.title:
        return conversation.title
    if conversation.order and not viewer.is_team:
        return _("Order {reference}").format(reference=conversation.order.reference)
    people = [row.person for row in conversation.people_rows]
    guests = [person for person in people if not person.is_team]
    if conversation.order:
        guests.sort(key=lambda person: person.pk != conversation.order.customer_id)
        guests = guests[:1]
    others = [person.name for person in (guests or people) if person != viewer.person]
    return comma_list(others, str.format) if others else _("Dispatch team")


def subtitle_of(conversation: Conversation) -> SafeString:
    """What a conversation is about when no order says it: "No order · 2 drivers, dispatch"."""
    counts = {}
    for row in conversation.people_rows:
        kind = "dispatch" if row.person.is_team else row.person.role
        counts[kind] = counts.get(kind, 0) + 1
    parts = []
    if count := counts.get(User.Role.CUSTOMER):
        parts.append(ngettext("{count} customer", "{count} customers", count).format(count=count))
    if count := counts.get(User.Role.DRIVER):
        parts.append(ngettext("{count} driver", "{count} drivers", count).format(count=count))
    return format_html(_("No order · {people}"), people=comma_list([*parts, _("dispatch")]))


def with_whom(conversation: Conversation, viewer) -> SafeString:
    """Who is in it besides a guest who looks: "Nancy Davolio (driver), Dispatch team"."""
    people = [with_role(bdi(person.name), person.role) for person in _guests(conversation, viewer)]
    return comma_list([*people, _("Dispatch team")])


def _guests(conversation, viewer):
    people = [row.person for row in conversation.people_rows]
    return [person for person in people if person != viewer.person and not person.is_team]


def readers(conversation: Conversation, viewer) -> SafeString:
    """Who will read what this viewer writes, besides the viewer: the whole sentence, never cut."""
    people = [
        with_role(format_html("<b>{}</b>", bdi(person.name)), person.role) for person in _guests(conversation, viewer)
    ]
    if not people:
        return SafeString(_("The dispatch team will read this."))
    return format_html(_("{people} will read this."), people=name_list([*people, _("the dispatch team")]))
