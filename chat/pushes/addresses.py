import re
from ipaddress import IPv4Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# No name of a push service ends in one of these, and many a name within a company does.
INNER = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".arpa", ".test", ".invalid")
# Its last label begins with a letter: what ends in a number may be read as an IP address, as 127.1 is.
NAME = re.compile(r"(?=.{4,253}$)([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")
# By which a network without IPv4 reaches it: the last four bytes are such an address.
NAT64 = IPv6Network("64:ff9b::/96")


def check_endpoint(endpoint):
    """Refuses what cannot be a push service's address. Where its name leads is looked at when something goes there."""
    if not (is_of_test(endpoint) or is_well_formed(endpoint)):
        reason = _("The address of the push service cannot be used. It must begin with https:// and a public name.")
        raise ValidationError(reason)


def is_well_formed(endpoint):
    if not re.fullmatch(r"[!-~]+", endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        # Brackets that do not close, or a port that is no number.
        return False
    if "@" in parts.netloc or "\\" in endpoint or parts.fragment:
        return False
    host = (parts.hostname or "").removesuffix(".")
    is_name = NAME.fullmatch(host) and not host.endswith(INNER)
    return parts.scheme == "https" and port in (None, 443) and bool(is_name)


def origin_of(endpoint):
    return "/".join(endpoint.split("/")[:3])


def is_of_test(endpoint):
    return origin_of(endpoint) in settings.PUSH_TEST_ORIGINS


def is_public(number):
    """Whether this IP address is anybody's on the internet, and none of a network of ours."""
    address = ip_address(number.partition("%")[0])
    if address.version == 6:
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast
