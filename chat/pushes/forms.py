"""What a browser tells of its push subscription."""

import re
from base64 import urlsafe_b64decode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..models import PushSubscription
from .addresses import check_endpoint

UNUSABLE = _("The browser’s keys cannot be used.")


class EndpointForm(forms.Form):
    endpoint = forms.CharField(
        max_length=PushSubscription.ENDPOINT_LIMIT,
        validators=[check_endpoint],
        error_messages={"required": _("The address of the push service is missing.")},
    )


class PushSubscriptionForm(EndpointForm):
    """As `PushSubscription.toJSON()` in the browser gives them: base64url, without padding or with."""

    p256dh = forms.CharField(required=False)
    auth = forms.CharField(required=False)

    def clean_p256dh(self):
        key = self.cleaned_data["p256dh"]
        if not is_point(decoded(key)):
            raise ValidationError(UNUSABLE)
        return key

    def clean_auth(self):
        secret = self.cleaned_data["auth"]
        if len(decoded(secret)) != 16:
            raise ValidationError(UNUSABLE)
        return secret


def decoded(text):
    """The bytes of a short base64url text; none of what is not one."""
    if not re.fullmatch(r"[\w-]{1,90}={0,2}", text, re.ASCII):
        return b""
    text = text.rstrip("=")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def is_point(raw):
    """Whether it is a point on the keys' curve, uncompressed: nothing can be encrypted for others."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return len(raw) == 65
