"""What becomes of a delivery. Each of these holds its row, so that of several workers one sends."""

from datetime import timedelta

from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AccessLink, User
from dispatch_console.logs import redact
from dispatch_console.metrics import DELIVERIES

from .. import broadcasts
from ..models import Conversation, Delivery, Participant
from ..notices.bounces import is_same
from ..notices.channels import NotSent, channel_for_notice, channels
from ..notices.obstacles import A_MOMENT, obstacle
from ..notices.tasks import wake
from ..refusals import LinkToClosedChat, OnItsWay, PersonInactive
from ..transactions import transaction
from ..wording import one_line
from ..writes import after_commit
from .links import answer_requests_by_link, new_link, revoke_links

# The pauses after the first tries, which are made again when it may help. After the last there is none.
PAUSES = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)]
# Who wants us to wait for longer has no time for it at all.
LONGEST_PAUSE = timedelta(hours=12)
Status, Problem = Delivery.Status, Delivery.Problem


@transaction()
def send_link(*, conversation: Conversation, person: User, channel: str, key, actor: User) -> tuple[Delivery, bool]:
    """Have the person's link sent by this channel: the delivery, and whether it is new. The same key asks once.

    Raises PersonInactive, LinkToClosedChat, OnItsWay, and Participant.DoesNotExist for who is no longer in the chat.
    """
    # The person's row makes two who ask at once line up.
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    asked = Delivery.objects.filter(conversation=conversation, person=person)
    same = asked.filter(key=key).first()
    if same:
        return same, False
    if not person.is_active:
        raise PersonInactive(_("%(name)s gets no link: no longer active.") % {"name": person.name})
    Participant.objects.present().get(conversation=conversation, person=person)
    if not Conversation.objects.open().filter(pk=conversation.pk).exists():
        raise LinkToClosedChat
    if asked.on_their_way().filter(kind=Delivery.Kind.LINK, channel=channel).exists():
        raise OnItsWay
    delivery = Delivery.objects.create(
        conversation=conversation,
        person=person,
        kind=Delivery.Kind.LINK,
        channel=channel,
        key=key,
        asked_by=actor,
        next_try_at=timezone.now(),
    )
    wake(delivery)
    _tell(delivery)
    return delivery, True


@transaction()
def send_notice(*, conversation: Conversation, person: User, channel: str, seen: int, at) -> Delivery | None:
    """Have the person told at this moment of what came after `seen` messages; None when that was done already.

    When it was given up for a reason that may have passed, it is begun anew.
    """
    asked = Delivery.objects.notices().filter(conversation=conversation, person=person, seen=seen)
    failed = asked.failed_for_now().values_list("pk", flat=True).first()
    if failed:
        delivery = _held(failed, wait=True)
        # Meanwhile a dispatcher may have had it tried again.
        if delivery.status != Status.FAILED:
            return None
        _begin_anew(delivery, channel, at)
        return delivery
    delivery = Delivery(
        conversation=conversation,
        person=person,
        kind=Delivery.Kind.NOTICE,
        channel=channel,
        seen=seen,
        next_try_at=at,
    )
    try:
        with atomic():
            delivery.save()
    except IntegrityError:
        # Another worker was faster.
        return None
    wake(delivery)
    _tell(delivery)
    return delivery


@transaction()
def take_delivery(*, delivery_id: int) -> tuple[Delivery, str] | None:
    """Begin a try: the delivery, and the token of the link made for it, or "". None when there is nothing to send.

    From here on it counts as perhaps sent, until `note_sent` or `note_problem` says otherwise.
    """
    now = timezone.now()
    delivery = _held(delivery_id)
    if delivery is None or delivery.status != Status.WAITING or delivery.next_try_at > now:
        return None
    found = obstacle(delivery, now)
    if found:
        _stop_at(delivery, found)
        return None
    channel, token = channels()[delivery.channel], ""
    if channel.carries_link:
        delivery.link, token = new_link(delivery.conversation, delivery.person, delivery.asked_by)
    delivery.status, delivery.tries, delivery.tried_at = Status.SENDING, delivery.tries + 1, now
    delivery.address = channel.address_of(delivery.person)[:254]
    delivery.save()
    _tell(delivery)
    return delivery, token


@transaction()
def note_sent(*, delivery_id: int, provider_id: str) -> None:
    """The other side has taken it. A notice's link takes the place of those of earlier ones that nobody opened."""
    delivery = _held(delivery_id, wait=True)
    if delivery is None:
        return
    delivery.status, delivery.sent_at, delivery.next_try_at = Status.SENT, timezone.now(), None
    delivery.problem, delivery.detail, delivery.provider_id = "", "", one_line(provider_id, 200)
    delivery.save()
    if delivery.link:
        answer_requests_by_link(delivery.conversation, delivery.person, delivery.asked_by)
    if delivery.kind == Delivery.Kind.NOTICE:
        earlier = Delivery.objects.notices().filter(conversation=delivery.conversation, person=delivery.person)
        links = AccessLink.objects.filter(deliveries__in=earlier, uses=0).exclude(pk=delivery.link_id)
        revoke_links(links=AccessLink.objects.filter(pk__in=list(links.values_list("pk", flat=True))))
    _count(delivery, "sent")
    _tell(delivery)


@transaction()
def note_problem(*, delivery_id: int, problem: NotSent) -> None:
    """The other side has not taken it: it is tried again where that may help, a notice also by another channel."""
    delivery = _held(delivery_id, wait=True)
    if delivery is None or delivery.status != Status.SENDING:
        return
    if problem.maybe:
        delivery.may_be_sent = True
    elif delivery.link:
        # Nobody has it.
        delivery.link.delete()
        delivery.link = None
    # Words of the other side: they may quote the link, and PostgreSQL stores no NUL.
    delivery.problem, delivery.detail = problem.problem, one_line(redact(problem.detail), 300)
    if problem.again and delivery.tries <= len(PAUSES) and problem.after <= LONGEST_PAUSE:
        pause = max(PAUSES[delivery.tries - 1], problem.after)
        _wait(delivery, timezone.now() + pause, "retried")
    else:
        _give_up(delivery)


@transaction()
def note_bounce(*, delivery_id: int, address: str, detail: str) -> bool:
    """The mail server that had taken it could not bring it. False when that is no news, or somebody has opened it.

    Raises OnItsWay while it is being sent: what comes back may have been faster than the note that it was taken.
    """
    delivery = _held(delivery_id, wait=True)
    if delivery is None or delivery.channel != Delivery.Channel.EMAIL:
        return False
    # Corrected since, and sent there.
    if not is_same(address, delivery.address):
        return False
    if delivery.status == Status.SENDING:
        raise OnItsWay
    if delivery.status not in (Status.SENT, Status.UNCLEAR) or (delivery.link and delivery.link.uses):
        return False
    if delivery.link:
        # Nobody has it.
        delivery.link.delete()
        delivery.link = None
    delivery.sent_at, delivery.may_be_sent = None, False
    delivery.problem, delivery.detail = Problem.BOUNCED, one_line(redact(detail), 300)
    _give_up(delivery)
    return True


@transaction()
def try_again(*, delivery: Delivery) -> bool:
    """Try it now, as if for the first time; False when it is on its way, was sent, or nobody needs it any more."""
    delivery = _held(delivery.pk, wait=True)
    if not (delivery.needs_a_person or delivery.is_paused):
        return False
    channel = None
    if delivery.kind == Delivery.Kind.NOTICE and not delivery.may_be_sent:
        # The one that has refused it first may take it by now.
        channel = channel_for_notice(delivery.person)
    _begin_anew(delivery, channel.name if channel else delivery.channel, timezone.now())
    return True


@transaction()
def note_stopped(*, delivery_id: int) -> None:
    """The process that sent it is gone, and whether it has done so nobody knows: a person decides."""
    delivery = _held(delivery_id)
    if delivery is None or delivery.status != Status.SENDING:
        return
    delivery.problem, delivery.detail, delivery.may_be_sent = Problem.STOPPED, "", True
    _give_up(delivery)


@transaction()
def wake_again(*, delivery_id: int) -> None:
    """Its time is past and nobody has taken it: the task of it has died with its worker."""
    delivery = _held(delivery_id)
    if delivery and delivery.status == Status.WAITING:
        # Not again before this one had its time.
        _wait(delivery, timezone.now(), None)


def _held(delivery_id, wait=False):
    """The delivery with its row held. None when another worker holds it, unless one waits."""
    rows = Delivery.objects.select_for_update(of=["self"], no_key=True, skip_locked=not wait)
    return rows.select_related("person", "conversation__order", "asked_by", "link").filter(pk=delivery_id).first()


def _begin_anew(delivery, channel, at):
    """As if it had never been tried, but for what may have been sent. Somebody wants it now, so it is news again."""
    delivery.channel, delivery.created_at = channel, timezone.now()
    delivery.tries, delivery.earlier, delivery.problem, delivery.detail = 0, [], "", ""
    _wait(delivery, at, None)


def _stop_at(delivery, found):
    if found.until:
        # Whatever moment that is: a task whose time has come already would be the next again, and for ever.
        return _wait(delivery, max(found.until, timezone.now() + A_MOMENT), None)
    delivery.problem, delivery.detail = found.problem, found.detail[:300]
    if found.is_end and delivery.kind == Delivery.Kind.NOTICE:
        delivery.status, delivery.next_try_at = Status.DROPPED, None
        delivery.save()
        _count(delivery, "dropped")
        return _tell(delivery)
    return _give_up(delivery)


def _give_up(delivery):
    """By this channel nothing more is tried. A notice that is certainly not sent goes by another one, if it can."""
    _count(delivery, "unclear" if delivery.may_be_sent else "failed")
    if delivery.kind == Delivery.Kind.NOTICE and not delivery.may_be_sent:
        tried = [each["channel"] for each in delivery.earlier] + [delivery.channel]
        channel = channel_for_notice(delivery.person, but=tried)
        if channel:
            refused = {"channel": delivery.channel, "problem": delivery.problem, "detail": delivery.detail}
            delivery.earlier = [*delivery.earlier, {**refused, "at": timezone.now().isoformat()}]
            delivery.channel, delivery.tries = channel.name, 0
            return _wait(delivery, timezone.now(), None)
    delivery.status, delivery.next_try_at = Status.UNCLEAR if delivery.may_be_sent else Status.FAILED, None
    delivery.save()
    return _tell(delivery)


def _wait(delivery, until, outcome):
    delivery.status, delivery.next_try_at = Status.WAITING, until
    delivery.save()
    wake(delivery)
    if outcome:
        _count(delivery, outcome)
    _tell(delivery)


def _count(delivery, outcome):
    after_commit(DELIVERIES.labels(delivery.channel, outcome).inc)


def _tell(delivery):
    after_commit(broadcasts.people_changed, delivery.conversation_id)
