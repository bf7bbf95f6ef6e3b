"""How a person wants to be reached when not here, and when not. Kept with the person, for customers and drivers."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What ZoneInfo raises for what is no zone: it looks for a file of that name.
NO_ZONE = (ValueError, OSError, ZoneInfoNotFoundError)


def check_time_zone(name):
    try:
        ZoneInfo(name)
    except NO_ZONE:
        raise ValidationError(_("Not a time zone. Write a name like Europe/Berlin.")) from None


class Reached(models.Model):
    class ReachedBy(models.TextChoices):
        ANY = "", _("Whatever reaches them")
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    reached_by = models.CharField(_("rather by"), max_length=5, choices=ReachedBy, default=ReachedBy.ANY, blank=True)
    # Turned off by the person too, by a link in every e-mail.
    email_notices = models.BooleanField(_("notices of missed messages by e-mail"), default=True)
    sms_notices = models.BooleanField(_("notices of missed messages by SMS"), default=True)
    quiet_from = models.TimeField(
        _("quiet from"), null=True, blank=True, help_text=_("From then on no notice is sent. It is sent afterwards.")
    )
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[check_time_zone],
        help_text=_("A name like Europe/Berlin. Empty: that of the site."),
    )

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": _("Give both times, or none.")})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": _("Give two different times, or none.")})

    def end_of_quiet(self, now: datetime) -> datetime | None:
        """When this person's quiet hours end, if `now` is in them; else None."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        zone = self.zone()
        here = now.astimezone(zone)
        time, start, end = here.time(), self.quiet_from, self.quiet_until
        # Over midnight when they end earlier than they begin.
        is_quiet = start <= time < end if start < end else time >= start or time < end
        if not is_quiet:
            return None
        day = here.date() if time < end else here.date() + timedelta(days=1)
        ends = datetime.combine(day, end, zone)
        # In the night in which the clocks go back that time comes twice.
        return ends if ends > now else ends.replace(fold=1)

    def zone(self) -> tzinfo:
        """The time zone of this person's clock: the site's, where theirs is not known on this machine any more."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else timezone.get_default_timezone()
        except NO_ZONE:
            return timezone.get_default_timezone()
