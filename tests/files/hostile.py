"""The files that the pipeline must stand, and what becomes of each."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from . import making as make
from .making import MARKER, SCRIPT, TEXT

TAKEN = 303


@dataclass(frozen=True)
class Case:
    """A file that is sent: what it is called, what is in it, the status of the answer, and a part of what is said.

    Of one that is taken `says` is the name by which everybody gets it.
    """

    title: str
    name: str
    content: Callable[[], bytes]
    status: int
    says: str
    # Of one that is taken: what it is given out as, and how many pixels it has.
    becomes: str = ""
    size: tuple[int, int] | None = None

    def __str__(self):
        return self.title


def taken(title, name, content, becomes="image/jpeg", says="", size=None):
    return Case(title, name, content, TAKEN, says or name, becomes, size)


def refused(title, name, content, status, says):
    return Case(title, name, content, status, says)


JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
MIB = 1024 * 1024
OTHER, NO_PHOTO, EMPTY = "only photos", "no photo and no PDF", "is empty"
DAMAGED, NO_END, TOO_MANY = "damaged or not complete", "does not end as a PDF does", "At most 50 million"

PHOTOS = [
    taken("a photo", "gate.jpg", make.jpeg, size=(640, 400)),
    taken("a photo with a place", "gps.jpg", lambda: make.jpeg(exif=make.exif())),
    *(
        taken(
            f"a photo on its side, {side}",
            f"side{side}.jpg",
            lambda side=side: make.jpeg(exif=make.exif(side)),
            size=(400, 640) if side >= 5 else (640, 400),
        )
        for side in range(1, 9)
    ),
    taken(
        "a photo with EXIF that is cut off", "exif.jpg", lambda: make.jpeg_with((0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff"))
    ),
    taken("a photo with XMP", "xmp.jpg", lambda: make.jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + make.XMP))),
    taken(
        "a photo with IPTC",
        "iptc.jpg",
        lambda: make.jpeg_with((0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x12" + MARKER + b"123456")),
    ),
    taken("a photo with a comment", "comment.jpg", lambda: make.jpeg(comment=MARKER + SCRIPT)),
    taken("a photo with a profile of colours", "icc.jpg", lambda: make.jpeg(icc_profile=make.profile())),
    taken("a photo with a profile that is none", "bad-icc.jpg", lambda: make.jpeg(icc_profile=MARKER * 20)),
    taken(
        "a photo with segments of nobody",
        "apps.jpg",
        lambda: make.jpeg_with(*((0xE0 + n, MARKER) for n in range(3, 16))),
    ),
    taken("a photo for print", "cmyk.jpg", lambda: make.jpeg(image=make.picture(mode="CMYK"))),
    taken("a photo in grey", "grey.jpg", lambda: make.jpeg(image=make.picture(mode="L"))),
    taken("a photo that comes bit by bit", "progressive.jpg", lambda: make.jpeg(progressive=True)),
    taken("a photo with an archive behind it", "zip.jpg", lambda: make.jpeg() + make.archive(TEXT)),
    taken("a photo with a page behind it", "html.jpg", lambda: make.jpeg() + make.html() + MARKER),
    taken("a photo with a film behind it", "motion.jpg", lambda: make.jpeg() + make.video()),
    taken("a photo of several", "mpo.jpg", lambda: make.frames("MPO")),
    taken("a photo that shouts", "GATE.JPEG", make.jpeg),
    taken("a photo of one pixel", "one.png", lambda: make.png(image=make.picture(1, 1)), PNG, size=(1, 1)),
    taken("a photo as wide as a street", "wide.jpg", lambda: make.jpeg(image=make.picture(20000, 8)), size=(2560, 1)),
    taken("a photo as high as a tower", "high.jpg", lambda: make.jpeg(image=make.picture(8, 20000)), size=(1, 2560)),
    taken(
        "a photo of 49 million pixels",
        "large.jpg",
        lambda: make.jpeg(image=Image.new("RGB", (7000, 7000), "navy")),
        size=(2560, 2560),
    ),
    taken("a drawing of 49 million pixels", "large.png", lambda: make.blank_png(7000, 7000), PNG, size=(2560, 2560)),
    taken("a drawing", "plan.png", make.png, PNG, size=(640, 400)),
    taken(
        "a drawing that is clear in part",
        "clear.png",
        lambda: make.png(image=make.picture(mode="RGBA")),
        WEBP,
        says="clear.webp",
    ),
    taken(
        "a drawing in grey that is clear in part",
        "clear-grey.png",
        lambda: make.png(image=make.picture(mode="LA")),
        WEBP,
        says="clear-grey.webp",
    ),
    taken("a drawing with few colours", "palette.png", lambda: make.png(image=make.picture(mode="P")), PNG),
    taken(
        "a drawing of which one colour is clear",
        "key.png",
        lambda: make.png(image=make.picture(mode="P"), transparency=make.picture(mode="P").getpixel((9, 9))),
        WEBP,
        says="key.webp",
    ),
    taken("a drawing in black and white", "fax.png", lambda: make.png(image=make.picture(mode="1")), PNG),
    taken("a drawing in deep grey", "deep.png", lambda: make.png(image=Image.new("I;16", (64, 48), 40000)), PNG),
    taken(
        "a drawing with texts",
        "text.png",
        lambda: make.png_with(
            (b"tEXt", b"Comment\0" + MARKER),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + make.XMP),
            (b"zTXt", b"a\0\0" + make.zlib.compress(MARKER)),
        ),
        PNG,
    ),
    taken("a drawing with EXIF", "exif.png", lambda: make.png(exif=make.exif(6)), PNG, size=(400, 640)),
    taken("a drawing with a chunk of nobody", "chunk.png", lambda: make.png_with((b"prIv", MARKER)), PNG),
    taken("a drawing with a page behind it", "tail.png", lambda: make.png() + make.html() + MARKER, PNG),
    taken("a drawing that moves", "apng.png", lambda: make.frames("PNG"), PNG),
    taken("a picture of the web", "gate.webp", make.webp, says="gate.jpg"),
    taken(
        "a picture of the web without loss",
        "clear.webp",
        lambda: make.webp(image=make.picture(mode="RGBA"), lossless=True),
        WEBP,
    ),
    taken("a picture of the web that moves", "moves.webp", lambda: make.frames("WEBP"), says="moves.jpg"),
    taken(
        "a picture of the web with all that it can carry",
        "meta.webp",
        lambda: make.webp(exif=make.exif(), xmp=make.XMP, icc_profile=make.profile()),
        says="meta.jpg",
    ),
    taken(
        "a photo of an iPhone",
        "IMG_1.HEIC",
        lambda: make.heic(exif=make.exif(), xmp=make.XMP),
        says="IMG_1.jpg",
        size=(640, 400),
    ),
    taken("a photo of an iPhone that was given another name", "IMG_2.jpg", make.heic, says="IMG_2.jpg"),
    taken("several photos of an iPhone", "burst.heif", lambda: make.frames("HEIF"), says="burst.jpg"),
]

DOCUMENTS = [
    taken("a document", "cmr.pdf", make.pdf, PDF),
    taken("a document that runs a script", "script.pdf", make.pdf_with_javascript, PDF),
    taken("a document with a page in it", "page.pdf", lambda: make.pdf(b"(" + make.html() + b")"), PDF),
    taken("a document that was added to", "added.pdf", lambda: make.pdf() + make.pdf()[15:], PDF),
]

NAMES = [
    taken("a name of 200 characters", "g" * 196 + ".jpg", make.jpeg),
    taken("a name of 250 characters", "h" * 246 + ".jpg", make.jpeg, says="h" * 196 + ".jpg"),
    taken("an Arabic name", "صورة البوابة.jpg", make.jpeg),
    taken("a name that turns round", "gate\u202egpj.exe.jpg", make.jpeg, says="gategpj.exe.jpg"),
    taken("a name that climbs", "../../../etc/passwd.jpg", make.jpeg, says="passwd.jpg"),
    taken("a name that climbs as on Windows", "..\\..\\boot.jpg", make.jpeg, says="boot.jpg"),
    taken("a name with markup", "<img src=x onerror=alert(1)>.jpg", make.jpeg),
    taken("a name with quotes", "the \"old\" 'gate'; filename=x.jpg", make.jpeg),
    taken("a name of emoji", "🚚📦.jpg", make.jpeg),
    taken("a name with per cent", "100%25%0d%0aX.jpg", make.jpeg),
    taken("a name with two endings", "gate.exe.jpg", make.jpeg),
]

WRONG = [
    refused("a drawing of vectors", "logo.svg", make.svg, 415, OTHER),
    refused("a drawing of vectors under another name", "logo.jpg", make.svg, 415, NO_PHOTO),
    refused("a page", "page.html", make.html, 415, OTHER),
    refused("a page under another name", "page.png", make.html, 415, NO_PHOTO),
    refused("a program", "setup.exe", lambda: b"MZ" + bytes(200), 415, OTHER),
    refused("a program under another name", "setup.jpg", lambda: b"MZ" + bytes(200), 415, NO_PHOTO),
    refused("a photo that says it is a program", "gate.jpg.exe", make.jpeg, 415, OTHER),
    refused("a moving picture", "cat.gif", make.gif, 415, OTHER),
    refused("a moving picture under another name", "cat.jpg", make.gif, 415, NO_PHOTO),
    refused(
        "a script that begins as a picture",
        "cat.png",
        lambda: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
        415,
        NO_PHOTO,
    ),
    refused("a bitmap", "old.bmp", make.bitmap, 415, OTHER),
    refused("a bitmap under another name", "old.png", make.bitmap, 415, NO_PHOTO),
    refused("a TIFF under another name", "scan.jpg", make.tiff, 415, NO_PHOTO),
    refused("a film under another name", "film.heic", make.video, 415, NO_PHOTO),
    refused("an AVIF under another name", "new.heic", lambda: make.video(b"avif"), 415, NO_PHOTO),
    refused("an archive", "all.zip", make.archive, 415, OTHER),
    refused("an archive under another name", "all.jpg", make.archive, 415, NO_PHOTO),
    refused("a letter of Office", "letter.docx", lambda: make.archive("word/document.xml"), 415, OTHER),
    refused(
        "a letter of Office under another name", "letter.pdf", lambda: make.archive("word/document.xml"), 415, NO_PHOTO
    ),
    refused("a sound", "voice.webp", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), 415, NO_PHOTO),
    refused("a text", "notes.txt", lambda: b"Hello", 415, OTHER),
    refused("a name without an ending", "gate", make.jpeg, 415, OTHER),
    refused("a name that is an ending", ".jpg", make.jpeg, 415, OTHER),
    refused("a document under a photo's name", "cmr.jpg", make.pdf, 415, "contains a PDF file"),
    refused("a photo under a document's name", "gate.pdf", make.jpeg, 415, "contains a JPEG file"),
    refused("a photo under a drawing's name", "gate.png", make.jpeg, 415, "contains a JPEG file"),
    refused("a drawing under a photo's name", "plan.jpg", make.png, 415, "Let its name end in .png"),
    refused("a picture of the web under a drawing's name", "web.png", make.webp, 415, "contains a WebP file"),
    refused("nothing", "empty.jpg", lambda: b"", 422, EMPTY),
    refused("nothing, as a document", "empty.pdf", lambda: b"", 422, EMPTY),
    refused("half a photo", "half.jpg", lambda: make.half(make.jpeg()), 422, DAMAGED),
    refused("half a drawing", "half.png", lambda: make.half(make.png(image=make.picture(900, 700))), 422, DAMAGED),
    refused("half a picture of the web", "half.webp", lambda: make.half(make.webp()), 422, DAMAGED),
    refused("half a photo of an iPhone", "half.heic", lambda: make.half(make.heic()), 422, DAMAGED),
    refused("the beginning of a photo", "begin.jpg", lambda: make.jpeg()[:20], 422, DAMAGED),
    refused("the beginning of a drawing", "begin.png", lambda: make.png()[:16], 422, DAMAGED),
    refused(
        "a drawing with a wrong sum", "sum.png", lambda: make.png()[:29] + b"\0\0\0\0" + make.png()[33:], 422, DAMAGED
    ),
    refused(
        "a drawing of noise",
        "noise.png",
        lambda: make.png_with((b"IDAT", b"\x78\x9c" + bytes(range(256)))),
        422,
        DAMAGED,
    ),
    refused(
        "a photo with noise for its tables",
        "tables.jpg",
        lambda: make.jpeg_with((0xC4, bytes(range(256)) * 4)),
        422,
        DAMAGED,
    ),
    refused("81 million pixels in ten kilobytes", "bomb.png", lambda: make.blank_png(9000, 9000), 422, TOO_MANY),
    refused(
        "four thousand million pixels in a hundred bytes",
        "claim.png",
        lambda: make.claiming_png(65535, 65535),
        422,
        TOO_MANY,
    ),
    refused(
        "more pixels than there are numbers for",
        "claim2.png",
        lambda: make.claiming_png(2**31 - 1, 2**31 - 1),
        422,
        TOO_MANY,
    ),
    refused("just too many pixels", "claim3.png", lambda: make.claiming_png(50_001, 1000), 422, TOO_MANY),
    refused(
        "a text that swells",
        "swell.png",
        lambda: make.png_with(*((b"zTXt", b"a\0\0" + make.zlib.compress(bytes(900_000))) for _ in range(90))),
        422,
        DAMAGED,
    ),
    refused("16 MB of photo", "big.jpg", lambda: make.of_size(16 * MIB, b"\xff\xd8\xff\xe0"), 413, "at most 15.0"),
    refused(
        "16 MB of document",
        "big.pdf",
        lambda: make.of_size(16 * MIB, b"%PDF-1.7\n", b"startxref\n9\n%%EOF\n"),
        413,
        "at most 15.0",
    ),
    refused("half a document", "half.pdf", lambda: make.half(make.pdf()), 422, NO_END),
    refused("a document without an end", "endless.pdf", lambda: make.pdf(end=b""), 422, NO_END),
    refused("a document that is an archive too", "both.pdf", lambda: make.pdf() + make.archive(), 422, NO_END),
    refused(
        "an archive with a document for its comment",
        "comment.pdf",
        lambda: b"%PDF-1.7\n" + make.archive()[:-2] + b"\x16\0" + b"startxref\n9999999\n%%EOF"[:22],
        422,
        NO_END,
    ),
    refused("a document with a page behind it", "tail.pdf", lambda: make.pdf() + make.html(), 422, NO_END),
    refused("a document that begins late", "late.pdf", lambda: b"\n" * 100 + make.pdf(), 415, NO_PHOTO),
]

CASES = [*PHOTOS, *DOCUMENTS, *NAMES, *WRONG]
