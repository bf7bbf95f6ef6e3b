"""From what is uploaded to what is stored."""

import logging
from contextlib import ExitStack
from dataclasses import dataclass, field

from ..models import MessageFile
from ..refusals import FilesRefused, FilesUnavailable, NoRoomForFiles
from . import kinds
from .checking import Problem, Wrong, check, wrong_by
from .decoding import Busy, Undecodable, decode
from .receiving import with_ending
from .storing import has_no_room, make_name

logger = logging.getLogger(__name__)


@dataclass
class Made:
    """A file that is ready to be stored: its row, and the open files of which its objects are made, by their names."""

    row: MessageFile
    contents: dict = field(default_factory=dict)


def make_files(uploads, uploader, stack: ExitStack) -> list[Made]:
    """All of them, in their order. What they are made of goes with the stack.

    Raises FilesRefused, which says of each file that cannot be taken why, NoRoomForFiles, FilesUnavailable.
    """
    made, problems, fine = [], [], []
    for place, upload in enumerate(uploads):
        try:
            made.append(_make(upload, uploader, place, stack))
        except Wrong as wrong:
            problems.append(Problem(place, upload.name, wrong.sentence, wrong.status))
        except Busy:
            raise FilesUnavailable from None
        except OSError as error:
            if has_no_room(error):
                raise NoRoomForFiles from error
            # The system has no process or no descriptor to spare.
            logger.exception("A file could not be made anew")
            raise FilesUnavailable from error
        else:
            fine.append(upload.name)
    if problems:
        raise FilesRefused(problems=problems, fine=fine)
    return made


def _make(upload, uploader, place, stack):
    if upload.fault:
        raise NoRoomForFiles from upload.fault
    kind = check(upload)
    row = MessageFile(place=place, uploader=uploader, digest=upload.digest, uploaded_size=upload.size)
    return _document(row, upload) if kind == kinds.PDF else _picture(row, upload, kind, stack)


def _document(row, upload):
    row.kind, row.name, row.size = MessageFile.Kind.PDF, upload.name, upload.size
    row.stored_as = make_name(".pdf")
    return Made(row, {row.stored_as: upload.file})


def _picture(row, upload, kind, stack):
    try:
        decoded = decode(upload.file, kind, row.uploader)
    except Undecodable as undecodable:
        raise wrong_by(undecodable, upload.name) from None
    stack.enter_context(decoded.picture)
    stack.enter_context(decoded.thumbnail)
    row.kind, row.name = MessageFile.Kind.IMAGE, with_ending(upload.name, decoded.ending)
    row.width, row.height = decoded.width, decoded.height
    row.thumbnail_width, row.thumbnail_height = decoded.thumbnail_width, decoded.thumbnail_height
    row.size, row.thumbnail_size = length(decoded.picture), length(decoded.thumbnail)
    row.stored_as, row.thumbnail_as = make_name(decoded.ending), make_name(decoded.thumbnail_ending)
    return Made(row, {row.stored_as: decoded.picture, row.thumbnail_as: decoded.thumbnail})


def length(file):
    return file.seek(0, 2)
