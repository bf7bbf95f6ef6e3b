"""A conversation as plain text, to be kept or handed on: all that its page says, files by their names and sizes."""

from datetime import datetime
from html import unescape

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from .files.wording import removed, summary
from .locations import coordinates, location_url
from .models import in_own_words
from .wording import event_sentence, title_of, with_role

# So many messages are read at a time.
PAGE = 500
# Whatever goes on below a line stands further in, so that nothing that somebody wrote looks like another message.
INDENT = " " * 6


def transcript_of(conversation, viewer):
    """Its lines, without their ends: who is in it, then by the day every message up to the last one there is now."""
    yield _one_line(title_of(conversation, viewer))
    if conversation.order:
        yield _("Order {reference}").format(reference=conversation.order.reference)
    for row in conversation.people_rows:
        yield _named(row.person)
    yield _("Dispatch team")
    yield _("Times are those of {zone}.").format(zone=timezone.get_current_timezone_name())
    number, day = 0, None
    while messages := conversation.messages.after(number, PAGE):
        for message in messages:
            number = message.number
            if number > conversation.last_number:
                return
            if day != (day := timezone.localdate(message.created_at)):
                yield from ("", date_format(day), "")
            yield from _said(message)


def _said(message):
    when = _clock(message.created_at)
    if message.is_event:
        yield f"{when} {_plain(event_sentence(message))}"
        return
    if message.deleted_at:
        yield f"{when} {_plain(_('Message deleted by <bdi>%(name)s</bdi>') % {'name': _one_line(message.author.name)})}"
        return
    first, *more = message.body.splitlines() or [""]
    yield f"{when} {_named(message.author)}: {first}".rstrip()
    if original := message.reply_to:
        text = _("Message deleted") if original.deleted_at else summary(original)
        yield f"{INDENT}> {_one_line(original.author.name)}: {_one_line(text)}"
    for line in [*more, *_goes_with(message)]:
        yield f"{INDENT}{line}".rstrip()


def _goes_with(message):
    if place := message.facts.get("location"):
        accuracy = _("accurate to %(metres)s m") % {"metres": place["accuracy"]}
        yield f"{_('Location')} {coordinates(place)} {accuracy} {location_url(place)}"
    for file in message.file_list:
        yield f"[{_one_line(file.name)}, {filesizeformat(file.size)}]"
    if gone := removed(message):
        yield f"[{gone}]"
    if answers := message.facts.get("answers"):
        yield f"{_('Answers offered:')} {' · '.join(map(in_own_words, answers))}"
    if message.earlier:
        yield _plain(_("Edited <span>%(time)s</span>") % {"time": _clock(message.changed_at)})
        for said in message.earlier:
            first, *more = said["body"].splitlines() or [""]
            yield f"> {_clock(datetime.fromisoformat(said['at']))} {first}"
            yield from (f"> {line}" for line in more)


def _named(person):
    return _plain(with_role(_one_line(person.name), person.role))


def _clock(moment):
    return date_format(timezone.localtime(moment), "H:i")


def _plain(html):
    return _one_line(unescape(strip_tags(html)))


def _one_line(text):
    return " ".join(text.split())
