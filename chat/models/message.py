from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property

from .. import search
from .read_mark import ReadMark


class MessageQuerySet(search.SearchedMessages):
    def for_fragments(self):
        """With all that the element of a message shows: also of what it replies to, as that is now."""
        return (
            self.select_related("author", "reply_to__author")
            .prefetch_related("files", "reply_to__files")
            .defer("reply_to__search_text", "reply_to__earlier")
        )

    def in_order(self):
        return self.order_by("number").for_fragments()

    def after(self, number, limit):
        """The next `limit` messages after `number`, oldest first."""
        return list(self.filter(number__gt=number).in_order()[:limit])

    def changed_after(self, revision, up_to, limit):
        """The next `limit` changed after `revision`, in that order, of the messages up to the number `up_to`."""
        changed = self.filter(revision__gt=revision, number__lte=up_to)
        return list(changed.order_by("revision").for_fragments()[:limit])

    def before(self, number, limit):
        """The `limit` messages just before `number`, oldest first."""
        return list(self.filter(number__lt=number).in_order().reverse()[:limit])[::-1]

    def around(self, number, limit, *, lead):
        """At most `limit` messages from `lead` before `number` on, oldest first."""
        return self.after(max(0, number - 1 - lead), limit)

    def latest_page(self, limit):
        return list(self.in_order().reverse()[:limit])[::-1]

    def open_offer_to(self, person):
        """The latest of one conversation's messages that offers answers, or None, also once this person has written."""
        spoken = self.filter(kind=Message.Kind.TEXT, deleted_at__isnull=True)
        last = spoken.filter(author=person).order_by("-number").values_list("number", flat=True).first()
        return spoken.filter(facts__has_key="answers", number__gt=last or 0).order_by("-number").first()

    def first_unread(self, person):
        """The number of the first message of one conversation's that this person has not read yet, or None."""
        read = ReadMark.objects.filter(conversation=OuterRef("conversation"), person=person).values("number")[:1]
        unread = self.filter(kind=Message.Kind.TEXT, number__gt=Coalesce(Subquery(read), Value(0)))
        return unread.order_by("number").values_list("number", flat=True).first()


class Message(models.Model):
    """A line of a conversation that everybody in it sees: what somebody wrote, or what happened.

    Numbers count 1, 2, 3 … in each conversation without a gap. They are given under the conversation's row lock, so
    that number order is commit order, and whoever has seen 7 and then 9 knows that 8 is missing.
    """

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        EVENT = "event", "Event"

    class Event(models.TextChoices):
        OPENED = "opened", "Opened"
        ADDED = "added", "Added"
        REMOVED = "removed", "Removed"
        JOINED = "joined", "Joined"
        ANSWERED = "answered", "No answer needed"
        RENAMED = "renamed", "Renamed"
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"
        ASKED = "asked", "Asked for a new link"

    BODY_LIMIT = 4000
    # So many answers can be offered with one text.
    OFFER_LIMIT = 4
    # For so long its author may change or delete a text, and so often change it: all of it travels with the message.
    CHANGE_WINDOW = timedelta(minutes=15)
    EDIT_LIMIT = 10

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.TEXT)
    body = models.TextField(blank=True)
    # The text that this one answers, of the same conversation. What it says is read there and never copied.
    reply_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="replies", null=True, blank=True, db_index=False
    )
    # The words of the body, as they are compared when somebody looks for them.
    search_text = models.TextField(blank=True, default="", editable=False)
    # Of an event: what happened, and to whom or what as {"people": [{"name", "role"}], "seen": N} or {"title"}, named
    # as they were then. Of a text: {"answers": [text, …]}, what customers were offered to answer by one tap;
    # {"location": {"lat", "lon", "accuracy"}}, in degrees and metres, where its author was then;
    # {"removed_files": N}, how many files went with it that were erased with the person who sent them.
    event = models.CharField(max_length=10, choices=Event, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # The sender's own key for this message. A retry carries the same one, and finds what the first try has stored.
    client_id = models.UUIDField(default=uuid4, editable=False)
    # How many people's messages there are up to this one: what makes an unread count one subtraction.
    human_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Its version counts the changes of its text. Its revision is the conversation's when its element changed last, or
    # 0: by a change of its text, or of the text that it replies to.
    version = models.PositiveSmallIntegerField(default=1, editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    # What it said before, oldest first, as [{"body", "at"}]: everybody may read it. Gone when the message is deleted.
    earlier = models.JSONField(default=list, blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="number_once_in_a_conversation"),
            models.UniqueConstraint(fields=["conversation", "author", "client_id"], name="client_id_once_for_a_sender"),
        ]
        indexes = [
            models.Index(fields=["author", "created_at"], name="message_by_author"),
            models.Index(fields=["conversation", "revision"], condition=Q(revision__gt=0), name="message_by_revision"),
            models.Index(fields=["reply_to"], condition=Q(reply_to__isnull=False), name="message_by_reply_to"),
        ]

    def __str__(self):
        return f"{self.conversation_id}/{self.number}"

    @property
    def is_event(self):
        return self.kind == self.Kind.EVENT

    @cached_property
    def file_list(self):
        """Its photos and documents, in their order."""
        return list(self.files.all()) if self.pk and not self.is_event else []

    @property
    def first_body(self):
        """What it said when it was sent."""
        return self.earlier[0]["body"] if self.earlier else self.body

    @property
    def is_changeable(self):
        """Whether its author may still change or delete it."""
        in_time = timezone.now() - self.created_at < self.CHANGE_WINDOW
        return self.kind == self.Kind.TEXT and self.deleted_at is None and in_time
