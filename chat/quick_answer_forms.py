from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .forms import LineField, is_empty
from .models import QuickAnswer


class AnswerTextField(LineField):
    """What a button says, and what is sent by it: one line, with something to be read in it."""

    def __init__(self, **options):
        messages = {
            "required": _("Write what the answer says."),
            "max_length": _("At most %(limit_value)d characters. This has %(show_value)d."),
            "null_characters_not_allowed": _("This text has a NUL character. Remove it and save again."),
        }
        super().__init__(max_length=QuickAnswer.TEXT_LIMIT, error_messages=messages, **options)

    def clean(self, value):
        text = super().clean(value)
        if is_empty(text):
            raise ValidationError(self.error_messages["required"])
        return text


class QuickAnswerForm(forms.ModelForm):
    role = forms.ChoiceField(
        choices=QuickAnswer.ROLES,
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Choose who gives this answer.")),
    )
    text = AnswerTextField()
    # Where it stands among those of its role, from 1 on; beyond them it is the last.
    place = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=8,
        error_messages=dict.fromkeys(
            ["invalid", "min_value", "max_value"],
            _("The place is a number from 1 to 8."),
        ),
    )

    class Meta:
        model = QuickAnswer
        fields = ["role", "text"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["place"] = self.instance.place
