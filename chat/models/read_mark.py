from django.conf import settings
from django.db import models
from django.utils import timezone


class ReadMark(models.Model):
    """How far a person has read a conversation, and since when no message has been new to them.

    Moves back only when the person says so.
    """

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="read_marks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="read_marks")
    number = models.PositiveIntegerField()
    human_count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="one_read_mark_each")]

    def __str__(self):
        return f"{self.person_id} read {self.conversation_id} to {self.number}"
