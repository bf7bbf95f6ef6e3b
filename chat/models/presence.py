from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User

from .participant import Participant


class PresenceQuerySet(models.QuerySet):
    def here(self):
        """Those who are looking now: not gone, and said so lately."""
        return self.filter(is_here=True, at__gt=timezone.now() - Presence.LASTS)

    def shown(self):
        """What everybody in a conversation is told: of its people when they looked last, and of the team who looks."""
        inside = Participant.objects.present().filter(conversation=OuterRef("conversation"), person=OuterRef("person"))
        looks = Q(is_here=True, at__gt=timezone.now() - Presence.LASTS, person__role__in=User.TEAM_ROLES)
        return self.filter(Exists(inside) | looks).select_related("person").order_by("person__name", "person")


class Presence(models.Model):
    """When a person last had a conversation on the screen, whether it still is, and how much of it has been delivered.

    Each process writes what its sockets look at every 20 seconds, in one statement. Who has been gone without a word,
    with a process that died, is here no longer after a while.
    """

    # Two times in which it should have been said again, and a little.
    LASTS = timedelta(seconds=45)

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presences")
    at = models.DateTimeField()
    is_here = models.BooleanField(default=True)
    # Up to which message a page of theirs has said to have all, whether or not anybody looked at it.
    received = models.PositiveIntegerField(default=0)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="one_presence_each")]

    def __str__(self):
        return f"{self.person_id} at {self.conversation_id}"

    @property
    def is_now(self):
        return self.is_here and timezone.now() - self.at < self.LASTS
