from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from .models import Order

NO_SUCH_PAGE = _("This page of the list does not exist.")


class OrderFilter(forms.Form):
    """What the URL of the list asks for: words, a status, and where the page begins."""

    # Any words can be searched for, a NUL or a novel too: they are found nowhere.
    q = forms.Field(required=False)
    status = forms.ChoiceField(
        choices=Order.Status,
        required=False,
        error_messages={"invalid_choice": _("There is no status “%(value)s”.")},
    )
    before = forms.IntegerField(
        required=False,
        min_value=1,
        error_messages={"invalid": NO_SUCH_PAGE, "min_value": NO_SUCH_PAGE},
    )

    def clean_q(self):
        return " ".join((self.cleaned_data["q"] or "").split())

    def statuses(self, counts):
        """The choices of a status as (value, label, count), of which the first is all of them."""
        return [
            ("", pgettext("orders", "All"), sum(counts.values())),
            *((*choice, counts[choice[0]]) for choice in Order.Status.choices),
        ]

    def sentence(self):
        """What is wrong with what was asked for, for people."""
        return " ".join(message for messages in self.errors.values() for message in messages)
