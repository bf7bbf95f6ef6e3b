from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessLink


class DeliveryQuerySet(models.QuerySet):
    def shown(self):
        """What was sent, is on its way, or failed. What nobody needed any more was never sent, and is not told."""
        return self.exclude(status=Delivery.Status.DROPPED)

    def perhaps_sent(self):
        """What was sent, may have been, or is on its way."""
        return self.shown().exclude(status=Delivery.Status.FAILED)

    def failed_for_now(self):
        """What was given up for a reason that may have passed since."""
        return self.filter(status=Delivery.Status.FAILED, problem__in=Delivery.PASSING)

    def not_to_be_repeated(self):
        """What is shown, but for that: nothing has it tried by itself."""
        return self.shown().exclude(status=Delivery.Status.FAILED, problem__in=Delivery.PASSING)

    def notices(self):
        return self.filter(kind=Delivery.Kind.NOTICE)

    def on_their_way(self):
        return self.filter(status__in=[Delivery.Status.WAITING, Delivery.Status.SENDING])

    def last_of_each(self, conversation):
        """The last that is shown for each person of a conversation, by the person's id, in one query."""
        shown = self.filter(conversation=conversation).shown()
        last = shown.order_by().values("person").annotate(last=Max("pk")).values("last")
        rows = self.filter(pk__in=last).select_related("person", "asked_by")
        return {row.person_id: row for row in rows}


class Delivery(models.Model):
    """One thing that is brought to one person who is not here: their link, or that they have missed messages.

    It is all of its tries, on every channel that was tried for it. What counts is this row, and a background task only
    its alarm clock: a try begins by taking the row, so that of two workers one sends. Its text and its link are made
    for each try and stored nowhere.
    """

    class Kind(models.TextChoices):
        LINK = "link", _("Web chat link")
        NOTICE = "notice", _("Missed messages")

    class Channel(models.TextChoices):
        PUSH = "push", _("push message")
        SMS = "sms", _("SMS")
        EMAIL = "email", _("e-mail")

    class Status(models.TextChoices):
        # To be tried, or tried again, at `next_try_at`.
        WAITING = "waiting", _("Waiting")
        # A try is under way, or its process has died in the midst of it.
        SENDING = "sending", _("Being sent")
        # The provider, or the mail server, has taken it, and nobody has told us that it did not arrive.
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        # It may have been sent: the process died, or the answer did not come. Not tried again by itself.
        UNCLEAR = "unclear", _("Perhaps sent")
        # Nobody needs it any more.
        DROPPED = "dropped", _("Not needed")

    class Problem(models.TextChoices):
        """Why it is not sent, or not yet. `detail` is what the other side said, in its own words."""

        NO_ADDRESS = "no_address", _("There is no address for it.")
        BAD_ADDRESS = "bad_address", _("This address cannot be used.")
        NOT_SET_UP = "not_set_up", _("It is no longer set up here.")
        TURNED_OFF = "turned_off", _("The person has turned it off.")
        REFUSED = "refused", _("The provider refused it.")
        BOUNCED = "bounced", _("It was sent, and came back.")
        SENDER_REFUSED = "sender_refused", _("The mail server does not take e-mails from our address.")
        SIGN_IN_REFUSED = "sign_in_refused", _("The provider does not accept our name and password.")
        BUSY = "busy", _("The provider could not take it now.")
        UNREACHABLE = "unreachable", _("The provider could not be reached.")
        TIMED_OUT = "timed_out", _("The provider did not answer in time.")
        STOPPED = "stopped", _("The program stopped while it was being sent.")
        FAULT = "fault", _("It failed here. The log of the program says why.")
        # Why nobody needs it any more.
        SEEN = "seen", _("It was seen meanwhile.")
        LEFT = "left", _("The person is no longer in this chat.")
        INACTIVE = "inactive", _("The person is no longer active.")
        CLOSED = "closed", _("The chat is closed.")
        TOO_OLD = "too_old", _("It is too old to be news.")

    # Nothing that the person, or who set it up, would have to change first.
    PASSING = (Problem.BUSY, Problem.UNREACHABLE, Problem.TIMED_OUT, Problem.FAULT)

    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="deliveries")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notified")
    kind = models.CharField(max_length=6, choices=Kind)
    channel = models.CharField(max_length=5, choices=Channel)
    # Where the last try went: an address or a number, as it was then.
    address = models.CharField(max_length=254, blank=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    # Of a link, the key of the form that asked for it. Also what other sides are told, so that they know a repetition.
    key = models.UUIDField(default=uuid4, editable=False)
    # Of a notice, how many messages of people the person had seen: there is one notice until that has changed.
    # None once they were back and have marked as unread what came after.
    seen = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # The dispatcher who asked for it; nobody for a notice.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    # The web chat link that the last try carried.
    link = models.ForeignKey(AccessLink, on_delete=models.SET_NULL, related_name="deliveries", null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Why the last try was none. A delivery that waits may have one too, and one that was sent has none.
    problem = models.CharField(max_length=15, choices=Problem, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    # One of its tries had no answer, or no end that is known: it may have been sent, whatever a later one was answered.
    may_be_sent = models.BooleanField(default=False, editable=False)
    # The channels that have refused it, in order, as [{"channel", "problem", "detail", "at"}].
    earlier = models.JSONField(default=list, blank=True, editable=False)
    # What the provider calls it.
    provider_id = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "person", "key"], name="delivery_once_for_a_key"),
            models.UniqueConstraint(
                fields=["conversation", "person", "seen"],
                condition=Q(kind="notice") & ~Q(status="dropped"),
                name="one_notice_until_seen",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "created_at"], name="delivery_of_person"),
            models.Index(
                fields=["next_try_at"], condition=Q(status__in=["waiting", "sending"]), name="delivery_on_its_way"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} for {self.person_id} in {self.conversation_id}"

    @property
    def is_on_its_way(self):
        return self.status in (self.Status.WAITING, self.Status.SENDING)

    @property
    def is_sent(self):
        return self.status == self.Status.SENT

    @property
    def is_paused(self):
        """It was tried and is tried again later: somebody may have it tried now."""
        return self.status == self.Status.WAITING and self.tries > 0 and self.next_try_at > timezone.now()

    @property
    def needs_a_person(self):
        """Nothing more happens by itself: somebody may try it again, or reach the person in another way."""
        return self.status in (self.Status.FAILED, self.Status.UNCLEAR)
