from django import forms
from django.conf import settings
from django.contrib.auth.forms import AdminUserCreationForm, AuthenticationForm, UserChangeForm, UsernameField
from django.utils.translation import gettext_lazy as _

from .languages import first_known
from .models import User


class SignInForm(AuthenticationForm):
    # One answer for a wrong name, a wrong password and a person who may not sign in: it must not tell who exists.
    WRONG = _("Name or password is wrong.")
    error_messages = {"invalid_login": WRONG, "inactive": WRONG}


class SignInNameField(UsernameField):
    def to_python(self, value):
        # Django's own field stumbles over an empty name where no name is stored as NULL.
        return super().to_python(value) if value and value.strip() else None


class PersonAddForm(AdminUserCreationForm):
    """A new person. Only the team has a password, and may be given it later."""

    usable_password = None

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": SignInNameField}

    def clean(self):
        typed = self.cleaned_data.get("password1") or self.cleaned_data.get("password2")
        if typed and self.cleaned_data.get("role") not in User.TEAM_ROLES:
            self.add_error("password1", _("Drivers and customers come in by a link and have no password."))
        # Without this an empty password would be asked for, or stored as one that opens.
        self.cleaned_data["usable_password"] = "true" if typed else "false"
        return super().clean()


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": SignInNameField}


class PreferencesForm(forms.ModelForm):
    """How the console looks and listens to keys, for the person who is signed in."""

    language = forms.ChoiceField(required=False)

    class Meta:
        model = User
        fields = ["language", "theme", "density", "sends_with", "single_keys"]
        labels = {"theme": _("Theme"), "density": _("Density")}
        error_messages = dict.fromkeys(
            ["theme", "density", "sends_with"],
            dict.fromkeys(["required", "invalid_choice", "null_characters_not_allowed"], _("Choose one of these.")),
        )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        names = [(code, name) for code, name in settings.LANGUAGES if code in settings.CONSOLE_LANGUAGES]
        field = self.fields["language"]
        field.label, field.choices = _("Language"), [("", _("As the browser")), *names]
        field.error_messages["invalid_choice"] = _("Choose one of these.")
        # Noted as es-MX, it is shown as what it comes to here.
        noted = self.initial.get("language")
        self.initial["language"] = first_known([noted], settings.CONSOLE_LANGUAGES) if noted else ""
