"""How a file is given out: whole, in part, not at all."""

import io

import pytest

from chat import actions
from chat.models import Message, MessageFile
from tests.factories import OrderFactory
from tests.stories.reading import page_of

from . import making as make
from .conftest import bytes_of, fetch, links_in, send_files, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(customer, chat):
    """The link to a document of some bytes, which stands in the chat, and these bytes."""
    content = make.pdf(b"(" + bytes(range(256)).replace(b"(", b"").replace(b")", b"").replace(b"\\", b"") * 700 + b")")
    assert send_files(customer, chat, ("cmr.pdf", content)).status_code == 303
    return links_in(page_of(customer, chat))[0], content


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=170000-", 170_000, None),
        ("bytes=-500", -500, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=-99999999", 0, None),
    ],
)
def test_a_part(customer, chat, paper, asked, start, end):
    link, content = paper
    answer = fetch(customer, chat, link, headers={"Range": asked})
    first, last = len(content) + start if start < 0 else start, (end or len(content)) - 1
    assert answer.status_code == 206
    assert bytes_of(answer) == content[start:end]
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    assert answer["Content-Length"] == str(last + 1 - first)
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=1", "x" * 5000]
)
def test_a_part_that_nobody_understands_is_the_whole(customer, chat, paper, asked):
    link, content = paper
    answer = fetch(customer, chat, link, headers={"Range": asked})
    assert (answer.status_code, bytes_of(answer)) == (200, content)
    assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0", "bytes=999999999999999-999999999999999"])
def test_a_part_beyond_the_end(customer, chat, paper, asked):
    link, content = paper
    answer = fetch(customer, chat, link, headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_goes_on_only_with_the_same(customer, chat, paper):
    link, content = paper
    tag = fetch(customer, chat, link)["ETag"]
    part = {"Range": "bytes=5-9"}
    assert fetch(customer, chat, link, headers={**part, "If-Range": tag}).status_code == 206
    for other in ('"another"', "Wed, 25 Nov 2026 10:00:00 GMT", f"W/{tag}"):
        answer = fetch(customer, chat, link, headers={**part, "If-Range": other})
        assert (answer.status_code, bytes_of(answer)) == (200, content)


def test_what_the_browser_has_is_not_sent_again(customer, chat, paper):
    link, _ = paper
    tag = fetch(customer, chat, link)["ETag"]
    for said in (tag, f'"a", {tag}', f"W/{tag}", "*"):
        answer = fetch(customer, chat, link, headers={"If-None-Match": said})
        assert (answer.status_code, bytes_of(answer), answer["ETag"]) == (304, b"", tag)
        assert answer["Cache-Control"] == "private, no-cache"
    assert fetch(customer, chat, link, headers={"If-None-Match": '"another"'}).status_code == 200


def test_who_is_out_gets_nothing_not_even_that_it_is_unchanged(cast, customer, chat, paper):
    link, _ = paper
    tag = fetch(customer, chat, link)["ETag"]
    actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    for headers in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-1"}):
        assert fetch(customer, chat, link, headers=headers).status_code == 404


def test_the_head_says_the_same_without_a_byte(customer, chat, paper):
    link, content = paper
    get, head = fetch(customer, chat, link), customer.head(f"{customer.door}/chats/{chat.pk}/{link}")
    assert bytes_of(head) == b"" and head.status_code == 200
    for name in ("Content-Length", "Content-Type", "Content-Disposition", "ETag", "Content-Security-Policy"):
        assert head[name] == get[name]
    assert head["Content-Length"] == str(len(content))


def test_only_by_its_chat_its_message_and_its_number_together(cast, customer, dispatcher, chat):
    other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)
    for conversation in (chat, other):
        assert send_files(dispatcher, conversation, ("gate.jpg", make.jpeg())).status_code == 303
    ours, theirs = (MessageFile.objects.get(message__conversation=each) for each in (chat, other))
    number = ours.message.number
    assert fetch(dispatcher, chat, f"messages/{number}/files/{ours.pk}/").status_code == 200
    for link in (
        f"messages/{number}/files/{theirs.pk}/",
        f"messages/{number + 1}/files/{ours.pk}/",
        f"messages/1/files/{ours.pk}/",
    ):
        for browser in (dispatcher, customer):
            assert fetch(browser, chat, link).status_code == 404
    # The one of the other order is not this customer's to see.
    assert fetch(dispatcher, other, f"messages/{theirs.message.number}/files/{theirs.pk}/").status_code == 200
    assert fetch(customer, other, f"messages/{theirs.message.number}/files/{theirs.pk}/").status_code == 404


def test_no_other_size_and_no_thumbnail_of_a_document(customer, chat, paper):
    link, _ = paper
    assert fetch(customer, chat, link).status_code == 200
    for size in ("thumbnail", "large", "../../x", "\0"):
        assert fetch(customer, chat, link, data={"size": size}).status_code == 404


def test_one_that_waits_for_its_message_is_nobodys(cast, customer, dispatcher, chat, paper):
    link, _ = paper
    row = MessageFile.objects.get()
    MessageFile.objects.update(message=None, kept_until="2030-01-01T00:00Z")
    for browser in (customer, dispatcher):
        assert fetch(browser, chat, link).status_code == 404
    assert row.stored_as in stored()


def test_nothing_but_this_path_gives_it_out(customer, dispatcher, chat, paper):
    link, content = paper
    (name,) = stored()
    for browser in (customer, dispatcher):
        for path in (
            f"/{name}",
            f"/files/{name}",
            f"/media/{name}",
            f"/static/files/{name}",
            f"/static/../files/{name}",
            f"/var/files/{name}",
        ):
            assert content[:200] not in bytes_of(browser.get(path))


def test_one_that_is_lost_from_the_disk_is_said_to_be(customer, chat, paper, own_folder):
    link, _ = paper
    (own_folder / stored()[0]).unlink()
    answer = fetch(customer, chat, link)
    assert answer.status_code == 503 and b"cannot be read" in answer.content
    # The chat is there as ever.
    assert page_of(customer, chat)


def test_a_proxy_can_do_the_sending(customer, chat, paper, settings, cast):
    link, _ = paper
    settings.FILES_ACCEL_PATH = "/kept-files/"
    answer = fetch(customer, chat, link)
    assert answer["X-Accel-Redirect"] == f"/kept-files/{stored()[0]}"
    assert bytes_of(answer) == b"" and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="cmr.pdf"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    refused = fetch(customer, chat, link)
    assert refused.status_code == 404 and "X-Accel-Redirect" not in refused


def test_only_pictures_that_were_made_here_are_shown(customer, chat):
    send_files(customer, chat, ("a.jpg", make.jpeg()), ("b.pdf", make.pdf_with_javascript()))
    image, document = chat.messages.get(kind=Message.Kind.TEXT).file_list
    shown = fetch(customer, chat, f"messages/{image.message.number}/files/{image.pk}/")
    saved = fetch(customer, chat, f"messages/{image.message.number}/files/{document.pk}/")
    assert shown["Content-Disposition"].startswith("inline;")
    assert saved["Content-Disposition"].startswith("attachment;")


def test_is_read_piece_by_piece(customer, chat, paper):
    link, content = paper
    pieces = list(fetch(customer, chat, link).streaming_content)
    assert b"".join(pieces) == content and max(map(len, pieces)) <= 64 * 1024 and len(pieces) > 1


async def test_is_read_piece_by_piece_by_the_server_too():
    from chat.files.serving import Pieces

    file = io.BytesIO(bytes(200_000))
    pieces = [piece async for piece in Pieces(file, 149_990)]
    assert sum(map(len, pieces)) == 149_990 and len(pieces) == 3
