"""The languages in which pages are open at this process, by their websockets."""

from collections import Counter

from django.conf import settings

_open = Counter()


def opened(language):
    _open[language] += 1


def closed(language):
    _open[language] -= 1


def spoken() -> set[str]:
    # Read in the threads of requests while the loop counts: each look is at one number.
    return {language for language, _ in settings.LANGUAGES if _open[language] > 0}
