"""What stands on a page, as a person or a script reads it there."""

import re
from html import unescape
from typing import NamedTuple
from uuid import uuid4

HTMX = {"HX-Request": "true"}


class Line(NamedTuple):
    """A line of a conversation: what somebody wrote, or what happened."""

    number: int
    kind: str
    author: int
    client_id: str
    text: str


class Row(NamedTuple):
    """A conversation in a list."""

    conversation: int
    unread: int
    waiting: bool
    text: str


def html_of(page):
    """The markup of a page, of an answer to a request or of what came over a websocket."""
    return page if isinstance(page, str) else page.content.decode()


def text_of(page):
    """Its words, without the markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html_of(page))).split())


def words_of(html):
    """Those of one line, exactly: with its line breaks, and with no space where an element ends."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def deliveries_of(page):
    """What stands at the people of a chat about what was sent to them."""
    return [
        text_of(found) for found in re.findall(r'<div class="delivery[^"]*"[^>]*>(.+?)</div>', html_of(page), re.DOTALL)
    ]


def lines_of(page):
    found = []
    for number, attributes, inside in re.findall(
        r'<li class="(?:event|message(?: message--deleted)?)" id="message-(\d+)"([^>]*)>(.*?)</li>',
        html_of(page),
        re.DOTALL,
    ):
        given = dict(re.findall(r'data-([\w-]+)="([^"]*)"', attributes))
        assert given["number"] == number
        if given["kind"] == "text":
            words = re.search(r'<div class="message__body"[^>]*>(.*?)</div>', inside, re.DOTALL)[1]
        else:
            words = re.search(r"<span>(.*) <time", inside, re.DOTALL)[1]
        found.append(Line(int(number), given["kind"], int(given["author"]), given["client-id"], words_of(words)))
    return found


def texts_of(page):
    return [line.text for line in lines_of(page)]


def rows_of(page):
    found = []
    for attributes, inside in re.findall(r"<a ([^>]*data-conversation=[^>]*)>(.*?)</a>", html_of(page), re.DOTALL):
        given = dict(re.findall(r'data-([\w-]+)="([^"]*)"', attributes))
        row = Row(int(given["conversation"]), int(given["unread"]), "waiting" in given, text_of(inside))
        found.append(row)
    return found


def ids_of(page):
    """The conversations of a list."""
    return [row.conversation for row in rows_of(page)]


def typed_in(page):
    """What stands in the box in which one writes."""
    return unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", html_of(page), re.DOTALL)[1])


def alerts_of(page):
    # What stands in a template is not shown.
    shown = re.sub(r"<template\b.*?</template>", "", html_of(page), flags=re.DOTALL)
    return [text_of(words) for words in re.findall(r'<p [^>]*role="alert"[^>]*>(.*?)</p>', shown, re.DOTALL)]


def next_page(page):
    """Where the list goes on, or None."""
    found = re.search(r'<a [^>]*rel="next"[^>]*href="([^"]*)"', html_of(page))
    return unescape(found[1]) if found else None


def send(client, conversation, body, *, client_id=None, **options):
    """Write in a conversation from this browser, as whoever its door says."""
    fields = {"body": body, "client_id": client_id or uuid4()}
    return client.post(f"{door_of(client)}/chats/{conversation.pk}/messages/", fields, **options)


def page_of(client, conversation, **query):
    page = client.get(f"{door_of(client)}/chats/{conversation.pk}/", query)
    assert page.status_code == 200, page.content.decode()
    return page


def door_of(client):
    """Nothing for a browser of the team, "/g/<link>" for one that came in by a web chat link."""
    return getattr(client, "door", "")
