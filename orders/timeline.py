"""What happened to an order, for people to read."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from .models import Order, OrderEvent

CHAT_SENTENCES = {
    OrderEvent.Kind.CHAT_OPENED: (N_("Chat opened"), N_("Chat opened by <bdi>{name}</bdi>")),
    OrderEvent.Kind.CHAT_CLOSED: (N_("Chat closed"), N_("Chat closed by <bdi>{name}</bdi>")),
    OrderEvent.Kind.CHAT_REOPENED: (N_("Chat opened again"), N_("Chat opened again by <bdi>{name}</bdi>")),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    sentence: SafeString | str


def timeline_of(order: Order) -> list[Line]:
    """What was seen happening, and the dates that the order itself knows; newest first."""
    lines = [Line(event.at, _sentence(event)) for event in order.events.select_related("actor")]
    if order.placed_at:
        lines.append(Line(order.placed_at, _("Placed")))
    # Where it was seen setting off that day, its date would only say so again.
    seen = {(line.sentence, timezone.localdate(line.at)) for line in lines}
    if order.shipped_at and (str(Order.Status.IN_TRANSIT.label), timezone.localdate(order.shipped_at)) not in seen:
        lines.append(Line(order.shipped_at, _("Shipped")))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _sentence(event):
    match event.kind:
        case OrderEvent.Kind.DRIVER_ASSIGNED if not event.detail:
            return _("Driver taken off")
        case OrderEvent.Kind.DRIVER_ASSIGNED:
            return format_html(_("Driver assigned: <bdi>{name}</bdi>"), name=event.detail)
        case OrderEvent.Kind.STATUS_CHANGED:
            # Stored as the label that it has in English.
            return _(event.detail) if event.detail else ""
        case OrderEvent.Kind.IMPORTED:
            return _("Imported")
    alone, by_somebody = CHAT_SENTENCES[event.kind]
    return format_html(_(by_somebody), name=event.actor.name) if event.actor else _(alone)
