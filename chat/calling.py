"""Which conversations call for a dispatcher: for the count in the title, the badge, the sound and the notification.

Those with something unread in which the dispatcher takes part, or whose guests wait for one of us; not those that the
dispatcher has muted. What two colleagues settle elsewhere calls for nobody, and what a colleague has answered calls no
longer. It is read from the database every time and never guessed from which pages or sockets are open.
"""

from typing import NamedTuple

from django.utils import timezone

from .inbox import CAP, Inbox
from .models import Conversation

# Of so many it is said who wrote what. When more come at once, one notification stands for all.
NEWEST = 5


class Calls(NamedTuple):
    ids: list
    newest: list


def calls_for(viewer, inbox=None) -> Calls:
    """The ids of those that call, at most CAP + 1, and those with the latest messages, each with `age` in seconds.

    `inbox` is the viewer's, where there is one already.
    """
    visible = Conversation.objects.visible_to(viewer)
    inbox = inbox or Inbox(viewer)
    # Two ways in, and an index for each: an OR would look at every open conversation.
    ways = [inbox.show("unread").waiting(), inbox.unread_of_mine()]
    heard = [way.with_muted(viewer.person).filter(muted=False) for way in ways]
    waiting, mine = (way.order_by().values_list("last_message_id", "pk") for way in heard)
    found = [pk for _, pk in waiting.union(mine).order_by("-last_message_id")[: CAP + 1]]
    rows = {row.pk: row for row in visible.for_rows(viewer).filter(pk__in=found[:NEWEST], last_message__isnull=False)}
    newest = [rows[pk] for pk in found[:NEWEST] if pk in rows]
    now = timezone.now()
    for row in newest:
        row.age = max(0, int((now - row.last_message.created_at).total_seconds()))
    return Calls(found, newest)
