"""The lines of a conversation, as they stand in the HTML of pages, answers and frames."""

import html
import re
from datetime import datetime
from typing import NamedTuple

ITEM = re.compile(r"<li\b([^>]*\bdata-number=[^>]*)>(.*?)</li>", re.DOTALL)
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
BODY = re.compile(r'class="message__body"[^>]*>(.*?)</(?:div|p)>', re.DOTALL)


class Line(NamedTuple):
    number: int
    author: str
    client_id: str
    kind: str
    body: str
    # When it was stored, by the server's clock.
    at: datetime | None


def read_lines(text) -> list[Line]:
    return [read_line(attributes, inner) for attributes, inner in ITEM.findall(text)]


def read_line(attributes, inner):
    values = dict(ATTRIBUTE.findall(attributes))
    body = BODY.search(inner)
    return Line(
        number=int(values["data-number"]),
        author=values["data-author"],
        client_id=values["data-client-id"],
        kind=values["data-kind"],
        body=html.unescape(body[1]) if body else "",
        at=datetime.fromisoformat(values["data-at"]) if "data-at" in values else None,
    )
