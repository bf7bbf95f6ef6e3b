"""The catalogs of translations, for those who change words: `make messages`, and the tests that none is missing.

Takes Babel and nothing of GNU gettext. The product itself reads the .mo files beside the catalogs and needs neither.
"""

import io
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from .words import words_in

ROOT = settings.ROOT
APPS = ("accounts", "orders", "chat", "dispatch_console")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What no customer or driver ever sees, so that it need be there in the console's languages only. Whatever is not named
# here must be translated into all.
CONSOLE_ONLY = re.compile(
    r"""templates/(console|accounts/settings|orders/.*|chat/(conversation_|participant_|person_|quick_reply_
        |quick_answer_|_quick_answer|_offer|notification_
        |link_list|_(calls|chat_icon|chat_open|delivery|inbox|mute|order_chats|panel|people|pick|reach|replies|reply_form
        |row|wait|waits|waiting_count|weblink|link_until|rung|counts|live)\.)).*
    |.*/(admin|apps|preferences|settings_views|quick_reply\w*|quick_answer_\w*|quick_answers|demo\w*|importing|reading|filling|health)\.py
    |orders/(forms|timeline)\.py
    |chat/models/reach\.py
    |accounts/reaching\.py
    |chat/(actions/deliveries|models/delivery|notices/(lines|phones|ways))\.py
    |chat/views/(deliveries|notifications|people|participants|links)\.py
    |.*/management/.*
    |static/js/(elsewhere|inbox|keyboard|shortcuts|sheet|steering|notify|notify-\w+|desktop|sound|panel|replies|missing|choices
        |badge|known|tabs)\.js""",
    re.VERBOSE,
)


def path_of(language) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def extracted() -> Catalog:
    """All that is marked for translation in templates, Python and scripts, with the files in which it stands."""
    found = defaultdict(set)
    for name, messages in (*_in_python(), *_in_templates(), *_in_scripts()):
        for context, message in messages:
            # An empty msgid is the header's.
            if message and message[0]:
                found[context, message].add(name)
    catalog = Catalog()
    for context, message in sorted(found, key=_in_order):
        catalog.add(message, context=context, locations=[(name, None) for name in sorted(found[context, message])])
    return catalog


def _in_order(key):
    # By the text, so that what is moved to another file stays where it is, and merges well.
    context, message = key
    text = message[0] if isinstance(message, tuple) else message
    return text.casefold(), text, context or ""


def _in_python():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield _name(path), _calls_in(path.read_bytes())


def _in_templates():
    for path in sorted((ROOT / "templates").rglob("*.*")):
        source = templatize(path.read_text(encoding="utf-8"), origin=_name(path))
        # What it makes of a template is for a reader of calls, and is no Python as to its indents.
        calls = "\n".join(line.strip() for line in source.splitlines())
        yield _name(path), _calls_in(calls.encode())


def _in_scripts():
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        words = words_in(path.read_text(encoding="utf-8"))
        yield _name(path), [(None, (word.text, word.plural) if word.plural else word.text) for word in words]


def _name(path):
    return path.relative_to(ROOT).as_posix()


def _calls_in(source):
    return [(context, message) for _, message, _, context in extract("python", io.BytesIO(source), KEYWORDS)]


def read(language) -> Catalog:
    return read_po(io.BytesIO(path_of(language).read_bytes()), locale=language)


def is_for_guests(message) -> bool:
    """Whether somebody outside of the team may read it, be it on a page or in what is sent to them."""
    return any(not CONSOLE_ONLY.fullmatch(name) for name, _ in message.locations)


def is_translated(message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings) and not message.fuzzy


def untranslated(catalog, language) -> list:
    """What must be there in this language and is not."""
    return [
        message
        for message in catalog
        if message.id
        and not is_translated(message)
        and (language in settings.CONSOLE_LANGUAGES or is_for_guests(message))
    ]


def updated(language) -> Catalog:
    """The catalog with all that is marked now: what is new has no translation yet, what is gone is left out."""
    catalog = read(language)
    # No guesses: a sentence that resembles another one may say the opposite.
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_text(catalog) -> bytes:
    """The catalog as a file, with nothing in it that changes by itself: no dates, no lines."""
    text = io.BytesIO()
    write_po(text, catalog, width=120, include_lineno=False, ignore_obsolete=True)
    kept = [line for line in text.getvalue().splitlines(keepends=True) if not DATED.match(line)]
    return b"".join(kept)


DATED = re.compile(rb'"(POT-|PO-|Last-|Language-Team|Generated-By|Project-Id-|Report-)')


def as_binary(catalog) -> bytes:
    """What the product reads."""
    # Not the moment at which it was written, or it would be another file every time.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    binary = io.BytesIO()
    write_mo(binary, catalog)
    return binary.getvalue()
