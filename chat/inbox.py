"""The filters of the inbox: what each shows, and how many that are.

A count ends at CAP, so that it costs the same among a thousand conversations and among a hundred thousand. Only what
is unread has no index that knows it: it is what a person's read marks leave over. Where looking through all of them
takes long, what was found is remembered, and the next time only that is looked at and what has happened since.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from django.utils import timezone

from .models import Conversation, Participant, ReadMark

# Nobody counts further.
CAP = 99
SHOWS = ("mine", "waiting", "unread", "all", "closed")


# Of more than so many, enough for a page and for a count are found at once, wherever one begins to look.
MANY = 1000


class Inbox:
    """The conversations of a viewer by the filters, for one page: what took long to find is found once."""

    def __init__(self, viewer):
        self.viewer = viewer
        self.visible = Conversation.objects.visible_to(viewer)

    def show(self, show):
        """Those of one of SHOWS. A guest sees the closed ones among all."""
        match show:
            case "mine":
                return self._only(self._mine, self.visible.open().with_participant(self.viewer.person))
            case "waiting":
                return self.visible.waiting()
            case "unread":
                return self._only(self._unread, self.visible.open().unread_by(self.viewer.person))
            case "closed":
                return self.visible.closed()
        return self.visible.open() if self.viewer.is_team else self.visible

    def counts(self) -> dict[str, int]:
        """How many conversations each filter has, at most CAP + 1."""
        return {show: self.show(show).order_by()[: CAP + 1].count() for show in SHOWS}

    def unread_of_mine(self):
        """What is unread among those in which the viewer takes part, also where each of the two are many."""
        unread = self.show("unread").with_participant(self.viewer.person)
        if not self._is_large or self._unread is not None:
            return unread
        return self._only(self._unread_of_mine, self._only(self._mine, unread))

    def longest_wait(self):
        """The conversation of the longest wait, with what its row shows, or None."""
        return self.visible.waiting().for_rows(self.viewer).order_by("waiting_since", "pk").first()

    @staticmethod
    def _only(ids, conversations):
        # What they are found by stays: a conversation may have changed since they were.
        return conversations if ids is None else conversations.filter(pk__in=ids)

    @cached_property
    def _mine(self):
        """Their ids, or None where they are many. Somebody who has closed thousands still has few open ones."""
        present = Participant.objects.present().filter(person=self.viewer.person, conversation__closed_at=None)
        return _few(present.order_by().values_list("conversation", flat=True))

    @cached_property
    def _is_large(self):
        return self.viewer.is_team and are_many(self.visible.open())

    @cached_property
    def _unread(self):
        return unread_ids(self.visible.open(), self.viewer.person) if self._is_large else None

    @cached_property
    def _unread_of_mine(self):
        mine = self.visible.open().with_participant(self.viewer.person)
        if self._mine is not None or not are_many(mine):
            return None
        return unread_ids(mine, self.viewer.person, among="mine")


def _few(ids):
    found = tuple(ids[: MANY + 1])
    return found if len(found) <= MANY else None


# What is unread


class Remembered(NamedTuple):
    """What a person had not read at a moment: the ids of all such conversations, or None where they are many."""

    at: datetime
    ids: tuple | None


# Among so few open conversations nothing needs to be remembered.
FEW = 2000
# So long it is believed, and so late may a commit be seen after the moment that it bears.
BELIEVED, LATENESS = timedelta(minutes=30), timedelta(seconds=30)
# Of each process: people, by what is looked through for them.
KEPT = 1000
_remembered = OrderedDict()
_lock = Lock()


def are_many(open_ones):
    return open_ones.order_by()[FEW : FEW + 1].exists()


def unread_ids(open_ones, person, among="all"):
    """The ids of all that this person may not have read of these, and hardly more; None where they are many.

    `among` names what they are. Whatever makes a conversation one of them must count as something that happens in it.
    """
    open_ones = open_ones.order_by()
    key = _key(person, among)
    known = _recall(key) or _look_through(key, open_ones.unread_by(person))
    if known.ids is None:
        return None
    since = known.at - LATENESS
    # Also what was read and then marked as unread again: no conversation knows of that.
    touched = ReadMark.objects.filter(person=person, at__gt=since).values_list("conversation", flat=True)
    active = open_ones.filter(last_activity_at__gt=since).values_list("pk", flat=True)
    return {*known.ids, *touched, *active}


def _key(person, among):
    # A database that is made anew gives the number of a person to another one.
    return person.pk, person.created_at, among


def _recall(key):
    with _lock:
        known = _remembered.get(key)
    return known if known and timezone.now() - known.at < BELIEVED else None


def _look_through(key, unread):
    at = timezone.now()
    known = Remembered(at, _few(unread.values_list("pk", flat=True)))
    with _lock:
        _remembered[key] = known
        _remembered.move_to_end(key)
        while len(_remembered) > KEPT:
            _remembered.popitem(last=False)
    return known
