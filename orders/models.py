import re
from datetime import time, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, ExpressionWrapper, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dispatch_console.folded import Folded, FoldedQuerySet
from dispatch_console.folding import fold
from dispatch_console.sought import readings_of, reference_in


class OrderQuerySet(FoldedQuerySet):
    def bulk_create(self, orders, *args, **options):
        orders = list(orders)
        for order in orders:
            order.date_delivery()
        return super().bulk_create(orders, *args, **options)

    def bulk_update(self, orders, fields, *args, **options):
        orders = list(orders)
        if "status" in fields:
            for order in orders:
                order.date_delivery()
            fields = {*fields, "delivered_at"}
        return super().bulk_update(orders, fields, *args, **options)

    bulk_update.alters_data = True

    def update(self, **fields):
        if "status" in fields and "delivered_at" not in fields:
            is_delivered = fields["status"] == Order.Status.DELIVERED
            fields["delivered_at"] = Coalesce("delivered_at", timezone.now()) if is_delivered else None
        return super().update(**fields)

    update.alters_data = True

    # Nothing that is searched is longer, and a database takes only so many conditions.
    SEARCH_LIMIT = 200
    # Of so many words, the longest and so the rarest, the people are looked up.
    LOOKED_UP = 4

    def named(self, reference):
        """The order of this reference, or none. PostgreSQL refuses to be asked for a NUL, which no reference holds."""
        return self.none() if "\0" in reference else self.filter(reference=reference)

    def search(self, query):
        """Orders whose reference, customer, driver or city holds every word of the query, with or without accents."""
        if "\0" in query or len(query) > self.SEARCH_LIMIT:
            return self.none()
        return self.filter(reduce(or_, map(self._holding, readings_of(query))))

    def _holding(self, words):
        words = enumerate(sorted(words, key=len, reverse=True))
        return Q(
            *(
                Q(search_text__contains=fold(reference_in(word))) | self._of_people(word, at < self.LOOKED_UP)
                for at, word in words
            )
        )

    @staticmethod
    def _of_people(word, is_looked_up):
        """The condition that the customer or the driver is called so."""
        people = User.objects.filter(User.called(word)).few_ids() if is_looked_up else None
        if people is None:
            return User.called(word, "customer__") | User.called(word, "driver__")
        # Ids have an index on both sides. The texts of two other tables would be read of every order.
        return Q(customer__in=people) | Q(driver__in=people)

    def of_status(self, status):
        """Those of one status, or all of them for none."""
        return self.filter(status=status) if status else self

    def of_person(self, person):
        """Those that a driver drives or a customer has ordered, what is still under way first, then the newest."""
        is_done = ExpressionWrapper(Q(status=Order.Status.DELIVERED), models.BooleanField())
        return self.filter(Q(driver=person) | Q(customer=person)).order_by(is_done, "-pk")

    def page_before(self, order_id, limit):
        """The `limit` newest orders that are older than the one with this id, or the newest of all without one."""
        older = self.filter(pk__lt=order_id) if order_id else self
        return list(older.select_related("customer", "driver").order_by("-pk")[:limit])

    def count_by_status(self):
        """How many there are of each status: {"assigned": 21, …}."""
        counts = dict(self.order_by().values_list("status").annotate(Count("pk")))
        return {status: counts.get(status, 0) for status in Order.Status.values}


class Order(Folded):
    class Status(models.TextChoices):
        ASSIGNED = "assigned", _("Assigned")
        IN_TRANSIT = "in_transit", _("In transit")
        DELIVERED = "delivered", _("Delivered")

    FOLDED = ("reference", "dropoff_city")

    reference = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ASSIGNED)
    # A date that came without a time is kept as local midnight, and shown without a time.
    placed_at = models.DateTimeField(null=True, blank=True)
    promised_for = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    # Since when its status is that it is delivered. Kept with the status, whichever way that is changed.
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="orders",
        null=True,
        blank=True,
        limit_choices_to={"role": "customer"},
    )
    driver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="deliveries",
        null=True,
        blank=True,
        limit_choices_to={"role": "driver"},
    )
    carrier = models.CharField(max_length=200, blank=True)
    dropoff_name = models.CharField(max_length=200, blank=True)
    dropoff_street = models.CharField(max_length=300, blank=True)
    dropoff_city = models.CharField(max_length=200, blank=True)
    dropoff_region = models.CharField(max_length=200, blank=True)
    dropoff_postcode = models.CharField(max_length=40, blank=True)
    dropoff_country = models.CharField(max_length=100, blank=True)
    # [{"quantity": 12, "name": "Queso Cabrales"}, …]: only ever read and written whole.
    items = models.JSONField(default=list, blank=True)
    freight = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"Order {self.reference}"

    def get_absolute_url(self):
        return reverse("orders:order_detail", args=[self.reference])

    def clean(self):
        super().clean()
        check_reference(self.reference)

    def save(self, *args, update_fields=None, **options):
        if update_fields is None or "status" in update_fields:
            self.date_delivery()
            update_fields = update_fields and {*update_fields, "delivered_at"}
        super().save(*args, update_fields=update_fields, **options)

    def date_delivery(self):
        """Say since when it is delivered, if it is: since now, and of one that comes as delivered as far as we know."""
        if self.status != self.Status.DELIVERED:
            self.delivered_at = None
        elif self.delivered_at is None:
            now = timezone.now()
            self.delivered_at = min(self.shipped_at or now, now) if self._state.adding else now

    @property
    def address(self):
        """The drop-off on one line: "187 Suffolk Ln., 83720 Boise, USA"."""
        place = " ".join(filter(None, [self.dropoff_postcode, self.dropoff_city]))
        return ", ".join(filter(None, [self.dropoff_street, place, self.dropoff_region, self.dropoff_country]))

    def note_changes(self, *, driver, status, actor=None):
        """What the timeline tells of a change from this driver and status to those of now, not yet saved."""
        changes = []
        if self.driver != driver:
            changes.append((OrderEvent.Kind.DRIVER_ASSIGNED, self.driver.name if self.driver else ""))
        if self.status != status:
            # Kept in one language, whoever made the change, and shown in that of who reads it.
            with translation.override(settings.LANGUAGE_CODE):
                changes.append((OrderEvent.Kind.STATUS_CHANGED, self.get_status_display()))
        return [OrderEvent(order=self, kind=kind, detail=detail, actor=actor) for kind, detail in changes]

    @property
    def due_at(self):
        """The last moment at which the promise is kept: a day lasts until the next one begins."""
        return self.promised_for if has_clock(self.promised_for) else self.promised_for + timedelta(days=1)

    @property
    def is_late(self):
        if self.promised_for is None or self.status == self.Status.DELIVERED:
            return False
        return timezone.now() > self.due_at


def check_reference(reference):
    """A reference is a part of its order's address, so it can hold nothing that an address cannot."""
    if "/" in reference or reference in (".", "..") or re.search(r"[\x00-\x1f\x7f]", reference):
        raise ValidationError({"reference": "No slash, no control character, and not just . or .. in a reference."})


def has_clock(moment):
    """Whether this is more than a day: a date that came without a time is kept as local midnight."""
    return timezone.localtime(moment).time() != time.min


class OrderEvent(models.Model):
    """Something that happened to an order and was seen happening. Placed and shipped are dates of the order itself."""

    class Kind(models.TextChoices):
        IMPORTED = "imported", "Imported"
        DRIVER_ASSIGNED = "driver_assigned", "Driver assigned"
        STATUS_CHANGED = "status_changed", "Status changed"
        CHAT_OPENED = "chat_opened", "Chat opened"
        CHAT_CLOSED = "chat_closed", "Chat closed"
        CHAT_REOPENED = "chat_reopened", "Chat reopened"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    # Whom or what it is about: the driver's name, the new status. As it was then, whatever it is called later.
    detail = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.order_id}"
