"""How a member of the team wants the console to be. Kept with the account, so that every browser has it at once."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Preferences(models.Model):
    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    class SendsWith(models.TextChoices):
        CONTROL_ENTER = "control_enter", _("Ctrl and Enter")
        ENTER = "enter", _("Enter")

    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density, default=Density.COMFORTABLE)
    sends_with = models.CharField(
        _("a message is sent with"), max_length=13, choices=SendsWith, default=SendsWith.CONTROL_ENTER
    )
    # Who speaks to the computer, or presses keys by accident, must be able to turn them off: WCAG 2.1.4.
    single_keys = models.BooleanField(_("shortcuts of a single key"), default=True)

    class Meta:
        abstract = True
