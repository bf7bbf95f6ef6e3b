from django.conf import settings
from django.db import models
from django.utils import timezone


class ReadMark(models.Model):
    """How far a person has read a conversation, and since when no message has been new to them.

    Moves back only when the person says so.
    """

    # The constraint and the index below begin with these: PostgreSQL would take indexes of their own for better.
    conversation = models.ForeignKey(
        "Conversation", on_delete=models.CASCADE, related_name="read_marks", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="read_marks", db_index=False
    )
    number = models.PositiveIntegerField()
    human_count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="one_read_mark_each")]
        indexes = [
            models.Index(fields=["person", "conversation", "human_count"], name="read_mark_of_person"),
            models.Index(fields=["person", "at"], name="read_mark_by_moment"),
        ]

    def __str__(self):
        return f"{self.person_id} read {self.conversation_id} to {self.number}"
