"""SMS, by the provider that SMS_PROVIDER names. Providers differ in what they are asked and what they answer."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from urllib3.exceptions import NewConnectionError

from ..models import Delivery
from .channels import Channel, NotSent
from .letters import said
from .phones import NoNumber, number_of

Problem = Delivery.Problem
# Seconds to reach the provider, and for its answer.
PATIENCE = (5, 20)
# Characters of an answer that are looked at.
LOOK = 20_000


class Sms(Channel):
    name = Delivery.Channel.SMS

    @property
    def is_set_up(self):
        return bool(settings.SMS_PROVIDER)

    def reaching(self):
        return Q(person__phone__gt="", person__sms_notices=True)

    def refusal(self, person):
        if not person.phone:
            return Problem.NO_ADDRESS, ""
        try:
            number_of(person.phone)
        except NoNumber as refused:
            return Problem.BAD_ADDRESS, refused.reason
        return None

    def takes_notices(self, person):
        return person.sms_notices

    def address_of(self, person):
        return number_of(person.phone)

    def send(self, letter):
        provider = PROVIDERS[settings.SMS_PROVIDER]()
        with translation.override(letter.language):
            text = said(f"{letter.delivery.kind}_sms.txt", letter.context)
        asked = provider.request(number_of(letter.person.phone), text, str(letter.delivery.key))
        try:
            # Not followed to another place: that would carry our credentials and the link there.
            answer = requests.post(**asked, timeout=PATIENCE, allow_redirects=False)
        except requests.RequestException as error:
            raise problem_of(error, provider) from error
        if not answer.ok or answer.is_redirect:
            raise refusal_of(answer, provider)
        return provider.name_in(object_in(answer))


class Http:
    """A provider, or a gateway of one's own, that takes a JSON object: SMS_URL, and SMS_TOKEN if it wants one."""

    # Who has a message already does not send it again, so that what it may have sent can be asked for again.
    knows_repetition = True

    def request(self, number, text, key):
        return {
            "url": settings.SMS_URL,
            "json": {"to": number, "from": settings.SMS_FROM, "text": text, "id": key},
            "headers": {
                # The same for every try of one message.
                "Idempotency-Key": key,
                **({"Authorization": f"Bearer {settings.SMS_TOKEN}"} if settings.SMS_TOKEN else {}),
            },
        }

    def name_in(self, said):
        return str(said.get("id", ""))

    def words_in(self, said):
        error = said.get("error") or said.get("message") or ""
        return error if isinstance(error, str) else json.dumps(error)


class Twilio:
    knows_repetition = False

    def request(self, number, text, key):
        # A messaging service, which chooses the sender by itself, has an id in its place.
        sender = "MessagingServiceSid" if settings.SMS_FROM.startswith("MG") else "From"
        return {
            "url": f"{settings.SMS_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json",
            "data": {"To": number, sender: settings.SMS_FROM, "Body": text},
            "auth": (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN),
        }

    def name_in(self, said):
        return str(said.get("sid", ""))

    def words_in(self, said):
        return " ".join(str(said[name]) for name in ("code", "message") if said.get(name))


PROVIDERS = {"http": Http, "twilio": Twilio}


def object_in(answer) -> dict:
    """The object that a provider has answered, or an empty one."""
    try:
        found = json.loads(answer.content[:LOOK])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def refusal_of(answer, provider) -> NotSent:
    words = provider.words_in(object_in(answer)) or answer.reason or ""
    detail = " ".join(f"{answer.status_code} {words}".split())
    if answer.status_code in (401, 403):
        return NotSent(Problem.SIGN_IN_REFUSED, detail)
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        # Who fell over it, or has no answer from behind, may have taken it. 503 says that it was not taken.
        maybe = answer.status_code >= 500 and answer.status_code != 503
        again = provider.knows_repetition or not maybe
        return NotSent(Problem.BUSY, detail, again=again, after=retry_after(answer), maybe=maybe)
    return NotSent(Problem.REFUSED, detail)


def retry_after(answer) -> timedelta:
    """How long the provider wants us to wait, in seconds or until a date; nothing of what is neither."""
    value = answer.headers.get("Retry-After", "").strip()
    try:
        if value.isascii() and value.isdigit():
            return timedelta(seconds=int(value))
        return max(parsedate_to_datetime(value) - timezone.now(), timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)


def problem_of(error, provider) -> NotSent:
    """What became of a question that had no answer."""
    if isinstance(error, requests.ConnectTimeout):
        return NotSent(Problem.TIMED_OUT, again=True)
    if isinstance(error, requests.Timeout):
        return NotSent(Problem.TIMED_OUT, again=provider.knows_repetition, maybe=True)
    if isinstance(error, requests.exceptions.SSLError):
        return NotSent(Problem.UNREACHABLE, "TLS", again=True)
    if isinstance(error, requests.ConnectionError):
        reason = getattr(error.args[0], "reason", None) if error.args else None
        # Cut off in the midst of it, the question may have arrived.
        maybe = not isinstance(reason, NewConnectionError)
        return NotSent(Problem.UNREACHABLE, again=provider.knows_repetition or not maybe, maybe=maybe)
    return NotSent(Problem.FAULT, type(error).__name__, maybe=True)
