from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import User

from .reach import reach_of_participant


class ParticipantQuerySet(models.QuerySet):
    def present(self):
        return self.filter(removed_at__isnull=True)

    def guests(self):
        """The customers and drivers."""
        return self.exclude(person__role__in=User.TEAM_ROLES)

    def with_reach(self):
        """Adds `reach`, the rung of the ladder on which a guest stands."""
        return self.annotate(reach=reach_of_participant())

    def on_rung(self, rung):
        """The customers and drivers who stand on this rung of the ladder."""
        return self.present().guests().with_reach().filter(reach=rung)


class Participant(models.Model):
    """A person in a conversation. Whoever is removed keeps the row, so that coming back is the same row again."""

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="participants")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="participations")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="once_in_a_conversation")]
        indexes = [models.Index(fields=["person", "conversation"], name="participant_of_person")]

    def __str__(self):
        return f"{self.person} in {self.conversation_id}"
