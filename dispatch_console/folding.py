"""Text as it is compared when somebody looks for it: without case, accents and forms of letters.

It is folded here and stored, and not by the database, so that the same is found on each of them.
"""

import unicodedata
from functools import lru_cache


def fold(text: str) -> str:
    """ "José Müller, Straße" -> "jose muller, strasse" """
    return "".join(map(fold_character, text))


@lru_cache(maxsize=8192)
def fold_character(char):
    """What stands for this character: often itself, sometimes several, nothing for an accent or a joiner."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(piece for piece in folded if not _is_silent(piece))


def _is_silent(char):
    # Accents; the invisible, such as a soft hyphen; and what chooses between two pictures of one emoji.
    return unicodedata.combining(char) or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"
