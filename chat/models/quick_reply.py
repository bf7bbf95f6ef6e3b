from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch_console.folding import fold

from ..filling import FIELDS, has_stray_brace, unknown_fields
from ..refusals import NameTaken
from .message import Message


class QuickReplyQuerySet(models.QuerySet):
    def shared(self):
        return self.filter(owner__isnull=True)

    def owned_by(self, person):
        return self.filter(owner=person)

    def usable_by(self, person):
        """One's own, then everybody's."""
        return self.filter(Q(owner=person) | Q(owner__isnull=True)).order_by(F("owner").asc(nulls_last=True), "key")


class QuickReply(models.Model):
    """What is written again and again, with fields that each conversation fills in. Without an owner, everybody's."""

    NAME_LIMIT = 40
    # A list that fits on a page and comes in one answer.
    LIMIT = 100

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quick_replies", null=True, blank=True
    )
    name = models.CharField(max_length=NAME_LIMIT)
    # The name as it is compared, so that "ETA" and "eta" are one.
    key = models.TextField(editable=False)
    body = models.TextField("text", max_length=Message.BODY_LIMIT)

    objects = QuickReplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "quick replies"
        ordering = ["key", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="quick_reply_once_for_a_person"),
            models.UniqueConstraint(fields=["key"], condition=Q(owner__isnull=True), name="quick_reply_once_for_all"),
        ]

    def __str__(self):
        return self.name

    def save(self, **options):
        self.key = fold(self.name)
        super().save(**options)

    def clean(self):
        super().clean()
        problems = {"name": [], "body": []}
        if unknown := unknown_fields(self.body):
            text = ngettext(
                "There is no field {names}. The fields are {known}.",
                "There are no fields {names}. The fields are {known}.",
                len(unknown),
            )
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            problems["body"].append(text.format(names=", ".join(unknown[:5]), known=known))
        elif has_stray_brace(self.body):
            problems["body"].append(_("A brace stands alone. A field has one on each side, like {customer}."))
        if self.is_name_taken():
            problems["name"].append(NameTaken(self.name).reason)
        elif not self.pk and self.siblings().count() >= self.LIMIT:
            problems["name"].append(
                _("There are {count} already, and more nobody finds. Delete one first.").format(count=self.LIMIT)
            )
        if any(problems.values()):
            raise ValidationError({field: found for field, found in problems.items() if found})

    def siblings(self):
        return QuickReply.objects.owned_by(self.owner) if self.owner_id else QuickReply.objects.shared()

    def is_name_taken(self):
        return self.siblings().filter(key=fold(self.name)).exclude(pk=self.pk).exists()
