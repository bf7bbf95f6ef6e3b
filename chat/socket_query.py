"""What a page says of itself in the address of its websocket."""

from typing import NamedTuple
from urllib.parse import parse_qs

# The longest numbers that the database holds of each.
DIGITS = {"chat": 18, "after": 9, "revision": 9, "person": 18}


class SocketQuery(NamedTuple):
    """Which conversation it shows, if any, what it has of it, and as whom it is shown."""

    chat: int | None
    after: int
    revision: int | None
    person: int | None


def parse_socket_query(query_string: bytes) -> SocketQuery | None:
    """None when a number in it is not one."""
    given = parse_qs(query_string.decode("latin1"))
    numbers = {}
    for name, digits in DIGITS.items():
        text = given.get(name, [""])[0]
        if text and not (text.isascii() and text.isdigit() and len(text) <= digits):
            return None
        numbers[name] = int(text) if text else None
    return SocketQuery(**numbers | {"after": numbers["after"] or 0})
