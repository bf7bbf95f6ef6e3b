"""What somebody looks for: the words of a query, and what some of them are together.

A phone is compared by its digits, since it is noted as "(208) 555-8097" and pasted as "+1 208.555.8097". The chat of
an order is shown as "Order 11064", and people write "#11064".
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

from django.utils.translation import gettext as _

from .folding import fold, fold_character

# What phones are written with: brackets, dots, slashes, and the many kinds of dash.
PHONE = re.compile(r"[\d+()\[\]./·\-\u2010-\u2015\u2212]+")
# Of fewer digits nobody knows whether they are a phone.
FEWEST_DIGITS = 6
# What stands before so many, the code of a country or a zero, is written in one place and left out in another.
LAST_DIGITS = 9


def readings_of(query: str) -> list[list[str]]:
    """The words of a query, each by itself; and where some belong together, once more with these as one."""
    # A word that is not to be seen, such as a joiner alone, asks for nothing.
    words = list(filter(fold, query.split()))
    joined = list(_join_phones(_join_titles(words)))
    return [words] if joined == words else [words, joined]


def _join_titles(words):
    """With "Order 11064", as the page says it in its language, as one."""
    lead = fold(_("Order {reference}").partition("{reference}")[0]).split()
    folded, at = list(map(fold, words)), 0
    while at < len(words):
        end = at + len(lead)
        is_title = lead and folded[at:end] == lead and end < len(words)
        yield " ".join(words[at : end + 1]) if is_title else words[at]
        at = end + 1 if is_title else at + 1


def _join_phones(words):
    for is_phone, run in groupby(words, key=_is_of_phone):
        run = list(run)
        whole = "".join(run)
        yield from [whole] if is_phone and digits_sought(whole) else run


def _is_of_phone(word):
    return bool(PHONE.fullmatch(fold(word)))


def reference_in(word: str) -> str:
    """What may be the reference of an order in this word of a reading: of "#11064" and "Order 11064" the number."""
    return word.split()[-1].removeprefix("#") or word


def digits_in(text: str) -> str:
    """All digits of a text, of whatever script, as 0 to 9."""
    return "".join(map(_digits_of, text))


@lru_cache(maxsize=8192)
def _digits_of(char):
    return "".join(str(unicodedata.decimal(piece)) for piece in fold_character(char) if piece.isdecimal())


def digits_sought(word: str) -> str:
    """The digits by which phones are looked for where this is asked for; empty where it is no phone."""
    digits = digits_in(word) if _is_of_phone(word) else ""
    return digits.removeprefix("0")[-LAST_DIGITS:] if len(digits) >= FEWEST_DIGITS else ""
