from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispatch_console.folding import fold

from . import search


class ConversationQuerySet(models.QuerySet):
    def visible_to(self, viewer):
        """What this viewer may see, history included. The only gate: find first through it, then act.

        The team sees every conversation. A guest sees those in which the person takes part, and of these only the one
        that the link names, if it names one.
        """
        if viewer.is_team:
            return self
        seen = self.filter(
            Exists(Participant.objects.present().filter(conversation=OuterRef("pk"), person=viewer.person))
        )
        return seen.filter(pk=viewer.link.conversation_id) if viewer.link.conversation_id else seen

    def open(self):
        return self.filter(closed_at__isnull=True)

    def closed(self):
        return self.filter(closed_at__isnull=False)

    def waiting(self):
        """The last word is a customer's or driver's, and nobody of the team has answered, or said that none is due."""
        return self.open().filter(waiting_since__isnull=False)

    def with_participant(self, person):
        return self.filter(Exists(Participant.objects.present().filter(conversation=OuterRef("pk"), person=person)))

    def with_unread(self, person):
        """Adds `unread`: how many messages of people this person has not read yet."""
        read = ReadMark.objects.filter(conversation=OuterRef("pk"), person=person)
        seen = Coalesce(Subquery(read.values("human_count")[:1]), Value(0), output_field=IntegerField())
        return self.annotate(unread=F("human_count") - seen)

    def unread_by(self, person):
        return self.with_unread(person).filter(unread__gt=0)

    def search(self, query):
        """Conversations whose title, order and people hold every word of the query, or one of whose messages does."""
        about = Q()
        # A word that is not to be seen, such as a joiner alone, asks for nothing.
        for word in filter(fold, query.split()):
            theirs = Participant.objects.present().filter(person__in=User.objects.filter(User.called(word)))
            about &= (
                Q(search_title__contains=fold(word))
                | Q(order__reference__icontains=word)
                | Q(pk__in=theirs.values("conversation"))
            )
        return self.filter(about | Message.objects.search(query).in_conversations()) if query else self

    def for_rows(self, viewer):
        """With all that a row of a list shows, in a number of queries that does not grow with the rows."""
        return (
            self.with_unread(viewer.person)
            .select_related("order__customer", "order__driver", "last_message__author", "closed_by")
            .prefetch_related(
                models.Prefetch(
                    "participants", Participant.objects.present().select_related("person"), to_attr="people_rows"
                )
            )
        )


class Conversation(models.Model):
    """Several people who all see the same messages, about an order or about anything else."""

    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="conversations", null=True, blank=True
    )
    title = models.CharField(max_length=200, blank=True)
    # As it is compared when somebody looks for it.
    search_title = models.TextField(blank=True, default="", editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    # Kept by chat.actions under the row's lock, in the same transaction as the message that they speak of.
    last_number = models.PositiveIntegerField(default=0, editable=False)
    # Counts the changes of messages, as last_number counts the messages.
    revision = models.PositiveIntegerField(default=0, editable=False)
    human_count = models.PositiveIntegerField(default=0, editable=False)
    last_message = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    waiting_since = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-last_activity_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(closed_at__isnull=True), name="one_open_conversation_per_order"
            )
        ]
        indexes = [
            models.Index(fields=["-last_activity_at", "-id"], name="conversation_by_activity"),
            models.Index(
                fields=["waiting_since"],
                condition=Q(waiting_since__isnull=False, closed_at__isnull=True),
                name="conversation_waiting",
            ),
        ]

    def __str__(self):
        return self.title or (f"Order {self.order.reference}" if self.order else f"Conversation {self.pk}")

    def get_absolute_url(self):
        return reverse("chat:conversation_detail", args=[self.pk])

    @property
    def is_open(self):
        return self.closed_at is None

    def seen_by(self):
        """The read marks of those who have read every message, earliest first: its authors are among them."""
        read_all = self.read_marks.filter(human_count__gte=self.human_count, human_count__gt=0)
        return read_all.select_related("person").order_by("at", "pk")


class ParticipantQuerySet(models.QuerySet):
    def present(self):
        return self.filter(removed_at__isnull=True)

    def guests(self):
        """The customers and drivers."""
        return self.exclude(person__role__in=User.TEAM_ROLES)


class Participant(models.Model):
    """A person in a conversation. Whoever is removed keeps the row, so that coming back is the same row again."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants")
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


class MessageQuerySet(search.SearchedMessages):
    def in_order(self):
        return self.order_by("number").select_related("author")

    def after(self, number, limit):
        """The next `limit` messages after `number`, oldest first."""
        return list(self.filter(number__gt=number).in_order()[:limit])

    def changed_after(self, revision, up_to, limit):
        """The next `limit` changed after `revision`, in that order, of the messages up to the number `up_to`."""
        changed = self.filter(revision__gt=revision, number__lte=up_to)
        return list(changed.order_by("revision").select_related("author")[:limit])

    def before(self, number, limit):
        """The `limit` messages just before `number`, oldest first."""
        return list(self.filter(number__lt=number).in_order().reverse()[:limit])[::-1]

    def around(self, number, limit, *, lead):
        """At most `limit` messages from `lead` before `number` on, oldest first."""
        return self.after(max(0, number - 1 - lead), limit)

    def latest_page(self, limit):
        return list(self.in_order().reverse()[:limit])[::-1]

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

    BODY_LIMIT = 4000
    # For so long its author may change or delete a text, and so often change it: all of it travels with the message.
    CHANGE_WINDOW = timedelta(minutes=15)
    EDIT_LIMIT = 10

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.TEXT)
    body = models.TextField(blank=True)
    # The words of the body, as they are compared when somebody looks for them.
    search_text = models.TextField(blank=True, default="", editable=False)
    # Of an event: what happened, and to whom or what as {"people": [{"name", "role"}], "seen": N} or {"title"}, named
    # as they were then.
    event = models.CharField(max_length=10, choices=Event, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # The sender's own key for this message. A retry carries the same one, and finds what the first try has stored.
    client_id = models.UUIDField(default=uuid4, editable=False)
    # How many people's messages there are up to this one: what makes an unread count one subtraction.
    human_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Its version counts the changes of this message; its revision is the conversation's at the last of them, or 0.
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
        ]

    def __str__(self):
        return f"{self.conversation_id}/{self.number}"

    @property
    def is_event(self):
        return self.kind == self.Kind.EVENT

    @property
    def first_body(self):
        """What it said when it was sent."""
        return self.earlier[0]["body"] if self.earlier else self.body

    @property
    def is_changeable(self):
        """Whether its author may still change or delete it."""
        in_time = timezone.now() - self.created_at < self.CHANGE_WINDOW
        return self.kind == self.Kind.TEXT and self.deleted_at is None and in_time


class ReadMark(models.Model):
    """How far a person has read a conversation, and since when no message has been new to them.

    Moves back only when the person says so.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="read_marks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="read_marks")
    number = models.PositiveIntegerField()
    human_count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="one_read_mark_each")]

    def __str__(self):
        return f"{self.person_id} read {self.conversation_id} to {self.number}"
