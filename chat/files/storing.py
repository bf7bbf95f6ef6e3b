"""Where the files of messages lie: a folder that no web server publishes, or a bucket."""

import errno
import os
import secrets
import shutil
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages

# What the system says where it has no room: the disk, the quota, the largest size of a file.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Folder(FileSystemStorage):
    """Files that are still there after a power cut: an acknowledged message is never lost, nor are its files."""

    def __init__(self, **options):
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)

    def _save(self, name, content):
        name = super()._save(name, content)
        path = Path(self.path(name))
        # The file, its entry in its folder, and that of the folder.
        for each in (path, path.parent, path.parent.parent):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return name


def storage():
    return storages["files"]


def make_name(ending):
    """A name that tells nothing and that nobody guesses. Folders of thousands are slow, so there are 256 of them."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}{ending}"


def put(name, file):
    """Store an open file. Raises one of `faults()`."""
    file.seek(0)
    stored_as = storage().save(name, File(file))
    assert stored_as == name, "a random name was taken"


def erase(name):
    """Erase what is stored under this name, if anything is. Raises one of `faults()`."""
    storage().delete(name)


def is_near():
    """Whether it is a disk of this machine, and not a service that may be slow or away."""
    return isinstance(storage(), Folder)


@cache
def faults() -> tuple[type[Exception], ...]:
    """What a storage raises when it does not do its work."""
    if settings.STORAGES["files"]["BACKEND"].startswith("storages."):
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        return (OSError, Boto3Error, BotoCoreError, ClientError)
    return (OSError,)


def has_no_room(fault):
    return getattr(fault, "errno", None) in NO_ROOM


def is_short_of_room(size):
    """Whether so many bytes more would leave too little on the disk, on which the database may be as well."""
    return shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free - size < settings.FILES_RESERVE
