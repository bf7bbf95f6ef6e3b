from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, json_script
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from ..words import translations_for

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


@register.simple_tag(takes_context=True)
def module(context, name):
    """A script of the page: `{% module "thread" %}` for static/js/thread.js. `words` brings along what it says."""
    if request := context.get("request"):
        request.modules = [*getattr(request, "modules", []), name]
    nonce = context.get("csp_nonce", "")
    return format_html('<script type="module" src="{}" nonce="{}"></script>', static(f"js/{name}.js"), nonce)


@register.simple_tag(takes_context=True)
def words(context):
    """The translations for the page's modules, which must stand before it in the page."""
    said = translations_for(getattr(context.get("request"), "modules", []))
    # A block of data, which a strict CSP lets through.
    return json_script(said, "words") if said else ""


@register.filter
def clock(moment):
    """14:09 as an element that the page turns into the reader's own zone and language."""
    return _time_element(moment, date_format(timezone.localtime(moment), "H:i"), "clock")


@register.filter
def moment(at):
    """The clock for today, else the day: 14:09 or 21 Nov."""
    local = timezone.localtime(at)
    text = date_format(local, "H:i") if local.date() == timezone.localdate() else short_day(local)
    return _time_element(at, text, "moment")


@register.filter
def day(at):
    """Today, Tomorrow, Yesterday, or 21 Nov: of a moment, so that the page can turn it into the reader's own zone."""
    return _time_element(at, day_name(timezone.localdate(at)), "day")


def day_name(date):
    near = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}
    return near.get((date - timezone.localdate()).days) or short_day(date)


def short_day(date):
    """21 Nov, or 21 Nov 2024 for another year than this one, as the language writes it."""
    return date_format(date, "MONTH_DAY_FORMAT" if date.year == timezone.localdate().year else "SHORT_DATE_FORMAT")


def _time_element(at, text, style):
    return format_html('<time datetime="{}" data-time="{}">{}</time>', at.isoformat(), style, text)
