"""What a mail server sends back later: reports of e-mails that it had taken and could not bring (RFC 3464)."""

import email
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from uuid import UUID

from django.utils.encoding import punycode

from ..wording import one_line


@dataclass(frozen=True)
class Bounce:
    """One e-mail that was not brought: the key of its delivery, to whom, and why, in the words of the mail server."""

    key: UUID
    address: str
    detail: str


def bounce_in(mail: bytes) -> Bounce | None:
    """What an e-mail says of one of ours that has failed for good.

    None for any other e-mail: a delay, a receipt, an automatic answer, somebody who writes, or bytes without sense.
    """
    report = email.message_from_bytes(mail)
    if report.get_content_type() != "multipart/report":
        return None
    failures = [block for block in _blocks(report) if _words(block, "Action").lower() == "failed"]
    original = _original_of(report)
    key = _key_of(original)
    if not failures or not key:
        return None
    # As it was written there: where it was passed on to says nothing to us.
    return Bounce(key, parseaddr(_words(original, "To"))[1], _detail_of(failures[0]))


def is_same(address: str, other: str) -> bool:
    """Whether both are the same e-mail address: in a header a domain stands as xn--..."""
    return _in_header(address) == _in_header(other)


def _in_header(address):
    name, _, domain = address.rpartition("@")
    try:
        return name.casefold(), punycode(domain).casefold()
    except UnicodeError:
        return name.casefold(), domain.casefold()


def _parts(report, *types):
    return [part for part in report.walk() if part.get_content_type() in types]


def _inside(part):
    """The messages that a message/... part has, which nonsense under that name may not have."""
    return part.get_payload() if part.is_multipart() else []


def _blocks(report):
    """Of each recipient its fields, among those of the report as a whole."""
    parts = _parts(report, "message/delivery-status", "message/global-delivery-status")
    return [block for part in parts for block in _inside(part)]


def _original_of(report):
    """Our e-mail, or its headers, as it is sent back."""
    for part in _parts(report, "message/rfc822", "message/global", "message/global-headers"):
        for original in _inside(part):
            return original
    for part in _parts(report, "text/rfc822-headers"):
        return email.message_from_bytes(part.get_payload(decode=True))
    return Message()


def _key_of(original):
    """We name an e-mail by the key of its delivery: <key@domain>."""
    with suppress(ValueError):
        return UUID(parseaddr(_words(original, "Message-ID"))[1].partition("@")[0])
    return None


def _detail_of(block):
    """The answer of the mail server, "smtp; 550 5.1.1 No such user", without its kind; or the status alone."""
    kind, found, words = _words(block, "Diagnostic-Code").partition(";")
    return one_line((words if found else kind).strip() or _words(block, "Status"), 300)


def _words(block, name):
    # Where a header is not ASCII, an object stands for it.
    return str(block.get(name) or "").replace("\0", "")
