import hashlib
import secrets
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dispatch_console.folded import Folded, FoldedQuerySet
from dispatch_console.folding import fold
from dispatch_console.prepared import Given
from dispatch_console.sought import digits_in, digits_sought, readings_of

from .preferences import Preferences
from .reaching import Reached


class UserQuerySet(FoldedQuerySet):
    def team(self):
        return self.filter(role__in=User.TEAM_ROLES)

    def active(self):
        return self.filter(is_active=True)

    def search(self, query):
        """Everybody whose name, company, reference or phone holds every word of the query."""
        return self.filter(reduce(or_, map(self._holding, readings_of(query))))

    def _holding(self, words):
        return Q(*(Q(reference__istartswith=word) | self.model.called(word) for word in words))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, username, password=None, **fields):
        user = self.model(username=username, **{"role": User.Role.DISPATCHER, "name": username, **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(Folded, Preferences, Reached, AbstractBaseUser, PermissionsMixin):
    """A person: one of the dispatch team, who signs in, or a driver or customer, who comes by a web chat link."""

    class Role(models.TextChoices):
        DISPATCHER = "dispatcher", _("Dispatcher")
        SUPPORT = "support", _("Support")
        DRIVER = "driver", _("Driver")
        CUSTOMER = "customer", _("Customer")

    TEAM_ROLES = (Role.DISPATCHER, Role.SUPPORT)
    FOLDED = ("name", "company", "phone")
    COMPARED = ("search_text", "phone_digits")

    username = models.CharField("sign-in name", max_length=150, unique=True, null=True, blank=True)
    role = models.CharField(max_length=10, choices=Role)
    name = models.CharField(max_length=200)
    company = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=60, blank=True, help_text="Kept as it was typed.")
    # For who looks for it in another writing. Apart from the other texts, in which fewer digits are looked for too.
    phone_digits = models.TextField(blank=True, default="", editable=False)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="Language tag such as de or pt-BR.")
    reference = models.CharField(
        max_length=100, unique=True, null=True, blank=True, help_text="What other systems call this person."
    )
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["dispatcher", "support"])
                | Q(username__isnull=True, is_staff=False, is_superuser=False),
                name="only_team_signs_in",
                violation_error_message="Drivers and customers come in by a link: no sign-in name, no admin.",
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        # An empty form field is no name and no reference, and two people without one do not collide.
        self.username = self.username or None
        self.reference = self.reference or None

    def fold(self):
        super().fold()
        self.phone_digits = digits_in(self.phone)

    @staticmethod
    def called(word, whose=""):
        """The condition that a name, company or phone holds this word, with or without its accents.

        From a model that has a person it is asked with `whose`: "customer__".
        """
        called = Q(**{f"{whose}search_text__contains": fold(word)})
        digits = digits_sought(word)
        return called | Q(**{f"{whose}phone_digits__contains": digits}) if digits else called

    @property
    def is_team(self):
        return self.role in self.TEAM_ROLES

    @property
    def can_be_reached(self):
        return bool(self.phone or self.email)

    @property
    def initials(self):
        words = [word for word in self.name.split() if word[0].isalnum()] or [self.name[:1] or "?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def digest(secret):
    """What is stored of a secret: its SHA-256 in hex. Enough, since our secrets are random and long."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_public_id():
    return secrets.token_hex(6)


def link_expiry():
    return timezone.now() + timedelta(days=settings.LINK_LIFETIME_DAYS)


class LinkTimes(NamedTuple):
    """What decides now about links: those that end later, or whose order was delivered later, open or write."""

    end: datetime
    open: datetime
    write: datetime

    @classmethod
    def now(cls):
        now = timezone.now()
        return cls(
            now, now - timedelta(days=settings.LINK_DEAD_DAYS), now - timedelta(days=settings.LINK_READ_ONLY_DAYS)
        )

    @classmethod
    def given(cls):
        """For a prepared query, which is then asked with those of now."""
        return cls(*(Given(name, models.DateTimeField()) for name in cls._fields))


class AccessLinkQuerySet(models.QuerySet):
    def usable(self, times=None):
        """Those that open their door now."""
        times = times or LinkTimes.now()
        in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=times.end)
        return self.filter(
            in_time, AccessLink.not_delivered_before(times.open), revoked_at__isnull=True, person__is_active=True
        )

    def writable(self):
        """Those by which one may also write now. The others are there to read."""
        times = LinkTimes.now()
        return self.usable(times).filter(AccessLink.not_delivered_before(times.write))

    def with_writable(self, times=None):
        """Adds `is_writable` to those that are usable."""
        condition = AccessLink.not_delivered_before((times or LinkTimes.now()).write)
        return self.annotate(is_writable=ExpressionWrapper(condition, models.BooleanField()))

    def of_browser(self, key):
        """The links that the browser with this cookie has come in by, whether they still work or not."""
        return self.of_browser_hash(digest(key)) if key else self.none()

    def of_browser_hash(self, key_hash):
        return self.filter(browsers__key_hash=key_hash)

    def renewable(self):
        """Those whose person may ask for another: is in their chat, or where they open all chats, in any."""
        present = Q(person__participations__conversation__isnull=False, person__participations__removed_at__isnull=True)
        there = Q(conversation__isnull=True) | Q(person__participations__conversation=F("conversation"))
        return self.filter(present & there, person__is_active=True).distinct()

    def into(self, conversation, people):
        """The links by which these people come into this conversation: their own to it, and those to all of theirs."""
        return self.filter(Q(conversation=conversation) | Q(conversation__isnull=True), person__in=people)

    def of_token(self, token):
        return self.filter(token_hash=digest(token))


class AccessLink(models.Model):
    """A web chat link. Who holds it is that person, so its token is shown once and only its hash is kept.

    A customer's link opens one conversation. A driver's has none and opens all that the driver is in.

    One to the chat of an order lives as long as the order is not delivered, and so many days longer. Whoever makes one
    after that wants an answer, so that the days of such a link begin when it is made. Every other has its own end.
    """

    TOKEN_VERSION = "1"

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    conversation = models.ForeignKey(
        "chat.Conversation", on_delete=models.CASCADE, related_name="links", null=True, blank=True
    )
    # Where a driver's link leads first. It limits nothing.
    made_in = models.ForeignKey(
        "chat.Conversation", on_delete=models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )
    public_id = models.CharField(max_length=32, unique=True, default=make_public_id, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # Nothing where the order says when it ends.
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    uses = models.PositiveIntegerField(default=0, editable=False)
    # What the browser asked for when it came in last: for messages to somebody of whom no language is noted.
    language = models.CharField(max_length=10, blank=True, editable=False)

    objects = AccessLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self):
        return f"Link {self.public_id}"

    @classmethod
    def make(cls, **fields):
        """Make a link and return it with its token, which is nowhere else: (link, token)."""
        token = cls.TOKEN_VERSION + secrets.token_urlsafe(24)
        conversation = fields.get("conversation")
        if not (conversation and conversation.order_id):
            fields.setdefault("expires_at", link_expiry())
        return cls.objects.create(token_hash=digest(token), **fields), token

    @staticmethod
    def not_delivered_before(moment):
        """The condition that the order of its conversation, if there is one, was not delivered until then.

        A link that was made later counts from when it was made.
        """
        delivered = "conversation__order__delivered_at"
        return Q(**{f"{delivered}__isnull": True}) | Q(**{f"{delivered}__gt": moment}) | Q(made_at__gt=moment)

    @property
    def ends_at(self):
        """When it will open nothing any more, as far as that is known now. Needs its conversation's order."""
        return min(filter(None, [self.expires_at, self._days_after_delivery(settings.LINK_DEAD_DAYS)]), default=None)

    @property
    def read_only_from(self):
        return self._days_after_delivery(settings.LINK_READ_ONLY_DAYS)

    def _days_after_delivery(self, days):
        order = self.conversation and self.conversation.order
        delivered_at = order and order.delivered_at
        return max(delivered_at, self.made_at) + timedelta(days=days) if delivered_at else None

    def asked_at(self):
        """Since when its person has been waiting for another one, or None."""
        asked = self.person.link_requests.filter(answered_at__isnull=True)
        if self.conversation_id:
            asked = asked.filter(Q(conversation=self.conversation_id) | Q(link=self))
        return asked.values_list("asked_at", flat=True).first()

    def record_use(self, language):
        now = timezone.now()
        AccessLink.objects.filter(pk=self.pk).update(uses=F("uses") + 1, last_used_at=now, language=language)


class GuestBrowser(models.Model):
    """A browser that came in by one or more links. Its cookie holds a random key, of which only the hash is kept."""

    key_hash = models.CharField(max_length=64, unique=True)
    links = models.ManyToManyField(AccessLink, related_name="browsers")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"Browser {self.pk}"
