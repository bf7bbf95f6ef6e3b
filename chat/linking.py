"""Web chat links outside of a page: for commands."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User

from . import actions
from .refusals import Refused


def link_url(token: str) -> str:
    """The address that opens a web chat link, complete with its secret."""
    return settings.BASE_URL + reverse("join", args=[token])


@transaction.atomic
def ensure_link(*, order, role: str) -> str:
    """A new web chat link for the order's customer or driver, who is put into the order's chat where need be.

    Raises Refused.
    """
    person = getattr(order, role)
    if person is None:
        raise Refused(f"Order {order.reference} has no {role}.")
    # On whose behalf: a command has no person, and a line in the chat must name one.
    actor = User.objects.team().active().order_by("-is_superuser", "pk").first()
    if actor is None:
        raise Refused("There is nobody in the dispatch team yet. Make a dispatcher first: manage.py createsuperuser.")
    conversation = order.conversations.open().first()
    if conversation is None:
        conversation, _ = actions.open_order_chat(order=order, actor=actor)
    actions.add_participants(conversation=conversation, people=[person], actor=actor)
    _, token = actions.make_link(conversation=conversation, person=person, actor=actor)
    return link_url(token)
