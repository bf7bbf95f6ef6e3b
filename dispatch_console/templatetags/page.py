from functools import cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@cache
def icon(name, size=""):
    """A Lucide icon as inline SVG: `{% icon "truck" %}`, with "s" or "l" for the small and the large one.

    It is never read aloud: whatever it says stands beside it as a word.
    """
    classes = f"icon icon--{size}" if size else "icon"
    if "chevron" in name or "arrow-left" in name or "arrow-right" in name:
        # These point along the line, so they turn round where writing runs from right to left.
        classes += " icon--forward"
    return lucide(name, size=None, **{"class": classes, "aria-hidden": "true"})


@register.filter
def clock(moment):
    """14:09 as an element that the page turns into the reader's own zone and language."""
    return _time_element(moment, date_format(timezone.localtime(moment), "H:i"), "clock")


@register.filter
def moment(at):
    """The clock for today, else the day: 14:09 or 21 Nov."""
    local = timezone.localtime(at)
    today = timezone.localdate()
    if local.date() == today:
        text = date_format(local, "H:i")
    else:
        text = date_format(local, "j M" if local.year == today.year else "j M Y")
    return _time_element(at, text, "moment")


@register.filter
def day(at):
    """Today, Tomorrow, Yesterday, or 21 Nov: of a moment, so that the page can turn it into the reader's own zone."""
    return _time_element(at, day_name(timezone.localdate(at)), "day")


def day_name(date):
    today = timezone.localdate()
    near = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}
    return near.get((date - today).days) or date_format(date, "j M" if date.year == today.year else "j M Y")


def _time_element(at, text, style):
    return format_html('<time datetime="{}" data-time="{}">{}</time>', at.isoformat(), style, text)
