"""Makes a picture anew, in a process of its own that may do nothing else.

What comes from outside is decoded here and nowhere else: a decoder that is led astray, by a picture made for that,
finds no network, no files, no secrets and an end soon. The program is `python -I child.py KIND PICTURE THUMBNAIL`: it
reads what was uploaded from its standard input, writes to the two file descriptors, and says what it has made in one
line of JSON. It imports nothing of the product.
"""

import json
import os
import resource
import sys

# Bytes of memory, seconds of work, bytes of each file that is written.
MEMORY, SECONDS, WRITTEN = 512 * 1024 * 1024, 10, 64 * 1024 * 1024
PIXELS = 50_000_000
# The decoder of WebP keeps three whole pictures of four bytes a pixel, and more than these do not fit.
WEBP_PIXELS = 25_000_000
# The longer side, in pixels.
EDGE, THUMBNAIL_EDGE = 2560, 400
# Bytes: a PNG of a screenshot stays sharp, one of a photo is better a JPEG.
PNG_LIMIT = 2 * 1024 * 1024

if __name__ == "__main__":
    # Before anything is loaded that could need more.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

import errno  # noqa: E402
import io  # noqa: E402

import pillow_heif  # noqa: E402

# TiffImagePlugin reads EXIF. All is loaded here, since later no file can be opened.
from PIL import (  # noqa: E402
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,
)

Image.preinit()

# By the kind that the first bytes say, so that no other decoder is ever asked.
OPENERS = {
    # Of several frames, the first.
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "heic": pillow_heif.HeifImageFile,
}
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """What is wrong with the picture, in one word, and what the sentence about it needs."""

    def __init__(self, problem, **facts):
        self.said = {"problem": problem, **facts}


def make(kind, upload, picture, thumbnail):
    """Write the picture and its thumbnail, and return what they are."""
    image = opened(kind, upload)
    # A JPEG is decoded smaller at once. Decoded before anything else is read of it, which would try in vain, and leave
    # a picture of which a second try finds no fault.
    image.draft(None, (EDGE, EDGE))
    image.load()
    profile, orientation = image.info.get("icc_profile"), orientation_of(image)
    image = in_srgb(smaller(image, EDGE), profile)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    image = bare(image)
    small = bare(smaller(image.copy(), THUMBNAIL_EDGE))
    return {
        "ending": write(image, kind, picture),
        "width": image.width,
        "height": image.height,
        "thumbnail_ending": write(small, "jpeg", thumbnail),
        "thumbnail_width": small.width,
        "thumbnail_height": small.height,
    }


def opened(kind, upload):
    """The picture, of which nothing is decoded yet but its head."""
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False
    if kind == "webp":
        # Its decoder takes the memory for all pixels when it is opened.
        check_pixels(*webp_size(upload.read(30)), WEBP_PIXELS)
        upload.seek(0)
    image = OPENERS[kind](upload)
    check_pixels(*image.size)
    return image


def check_pixels(width, height, affordable=PIXELS):
    if width * height > PIXELS:
        raise Refused("pixels", width=width, height=height)
    if width * height > affordable:
        raise Refused("memory")


def webp_size(head):
    """Width and height as the first chunk of a WebP says, which the decoder holds the picture to."""
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return tuple(int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))


def orientation_of(image):
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:
        # EXIF that cannot be read says nothing; the picture may be fine.
        return 1


def smaller(image, edge):
    """At most so large, in a mode in which colours can be mixed."""
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode.startswith("I"):
        # 16 bits of grey, of which the upper 8 are seen.
        image = image.convert("I").point([level / 256 for level in range(65536)], "L")
    elif image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "L" if image.mode == "1" else "RGB")
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return image


def in_srgb(image, profile):
    """With the colours that it has by its profile, for readers who get no profile."""
    colours, mode = image, image.mode
    alpha = image.getchannel("A") if mode in ("LA", "RGBA") else None
    if alpha:
        colours = image.convert("L" if mode == "LA" else "RGB")
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = "RGB"
            colours = ImageCms.profileToProfile(colours, given, ImageCms.createProfile("sRGB"), outputMode=target)
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            # One that is broken, or of another kind of picture. As the others, it is left out.
            pass
    colours = colours if colours.mode == "RGB" else colours.convert("RGB")
    if alpha and alpha.getextrema()[0] < 255:
        colours.putalpha(alpha)
    return colours


def bare(image):
    """A picture of nothing but its pixels."""
    pixels = Image.new(image.mode, image.size)
    pixels.paste(image)
    return pixels


def write(image, kind, file):
    """Write it as what shows it best, and return the ending of that."""
    if image.mode == "RGBA":
        # A PNG of this size may have twenty times as many bytes.
        ending, content = ".webp", encoded(image, "WEBP", quality=85)
    elif kind == "png" and len(content := encoded(image, "PNG", optimize=False)) <= PNG_LIMIT:
        ending = ".png"
    else:
        ending, content = ".jpg", encoded(image, "JPEG", quality=85, progressive=True)
    # At once, and here, since an encoder does not say why it could not write.
    file.write(content)
    file.flush()
    return ending


def encoded(image, form, **options):
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def main(kind, picture, thumbnail):
    # From here on nothing can be opened, be it a file or a connection.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    try:
        with os.fdopen(0, "rb") as upload, os.fdopen(picture, "w+b") as large, os.fdopen(thumbnail, "w+b") as small:
            said = make(kind, upload, large, small)
    except Refused as refused:
        said = refused.said
    except MemoryError:
        said = {"problem": "memory"}
    except Exception as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        said = {"problem": "room" if full else "damaged", "error": repr(error)[:500]}
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    # Without tidying up what goes with the process.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
