import re
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chat.files import storing
from chat.files.receiving import Receiver
from tests.stories.reading import door_of, html_of


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path, monkeypatch):
    """The files of a test are its own."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STORAGES = {**settings.STORAGES, "files": {"BACKEND": "chat.files.storing.Folder"}}
    return settings.MEDIA_ROOT


@pytest.fixture
def dispatcher(cast, sign_in):
    return sign_in(cast.dispatcher)


@pytest.fixture
def customer(cast, chat, come_in):
    return come_in(cast.customer, chat)


def upload(name, content):
    return SimpleUploadedFile(name, content, "application/octet-stream")


def received(name, content):
    """A file as it comes from a form."""
    receiver = Receiver()
    receiver.new_file("files", name, "", len(content), None)
    receiver.receive_data_chunk(content, 0)
    return receiver.file_complete(len(content))


def send_files(client, chat, *files, body="", client_id=None, **options):
    """Send files, each as (name, content), as whoever this browser's door says."""
    fields = {"body": body, "client_id": client_id or uuid4(), "files": [upload(*file) for file in files]}
    return client.post(f"{door_of(client)}/chats/{chat.pk}/messages/", fields, **options)


def links_in(page):
    """Where the files of a page are, as its links say it, each once: paths from the conversation's page on."""
    found = re.findall(r'(?:href|src)="(messages/\d+/files/\d+/(?:\?size=thumbnail)?)"', html_of(page))
    return list(dict.fromkeys(map(unescape, found)))


def fetch(client, chat, link, **options):
    return client.get(f"{door_of(client)}/chats/{chat.pk}/{link}", **options)


def bytes_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def stored():
    """The names of all that is in the storage."""
    folder = storing.storage().base_location
    return (
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
    )
