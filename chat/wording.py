"""The sentences that a conversation speaks: what happened, who reads, what it is called."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User

from .models import Conversation, Message


def name_list(names, last=" and "):
    """ "Ann", "Ann and Bob", "Ann, Bob and Cid", of ready pieces of HTML."""
    *first, final = names
    return (
        format_html("{}{}{}", format_html_join(", ", "{}", ((name,) for name in first)), last, final)
        if first
        else final
    )


def bdi(name):
    # A name in another direction must not turn the sentence round.
    return format_html("<bdi>{}</bdi>", name)


def event_sentence(message: Message) -> SafeString:
    """What happened, for everybody the same: "Dispatcher 1 added Nancy Davolio (driver), who sees all 9 messages." """
    actor = bdi(message.author.name)
    people = [
        format_html("{} ({})", bdi(person["name"]), User.Role(person["role"]).label.lower())
        for person in message.facts.get("people", [])
    ]
    match message.event:
        case Message.Event.OPENED if people:
            return format_html("{} opened this chat with {}.", actor, name_list(people))
        case Message.Event.OPENED:
            return format_html("{} opened this chat.", actor)
        case Message.Event.ADDED:
            return format_html(
                "{} added {}{}.", actor, name_list(people), _what_they_see(people, message.facts["seen"])
            )
        case Message.Event.REMOVED:
            return format_html("{} removed {}.", actor, name_list(people))
        case Message.Event.JOINED:
            return format_html("{} joined.", actor)
        case Message.Event.ANSWERED:
            return format_html("{} noted that no answer is needed.", actor)
        case Message.Event.RENAMED if title := message.facts["title"]:
            return format_html("{} named this chat “{}”.", actor, bdi(title))
        case Message.Event.RENAMED:
            return format_html("{} removed the name of this chat.", actor)
        case Message.Event.CLOSED:
            return format_html("{} closed this chat.", actor)
        case Message.Event.REOPENED:
            return format_html("{} opened this chat again.", actor)
    raise ValueError(f"No sentence for {message.event!r}")


def _what_they_see(people, count):
    sees = "who sees" if len(people) == 1 else "who see"
    match count:
        case 0:
            return ""
        case 1:
            return f", {sees} the message so far"
    return f", {sees} all {count} messages"


def also_looking(names) -> SafeString:
    """ "Dispatcher 2 is also looking at this", of ready pieces of HTML."""
    return format_html("{} {} also looking at this", name_list(names), "is" if len(names) == 1 else "are")


def title_of(conversation: Conversation, viewer) -> str:
    """What a list and a header call a conversation. Guests know their order's number, the team its customer."""
    if conversation.title:
        return conversation.title
    if conversation.order and not viewer.is_team:
        return f"Order {conversation.order.reference}"
    people = [row.person for row in conversation.people_rows]
    guests = [person for person in people if not person.is_team]
    if conversation.order:
        guests.sort(key=lambda person: person.pk != conversation.order.customer_id)
        guests = guests[:1]
    others = [person.name for person in (guests or people) if person != viewer.person]
    return ", ".join(others) or "Dispatch team"


def subtitle_of(conversation: Conversation) -> str:
    """What a conversation is about when no order says it: "No order · 2 drivers, dispatch"."""
    counts = {}
    for row in conversation.people_rows:
        kind = "dispatch" if row.person.is_team else row.person.role
        counts[kind] = counts.get(kind, 0) + 1
    parts = [
        f"{counts[role]} {role}{'s' if counts[role] > 1 else ''}" for role in ("customer", "driver") if role in counts
    ]
    return "No order · " + ", ".join([*parts, "dispatch"])


def readers(conversation: Conversation, viewer) -> SafeString:
    """Who will read what this viewer writes, besides the viewer: the whole sentence, never cut."""
    people = [
        format_html("<b>{}</b> ({})", bdi(row.person.name), row.person.get_role_display().lower())
        for row in conversation.people_rows
        if row.person != viewer.person and not row.person.is_team
    ]
    if not people:
        return SafeString("The dispatch team will read this.")
    return format_html("{} will read this.", name_list([*people, "the dispatch team"]))
