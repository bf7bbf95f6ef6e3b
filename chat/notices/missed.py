"""Who has missed something: found by one query for all conversations, again and again, and told once.

One notice until the person was back and has missed something new. Three things see to that: the query leaves out who
was told; who finds somebody holds that person's row and asks again; and a constraint stands behind both.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.models import User

from .. import actions
from ..models import Delivery, Message, Participant, Presence, ReadMark
from ..transactions import UNREACHABLE, transaction
from .channels import channel_for_notice, channels
from .obstacles import NEWS

logger = logging.getLogger(__name__)

# How many are found at a time, and told by one look. Who was told is not found again, so everybody has their turn.
PAGE, MOST = 200, 2000
# A message that was written while the person read the ones before it bears an earlier moment than that reading.
OVERLAP = timedelta(minutes=1)
NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC), output_field=DateTimeField())
IS_WORD = {"kind": Message.Kind.TEXT, "deleted_at__isnull": True}


def look() -> int:
    """Have everybody told who has to be told now, and return how many."""
    told, looked_at = 0, set()
    while len(looked_at) < MOST:
        found = [row for row in who_missed(timezone.now())[: PAGE + len(looked_at)] if row.pk not in looked_at]
        told += sum(tell_or_log(row.pk) for row in found)
        looked_at.update(row.pk for row in found)
        if len(found) < PAGE:
            break
    return told


def tell_or_log(participant_id: int) -> bool:
    """One who cannot be told keeps nobody behind them from being told; a database that is away does."""
    try:
        return tell(participant_id)
    except UNREACHABLE:
        raise
    except Exception:
        logger.exception("Participant %s cannot be told", participant_id)
        return False


@transaction()
def tell(participant_id: int) -> bool:
    """Have this participant told, unless somebody else does, or there is nothing to tell any more."""
    row = who_missed(timezone.now()).filter(pk=participant_id).first()
    # Another worker that holds the person is just telling them, here or in another conversation.
    people = User.objects.select_for_update(no_key=True, skip_locked=True)
    if row is None or not people.filter(pk=row.person_id).exists():
        return False
    # Asked again, now that nobody else tells them.
    now = timezone.now()
    row = who_missed(now).filter(pk=participant_id).first()
    if row is None:
        return False
    channel = channel_for_notice(row.person)
    if channel is None:
        return False
    at = row.person.end_of_quiet(now) or now
    return bool(
        actions.send_notice(
            conversation=row.conversation, person=row.person, channel=channel.name, seen=row.seen, at=at
        )
    )


def unseen(conversation, person, mark):
    """What others have written in a conversation and this person, who has this read mark, has not seen yet."""
    texts = conversation.messages.filter(number__gt=mark.number if mark else 0, **IS_WORD)
    return texts.exclude(author=person)


def who_missed(now):
    """The participants who have to be told now, those who wait longest first, each with `seen` and `missed_at`."""
    if not channels() or not waits():
        return Participant.objects.none()
    guests = (
        Participant.objects.present()
        .filter(reachable(), long_enough(now, "added_at"), person__is_active=True)
        .filter(conversation__closed_at__isnull=True, conversation__last_activity_at__gt=now - NEWS)
    )
    return (
        with_past(guests)
        .filter(conversation__human_count__gt=F("seen"))
        .annotate(since=told_until(now))
        .annotate(missed_at=first_missed())
        .filter(long_enough(now, "missed_at"), Q(told_driver=NEVER) | Q(driver_back__gt=F("told_driver")))
        .exclude(Exists(_theirs(Delivery).filter(seen=OuterRef("seen")).notices().not_to_be_repeated()))
        .exclude(Exists(_theirs(Presence).here()))
        .select_related("person", "conversation")
        .order_by("missed_at", "pk")
    )


def with_past(rows):
    """With what each has seen, and when; when they got a link, were told, could not be told, and came back."""
    mark, is_driver = _theirs(ReadMark), Q(person__role=User.Role.DRIVER)
    links = _theirs(Delivery).perhaps_sent().filter(kind=Delivery.Kind.LINK)
    # A driver's link opens all of the driver's chats, so that one notice is enough for all of them.
    notices = Delivery.objects.notices().perhaps_sent().filter(person=OuterRef("person"))
    # Who reads it may be back before the other side has answered that it was taken.
    told = _last(notices, Coalesce("tried_at", "created_at"))
    failed = _theirs(Delivery).notices().failed_for_now()
    back = _last(ReadMark.objects.filter(person=OuterRef("person")), "at")
    return rows.annotate(
        seen=Coalesce(Subquery(mark.values("human_count")[:1]), Value(0), output_field=IntegerField()),
        seen_number=Coalesce(Subquery(mark.values("number")[:1]), Value(0), output_field=IntegerField()),
        seen_at=Coalesce(Subquery(mark.values("at")[:1]), NEVER),
        linked_at=Coalesce(_last(links, "created_at"), NEVER),
        failed_at=Coalesce(_last(failed, "tried_at"), NEVER),
        told_driver=Coalesce(Case(When(is_driver, then=told), output_field=DateTimeField()), NEVER),
        driver_back=Coalesce(Case(When(is_driver, then=back), output_field=DateTimeField()), NEVER),
    )


def told_until(now):
    """What was written up to this moment the person has seen, was told of, or need not be told of any more.

    Also what could not be told, which the team is shown: the next message has it tried again.
    """
    seen_until = ExpressionWrapper(F("seen_at") - OVERLAP, output_field=DateTimeField())
    day_ago = Value(now - NEWS, output_field=DateTimeField())
    return Greatest(day_ago, seen_until, "linked_at", "failed_at", "told_driver")


def first_missed():
    """When the first message was written that the person has not seen, and was not told of."""
    missed = Message.objects.filter(conversation=OuterRef("conversation"), number__gt=OuterRef("seen_number"))
    missed = missed.filter(created_at__gt=OuterRef("since"), **IS_WORD).exclude(author=OuterRef("person"))
    return Subquery(missed.order_by("number").values("created_at")[:1])


def waits():
    """How long each of these roles has before they are told. Who is never told is not among them."""
    minutes = {
        User.Role.CUSTOMER: settings.NOTICE_MINUTES_CUSTOMER,
        User.Role.DRIVER: settings.NOTICE_MINUTES_DRIVER,
    }
    return {role: timedelta(minutes=count) for role, count in minutes.items() if count}


def long_enough(now, moment):
    """The condition that this moment is so long ago that who has this role is told."""
    condition = Q()
    for role, wait in waits().items():
        condition |= Q(**{"person__role": role, f"{moment}__lte": now - wait})
    return condition


def reachable():
    """The condition that some channel may reach the person."""
    condition = Q()
    for channel in channels().values():
        condition |= channel.reaching()
    return condition


def _theirs(model):
    """The rows of another model about the same conversation and person."""
    return model.objects.filter(conversation=OuterRef("conversation"), person=OuterRef("person"))


def _last(rows, moment):
    return Subquery(rows.order_by().values("person").annotate(last=Max(moment)).values("last")[:1])
