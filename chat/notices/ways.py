"""How a dispatcher gets a link to somebody: sent from here, or by their own mail program or phone."""

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts.models import User

from ..models import Delivery
from .channels import Channel, channels
from .letters import write_draft
from .phones import NoNumber, number_of

BY_HAND = (Delivery.Channel.EMAIL, Delivery.Channel.SMS)


@dataclass(frozen=True)
class Way:
    """One way in which links are sent from here, as it is offered for one person."""

    name: str
    # Where it would go.
    address: str = ""
    # Why it cannot be gone, in a sentence; "" where it can.
    refusal: str = ""
    # The person wants no notices by it. A link may be sent all the same.
    is_turned_off: bool = False


def ways_to(person: User) -> list[Way]:
    """Those by which links are sent from here, and what is in the way of each."""
    set_up = channels()
    return [_way(set_up.get(name), name, person) for name in BY_HAND]


def _way(channel: Channel | None, name, person):
    if channel is None:
        return Way(name, refusal=NOT_SET_UP[name]())
    refusal = channel.refusal(person)
    if refusal:
        return Way(name, refusal=_refusal_sentence(name, person, *refusal))
    return Way(name, address=channel.address_of(person), is_turned_off=not channel.takes_notices(person))


NOT_SET_UP = {
    Delivery.Channel.EMAIL: lambda: _("No e-mail is sent from here: no mail server is set up."),
    Delivery.Channel.SMS: lambda: _("No SMS is sent from here: no provider is set up."),
}
NO_ADDRESS = {
    Delivery.Channel.EMAIL: lambda: _("No e-mail: no address is known."),
    Delivery.Channel.SMS: lambda: _("No SMS: no phone number is known."),
}


def _refusal_sentence(name, person, problem, detail):
    if problem == Delivery.Problem.NO_ADDRESS:
        return NO_ADDRESS[name]()
    if name == Delivery.Channel.EMAIL:
        return _("No e-mail to %(address)s: this is not an address.") % {"address": person.email}
    return _("No SMS to %(number)s: %(reason)s") % {"number": person.phone, "reason": detail}


@dataclass(frozen=True)
class Own:
    """What the dispatcher's own programs are handed: the link in a ready text, in the person's language."""

    language: str
    # "rtl" or "ltr": the text may begin with a name in another script.
    direction: str
    text: str
    # Addresses that open them; "" where what is needed is sent from here, or cannot be.
    mailto: str
    sms: str


def own_ways_to(person: User, conversation, url: str) -> Own:
    draft, set_up = write_draft(person, conversation, url), channels()
    mailto = sms = ""
    if Delivery.Channel.EMAIL not in set_up and person.email:
        mailto = f"mailto:{quote(person.email)}?subject={quote(draft.subject)}&body={quote(draft.text)}"
    if Delivery.Channel.SMS not in set_up and person.phone:
        # A number that is none is left to whoever writes: the phone asks for it.
        sms = f"sms:{_number(person.phone)}?&body={quote(draft.text)}"
    direction = "rtl" if get_language_info(draft.language)["bidi"] else "ltr"
    return Own(draft.language, direction, draft.text, mailto, sms)


def _number(typed):
    try:
        return number_of(typed)
    except NoNumber:
        return ""
