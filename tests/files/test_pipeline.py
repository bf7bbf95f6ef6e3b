"""Each of the files that people, phones and those who mean harm send, from the form to what the others get."""

import errno
import io
import re
import subprocess
import sys
import tempfile
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils.http import content_disposition_header
from PIL import Image

from chat.files import child, decoding
from chat.files.kinds import HEIC, JPEG, WEBP
from chat.models import MessageFile
from tests.stories.reading import HTMX, alerts_of, door_of, html_of, page_of, typed_in

from . import making as make
from .conftest import bytes_of, fetch, links_in, send_files, stored
from .hostile import CASES, TAKEN

pytestmark = pytest.mark.django_db

# What a file must not carry on: by whom, where, with what and of what colours it was made, and what was hidden in it.
TRACES = [make.MARKER, b"Exif", b"http://ns.adobe.com", b"xmpmeta", b"8BIM", b"ICC_PROFILE", b"iCCP", b"iTXt", b"tEXt"]
TRACES += [
    b"zTXt",
    b"eXIf",
    b"prIv",
    b"acTL",
    b"ANIM",
    b"EXIF",
    b"XMP ",
    b"ICCP",
    b"<script",
    b"PK\x03\x04",
    b"ftyp",
    b"GPS",
]


@pytest.mark.parametrize("case", [case for case in CASES if case.status == TAKEN], ids=str)
def test_taken(case, customer, dispatcher, chat):
    content = case.content()
    answer = send_files(customer, chat, (case.name, content), headers=HTMX)
    assert answer.status_code == 200, alerts_of(answer)
    (row,) = MessageFile.objects.all()
    assert (row.name, row.content_type, row.uploaded_size) == (case.says, case.becomes, len(content))
    assert len(row.name) <= MessageFile.NAME_LIMIT

    # The others get it from their own page.
    for link in links_in(page_of(dispatcher, chat)):
        is_thumbnail = link.endswith("thumbnail")
        got = fetch(dispatcher, chat, link)
        assert got.status_code == 200
        is_only_a_file(got, row)
        given = bytes_of(got)
        assert len(given) == (row.thumbnail_size if is_thumbnail else row.size)
        if row.is_image:
            is_a_picture_and_nothing_else(given, row, is_thumbnail)
        else:
            assert given == content
    if case.size:
        assert (row.width, row.height) == case.size


def is_only_a_file(answer, row):
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Content-Type"] in ("image/jpeg", "image/png", "image/webp", "application/pdf")
    assert headers["Content-Disposition"] == content_disposition_header(not row.is_image, row.name)
    assert headers["Content-Disposition"].startswith("inline" if row.is_image else "attachment")
    # One header, and nothing in it that a header cannot have.
    assert re.fullmatch(r"[\x20-\x7e]+", headers["Content-Disposition"])


def is_a_picture_and_nothing_else(given, row, is_thumbnail):
    for trace in TRACES:
        assert trace not in given
    image = Image.open(io.BytesIO(given))
    image.load()
    assert Image.MIME[image.format] == (row.thumbnail_type if is_thumbnail else row.content_type)
    assert image.size == ((row.thumbnail_width, row.thumbnail_height) if is_thumbnail else (row.width, row.height))
    assert max(image.size) <= (400 if is_thumbnail else 2560)
    assert not image.getexif() and getattr(image, "n_frames", 1) == 1
    assert {*image.info} <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
        "loop",
        "background",
        "timestamp",
        "duration",
    }
    # The file ends where the picture ends.
    end = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}.get(image.format)
    if end:
        assert given.endswith(end) and given.count(end) == 1
    else:
        assert int.from_bytes(given[4:8], "little") + 8 == len(given)


@pytest.mark.parametrize("case", [case for case in CASES if case.status != TAKEN], ids=str)
def test_refused(case, customer, chat):
    before = chat.messages.count()
    answer = send_files(
        customer, chat, (case.name, case.content()), ("fine.jpg", make.jpeg()), body="The gate", headers=HTMX
    )

    assert answer.status_code == case.status
    (said,) = alerts_of(answer)
    assert case.says in said.replace("\xa0", " ")
    assert f"“{case.name}”" in said
    assert 'data-file="0"' in html_of(answer)
    # The rest of the message is kept, and the file that is fine is named.
    assert typed_in(answer) == "The gate"
    assert "This file is fine: fine.jpg" in html_of(answer)
    assert chat.messages.count() == before
    assert not MessageFile.objects.exists() and not stored()


# What it looks like afterwards


def sent(client, chat, name, content):
    assert send_files(client, chat, (name, content)).status_code == 303
    row = MessageFile.objects.get()
    link = links_in(page_of(client, chat))[0]
    return row, Image.open(io.BytesIO(bytes_of(fetch(client, chat, link)))).convert("RGBA")


def near(colour, wanted, by=24):
    return all(abs(a - b) <= by for a, b in zip(colour[:3], wanted, strict=True))


HELD = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("side", range(1, 9))
def test_is_upright(side, customer, chat):
    """The picture is turned as a camera held that way would have stored it, and comes back as it was seen."""
    seen = make.picture()
    turned = seen.transpose(HELD[side]) if side in HELD else seen

    row, image = sent(customer, chat, "gate.jpg", make.jpeg(image=turned, exif=make.exif(side), quality=95))

    assert image.size == seen.size == (row.width, row.height)
    assert near(image.getpixel((20, 20)), (30, 200, 30))
    assert near(image.getpixel((20, 380)), (200, 30, 30))
    assert near(image.getpixel((620, 200)), (30, 30, 200))


def test_keeps_its_colours_without_its_profile(customer, chat):
    """A phone's red is another number than the web's: what is seen stays, by the numbers of the web."""
    photo = make.jpeg(image=Image.new("RGB", (64, 64), (200, 30, 60)), icc_profile=make.swapped_profile(), quality=98)
    _, image = sent(customer, chat, "gate.jpg", photo)
    # In that profile red and green have each other's places.
    assert near(image.getpixel((32, 32)), (30, 200, 60), by=40)


def test_what_is_clear_stays_clear(customer, chat):
    _, image = sent(customer, chat, "clear.png", make.png(image=make.picture(mode="RGBA")))
    assert image.getpixel((10, 2))[3] < 20 and image.getpixel((10, 395))[3] > 235


def test_deep_grey_keeps_its_depth(customer, chat):
    _, image = sent(customer, chat, "deep.png", make.png(image=Image.new("I;16", (64, 48), 40000)))
    assert near(image.getpixel((5, 5)), (156, 156, 156), by=2)


def test_the_first_of_several_is_shown(customer, chat):
    _, image = sent(customer, chat, "moves.webp", make.frames("WEBP"))
    assert near(image.getpixel((620, 200)), (30, 30, 200))


BY_HAND = (
    b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n\r\n'
    b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n%s\r\n'
    b'--x\r\nContent-Disposition: form-data; name="files"; %s\r\n\r\n%s\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (b'filename="../../../etc/passwd.jpg"', "passwd.jpg"),
        (rb'filename="..\..\windows\gate.jpg"', "gate.jpg"),
        (b"filename*=UTF-8''..%2F..%2Fetc%2Fpasswd.jpg", "passwd.jpg"),
        (b"filename*=UTF-8''a%0D%0ASet-Cookie:x.jpg", "aSet-Cookie:x.jpg"),
    ],
)
def test_a_name_as_no_browser_sends_it(customer, chat, told, shown):
    """By hand, since whatever sends forms for tests takes such names apart before they are sent."""
    body = BY_HAND % (str(uuid4()).encode(), told, make.jpeg())
    path = f"{door_of(customer)}/chats/{chat.pk}/messages/"
    assert customer.post(path, body, content_type="multipart/form-data; boundary=x").status_code == 303
    row = MessageFile.objects.get()
    assert row.name == shown
    answer = fetch(customer, chat, links_in(page_of(customer, chat))[0])
    is_only_a_file(answer, row)
    assert "Set-Cookie" not in answer.headers


# The child


def test_the_server_itself_loads_no_decoder():
    program = "import sys; import dispatch_console.asgi; print({'PIL', 'pillow_heif'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.fixture
def child_that(monkeypatch, tmp_path):
    """Have the child do something else in the place of its work."""

    def do(code):
        work = "            said = make(kind, upload, large, small)\n"
        source = decoding.PROGRAM.read_text()
        assert work in source
        program = tmp_path / "child.py"
        program.write_text(source.replace(work, f"            {code}\n"))
        monkeypatch.setattr(decoding, "PROGRAM", program)
        with tempfile.TemporaryFile() as nothing:
            return decoding.decode(nothing, JPEG, SimpleNamespace(pk=1))

    return do


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("bytearray(600 * 1024 * 1024)", "memory"),
        ("exec('while True: pass')", "time"),
        ("__import__('time').sleep(60)", "time"),
        ("os.abort()", "damaged"),
        ("os.kill(os.getpid(), 9)", "damaged"),
        ("large.write(bytes(65 * 1024 * 1024))", "damaged"),
        ("sys.stdout.write('x' * 100_000)", "time"),
        ("said = {'ending': '.exe'}", "damaged"),
        ("said = dict.fromkeys(('width', 'height', 'thumbnail_width', 'thumbnail_height'), 10**9)", "damaged"),
        ("said = []", "damaged"),
    ],
)
def test_the_child_has_an_end(child_that, monkeypatch, code, problem):
    """Not what stands in the program, but what happens: too much memory or time, a crash, a file without an end."""
    if "sleep" in code or "stdout" in code:
        monkeypatch.setattr(decoding, "SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(decoding.Undecodable) as caught:
        child_that(code)
    assert caught.value.problem == problem
    assert time.monotonic() - began < decoding.SECONDS + 5


@pytest.mark.parametrize(
    ("width", "height", "problem"),
    [
        (5, 5, "damaged"),
        (6000, 6000, "memory"),
        (7000, 7000, "memory"),
        (9000, 9000, "pixels"),
        (16384, 16384, "pixels"),
    ],
)
def test_a_few_bytes_that_claim_much_are_asked_before_the_decoder_is(width, height, problem):
    with tempfile.TemporaryFile() as file, pytest.raises(decoding.Undecodable) as caught:
        file.write(make.claiming_webp(width, height))
        decoding.decode(file, WEBP, SimpleNamespace(pk=1))
    assert caught.value.problem == problem


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": make.exif()}])
def test_a_picture_of_the_web_as_large_as_may_be(options):
    """In each of the three forms that say its size in their own way."""
    content = make.webp(image=make.picture(700, 500), **options)
    assert child.webp_size(content[:30]) == (700, 500)


def test_a_large_picture_of_the_web_fits_into_the_memory():
    with tempfile.TemporaryFile() as file:
        file.write(make.webp(image=Image.new("RGB", (5000, 5000)), quality=1, method=0))
        made = decoding.decode(file, WEBP, SimpleNamespace(pk=1))
    assert (made.width, made.height) == (2560, 2560)


def test_the_largest_photo_of_an_iphone_fits_into_the_memory():
    with tempfile.TemporaryFile() as file:
        file.write(make.heic(image=Image.new("RGB", (8064, 6048)), quality=30))
        made = decoding.decode(file, HEIC, SimpleNamespace(pk=1))
    assert (made.width, made.height) == (2560, 1920)


@pytest.mark.parametrize("full", [0, 1])
def test_no_room_for_what_the_child_writes(monkeypatch, full):
    """On a device that is full, as the system says it: the picture has no room, or its thumbnail has none."""
    files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]  # noqa: SIM115
    files[full] = open("/dev/full", "w+b")  # noqa: SIM115
    with tempfile.TemporaryFile() as photo:
        photo.write(make.jpeg())
        monkeypatch.setattr(decoding.tempfile, "TemporaryFile", lambda **_: files.pop(0))
        with pytest.raises(OSError) as caught:
            decoding.decode(photo, JPEG, SimpleNamespace(pk=1))
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    "code", ["__import__('socket').socket()", "open('/etc/hostname')", "__import__('subprocess').run(['/bin/true'])"]
)
def test_the_child_reaches_nothing(child_that, code):
    with pytest.raises(decoding.Undecodable) as caught:
        child_that(code)
    assert caught.value.problem == "damaged"
    assert re.search("Too many open files|No module|Bad file descriptor", str(caught.value))


def test_the_child_knows_nothing_of_ours(child_that, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "ours")
    with pytest.raises(decoding.Undecodable) as caught:
        child_that("raise Exception(sorted(os.environ))")
    assert "LC_ALL" in str(caught.value) and "SECRET" not in str(caught.value)
