"""How a member of the team wants the console to be. Kept with the account, so that every browser has it at once."""

from django.db import models


class Preferences(models.Model):
    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    class SendsWith(models.TextChoices):
        CONTROL_ENTER = "control_enter", "Ctrl and Enter"
        ENTER = "enter", "Enter"

    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density, default=Density.COMFORTABLE)
    sends_with = models.CharField(
        "a message is sent with", max_length=13, choices=SendsWith, default=SendsWith.CONTROL_ENTER
    )
    # Who speaks to the computer, or presses keys by accident, must be able to turn them off: WCAG 2.1.4.
    single_keys = models.BooleanField("shortcuts of a single key", default=True)

    class Meta:
        abstract = True
