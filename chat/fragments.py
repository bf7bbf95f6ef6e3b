"""A message as the one element that page, answer and websocket share, rendered once for all readers of a language."""

from collections import OrderedDict
from threading import Lock

from django.template.loader import render_to_string
from django.utils import translation

from .models import Message

# Those who come back after a restart, or were held up, ask for the same messages at the same time.
KEPT = 2000
_kept = OrderedDict()
_lock = Lock()


def render_message(message: Message, language: str) -> str:
    """The element of a message in this language. Needs its author, and what it replies to with its author."""
    author, quoted = message.author, message.reply_to and message.reply_to.author.name
    # With the sender's key, since a database that is restored or emptied gives a number to another message.
    # Its revision also counts the changes of what it quotes.
    is_changeable = message.is_changeable
    key = (message.pk, message.client_id, message.revision, is_changeable, author.name, author.role, quoted, language)
    with _lock:
        if html := _kept.get(key):
            _kept.move_to_end(key)
            return html
    with translation.override(language):
        html = render_to_string("chat/_message.html", {"message": message})
    with _lock:
        _kept[key] = html
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return html
