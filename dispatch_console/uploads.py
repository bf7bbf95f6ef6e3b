"""Who may send a large body, asked when its head is in and before the rest of it is taken."""

from django.http import parse_cookie
from django.utils.translation import gettext_lazy as _

from accounts.viewers import viewer_of_socket
from chat.models import Conversation
from chat.threads import in_thread

from .gates import MESSAGES, Refusal


async def sender_or_refusal(path, cookies) -> tuple[int | None, Refusal | None]:
    """Which person sends files to this path, one of MESSAGES, with these cookies; or why who has them may not."""
    wanted = MESSAGES.fullmatch(path)
    person = await person_who_may_write(parse_cookie(cookies), wanted["link"], int(wanted["pk"]))
    if person:
        return person, None
    # As the pages would say it: the team is sent to sign in, and to a guest there is no such chat.
    if wanted["link"]:
        return None, Refusal(404, _("There is no such chat."))
    return None, Refusal(401, _("Sign in to send files here."))


@in_thread
def person_who_may_write(cookies, link, pk):
    viewer = viewer_of_socket(cookies, link)
    if viewer and viewer.may_write and Conversation.visible_one(viewer, pk):
        return viewer.person.pk
    return None
