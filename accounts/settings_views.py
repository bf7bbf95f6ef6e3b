from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .forms import PreferencesForm
from .models import User
from .viewers import speak_to, team_door

HINTS = {
    "language": "",
    "theme": "",
    "density": _("Compact shows more conversations, each in two lines."),
    "sends_with": _("With Enter, Shift and Enter begin a new line. On a touch screen Enter always begins a new line."),
}


@team_door
def settings_detail(request):
    return _settings_page(request, PreferencesForm(instance=request.viewer.person))


@team_door
def settings_update(request):
    # A copy of its own: what is refused must not change the page that says so.
    form = PreferencesForm(request.POST, instance=User.objects.get(pk=request.viewer.person.pk))
    if not form.is_valid():
        return _settings_page(request, form, status=422)
    # What is said from here on is said in the language that was just chosen.
    request.viewer = replace(request.viewer, person=form.save())
    speak_to(request)
    messages.success(request, gettext("Saved."))
    return HttpResponseRedirect(reverse("settings"), status=303)


def _settings_page(request, form, status=200):
    context = {"section": "settings", "form": form, "choices": [(form[name], hint) for name, hint in HINTS.items()]}
    return render(request, "accounts/settings.html", context, status=status)
