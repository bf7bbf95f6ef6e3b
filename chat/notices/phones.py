"""Phone numbers are kept as they were typed. Here is what they come to when a message is to be sent to one."""

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _


class NoNumber(Exception):
    """It is no number that a message can be sent to. `reason` is a sentence for the team."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def number_of(typed: str) -> str:
    """The number as networks know it: "+12065550142". Raises NoNumber."""
    try:
        number = phonenumbers.parse(typed, settings.PHONE_REGION or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not typed.strip().startswith(
            "+"
        ):
            raise NoNumber(_("It does not say its country. Write it with + and the country’s number.")) from None
        raise NoNumber(_("This is not a phone number.")) from None
    if not phonenumbers.is_valid_number(number):
        raise NoNumber(_("No network has a number like this."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
