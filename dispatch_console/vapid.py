"""The key pair by which push services know from whom a push is (VAPID, RFC 8292), as it stands in the environment."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

# What the services take: somebody whom they can write to, or a site's front page.
SUBJECT = re.compile(r"mailto:[^\s@,:]+@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+")


def make_private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    return _encoded(key.private_numbers().private_value.to_bytes(32))


def public_key_of(private_key: str) -> str:
    """What browsers are told, of what we keep. Raises ValueError for what is no private key."""
    if not re.fullmatch(r"[\w-]{43}=?", private_key, re.ASCII):
        raise ValueError("43 characters")
    # Slow to load, and needed where there is a key only.
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    number = int.from_bytes(urlsafe_b64decode(private_key[:43] + "="))
    key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    return _encoded(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _encoded(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
