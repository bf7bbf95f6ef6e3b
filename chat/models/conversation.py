from functools import cached_property, reduce
from operator import or_
from types import SimpleNamespace

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispatch_console.folding import fold
from dispatch_console.prepared import Given, Prepared
from dispatch_console.sought import readings_of, reference_in
from orders.models import Order

from ..search import SearchedMessages
from .link_request import LinkRequest
from .message import Message
from .mute import Mute
from .participant import Participant
from .read_mark import ReadMark


class ConversationQuerySet(models.QuerySet):
    def visible_to(self, viewer):
        """What this viewer may see, history included. The only gate: find first through it, then act.

        The team sees every conversation. A guest sees those in which the person takes part, and of these only the one
        that the link names, if it names one.
        """
        if viewer.is_team:
            return self
        seen = self.with_participant(viewer.person)
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

    def with_nobody_but(self, person, colleague):
        """Those about no order in which this customer or driver is the only one, or of the team these two alone."""
        others = Participant.objects.present().filter(conversation=OuterRef("pk"))
        if person.is_team:
            others = others.exclude(person__in=[person, colleague])
            return self.filter(~Exists(others), order=None).with_participant(person).with_participant(colleague)
        return self.filter(~Exists(others.guests().exclude(person=person)), order=None).with_participant(person)

    def to_ask_by(self, link):
        """Where who was in by this link can ask for another: there, or in a newer chat of the order; the best first."""
        theirs, home = self.with_participant(link.person), link.conversation_id or link.made_in_id
        if link.conversation_id:
            same_order = Q(order=link.conversation.order_id) if link.conversation.order_id else Q()
            theirs = theirs.filter(Q(pk=home) | same_order) if same_order else theirs.filter(pk=home)
        is_closed, is_other = Case(When(closed_at=None, then=0), default=1), Case(When(pk=home, then=0), default=1)
        return theirs.order_by(is_closed, is_other, "-last_activity_at") if link.person.is_active else self.none()

    def with_unread(self, person):
        """Adds `unread`: how many messages of people this person has not read yet."""
        read = ReadMark.objects.filter(conversation=OuterRef("pk"), person=person)
        seen = Coalesce(Subquery(read.values("human_count")[:1]), Value(0), output_field=IntegerField())
        return self.annotate(unread=F("human_count") - seen)

    def unread_by(self, person):
        """Those with something that this person has not read yet."""
        read = ReadMark.objects.filter(
            conversation=OuterRef("pk"), person=person, human_count__gte=OuterRef("human_count")
        )
        return self.filter(~Exists(read), human_count__gt=0)

    def with_muted(self, person):
        """Adds `muted`: whether this person wants to hear nothing of it."""
        return self.annotate(muted=Exists(Mute.objects.filter(conversation=OuterRef("pk"), person=person)))

    def muted_by(self, person):
        return self.with_muted(person).filter(muted=True)

    def search(self, query):
        """Conversations whose title, order and people hold every word of the query, or one of whose messages does."""
        if not query:
            return self
        readings = filter(None, readings_of(query))
        return self.filter(reduce(or_, map(self._about, readings), Message.objects.search(query).in_conversations()))

    def _about(self, words):
        """The condition that title, order and people hold these words.

        What few have is looked up first, since a condition of several parts has no index; what many have is asked of
        one conversation after the other.
        """
        few, common = None, Q()
        # Long words are rare ones. After one that nobody is called, the others need not be looked up.
        for word in sorted(words, key=len, reverse=True):
            called = Called(word)
            if called.conversations is None:
                common &= called.condition()
            else:
                few = called.conversations if few is None else few & called.conversations
            if few is not None and not few:
                break
        if few is None:
            return common
        if common and few:
            few = set(self.model.objects.filter(common, pk__in=few).values_list("pk", flat=True))
        return Q(pk__in=few)

    def for_rows(self, viewer):
        """With all that a row of a list shows, in a number of queries that does not grow with the rows."""
        return (
            self.with_unread(viewer.person)
            .with_muted(viewer.person)
            .select_related("order__customer", "order__driver", "last_message__author", "closed_by")
            .prefetch_related(
                "last_message__files",
                models.Prefetch(
                    "participants", Participant.objects.present().select_related("person"), to_attr="people_rows"
                ),
                models.Prefetch("link_requests", LinkRequest.objects.open().select_related("person"), to_attr="asking"),
            )
        )


class Called:
    """The conversations that hold a word in their title, in their order's reference or in the names of their people."""

    def __init__(self, word):
        self.word, self.reference = word, reference_in(word)
        self.by_title = Q(search_title__contains=fold(word))
        self.people = User.objects.filter(User.called(word)).few_ids()
        # What holds it unfolded holds it folded too, and that has an index.
        self.orders = Order.objects.filter(
            search_text__contains=fold(self.reference), reference__icontains=self.reference
        ).few_ids()

    @cached_property
    def conversations(self):
        """Their ids, or None where they are many."""
        if self.people is None or self.orders is None:
            return None
        by_title = Conversation.objects.filter(self.by_title).values_list("pk")
        by_order = Conversation.objects.filter(order__in=self.orders).values_list("pk")
        by_people = Participant.objects.present().filter(person__in=self.people).values_list("conversation")
        found = by_title.order_by().union(by_order.order_by(), by_people.order_by(), all=True)
        found = list(found.order_by()[: SearchedMessages.COMMON])
        return {pk for (pk,) in found} if len(found) < SearchedMessages.COMMON else None

    def condition(self):
        """The same, to be asked of one conversation after the other."""
        by_order = Q(order__reference__icontains=self.reference) if self.orders is None else Q(order__in=self.orders)
        theirs = Participant.objects.present().filter(conversation=OuterRef("pk"))
        if self.people is not None:
            return self.by_title | by_order | Q(Exists(theirs.filter(person__in=self.people)))
        # Not Exists: PostgreSQL would first gather all that these many people take part in.
        called = theirs.filter(Exists(User.objects.filter(User.called(self.word), pk=OuterRef("person"))))
        return self.by_title | by_order | Q(IsNull(Subquery(called.order_by().values("pk")[:1]), False))


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
                fields=["-last_activity_at", "-id"], condition=Q(closed_at__isnull=True), name="conversation_open"
            ),
            models.Index(
                fields=["-last_activity_at", "-id"], condition=Q(closed_at__isnull=False), name="conversation_closed"
            ),
            # With read_mark_of_person, what somebody has not read: both are read side by side, without their tables.
            models.Index(
                fields=["id", "human_count"],
                condition=Q(closed_at__isnull=True, human_count__gt=0),
                name="conversation_to_read",
            ),
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

    @classmethod
    def visible_one(cls, viewer, pk):
        """The one with this id, when this viewer may see it, or None. What every poll and every handshake asks."""
        if viewer.is_team:
            return visible_to_team.first(pk=pk)
        if viewer.link.conversation_id is None:
            return visible_to_driver.first(pk=pk, person=viewer.person.pk)
        return visible_by_link.first(pk=pk, person=viewer.person.pk, named=viewer.link.conversation_id)

    @property
    def is_open(self):
        return self.closed_at is None

    def delivered_to(self):
        """The presences of those, of whom all are told, to whom the last text has been delivered."""
        number = self.messages.filter(kind=Message.Kind.TEXT).order_by("-number").values("number")[:1]
        return self.presences.shown().filter(received__gte=number)

    def seen_by(self):
        """The read marks of those who have read every message, earliest first: its authors are among them."""
        read_all = self.read_marks.filter(human_count__gte=self.human_count, human_count__gt=0)
        return read_all.select_related("person").order_by("at", "pk")


# A prepared query for each kind of viewer.


def one_visible_to(viewer):
    return Prepared(lambda: Conversation.objects.visible_to(viewer).filter(pk=Given("pk", models.BigAutoField())))


def guest(named):
    """Any customer or driver, whose link names this conversation."""
    person = Given("person", models.BigAutoField())
    return SimpleNamespace(is_team=False, person=person, link=SimpleNamespace(conversation_id=named))


visible_to_team = one_visible_to(SimpleNamespace(is_team=True))
visible_to_driver = one_visible_to(guest(named=None))
visible_by_link = one_visible_to(guest(named=Given("named", models.BigAutoField())))
