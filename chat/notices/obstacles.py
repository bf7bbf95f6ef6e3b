"""What stands in the way of a try: looked at when it is made, since much may have happened since it was asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..models import Delivery, Participant, Presence, ReadMark
from .channels import channels

Problem = Delivery.Problem
# After which nothing is news any more: neither what was missed, nor that it was.
NEWS = timedelta(days=1)
# How long who is here gets to see it.
A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Obstacle:
    problem: str = ""
    detail: str = ""
    # Try again then, and not before.
    until: datetime | None = None
    # Nobody needs it any more, by whatever channel.
    is_end: bool = False


def obstacle(delivery: Delivery, now: datetime) -> Obstacle | None:
    """Why this is not to be sent now, if something speaks against it."""
    return _no_longer(delivery) or _not_now(delivery, now) or _not_by(delivery)


def _no_longer(delivery):
    conversation, person = delivery.conversation, delivery.person
    if not person.is_active:
        return Obstacle(Problem.INACTIVE, is_end=True)
    if not Participant.objects.present().filter(conversation=conversation, person=person).exists():
        return Obstacle(Problem.LEFT, is_end=True)
    if not conversation.is_open:
        return Obstacle(Problem.CLOSED, is_end=True)
    return None


def _not_now(delivery, now):
    if delivery.kind != Delivery.Kind.NOTICE:
        return None
    # Imported here, since it finds what is sent by this.
    from .missed import unseen

    conversation, person = delivery.conversation, delivery.person
    mark = ReadMark.objects.filter(conversation=conversation, person=person).first()
    # Who was back, and has missed something again, gets another one.
    if (mark.human_count if mark else 0) != delivery.seen or not unseen(conversation, person, mark).exists():
        return Obstacle(Problem.SEEN, is_end=True)
    if now - delivery.created_at > NEWS:
        return Obstacle(Problem.TOO_OLD, is_end=True)
    if Presence.objects.here().filter(conversation=conversation, person=person).exists():
        return Obstacle(until=now + A_MOMENT)
    end = person.end_of_quiet(now)
    return Obstacle(until=end) if end else None


def _not_by(delivery):
    channel = channels().get(delivery.channel)
    if channel is None:
        return Obstacle(Problem.NOT_SET_UP)
    if delivery.kind == Delivery.Kind.NOTICE and not channel.takes_notices(delivery.person):
        return Obstacle(Problem.TURNED_OFF)
    refusal = channel.refusal(delivery.person)
    return Obstacle(*refusal) if refusal else None
