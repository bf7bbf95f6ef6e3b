from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch_console.templatetags.page import clock, day, day_name

from ..models import has_clock

register = template.Library()

STATUS_ICONS = {"assigned": "circle-dashed", "in_transit": "truck", "delivered": "circle-check"}


@register.filter
def status_icon(order):
    return STATUS_ICONS[order.status]


@register.filter
def when(at):
    """The day, and the clock where it is known: "Today 13:38"."""
    return _day_and_clock(at, _("{day} {time}"))


@register.filter
def promise(at):
    """Until when: "Today, by 15:00", or the day."""
    return _day_and_clock(at, _("{day}, by {time}"))


def _day_and_clock(at, text):
    """A day without a clock is the same day for every reader, so it is not moved into the reader's zone."""
    if has_clock(at):
        return format_html(text, day=day(at), time=clock(at))
    date = timezone.localdate(at)
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), day_name(date))


@register.filter
def promised(order):
    """The promise in a list: the clock for what is near or late, else the day alone."""
    days = (timezone.localdate(order.promised_for) - timezone.localdate()).days
    if order.is_late or days in (0, 1):
        return _day_and_clock(order.promised_for, _("{day}, {time}"))
    return day_of(order.promised_for)


@register.filter
def day_of(at):
    return day(at) if has_clock(at) else when(at)


@register.filter
def lateness(order):
    """How late it is: "18 min late", "3 h late", "2 days late"."""
    minutes = max(1, int((timezone.now() - order.due_at).total_seconds() // 60))
    if minutes < 60:
        return _("{minutes} min late").format(minutes=minutes)
    hours = minutes // 60
    if hours < 48:
        return _("{hours} h late").format(hours=hours)
    days = hours // 24
    return ngettext("{count} day late", "{count} days late", days).format(count=days)
