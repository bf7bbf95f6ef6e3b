"""Files as people, phones and those who mean harm send them. Each is made when it is asked for; none is stored."""

import io
import struct
import zipfile
import zlib
from functools import cache

import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()

# What must be in nothing that is given out, wherever it was hidden in what came in.
MARKER = b"PLANTED-7f3a"
TEXT = MARKER.decode()
SCRIPT = b"<script>document.title='ran'</script>"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><a>' + MARKER + b"</a></rdf:RDF></x:xmpmeta>"


def picture(width=640, height=400, mode="RGB"):
    """Something to see: red on the left, blue on the right, a green corner at the top left."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    image.paste((30, 200, 30), (0, 0, max(1, width // 4), max(1, height // 4)))
    if mode in ("RGBA", "LA"):
        image = image.convert("RGBA")
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image if image.mode == mode else image.convert(mode)


def encoded(image, form, **options):
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def exif(orientation=1, gps=True):
    """As a phone writes it: where and when it was taken, and which side of it is up."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    # ImageDescription, Make, Artist
    tags[0x010E], tags[0x010F], tags[0x013B] = TEXT, "Phone of " + TEXT, TEXT
    if gps:
        place = tags.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (43.0, 36.0, 54.0), "W", (116.0, 12.0, 9.0)
        place[29] = "2026:11:25"
    return tags.tobytes()


def profile():
    """A profile of colours, with the marker where nobody looks."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + MARKER


def swapped_profile():
    """One by which red and green have each other's places."""
    return profile().replace(b"rXYZ", b"XYZr", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"XYZr", b"gXYZ", 1)


def jpeg(**options):
    return encoded(options.pop("image", None) or picture(), "JPEG", **options)


def jpeg_with(*segments):
    """With segments of one's own behind the first one: (marker, content) each."""
    plain = jpeg()
    more = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content for marker, content in segments
    )
    return plain[:2] + more + plain[2:]


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(**options):
    return encoded(options.pop("image", None) or picture(), "PNG", **options)


def png_with(*chunks):
    """With chunks of one's own behind the head: (kind, content) each."""
    plain = png()
    return plain[:33] + b"".join(png_chunk(kind, content) for kind, content in chunks) + plain[33:]


def blank_png(width, height):
    """One bit a pixel, all of them alike: ten kilobytes for a hundred million of them."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\0" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def claiming_png(width, height):
    """Of which only the head says how large it is."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + png_chunk(b"IEND", b"")
    )


def webp(**options):
    return encoded(options.pop("image", None) or picture(), "WEBP", **options)


def claiming_webp(width, height):
    """A lossless WebP of 46 bytes that says it is so large."""
    bits = (width - 1) | (height - 1) << 14
    content = b"\x2f" + bits.to_bytes(4, "little") + bytes(20)
    chunk = b"WEBPVP8L" + len(content).to_bytes(4, "little") + content + b"\0"
    return b"RIFF" + len(chunk).to_bytes(4, "little") + chunk


def heic(**options):
    return encoded(options.pop("image", None) or picture(), "HEIF", **options)


def frames(form, **options):
    """Several pictures in one file: the first is as ever, and the others are grey."""
    more = [Image.new("RGB", (640, 400), (shade, shade, shade)) for shade in (90, 160)]
    return encoded(picture(), form, save_all=True, append_images=more, **options)


def archive(name="hello.txt", content=b"Hello"):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        zipped.writestr(name, content)
    return written.getvalue()


def pdf(*objects, end=b"%%EOF\n"):
    """A document of one empty page, with more objects in it."""
    parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
    places = []
    known = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>" if objects else b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>",
    ]
    for number, body in enumerate([*known, *objects], start=1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = sum(map(len, parts))
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(places) + 1, rows))
    parts.append(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%s" % (len(places) + 1, table, end))
    return b"".join(parts)


def pdf_with_javascript():
    return pdf(b"<</Type/Action/S/JavaScript/JS(app.alert\\('ran'\\); this.submitForm\\('http://127.0.0.1:9/'\\))>>")


def svg():
    return (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'ran\'">'
        + SCRIPT
        + b"</svg>"
    )


def html():
    return b"<!doctype html><title>quiet</title>" + SCRIPT


def bitmap():
    return encoded(picture(), "BMP")


def gif():
    return encoded(picture().convert("P"), "GIF")


def tiff():
    return encoded(picture(), "TIFF")


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def video(brand=b"mp42"):
    return box(b"ftyp", brand, b"\0\0\0\0", brand, b"isom") + box(b"free", MARKER) + box(b"mdat", b"\0" * 200)


@cache
def of_size(size, begin=b"", end=b""):
    """So many bytes, which nobody can make smaller."""
    return begin + bytes(size - len(begin) - len(end)) + end


def half(content):
    return content[: len(content) // 2]
