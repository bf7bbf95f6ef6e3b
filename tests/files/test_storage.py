"""Where files lie, and what happens where they cannot."""

import errno
import os
import resource
import stat
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest
from django.core.management import call_command
from django.utils import timezone
from moto.server import ThreadedMotoServer

from chat import actions
from chat.files import decoding, receiving, storing
from chat.models import Message, MessageFile
from tests.stories.reading import HTMX, alerts_of, page_of, send, typed_in

from . import making as make
from .conftest import bytes_of, fetch, links_in, received, send_files, stored

pytestmark = pytest.mark.django_db(transaction=True)

PHOTO = ("gate.jpg", make.jpeg())
PAPER = ("cmr.pdf", make.pdf())
BIG = ("big.pdf", make.of_size(6 * 1024 * 1024, make.pdf()[:-6], b"\nstartxref\n9\n%%EOF\n"))


def is_refused_for_want_of_room(client, chat, *files):
    answer = send_files(client, chat, *files, body="The gate", headers=HTMX)
    assert answer.status_code == 507
    assert "no room for files" in alerts_of(answer)[0] and typed_in(answer) == "The gate"
    assert not stored() and not MessageFile.objects.exists()
    # A text is sent all the same.
    assert send(client, chat, "The gate").status_code == 303


def test_nobody_else_on_the_machine_reads_them(customer, chat, own_folder):
    send_files(customer, chat, PHOTO)
    for path in [own_folder / name for name in stored()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_is_on_the_disk_before_the_message_is(customer, chat, monkeypatch):
    synced = []
    monkeypatch.setattr(storing.os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")))
    counts = []
    plain = storing.put

    def put(name, file):
        plain(name, file)
        counts.append(Message.objects.filter(kind=Message.Kind.TEXT).count())

    monkeypatch.setattr(storing, "put", put)
    send_files(customer, chat, PAPER)
    (name,) = stored()
    assert [path for path in synced if path.endswith(name)]
    assert any(path.endswith(name[:2]) for path in synced)
    assert counts == [0]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_full_disk_at_whichever_write(customer, chat, monkeypatch, at):
    """The photo, its thumbnail, the document: none of them stays."""
    plain, writes = storing.put, []

    def put(name, file):
        writes.append(name)
        if len(writes) == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(name, file)

    monkeypatch.setattr(storing, "put", put)
    is_refused_for_want_of_room(customer, chat, PHOTO, PAPER)
    assert len(writes) == at


def test_a_disk_that_takes_no_more_bytes(customer, chat):
    """What the system says is real here: no file of this process may grow beyond four megabytes."""
    assert send_files(customer, chat, BIG, body="The gate").status_code == 303
    actions.delete_message(message=chat.messages.get(body="The gate"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 1024 * 1024, hard))
    try:
        is_refused_for_want_of_room(customer, chat, BIG)
        is_refused_for_want_of_room(customer, chat, PHOTO, BIG)
        assert send_files(customer, chat, PHOTO).status_code == 303
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("where", [receiving, decoding])
def test_a_disk_on_which_not_even_a_file_begins(customer, chat, monkeypatch, where):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(where, "tempfile", SimpleNamespace(TemporaryFile=full))
    is_refused_for_want_of_room(customer, chat, PHOTO, PAPER)


def test_a_storage_that_fails_otherwise(customer, chat, monkeypatch, caplog):
    def put(name, file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(storing, "put", put)
    answer = send_files(customer, chat, PHOTO, body="The gate", headers=HTMX)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert typed_in(answer) == "The gate" and "Input/output error" in caplog.text
    assert not stored()


def test_the_command_collects(cast, capsys):
    for _ in range(2):
        actions.store_files(uploads=[received(*PAPER)], uploader=cast.customer)
    call_command("collect_files")
    MessageFile.objects.update(kept_until=timezone.now())
    call_command("collect_files")
    assert capsys.readouterr().out == "0 erased, 0 left\n2 erased, 0 left\n"
    assert not stored()


# A bucket


@pytest.fixture(scope="module")
def bucket():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    given = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **given)
    client.create_bucket(Bucket="dispatch")
    yield endpoint, client
    server.stop()


@pytest.fixture
def in_bucket(bucket, settings, monkeypatch):
    """Files go to a bucket, as the variables of the environment would have it."""
    from dispatch_console import settings as product

    endpoint, client = bucket
    for name, value in {
        "BUCKET": "dispatch",
        "ENDPOINT": endpoint,
        "KEY": "key",
        "SECRET": "secret",
        "REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"FILES_S3_{name}", value)
    settings.STORAGES = {**settings.STORAGES, "files": product.read_bucket()}
    storing.faults.cache_clear()
    yield lambda: sorted(each["Key"] for each in client.list_objects_v2(Bucket="dispatch").get("Contents", []))
    storing.faults.cache_clear()


def test_a_bucket_does_as_well(in_bucket, cast, customer, dispatcher, chat, own_folder):
    assert send_files(customer, chat, PHOTO, BIG).status_code == 303
    assert len(in_bucket()) == 3 and not own_folder.exists()

    small, large, paper = sorted(links_in(page_of(dispatcher, chat)), key=lambda link: ("thumb" not in link, link))
    assert (
        bytes_of(fetch(dispatcher, chat, large))[:3] == bytes_of(fetch(dispatcher, chat, small))[:3] == b"\xff\xd8\xff"
    )
    part = fetch(dispatcher, chat, paper, headers={"Range": "bytes=1000000-1000099"})
    assert (part.status_code, bytes_of(part)) == (206, BIG[1][1_000_000:1_000_100])

    actions.delete_message(message=chat.messages.get(kind=Message.Kind.TEXT))
    assert fetch(dispatcher, chat, paper).status_code == 404
    assert actions.collect_files() == 2
    assert in_bucket() == []


def test_a_bucket_that_does_not_answer(in_bucket, customer, chat, settings):
    assert send_files(customer, chat, PAPER, body="One").status_code == 303
    (link,) = links_in(page_of(customer, chat))
    there = settings.STORAGES
    options = {**there["files"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**there, "files": {**there["files"], "OPTIONS": options}}

    answer = send_files(customer, chat, PAPER, body="Two", client_id=uuid4(), headers=HTMX)
    assert answer.status_code == 503 and typed_in(answer) == "Two"
    assert fetch(customer, chat, link).status_code == 503
    actions.delete_message(message=chat.messages.get(body="One"))
    assert fetch(customer, chat, link).status_code == 404
    assert actions.collect_files() == 0

    # What was left is erased when it is there again.
    settings.STORAGES = there
    assert len(in_bucket()) == 1
    assert actions.collect_files() == 2
    assert in_bucket() == []
