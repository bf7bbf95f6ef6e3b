"""How far somebody outside has been reached in a conversation: the rungs of a ladder, derived from what is known."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessLink

from .delivery import Delivery
from .message import Message
from .read_mark import ReadMark


class Reach(models.TextChoices):
    """From the one who cannot be reached to the one who reads, and the one who read and does no more."""

    NO_CONTACT = "none", _("No contact")
    NO_LINK = "no_link", _("No link")
    SENT = "sent", _("Link sent")
    DELIVERED = "delivered", _("Delivered to provider")
    OPENED = "opened", _("Opened")
    SEEN = "seen", _("Seen")
    QUIET = "quiet", _("Gone quiet")


def reach_of_participant():
    """On which rung the person of a participant stands. The first condition that holds counts."""
    links = AccessLink.objects.usable().filter(
        Q(conversation=OuterRef("conversation")) | Q(conversation__isnull=True), person=OuterRef("person")
    )
    marks = ReadMark.objects.filter(conversation=OuterRef("conversation"), person=OuterRef("person"))
    has_seen = marks.filter(human_count__gt=0)
    return Case(
        When(~Exists(links) & Q(person__phone="", person__email=""), then=Value(Reach.NO_CONTACT)),
        When(~Exists(links), then=Value(Reach.NO_LINK)),
        When(Exists(_not_seen_for_long(has_seen)), then=Value(Reach.QUIET)),
        When(Exists(has_seen), then=Value(Reach.SEEN)),
        When(Exists(links.filter(uses__gt=0)), then=Value(Reach.OPENED)),
        When(Exists(links.filter(deliveries__status=Delivery.Status.SENT)), then=Value(Reach.DELIVERED)),
        default=Value(Reach.SENT),
        output_field=models.CharField(),
    )


def _not_seen_for_long(marks):
    """Those of these marks after which there is a message that has been there for long."""
    long_ago = timezone.now() - timedelta(minutes=settings.GONE_QUIET_MINUTES)
    old = Message.objects.filter(
        conversation=OuterRef("conversation"),
        number__gt=OuterRef("number"),
        kind=Message.Kind.TEXT,
        deleted_at__isnull=True,
        created_at__lte=long_ago,
    )
    return marks.filter(Exists(old), human_count__lt=F("conversation__human_count"))
