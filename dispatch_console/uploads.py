"""Who may send a large body, asked when its head is in and before the rest of it is taken."""

from django.http import parse_cookie

from accounts.viewers import viewer_of_socket
from chat.models import Conversation
from chat.threads import in_thread

from .gates import MESSAGES, Refusal


async def refusal_of_sender(path, cookies) -> Refusal | None:
    """Why who has these cookies may not send files to this path, one of MESSAGES; None for who may."""
    wanted = MESSAGES.fullmatch(path)
    if await may_write(parse_cookie(cookies), wanted["link"], int(wanted["pk"])):
        return None
    # As the pages would say it: the team is sent to sign in, and to a guest there is no such chat.
    return Refusal(404, "There is no such chat.") if wanted["link"] else Refusal(401, "Sign in to send files here.")


@in_thread
def may_write(cookies, link, pk):
    viewer = viewer_of_socket(cookies, link)
    return bool(viewer) and viewer.may_write and Conversation.objects.visible_to(viewer).filter(pk=pk).exists()
