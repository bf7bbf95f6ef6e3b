"""How a person who has no account turns notices off: by an address that stands in each of them.

It is signed and not stored, since it opens nothing: all that it can do is to turn the e-mails about missed messages of
one person off, and on again. An SMS has no room for it: there, what turns them off is a word to the team.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .models import User
from .views import link_gone

SALT = "notices"


def turn_off_url(person: User) -> str:
    """Where this person turns off the notices by e-mail, complete with scheme and host."""
    token = signing.dumps([person.pk, "email"], salt=SALT, compress=False)
    return settings.BASE_URL + reverse("turn_off", args=[token])


# Mail programs post here by themselves (RFC 8058), without our form. What may do it is the address.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def turn_off(request, token):
    """GET changes nothing, since scanners follow every address in a mail. POST turns off, or on with `on=1`."""
    try:
        person_id, _ = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return link_gone(request)
    people = User.objects.active().filter(pk=person_id)
    is_on = people.values_list("email_notices", flat=True).first()
    if is_on is None:
        return link_gone(request)
    if request.method == "POST":
        is_on = request.POST.get("on") == "1"
        people.update(email_notices=is_on)
        if "List-Unsubscribe" not in request.POST:
            return HttpResponseRedirect(request.path, status=303)
    return render(request, "accounts/turn_off.html", {"is_on": is_on})
