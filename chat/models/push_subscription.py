from urllib.parse import urlsplit

from django.db import models
from django.db.models import Exists, F
from django.utils import timezone

from accounts.models import AccessLink

from .participant import Participant


class PushSubscriptionQuerySet(models.QuerySet):
    def of_person_in(self, person, conversation):
        """Those by which this person hears of this conversation: of links that open it now, to who is still in it."""
        links = AccessLink.objects.usable().into(conversation, [person])
        present = Participant.objects.present().filter(conversation=conversation, person=person)
        return self.filter(Exists(present), link__in=links).select_related("link__person").order_by("pk")

    def dead(self):
        """Those of links that open nothing any more."""
        return self.exclude(link__in=AccessLink.objects.usable())

    def stalest_first(self):
        return self.order_by(F("last_ok_at").asc(nulls_first=True), "created_at", "pk")


class PushSubscription(models.Model):
    """A browser that is told when there is something new, also while no page of ours is open in it.

    It belongs to one web chat link: who has several in one browser has a subscription for each. The browser makes it
    together with its push service, which is where the endpoint is; the keys encrypt what is sent for this browser only.
    """

    ENDPOINT_LIMIT = 1000
    # One for each browser in which a link was opened. The one that has been silent for longest makes room.
    LIMIT = 10
    # So many pushes in a row that were refused for good, and it is given up.
    PATIENCE = 5

    link = models.ForeignKey(AccessLink, on_delete=models.CASCADE, related_name="push_subscriptions", db_index=False)
    endpoint = models.CharField(max_length=ENDPOINT_LIMIT)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=50)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)
    # In a row, and what the last one was.
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    failure = models.CharField(max_length=200, blank=True, editable=False)

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "endpoint"], name="push_subscription_once_for_a_link")]

    def __str__(self):
        return f"Push to link {self.link_id}"

    @property
    def service(self):
        """The name of the push service. The rest of its address is a secret of the browser."""
        return urlsplit(self.endpoint).hostname
