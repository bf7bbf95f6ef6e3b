"""The files of messages. They are stored before their message is, which then takes them in its own transaction."""

import logging
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User

from ..files import storing
from ..files.making import make_files
from ..models import MessageFile
from ..refusals import FilesUnavailable, NoRoomForFiles, TooManyFiles, TooMuchToday
from ..transactions import transaction

logger = logging.getLogger(__name__)


def store_files(*, uploads, uploader: User) -> list[MessageFile]:
    """Make these uploads anew and store them, for a message that is yet to be sent: all of them, or none.

    What no message takes is erased by `drop_files`, or after a day. Raises FilesRefused.
    """
    if len(uploads) > MessageFile.PER_MESSAGE:
        raise TooManyFiles(len(uploads), MessageFile.PER_MESSAGE)
    check_quotas(uploads, uploader)
    with ExitStack() as stack:
        made = make_files(uploads, uploader, stack)
        rows = [each.row for each in made]
        with transaction():
            # The rows first: what stands in the storage has one, whenever the process dies.
            for row in rows:
                row.kept_until = timezone.now() + MessageFile.PENDING
            MessageFile.objects.bulk_create(rows)
        try:
            for each in made:
                for name, content in each.contents.items():
                    storing.put(name, content)
        except storing.faults() as fault:
            drop_files(files=rows)
            if storing.has_no_room(fault):
                raise NoRoomForFiles from fault
            logger.exception("Files could not be stored")
            raise FilesUnavailable from fault
    return rows


def check_quotas(uploads, uploader):
    size = sum(upload.size for upload in uploads if upload.is_whole)
    if settings.RATE_LIMITS:
        role = "TEAM" if uploader.is_team else "GUEST"
        files, limit = getattr(settings, f"{role}_FILES_PER_DAY"), getattr(settings, f"{role}_FILE_BYTES_PER_DAY")
        sent = MessageFile.objects.uploaded_by(uploader, timezone.now() - timedelta(days=1))
        sizes = list(sent.values_list("uploaded_size", flat=True)[: files + 1])
        if len(sizes) + len(uploads) > files:
            raise TooMuchToday(ngettext("{count} file", "{count} files", files).format(count=files))
        if sum(sizes) + size > limit:
            raise TooMuchToday(filesizeformat(limit))
    if settings.FILES_TOTAL_LIMIT and MessageFile.objects.room() + size > settings.FILES_TOTAL_LIMIT:
        logger.error("FILES_TOTAL_MB is reached: no more files are taken")
        raise NoRoomForFiles
    if storing.is_short_of_room(size):
        logger.error("DATA_DIR is nearly full: no more files are taken")
        raise NoRoomForFiles


def drop_files(*, files) -> None:
    """Let go of those of these files that belong to no message: nobody waits for them any more."""
    if not files:
        return
    with transaction():
        MessageFile.objects.filter(pk__in=[file.pk for file in files], message=None).update(kept_until=None)
    # A bucket may take its time, in which others could not write: there it is the collector's.
    if storing.is_near():
        _erase(files)


def collect_files(*, limit=500) -> int:
    """Erase what is due: files of deleted messages that are still there, and what was stored for none that came.

    Returns how many. What the storage does not erase is due the next time.
    """
    return _erase(MessageFile.objects.due().order_by("pk")[:limit])


def _erase(files):
    erased = 0
    for file in MessageFile.objects.due().filter(pk__in=[file.pk for file in files]):
        try:
            for name in file.objects_stored:
                storing.erase(name)
        except storing.faults():
            logger.exception("A file could not be erased, and will be tried again: %s", file.pk)
            continue
        # Last, so that what is in the storage has a row as long as it is there.
        with transaction():
            erased += MessageFile.objects.due().filter(pk=file.pk).delete()[0]
    return erased
