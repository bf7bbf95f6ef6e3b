"""What is wrong with a file that somebody wants to send, each with a sentence that names the file and the limit."""

from typing import NamedTuple

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ..models import MessageFile
from . import documents, kinds
from .decoding import Undecodable


class Problem(NamedTuple):
    """What is wrong with the file at this place among those that were sent, and the status that says the same."""

    place: int
    name: str
    sentence: str
    status: int


class Wrong(Exception):
    """A file that cannot be taken: a sentence, and the status that says the same."""

    def __init__(self, sentence, status):
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


def check(upload) -> kinds.Kind:
    """The kind of a received file, by its name and its first bytes. Raises Wrong."""
    name = upload.name
    if upload.size > MessageFile.SIZE_LIMIT:
        facts = {"name": name, "size": filesizeformat(upload.size), "limit": filesizeformat(MessageFile.SIZE_LIMIT)}
        raise Wrong(_("“{name}” has {size}. A file may have at most {limit}.").format(**facts), 413)
    named = kinds.kind_of_name(name)
    if named is None:
        raise Wrong(_("“{name}” cannot be sent: only photos (JPEG, PNG, WebP, HEIC) and PDFs.").format(name=name), 415)
    if not upload.size:
        raise Wrong(_("“{name}” is empty.").format(name=name), 422)
    upload.file.seek(0)
    found = kinds.kind_of_bytes(upload.file.read(kinds.HEAD))
    if found is None:
        raise Wrong(
            _("“{name}” is no photo and no PDF, whatever its name says. It cannot be sent.").format(name=name), 415
        )
    if not kinds.agree(named, found):
        facts = {"name": name, "kind": found, "ending": found.endings[0]}
        sentence = _("“{name}” contains a {kind} file. Let its name end in {ending}, and send it again.")
        raise Wrong(sentence.format(**facts), 415)
    if found == kinds.PDF and not documents.is_whole_pdf(upload.file, upload.size):
        raise Wrong(_("“{name}” is damaged or not complete: it does not end as a PDF does.").format(name=name), 422)
    return found


def wrong_by(undecodable: Undecodable, name) -> Wrong:
    """What is to be said of a picture that could not be made anew."""
    facts = {"name": name, "limit": number_format(MessageFile.PIXEL_LIMIT // 1_000_000)}
    match undecodable.problem:
        case "pixels":
            facts |= {"width": number_format(undecodable.width), "height": number_format(undecodable.height)}
            sentence = _("“{name}” is {width} × {height} pixels large. At most {limit} million can be sent.")
            return Wrong(sentence.format(**facts), 422)
        case "memory" | "time":
            sentence = _("“{name}” takes too much work to be read. Make it smaller, and send it again.")
            return Wrong(sentence.format(**facts), 422)
    return Wrong(_("“{name}” is damaged or not complete, and cannot be read.").format(**facts), 422)
