"""What needs several of the apps and belongs to none of them."""

from functools import partial

from django.contrib.auth import logout
from django.db import transaction
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chat import broadcasts


@require_POST
def sign_out(request):
    """End the session, and with it the websockets that it opened."""
    person_id = request.user.pk
    logout(request)
    if person_id:
        # robust: who signs out is out, even when the channel layer cannot be told.
        transaction.on_commit(partial(broadcasts.access_changed, person_id), robust=True)
    response = redirect("login")
    response.status_code = 303
    return response
