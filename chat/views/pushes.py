"""Push notifications of a web chat link: which browsers are told, and the words in which that is offered."""

from functools import wraps

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render

from accounts.viewers import guest_door

from .. import actions
from ..pushes.forms import EndpointForm, PushSubscriptionForm


def where_offered(view):
    """For what there is only where the installation has a key for pushes."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        if not settings.VAPID_PUBLIC_KEY:
            raise Http404
        return view(request, *args, **kwargs)

    return guest_door(inner)


@where_offered
def subscription_list(request):
    """What the page shows of it, and with it the key and the token that a browser needs to subscribe."""
    return _pushes(request)


@where_offered
def subscription_create(request):
    form = PushSubscriptionForm(request.POST)
    if not form.is_valid():
        return _pushes(request, form, status=422)
    actions.subscribe(link=request.viewer.link, **form.cleaned_data)
    return _answer(request)


@where_offered
def subscription_list_delete(request):
    """End those of the browser with this `endpoint`, or without one all of this link."""
    endpoint = None
    if "endpoint" in request.POST:
        form = EndpointForm(request.POST)
        if not form.is_valid():
            return _pushes(request, form, status=422)
        endpoint = form.cleaned_data["endpoint"]
    actions.unsubscribe(link=request.viewer.link, endpoint=endpoint)
    return _answer(request)


def _answer(request):
    if request.htmx:
        return _pushes(request)
    response = redirect(f"{request.viewer.door}/chats/")
    response.status_code = 303
    return response


def _pushes(request, form=None, status=200):
    context = {"viewer": request.viewer, "form": form, "key": settings.VAPID_PUBLIC_KEY}
    return render(request, "chat/_pushes.html", context, status=status)
