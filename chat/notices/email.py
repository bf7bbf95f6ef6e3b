"""E-mail, by the mail server that EMAIL_URL names."""

import smtplib
import socket
import ssl
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from accounts.turning_off import turn_off_url

from ..models import Delivery
from .channels import Channel, Letter, NotSent
from .letters import said

Problem = Delivery.Problem


class Email(Channel):
    name = Delivery.Channel.EMAIL

    @property
    def is_set_up(self):
        return settings.EMAIL_IS_SET_UP

    def reaching(self):
        return Q(person__email__gt="", person__email_notices=True)

    def refusal(self, person):
        if not person.email:
            return Problem.NO_ADDRESS, ""
        try:
            validate_email(person.email)
        except ValidationError:
            return Problem.BAD_ADDRESS, ""
        return None

    def takes_notices(self, person):
        return person.email_notices

    def address_of(self, person):
        return person.email

    def send(self, letter):
        try:
            message_of(letter).send()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise problem_of(error) from error
        return ""


def message_of(letter: Letter) -> EmailMultiAlternatives:
    off = turn_off_url(letter.person)
    kind = letter.delivery.kind
    with translation.override(letter.language):
        direction = "rtl" if translation.get_language_bidi() else "ltr"
        context = {**letter.context, "off": off, "direction": direction}
        subject = said(f"{kind}_subject.txt", context)
        text = render_to_string(f"chat/letters/{kind}.txt", context)
        page = render_to_string(f"chat/letters/{kind}.html", context)
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        # The address alone: a name from outside would stand in a header.
        to=[letter.person.email],
        reply_to=[settings.EMAIL_REPLY_TO] if settings.EMAIL_REPLY_TO else None,
        headers={
            # The same for every try of it, so that who has it already may know it again.
            "Message-ID": f"<{letter.delivery.key}@{sender_domain()}>",
            # Whoever answers automatically does not answer this.
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    message.attach_alternative(page, "text/html")
    return message


def sender_domain():
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def problem_of(error) -> NotSent:
    """What a mail server, or the way to it, has against an e-mail. Of several recipients there is one."""
    match error:
        case ssl.SSLCertVerificationError():
            # A ValueError too, of which the address knows nothing.
            return NotSent(Problem.UNREACHABLE, error.verify_message)
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return _said(code, words, Problem.REFUSED)
        case smtplib.SMTPSenderRefused():
            return _said(error.smtp_code, error.smtp_error, Problem.SENDER_REFUSED)
        case smtplib.SMTPAuthenticationError():
            return _said(error.smtp_code, error.smtp_error, Problem.SIGN_IN_REFUSED)
        case smtplib.SMTPResponseException():
            # What it says to the text itself, or to our greeting.
            return _said(error.smtp_code, error.smtp_error, Problem.REFUSED)
        case ValueError() | smtplib.SMTPNotSupportedError():
            return NotSent(Problem.BAD_ADDRESS if isinstance(error, ValueError) else Problem.NOT_SET_UP, str(error))
    # Cut off once it had the text: it may have taken it, and few mail servers know a repetition by its Message-ID.
    maybe = getattr(error, "after_text", False)
    if _is_late(error):
        return NotSent(Problem.TIMED_OUT, again=not maybe, maybe=maybe)
    words = error.strerror if isinstance(error, OSError) and not isinstance(error, socket.gaierror) else ""
    return NotSent(Problem.UNREACHABLE, words or "", again=not maybe, maybe=maybe)


def _said(code, words, problem) -> NotSent:
    words = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    detail = f"{code} {' '.join(words.split())}"
    # 4xx is for now, 5xx for ever. What is neither is no answer that we know.
    return NotSent(Problem.BUSY, detail, again=True) if 400 <= code < 500 else NotSent(problem, detail)


def _is_late(error):
    """smtplib makes a lost connection of an answer that has not come in time."""
    while error:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False
