import unicodedata
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dispatch_console.folding import fold

from .forms import BodyForm, LineField
from .models import QuickReply


class QuickReplyForm(forms.ModelForm, BodyForm):
    """Its text is held to what a message is held to, and its fields to those that there are."""

    name = LineField(
        max_length=QuickReply.NAME_LIMIT,
        error_messages={
            "required": _("Give it a name, by which you find it."),
            "max_length": _("At most %(limit_value)d characters. This has %(show_value)d."),
            "null_characters_not_allowed": _("This name has a NUL character. Remove it and save again."),
        },
    )

    class Meta:
        model = QuickReply
        fields = ["name", "body"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["body"].widget = forms.Textarea({"rows": 6, "cols": 80})

    def clean_name(self):
        name = self.cleaned_data["name"].removeprefix("/").strip()
        if all(char.isspace() or unicodedata.category(char) == "Cc" for char in fold(name)):
            raise ValidationError(self.fields["name"].error_messages["required"])
        return name


class ZoneForm(forms.Form):
    """The zone of a reader's clock, by its name, or None: also where we do not know it."""

    zone = forms.CharField(required=False, max_length=60)

    def clean_zone(self):
        try:
            return ZoneInfo(self.cleaned_data["zone"]) if self.cleaned_data["zone"] else None
        except (ValueError, OSError, ZoneInfoNotFoundError):
            return None
