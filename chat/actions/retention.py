import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from .. import search
from ..models import Conversation
from ..transactions import transaction

logger = logging.getLogger(__name__)


def erase_old_conversations(*, limit=100) -> int:
    """Erase conversations that were closed, and in which nothing has happened for RETENTION_DAYS.

    With all that belongs to them: messages, files, links, notices and marks. Their orders and people stay. Returns how
    many; 0 where nothing is to be erased, RETENTION_DAYS being 0.
    """
    if not settings.RETENTION_DAYS:
        return 0
    silent_since = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    due = Conversation.objects.closed().filter(last_activity_at__lt=silent_since)
    erased = sum(map(_erase, due.order_by("last_activity_at")[:limit]))
    if erased:
        logger.info("Erased %s conversations after %s days of silence", erased, settings.RETENTION_DAYS)
    return erased


def _erase(conversation):
    with transaction(conversation):
        # As it is once nobody else can write: a message opens it again.
        held = Conversation.objects.select_for_update().closed().filter(pk=conversation.pk)
        held = held.filter(last_activity_at=conversation.last_activity_at).first()
        if held is None:
            return False
        search.forget(held)
        # Its files belong to no message then, and are the collector's.
        held.delete()
        return True
