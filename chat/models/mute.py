from django.conf import settings
from django.db import models
from django.utils import timezone


class Mute(models.Model):
    """A conversation of which a person wants to hear nothing. What is unread in it still shows in the list."""

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="mutes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mutes")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "conversation"], name="one_mute_each")]

    def __str__(self):
        return f"{self.person_id} muted {self.conversation_id}"
