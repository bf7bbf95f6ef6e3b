from django.db import IntegrityError

from ..models import QuickReply
from ..refusals import NameTaken
from ..transactions import transaction


def save_quick_reply(*, reply: QuickReply) -> QuickReply:
    """Store one that is new or changed. Raises NameTaken when another window was faster."""
    try:
        with transaction():
            reply.save()
    except IntegrityError:
        raise NameTaken(reply.name) from None
    return reply


@transaction()
def delete_quick_reply(*, reply: QuickReply) -> None:
    """What was sent with it stays as it was sent."""
    reply.delete()
