"""Has pictures made anew by child processes: a few at a time, each with an end to its memory and its time."""

import errno
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection

from dispatch_console.places import place_lent

from .kinds import HEIC, JPEG, PNG, WEBP

logger = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("child.py")
NAMES = {JPEG: "jpeg", PNG: "png", WEBP: "webp", HEIC: "heic"}
# Nothing of ours: no secret, no address of a database. One arena, since memory that is only set aside counts too.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
# Seconds from its start to its end, and in the line for it.
SECONDS, PATIENCE = 10, 20
# Bytes that are read of what a child says. A pipe holds some more, and who writes on waits there for its end.
ANSWER = 4096
# Pixels of the longer side of what a child makes.
LONGEST = 2560
# At work at the same time; these and those in line, since who waits here keeps a thread from answering others; and of
# one person, who cannot keep all others out by pictures that take long.
AT_WORK, IN_LINE, OF_ONE = 2, 12, 4

_work = threading.BoundedSemaphore(AT_WORK)
_line, _lock = Counter(), threading.Lock()


class Undecodable(Exception):
    """Why a picture was not made: `problem` is pixels (with `width` and `height`), memory, time or damaged."""

    def __init__(self, problem, width=0, height=0, error=""):
        super().__init__(problem, error)
        self.problem, self.width, self.height = problem, width, height


class Busy(Exception):
    """Too many pictures wait already."""


@dataclass
class Decoded:
    """A picture as it is stored, and its thumbnail: files that go when they are closed."""

    picture: BinaryIO
    thumbnail: BinaryIO
    ending: str
    width: int
    height: int
    thumbnail_ending: str
    thumbnail_width: int
    thumbnail_height: int


def decode(upload: BinaryIO, kind, person) -> Decoded:
    """The picture in `upload`, an open file that this person sent.

    Raises Undecodable, Busy, and OSError where there is no room for it.
    """
    picture, thumbnail = (tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) for _ in range(2))  # noqa: SIM115
    try:
        with turn(person.pk):
            said = run(upload, NAMES[kind], picture, thumbnail)
        if said.get("problem") == "room":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if "problem" in said:
            raise Undecodable(**said)
        return Decoded(picture, thumbnail, **said)
    except BaseException:
        picture.close()
        thumbnail.close()
        raise


@contextmanager
def turn(person_id):
    """One's turn to have a picture made. Meanwhile this thread only waits, so others may work."""
    with _lock:
        if _line.total() >= IN_LINE or _line[person_id] >= OF_ONE:
            raise Busy
        _line[person_id] += 1
    try:
        if not connection.in_atomic_block:
            # Back to the pool, from which the next query takes one again.
            connection.close()
        with place_lent():
            if not _work.acquire(timeout=PATIENCE):
                raise Busy
            try:
                yield
            finally:
                _work.release()
    finally:
        with _lock:
            _line[person_id] -= 1
            if not _line[person_id]:
                del _line[person_id]


def run(upload, kind, picture, thumbnail):
    # The child begins where the system is, which a file that is read ahead does not say.
    upload.flush()
    os.lseek(upload.fileno(), 0, os.SEEK_SET)
    outputs = [picture.fileno(), thumbnail.fileno()]
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", str(PROGRAM), kind, *map(str, outputs)],
        stdin=upload.fileno(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=outputs,
        env=ENVIRONMENT,
        cwd="/",
        # What is typed to stop the server is not for it: it ends by itself.
        start_new_session=True,
    )
    with child:
        try:
            child.wait(timeout=SECONDS)
            said, complaint = child.stdout.read(ANSWER), child.stderr.read(ANSWER)
        except subprocess.TimeoutExpired:
            return {"problem": "time"}
        finally:
            child.kill()
    if child.returncode == 0:
        return understood(said)
    # By its own limit of time, or by a decoder that has crashed.
    logger.info("A picture ended its process (%s): %s", child.returncode, complaint[-500:].decode(errors="replace"))
    return {"problem": "time" if child.returncode == -24 else "damaged"}


def understood(said):
    """What a child says, if it says what one can: a decoder that was led astray may say anything."""
    try:
        told = json.loads(said)
        if "problem" in told:
            width, height = int(told.get("width", 0)), int(told.get("height", 0))
            return {"problem": told["problem"], "width": width, "height": height, "error": str(told.get("error", ""))}
        endings = {told["ending"], told["thumbnail_ending"]}
        sizes = [told[f"{part}{side}"] for part in ("", "thumbnail_") for side in ("width", "height")]
        fine = len(told) == 6 and endings <= {".jpg", ".png", ".webp"}
        fine = fine and all(isinstance(size, int) and 0 < size <= LONGEST for size in sizes)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        fine = False
    return told if fine else {"problem": "damaged", "error": "an answer that is none"}
