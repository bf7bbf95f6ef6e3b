"""What is uploaded, while it comes in: to the disk and not into memory, counted, and with its SHA-256."""

import hashlib
import io
import os
import tempfile
import unicodedata
from contextlib import suppress
from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from ..models import MessageFile
from .storing import has_no_room


class Received(UploadedFile):
    """One file of a form. Of one that is too large only the beginning is kept, and its whole size is known."""

    digest = ""
    # The error that has kept it from being kept.
    fault = None

    @property
    def is_whole(self):
        return self.fault is None and self.size <= MessageFile.SIZE_LIMIT


class Receiver(FileUploadHandler):
    """Takes one file after the other. Each goes with the request, and with the process if that is killed."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.hash, self.size, self.fault = hashlib.sha256(), 0, None
        self.temporary = io.BytesIO()
        try:
            self.temporary = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        except OSError as error:
            self.note(error)

    def receive_data_chunk(self, raw_data, start):
        self.size += len(raw_data)
        self.hash.update(raw_data)
        if self.size > MessageFile.SIZE_LIMIT or self.fault:
            return
        try:
            self.temporary.write(raw_data)
        except OSError as error:
            self.note(error)
        return

    def file_complete(self, file_size):
        try:
            self.temporary.seek(0)
        except OSError as error:
            # The last bytes are written when it is looked at again.
            self.note(error)
        received = Received(self.temporary, shown_name(self.file_name), self.content_type, file_size, self.charset)
        received.digest, received.fault = self.hash.hexdigest(), self.fault
        return received

    def note(self, error):
        if not has_no_room(error):
            raise error
        self.fault = error
        # It would try once more to write what has no room.
        with suppress(OSError):
            self.temporary.close()
        self.temporary = io.BytesIO()

    def upload_interrupted(self):
        if hasattr(self, "temporary"):
            self.temporary.close()


def shown_name(name):
    """The name of a file as everybody is shown it: one line, without a path and without what cannot be seen."""
    name = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    # Also marks that turn the direction, by which "gpj.exe" could be read as "exe.jpg".
    name = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    stem, ending = os.path.splitext(name)
    if len(ending) < 20:
        name = stem[: MessageFile.NAME_LIMIT - len(ending)] + ending
    return name[: MessageFile.NAME_LIMIT] or "file"


def with_ending(name, ending):
    """The name with the ending of what became of the file: "gate.HEIC" as a JPEG is "gate.jpg"."""
    stem, had = os.path.splitext(name)
    if MessageFile.CONTENT_TYPES.get(had.lower().replace(".jpeg", ".jpg")) == MessageFile.CONTENT_TYPES[ending]:
        return name
    return stem[: MessageFile.NAME_LIMIT - len(ending)] + ending
