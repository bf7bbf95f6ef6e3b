from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import AccessLink


class LinkRequestQuerySet(models.QuerySet):
    def open(self):
        """Those that wait for us: nobody has made a link since, or said that none is due."""
        return self.filter(answered_at__isnull=True)


class LinkRequest(models.Model):
    """Somebody who was in by a link that has ended asks dispatch for a new one. Everybody in the chat sees the line."""

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="link_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="link_requests")
    # The one that has ended.
    link = models.ForeignKey(AccessLink, on_delete=models.CASCADE, related_name="requests")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    objects = LinkRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "person"], condition=Q(answered_at__isnull=True), name="one_open_link_request"
            )
        ]

    def __str__(self):
        return f"{self.person_id} in {self.conversation_id}"

    @property
    def is_open(self):
        return self.answered_at is None
