"""What the team reads beside a person: what was sent to them last, and what became of it."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dispatch_console.templatetags.page import moment

from ..models import Delivery

Status = Delivery.Status


def delivery_line(delivery: Delivery) -> SafeString:
    """One sentence: "Link sent by e-mail 14:09", or why not, and when it is tried again."""
    sentence = (_of_link if delivery.kind == Delivery.Kind.LINK else _of_notice)(delivery)
    return format_html(
        sentence,
        channel=delivery.get_channel_display(),
        at=_moment_of(delivery),
        why=why(delivery.problem, delivery.detail),
    )


def _of_link(delivery):
    match delivery.status:
        case Status.SENT:
            return _("Link sent by {channel} {at}")
        case Status.FAILED:
            return _("Link not sent by {channel}. {why}")
        case Status.UNCLEAR:
            return _("Link perhaps sent by {channel} {at}. {why}")
        case Status.WAITING if delivery.problem:
            return _("Link not sent by {channel} yet. {why} Tried again {at}.")
    return _("Link on its way by {channel}")


def _of_notice(delivery):
    match delivery.status:
        case Status.SENT:
            return _("Told of missed messages by {channel} {at}")
        case Status.FAILED:
            return _("Not told of missed messages by {channel}. {why}")
        case Status.UNCLEAR:
            return _("Perhaps told of missed messages by {channel} {at}. {why}")
        case Status.WAITING if delivery.problem:
            return _("Not told of missed messages by {channel} yet. {why} Tried again {at}.")
        case Status.WAITING if delivery.person.end_of_quiet(timezone.now()):
            return _("Told of missed messages by {channel} {at}, after the quiet hours")
    return _("Notice of missed messages on its way by {channel}")


def _moment_of(delivery):
    at = {Status.SENT: delivery.sent_at, Status.WAITING: delivery.next_try_at}.get(delivery.status, delivery.tried_at)
    return moment(at) if at else ""


def why(problem: str, detail: str) -> SafeString:
    """Why something was not sent, with the words of the other side, as they are."""
    if not problem:
        return SafeString("")
    reason = Delivery.Problem(problem).label
    return format_html("{} <q><bdi>{}</bdi></q>", reason, detail) if detail else format_html("{}", reason)


def earlier_lines(delivery: Delivery) -> list[SafeString]:
    """The channels that have refused it before the present one."""
    return [
        format_html(
            _("Not by {channel}. {why}"),
            channel=Delivery.Channel(each["channel"]).label,
            why=why(each["problem"], each["detail"]),
        )
        for each in delivery.earlier
    ]
