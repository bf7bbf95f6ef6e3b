from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dispatch_console.folding import fold

from ..refusals import AnswerTaken

# What there is to begin with, by the role that it is for: shown to each in their own language until somebody changes
# the words.
DEFAULTS = {
    User.Role.DRIVER: [
        gettext_noop("On my way"),
        gettext_noop("10 minutes late"),
        gettext_noop("At the door"),
        gettext_noop("Nobody there"),
    ],
    User.Role.CUSTOMER: [gettext_noop("I’m home"), gettext_noop("Leave it with a neighbour")],
}
OURS = {text for texts in DEFAULTS.values() for text in texts}


def in_own_words(text: str) -> str:
    """An answer as its reader is to see it: what is the product's own is translated, what the team wrote stands."""
    return gettext(text) if text in OURS else text


class QuickAnswerQuerySet(models.QuerySet):
    def of_role(self, role):
        return self.filter(role=role)

    def for_person(self, person):
        """What this person answers with by one tap, at any time: drivers only. Customers are offered theirs."""
        return self.of_role(person.role) if person.role == User.Role.DRIVER else self.none()


class QuickAnswer(models.Model):
    """What a driver or a customer says by one tap. The company's: each of the team may change them."""

    TEXT_LIMIT = 60
    # As many as can be seen beside each other, and read by who stands in the rain.
    LIMIT = 8
    ROLES = [(User.Role.DRIVER, _("Drivers")), (User.Role.CUSTOMER, _("Customers"))]

    role = models.CharField(_("for"), max_length=10, choices=ROLES)
    text = models.CharField(_("text"), max_length=TEXT_LIMIT)
    # The text as it is compared, so that nobody is shown the same twice.
    key = models.TextField(editable=False)
    place = models.PositiveSmallIntegerField(_("place"), default=0)

    objects = QuickAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-tap answer")
        verbose_name_plural = _("one-tap answers")
        ordering = ["role", "place", "id"]
        constraints = [models.UniqueConstraint(fields=["role", "key"], name="quick_answer_once_for_a_role")]

    def __str__(self):
        return self.text

    def save(self, **options):
        self.key = fold(self.text)
        super().save(**options)

    @property
    def words(self):
        return in_own_words(self.text)

    def clean(self):
        super().clean()
        if not self.role:
            return
        siblings = QuickAnswer.objects.of_role(self.role).exclude(pk=self.pk)
        if siblings.filter(key=fold(self.text)).exists():
            raise ValidationError({"text": AnswerTaken(self.text).reason})
        if siblings.count() >= self.LIMIT:
            full = _("There are %(count)d already, and more nobody reads. Delete one first.")
            raise ValidationError({"text": full % {"count": self.LIMIT}})
