"""What happened to an order, for people to read."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .models import Order, OrderEvent

CHAT_SENTENCES = {
    OrderEvent.Kind.CHAT_OPENED: "Chat opened",
    OrderEvent.Kind.CHAT_CLOSED: "Chat closed",
    OrderEvent.Kind.CHAT_REOPENED: "Chat opened again",
}


@dataclass(frozen=True)
class Line:
    at: datetime
    sentence: SafeString | str


def timeline_of(order: Order) -> list[Line]:
    """What was seen happening, and the dates that the order itself knows; newest first."""
    lines = [Line(event.at, _sentence(event)) for event in order.events.select_related("actor")]
    if order.placed_at:
        lines.append(Line(order.placed_at, "Placed"))
    # Where it was seen setting off that day, its date would only say so again.
    seen = {(line.sentence, timezone.localdate(line.at)) for line in lines}
    if order.shipped_at and (Order.Status.IN_TRANSIT.label, timezone.localdate(order.shipped_at)) not in seen:
        lines.append(Line(order.shipped_at, "Shipped"))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _sentence(event):
    match event.kind:
        case OrderEvent.Kind.DRIVER_ASSIGNED if not event.detail:
            return "Driver taken off"
        case OrderEvent.Kind.DRIVER_ASSIGNED:
            return format_html("Driver assigned: <bdi>{}</bdi>", event.detail)
        case OrderEvent.Kind.STATUS_CHANGED:
            return event.detail
        case OrderEvent.Kind.IMPORTED:
            return "Imported"
    sentence = CHAT_SENTENCES[event.kind]
    return format_html("{} by <bdi>{}</bdi>", sentence, event.actor.name) if event.actor else sentence
