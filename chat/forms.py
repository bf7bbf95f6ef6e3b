import unicodedata
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

from . import inbox
from .locations import LocationForm
from .models import Message, QuickAnswer, Reach
from .refusals import NothingToReplyTo
from .wording import TURNING

# What Django puts in the place of bytes that are no text, such as a lone surrogate.
BROKEN = "\N{REPLACEMENT CHARACTER}"


def check_whole(text):
    """Refuses text that has not arrived as it was written: to store another in its place would be to falsify it."""
    if BROKEN in text:
        raise ValidationError(_("This text has a broken character. Remove it and send again."))


def is_empty(text):
    """Whether there is nothing to be read: format characters alone, such as a zero-width space, are nothing."""
    return all(char.isspace() or unicodedata.category(char) in ("Cf", "Cc") for char in text)


class TextField(forms.CharField):
    """Text from outside: with line breaks as \\n, and at most `max_length` characters after that."""

    default_validators = [check_whole]

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").strip()


class BodyForm(forms.Form):
    """A text, which may be empty beside files."""

    body = TextField(
        max_length=Message.BODY_LIMIT,
        error_messages={
            "required": _("Write something first."),
            "max_length": _("At most %(limit_value)d characters. This has %(show_value)d."),
            "null_characters_not_allowed": _("This text has a NUL character. Remove it and send again."),
        },
    )

    def __init__(self, *args, has_files=False, **options):
        super().__init__(*args, **options)
        self.fields["body"].required = not has_files

    def clean_body(self):
        body = self.cleaned_data["body"]
        if not is_empty(body):
            return body
        if self.fields["body"].required:
            raise ValidationError(_("Write something first."))
        return ""


class MessageForm(LocationForm, BodyForm):
    client_id = forms.UUIDField(required=False, error_messages={"invalid": _("The message's key is not a UUID.")})
    # The number of the message that this one answers.
    reply_to = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(["invalid", "min_value", "max_value"], NothingToReplyTo().reason),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # Where somebody is says enough.
        self.fields["body"].required = self.fields["body"].required and not self.has_location


class AnswersField(forms.MultipleChoiceField):
    """Texts that can be given as answers, each once: the product's, the team's or what somebody has thought of now."""

    default_error_messages = {
        "many": _("At most %(limit)d answers can be offered at once."),
        "text": _("An answer is one line of at most %(limit)d characters."),
    }

    def to_python(self, value):
        lines = [" ".join(str(text).translate(TURNING).split()) for text in value or []]
        return list(dict.fromkeys(lines))

    def validate(self, value):
        if len(value) > Message.OFFER_LIMIT:
            raise ValidationError(self.error_messages["many"] % {"limit": Message.OFFER_LIMIT})
        for text in value:
            check_whole(text)
            if len(text) > QuickAnswer.TEXT_LIMIT or "\0" in text or is_empty(text):
                raise ValidationError(self.error_messages["text"] % {"limit": QuickAnswer.TEXT_LIMIT})


class TeamMessageForm(MessageForm):
    """What the team sends, and with it what customers can answer by one tap."""

    offer = AnswersField(required=False)


class EditForm(BodyForm):
    """What a message is to say, and which version of it its author had read."""

    version = forms.IntegerField(
        min_value=1,
        max_value=2**15 - 1,
        error_messages=dict.fromkeys(
            ["required", "invalid", "min_value", "max_value"], _("The message's version is missing. Reload the page.")
        ),
    )


class ReadForm(forms.Form):
    """How far one has read: up to `number`, or only what stands before `unread_from`."""

    number = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    unread_from = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)

    def clean(self):
        given = [name for name in ("number", "unread_from") if self.cleaned_data.get(name) is not None]
        if len(given) != 1:
            raise ValidationError("Give number or unread_from.")


class MessagePageForm(forms.Form):
    """Which messages of a conversation: those after a number, those before it, or the latest."""

    after = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    before = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    # With `after`: also the earlier messages that were changed since this revision of the conversation.
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)

    def clean(self):
        if self.cleaned_data.get("after") is not None and self.cleaned_data.get("before") is not None:
            raise ValidationError("Give after or before, not both.")


class SearchField(TextField):
    """Words to look for. Any string is a fair question: what cannot be stored cannot be found either."""

    default_validators = []

    def __init__(self, **options):
        super().__init__(required=False, **options)
        self.validators = []

    def to_python(self, value):
        value = super().to_python(value).replace("\0", " ").encode(errors="ignore").decode()
        return " ".join(value.split()[:10])[:200]


class CursorForm(forms.Form):
    """Where a page of conversations begins."""

    cursor = forms.RegexField(
        r"^\d{1,17}-\d{1,18}$", required=False, error_messages={"invalid": _("This page of the list does not exist.")}
    )


SHOWS = {
    "mine": pgettext_lazy("chats", "Mine"),
    "waiting": pgettext_lazy("chats", "Waiting"),
    "unread": pgettext_lazy("chats", "Unread"),
    "all": pgettext_lazy("chats", "All"),
    "closed": pgettext_lazy("chats", "Closed"),
}


class InboxForm(CursorForm):
    q = SearchField()
    show = forms.ChoiceField(choices=[(show, SHOWS[show]) for show in inbox.SHOWS], required=False)
    # On which rung of the ladder a customer or driver of it stands.
    reach = forms.ChoiceField(choices=Reach, required=False)

    def clean_show(self):
        return self.cleaned_data["show"] or "all"


class PeopleField(forms.ModelMultipleChoiceField):
    default_error_messages = {
        "required": _("Choose at least one person."),
        "invalid_choice": _("There is no such person. Search again."),
        "invalid_pk_value": _("There is no such person. Search again."),
    }

    def __init__(self, **options):
        super().__init__(User.objects.all(), **options)

    def clean(self, value):
        # What a database cannot hold is nobody's number, and it would not be asked for it without a fault.
        if any(len(pk) > 18 for pk in value or []):
            raise ValidationError(self.error_messages["invalid_pk_value"], code="invalid_pk_value")
        return super().clean(value)


class ParticipantsForm(forms.Form):
    person = PeopleField()


class DeliveryForm(forms.Form):
    """By which of the ways a link is sent. The key is the form's own, so that two clicks on it send one."""

    channel = forms.CharField(required=False)
    key = forms.UUIDField(required=False, error_messages={"invalid": _("The form’s key is no UUID. Reload the page.")})

    def __init__(self, data, *, ways):
        super().__init__(data)
        self.ways = {way.name: way for way in ways}

    def clean_channel(self):
        way = self.ways.get(self.cleaned_data["channel"])
        if way is None:
            raise ValidationError(_("Choose e-mail or SMS."))
        if way.refusal:
            raise ValidationError(way.refusal)
        return way.name

    def clean_key(self):
        return self.cleaned_data["key"] or uuid4()

    @property
    def problem(self):
        """What is wrong with it, in a sentence."""
        return next(iter(self.errors.values()))[0]


class LineField(TextField):
    """A single line, such as a title, without the characters that turn the direction of what stands beside it."""

    def to_python(self, value):
        return " ".join(super().to_python(value).translate(TURNING).split())


class TitleForm(forms.Form):
    title = LineField(max_length=200, required=False, error_messages={"max_length": _("At most 200 characters.")})


class ConversationForm(forms.Form):
    title = LineField(
        max_length=200,
        error_messages={
            "required": _("Give it a title, so that others find it."),
            "max_length": _("At most 200 characters."),
        },
    )
    person = PeopleField()


class PeopleSearchForm(forms.Form):
    q = SearchField()
    customers = forms.BooleanField(required=False)
    # Those who are chosen already stay in the list, whatever is searched next.
    person = PeopleField(required=False)
