"""Files and a real server process: what it keeps in memory, whom it turns away early, and what it leaves behind."""

import asyncio
import json
import os
import re
import resource
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.faults.site import Site, resident

from . import making as make
from .hostile import CASES, TAKEN

MIB = 1024 * 1024
CUT = b'--x\r\nContent-Disposition: form-data; name="files"; filename="gate.jpg"\r\n\r\n'


@pytest.fixture
async def site(tmp_path):
    """One server on an empty SQLite database: a chat of its own for each of four customers, and a dispatcher."""
    site = Site(tmp_path)
    await site.open(conversations=4, guests=4)
    yield site
    await site.stop()


def body_of(files, client_id=None, body=""):
    fields = {"body": body, "client_id": str(client_id or uuid4())}
    return fields, [("files", (name, content, "application/octet-stream")) for name, content in files]


async def post(caller, chat, files, client_id=None, body=""):
    fields, parts = body_of(files, client_id, body)
    headers = {"X-CSRFToken": caller.client.cookies["csrftoken"], "HX-Request": "true"}
    path = f"{caller.door}/chats/{chat}/messages/"
    return await caller.client.post(path, data=fields, files=parts, headers=headers, timeout=180)


async def links_of(caller, chat):
    page = (await caller.client.get(f"{caller.door}/chats/{chat}/messages/")).text
    return list(dict.fromkeys(re.findall(r'href="(messages/\d+/files/\d+/)"', page)))


def rows_of(site):
    """What the database has of files: by message, and those without one."""
    code = (
        "import json; from chat.models import MessageFile, Message; "
        "print(json.dumps([list(MessageFile.objects.values_list('message_id', flat=True)), "
        "Message.objects.filter(kind='text').count()]))"
    )
    said = site.servers[0].manage("shell", "--verbosity", "0", "--no-imports", "-c", code)
    return json.loads(said.splitlines()[-1])


def objects_of(site):
    folder = site.servers[0].folder / "files"
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def nothing_is_left(site):
    """Neither stored nor on its way."""
    return not objects_of(site) and not list((site.servers[0].folder / "uploads").iterdir())


def still_open(site):
    """What the server has open of that on its way, which has no name: its place on the disk is taken all the same."""
    folder = site.servers[0].folder / "uploads"
    held = Path(f"/proc/{site.servers[0].process.pid}/fd").iterdir()
    return [path for path in map(os.readlink, held) if path.startswith(f"{folder}/")]


class Raw:
    """A request by hand, so that it can be sent in part."""

    def __init__(self, site, caller, chat, length=None, door=None):
        self.site, self.length = site, length
        host = site.urls[0].removeprefix("http://")
        cookies = "; ".join(f"{name}={value}" for name, value in caller.client.cookies.items()) if caller else ""
        token = caller.client.cookies["csrftoken"] if caller else ""
        door = caller.door if door is None else door
        told = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
        self.head = (
            f"POST {door}/chats/{chat}/messages/ HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n"
            f"X-CSRFToken: {token}\r\nHX-Request: true\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\n{told}\r\n\r\n"
        ).encode()

    async def __aenter__(self):
        address, _, port = self.site.urls[0].removeprefix("http://").partition(":")
        self.reader, self.writer = await asyncio.open_connection(address, int(port))
        self.writer.write(self.head)
        await self.writer.drain()
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def send(self, content):
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self):
        """The status and what is said, once that is there."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 30)).decode()
        length = int(re.search(r"Content-Length: (\d+)", head)[1])
        return int(head.split()[1]), (await self.reader.readexactly(length)).decode()


async def test_who_may_not_send_is_told_before_the_file_is_here(site):
    """Seventy megabytes are announced, and not one of them has been sent."""
    guest, chat = site.people.guests[0]
    other = site.people.guests[1][1]
    asked = {
        "a stranger at the team's door": (None, "", chat, 401),
        "a stranger at a guest's door": (None, guest.door, chat, 404),
        "a guest at another's chat": (guest, None, other, 404),
        "a guest at the team's door": (guest, "", chat, 401),
    }
    for who, (caller, door, pk, status) in asked.items():
        async with Raw(site, caller, pk, 70 * MIB, door) as request:
            assert (await request.answer())[0] == status, who
    async with Raw(site, guest, chat, 77 * MIB) as request:
        status, said = await request.answer()
        assert status == 413 and "at most 5 files of 15 MB each" in said
    # At any other path a form is a megabyte at most, whoever asks.
    async with Raw(site, guest, f"{chat}/messages/../../x", 2 * MIB) as request:
        assert (await request.answer())[0] == 413
    assert nothing_is_left(site)


async def test_one_person_who_sends_slowly_keeps_nobody_out(site):
    (slow, chat), (other, others) = site.people.guests[:2]
    requests = [await Raw(site, slow, chat, 10 * MIB).__aenter__() for _ in range(4)]
    try:
        # Let in, all of them: none is answered.
        await asyncio.sleep(1)
        async with Raw(site, slow, chat, 10 * MIB) as request:
            assert (await request.answer())[0] == 503
        assert (await post(other, others, [("gate.jpg", make.of_size(2 * MIB, make.jpeg()))])).status_code == 200
    finally:
        for request in requests:
            await request.__aexit__()


async def test_without_a_length_it_is_counted(site):
    guest, chat = site.people.guests[0]
    async with Raw(site, guest, chat) as request:
        chunk = b"%x\r\n%s\r\n" % (MIB, bytes(MIB))
        sending = asyncio.ensure_future(asyncio.wait([asyncio.ensure_future(many(request, chunk, 100))]))
        status, _ = await request.answer()
        sending.cancel()
    assert status == 413
    async with Raw(site, None, chat, door=guest.door) as request:
        assert (await request.answer())[0] == 404


async def many(request, chunk, count):
    for _ in range(count):
        await request.send(chunk)


async def test_what_is_cut_off_leaves_nothing(site):
    guest, chat = site.people.guests[0]
    for sent in (0, 1, 500_000, 9 * MIB):
        async with Raw(site, guest, chat, 10 * MIB) as request:
            await request.send(CUT + bytes(sent))
    async with Raw(site, guest, chat) as request:
        await request.send(b"%x\r\n%s\r\n" % (3 * MIB, bytes(3 * MIB)))

    # The same person sends it again, and it comes.
    answer = await post(guest, chat, [("gate.jpg", make.jpeg())], body="The gate")
    assert answer.status_code == 200
    assert (await links_of(guest, chat))[0]
    files, texts = rows_of(site)
    assert (len(files), texts, len(objects_of(site))) == (1, 1, 2)
    assert not list((site.servers[0].folder / "uploads").iterdir())


async def test_a_disk_that_takes_no_more_of_a_body(site):
    """What the system says is real here: no file of the server may grow beyond four megabytes."""
    guest, chat = site.people.guests[0]
    pid = site.servers[0].process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4 * MIB, hard))

    async with Raw(site, guest, chat, 10 * MIB) as request:
        await request.send(CUT + bytes(3 * MIB))
        # Let in, and there as far as it has come.
        await until(lambda: still_open(site))
        await request.send(bytes(2 * MIB))
        status, said = await request.answer()
    assert status == 507 and "no room for files" in said
    # The last bytes of a body, which are written when it is whole.
    body = CUT + bytes(4 * MIB + 100 - len(CUT))
    async with Raw(site, guest, chat, len(body)) as request:
        await request.send(body)
        assert (await request.answer())[0] == 507

    assert nothing_is_left(site) and rows_of(site) == [[], 0]
    await until(lambda: not still_open(site))
    # A text goes all the same, and so does what has room.
    assert (await post(guest, chat, [], body="The gate")).status_code == 200
    assert (await post(guest, chat, [("gate.jpg", make.jpeg())])).status_code == 200
    files, texts = rows_of(site)
    assert (len(files), texts) == (1, 2)


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_two_at_once_with_one_key_are_one_message(site):
    guest, chat = site.people.guests[0]
    key, photos = uuid4(), [(f"{n}.png", make.png(image=make.picture(1500, 1200 + n))) for n in range(3)]
    answers = await asyncio.gather(*(post(guest, chat, photos, key, "The gate") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({re.search(r'id="message-(\d+)"', answer.text)[1] for answer in answers}) == 1

    files, texts = rows_of(site)
    assert (len(files), texts) == (3, 1) and None not in files
    assert len(objects_of(site)) == 6


async def test_killed_on_the_way_leaves_only_what_is_collected(site):
    """Between the first object in the storage and the commit of the message, wherever that is."""
    guest, chat = site.people.guests[0]
    server = site.servers[0]
    photos = [(f"{n}.jpg", make.jpeg(image=make.picture(3000, 2000))) for n in range(5)]
    sent = 0
    for round_ in range(4):
        before = len(objects_of(site))
        sending = [asyncio.ensure_future(post(guest, chat, photos, uuid4())) for _ in range(3)]
        until = time.monotonic() + 60
        while len(objects_of(site)) <= before + round_ and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        server.kill()
        done = await asyncio.gather(*sending, return_exceptions=True)
        sent += sum(isinstance(answer, httpx.Response) and answer.status_code == 200 for answer in done)
        await site.start()
        site_files, texts = rows_of(site)
        # Each message has all of its files, and what was acknowledged is there.
        attached = [message for message in site_files if message]
        assert len(attached) == 5 * texts and texts >= sent

    code = "from chat.models import MessageFile; from django.utils import timezone; "
    code += "MessageFile.objects.filter(message=None).update(kept_until=timezone.now())"
    server.manage("shell", "--verbosity", "0", "--no-imports", "-c", code)
    server.manage("collect_files")
    files, texts = rows_of(site)
    assert len(files) == 5 * texts and None not in files
    assert len(objects_of(site)) == 2 * len(files)
    # And each of them can be had.
    for link in await links_of(guest, chat):
        assert (await guest.client.get(f"{guest.door}/chats/{chat}/{link}")).status_code == 200


class Watch:
    """How much memory a process takes at most while something is done, as the system has counted it."""

    def __init__(self, pid):
        self.folder, self.idle = Path(f"/proc/{pid}"), resident(pid)

    def __enter__(self):
        # Begins the count of the peak anew.
        (self.folder / "clear_refs").write_text("5")
        return self

    def __exit__(self, *_):
        said = (self.folder / "status").read_text()
        self.peak = int(re.search(r"VmHWM:\s+(\d+) kB", said)[1]) * 1024

    @property
    def above_idle(self):
        return (self.peak - self.idle) / MIB


async def test_memory_stays_small_through_all_of_them(site, record_testsuite_property):
    guests = site.people.guests
    # What is loaded at the first request is not what this is about.
    for caller, chat in guests:
        assert (await post(caller, chat, [("gate.jpg", make.jpeg())])).status_code == 200
    pid = site.servers[0].process.pid

    with Watch(pid) as hostile:
        queue = list(CASES)

        async def send_some(caller, chat):
            while queue:
                case = queue.pop()
                answer = await post(caller, chat, [(case.name, case.content())])
                while answer.status_code == 503:
                    await asyncio.sleep(0.2)
                    answer = await post(caller, chat, [(case.name, case.content())])
                assert answer.status_code == (200 if case.status == TAKEN else case.status), case.title

        await asyncio.gather(*(send_some(*each) for each in guests))

    large = make.of_size(15 * MIB, make.pdf()[:-30], b"\nstartxref\n9\n%%EOF\n")
    with Watch(pid) as concurrent:
        files = [(f"{n}.pdf", large) for n in range(5)]
        answers = await asyncio.gather(*(post(caller, chat, files) for caller, chat in guests))
        assert [answer.status_code for answer in answers] == [200] * 4

    with Watch(pid) as slow:
        # Twelve who have asked for a large file, and do not read it.
        caller, chat = guests[0]
        link = (await links_of(caller, chat))[-1]
        readers = []
        for _ in range(12):
            request = Raw(site, caller, chat, 0)
            request.head = re.sub(rb"^POST \S+", f"GET {caller.door}/chats/{chat}/{link}".encode(), request.head)
            readers.append(await request.__aenter__())
        for reader in readers:
            await reader.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(2)
        for reader in readers:
            await reader.__aexit__()

    for name, watch in {"hostile": hostile, "concurrent": concurrent, "slow": slow}.items():
        record_testsuite_property(name, f"{watch.above_idle:.0f} MB above {watch.idle / MIB:.0f} MB")
        assert watch.peak >= watch.idle - MIB, "the peak was not seen"
    assert max(hostile.above_idle, concurrent.above_idle, slow.above_idle) < 150
