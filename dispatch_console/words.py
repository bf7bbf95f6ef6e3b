"""The words that scripts show, in the language of the page.

A script writes `word("Sending")` or `words("{count} new", "{count} new", count)`: plain English, also the msgid.
A page gets the translations of those that its modules use, and an English page needs none.
"""

import json
import re
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext, ngettext

FOLDER = settings.ROOT / "static" / "js"
TEXT = r'"(?:[^"\\]|\\.)*"'
COMMENT = re.compile(r"^\s*//.*", re.MULTILINE)
CALL = re.compile(rf"\bword(?:\(\s*({TEXT})|s\(\s*({TEXT})\s*,\s*({TEXT}))")
IMPORT = re.compile(r'\b(?:from|import)\s*\(?\s*"\./([\w-]+)\.js"')
# A number for each form that a language may have, by the name that Intl.PluralRules has for it.
NUMBERS = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


class Word(NamedTuple):
    """What one call says: `plural` is empty for word()."""

    text: str
    plural: str
    line: int


def words_in(source) -> list[Word]:
    """All that a script says, in its order."""
    source = COMMENT.sub("", source)
    return [
        Word(json.loads(match[1] or match[2]), json.loads(match[3] or '""'), source.count("\n", 0, match.start()) + 1)
        for match in CALL.finditer(source)
    ]


def translations_for(modules) -> dict:
    """What these modules, and all that they import, say in the active language, by the English."""
    said = {}
    for text, plural in sorted({word for module in modules for word in _words_of(module)}):
        if plural:
            forms = {name: ngettext(text, plural, number) for name, number in NUMBERS.items()}
            if forms["other"] != plural:
                # What a language has no form of its own for is said as the others.
                said[text] = {name: form for name, form in forms.items() if name == "other" or form != forms["other"]}
        elif (translated := gettext(text)) != text:
            said[text] = translated
    return said


@cache
def _words_of(module):
    return {(word.text, word.plural) for name in modules_of(module) for word in words_in(_source(name))}


@cache
def modules_of(module) -> frozenset[str]:
    """The names of a module and of all that it imports."""
    found, open_ones = set(), [module]
    while open_ones:
        name = open_ones.pop()
        if name not in found:
            found.add(name)
            open_ones += IMPORT.findall(_source(name))
    return frozenset(found)


def _source(name):
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
