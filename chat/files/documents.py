"""What a PDF must have. It is not opened here: readers get it as it came, to be saved and never to be shown by us."""

import re
import struct

# Bytes in which a PDF ends, and in which the end of a ZIP archive with a comment can be.
TAIL, ZIP_TAIL = 2048, 22 + 65535


def is_whole_pdf(file, size) -> bool:
    """Whether an open file begins and ends as a PDF does, and is no archive besides."""
    file.seek(0)
    head = file.read(16)
    file.seek(max(0, size - ZIP_TAIL))
    tail = file.read(ZIP_TAIL)
    if not re.match(rb"%PDF-[12]\.\d[\r\n\t %]", head) or is_zip(tail):
        return False
    # After the last mark of the end comes nothing that another program could take for its own.
    return re.search(rb"startxref\s+\d{1,12}\s+%%EOF[\s\0]*\Z", tail[-TAIL:]) is not None


def is_zip(tail):
    """Whether these last bytes of a file are also those of an archive, which is read from its end."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if len(tail) - at >= 22 and at + 22 + struct.unpack_from("<H", tail, at + 20)[0] == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
