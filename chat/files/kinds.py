"""What may be sent: which kind a name promises, and which one the first bytes are."""

from pathlib import PurePath
from typing import NamedTuple


class Kind(NamedTuple):
    label: str
    endings: tuple[str, ...]

    def __str__(self):
        return self.label


JPEG = Kind("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG = Kind("PNG", (".png",))
WEBP = Kind("WebP", (".webp",))
HEIC = Kind("HEIC", (".heic", ".heif", ".hif"))
PDF = Kind("PDF", (".pdf",))

KINDS = (JPEG, PNG, WEBP, HEIC, PDF)
# Brands of the container that HEIC shares with videos and AVIF, which are not taken.
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
HEAD = 32


def kind_of_name(name) -> Kind | None:
    ending = PurePath(name).suffix.lower()
    return next((kind for kind in KINDS if ending in kind.endings), None)


def kind_of_bytes(head: bytes) -> Kind | None:
    """By the first HEAD bytes of a file."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return HEIC
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return PDF
    return None


def agree(named: Kind, found: Kind) -> bool:
    """Whether a file may have this name. Phones name a HEIC photo .jpg at times, and mean no harm."""
    return named == found or (named == JPEG and found == HEIC)
