"""Where somebody was, told once: two coordinates in degrees and how far off they may be, in metres."""

import math
import re

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .maps import map_url

# A tenth of a metre; no phone knows better.
DIGITS = 6
# As far as one can be from a place on earth.
FARTHEST = 20_037_508
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,20})?")


class NumberField(forms.Field):
    """A plain decimal number between two limits: no exponent, no NaN, no digits of another script."""

    def __init__(self, low, high):
        super().__init__(required=False)
        self.low, self.high = low, high

    def to_python(self, value):
        if value in self.empty_values:
            return None
        # -0.0 and 0.0 are one place.
        number = float(value) + 0.0 if NUMBER.fullmatch(value) else math.nan
        if not self.low <= number <= self.high:
            raise ValidationError("out of range")
        return number


class LocationForm(forms.Form):
    """`location` is {"lat", "lon", "accuracy"}, or None where none was given."""

    latitude = NumberField(-90, 90)
    longitude = NumberField(-180, 180)
    accuracy = NumberField(0, FARTHEST)

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        names = ("latitude", "longitude", "accuracy")
        lat, lon, accuracy = (cleaned.pop(name, None) for name in names)
        wrong = [self.errors.pop(name) for name in names if name in self.errors]
        given = [number for number in (lat, lon, accuracy) if number is not None]
        if wrong or len(given) in (1, 2):
            self.add_error(None, _("This is no position on earth. Share your location again."))
        cleaned["location"] = None
        if len(given) == 3:
            # Never told to be better than it is.
            far = max(1, math.ceil(accuracy))
            cleaned["location"] = {"lat": round(lat, DIGITS) + 0.0, "lon": round(lon, DIGITS) + 0.0, "accuracy": far}
        return cleaned

    @property
    def has_location(self):
        return self.is_bound and any(self.data.get(name) for name in ("latitude", "longitude", "accuracy"))


def coordinates(location) -> str:
    """ "52.52001, 13.40495": to the metre."""
    return f"{location['lat']:.5f}, {location['lon']:.5f}"


def location_url(location) -> str:
    """The place on a map that every browser can open."""
    return map_url(coordinates(location).replace(" ", ""))


def names() -> list[str]:
    """What readers of each language look for when they look for a location."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(gettext("Location"))
    return list(dict.fromkeys(found))
