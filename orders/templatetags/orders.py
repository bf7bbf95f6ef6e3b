from django import template
from django.utils import timezone
from django.utils.html import format_html

from dispatch_console.templatetags.page import clock, day, day_name

from ..models import has_clock

register = template.Library()

STATUS_ICONS = {"assigned": "circle-dashed", "in_transit": "truck", "delivered": "circle-check"}


@register.filter
def status_icon(order):
    return STATUS_ICONS[order.status]


@register.filter
def when(at, between=" "):
    """The day, and the clock where it is known: "Today 13:38", or "Today, by 15:00" with ", by " between them.

    A day without a clock is the same day for every reader, so it is not moved into the reader's zone.
    """
    if has_clock(at):
        return format_html("{}{}{}", day(at), between, clock(at))
    date = timezone.localdate(at)
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), day_name(date))


@register.filter
def promised(order):
    """The promise in a list: the clock for what is near or late, else the day alone."""
    days = (timezone.localdate(order.promised_for) - timezone.localdate()).days
    return when(order.promised_for, ", ") if order.is_late or days in (0, 1) else day_of(order.promised_for)


@register.filter
def day_of(at):
    return day(at) if has_clock(at) else when(at)


@register.filter
def lateness(order):
    """How late it is: "18 min late", "3 h late", "2 days late"."""
    minutes = max(1, int((timezone.now() - order.due_at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min late"
    hours = minutes // 60
    return f"{hours} h late" if hours < 48 else f"{hours // 24} days late"
