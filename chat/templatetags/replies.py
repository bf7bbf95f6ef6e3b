import re

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

from ..filling import FIELDS

register = template.Library()

MISSING = re.compile(rf"\[(?:{'|'.join(FIELDS)})\?\]")
FIELD = re.compile(rf"\{{\s*(?:{'|'.join(FIELDS)})\s*\}}", re.IGNORECASE)


@register.simple_tag
def field_names():
    """The names of all fields, for a page that must know one that is missing."""
    return " ".join(FIELDS)


@register.filter
def marked(text):
    """The text escaped, with what is missing in it, or is yet to be filled in, set apart."""
    text = MISSING.sub(r'<mark class="missing">\g<0></mark>', escape(text))
    return mark_safe(FIELD.sub(r'<span class="blank">\g<0></span>', text))
