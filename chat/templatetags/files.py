from types import SimpleNamespace

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def photo_label(message, at=None):
    """What a photo of a message is called. Without `at` it has "{time}" in it, where the page puts the reader's own."""
    time = date_format(timezone.localtime(at), "H:i") if at else "{time}"
    return _("Photo from %(name)s, %(time)s") % {"name": message.author.name, "time": time}


@register.simple_tag
def sample_files():
    """One file of each kind, from which the page makes those that are on their way: the same markup as all others."""
    photo = SimpleNamespace(
        pk=0, kind="image", name="", size=0, width=1, height=1, thumbnail_width=1, thumbnail_height=1
    )
    return [photo, SimpleNamespace(pk=0, kind="pdf", name="", size=0)]
