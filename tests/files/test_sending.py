"""A message with files: who sends it, who gets it, and what happens to it afterwards."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.files import decoding, storing
from chat.models import Message, MessageFile
from chat.refusals import FilesRefused, NoRoomForFiles
from tests.factories import UserFactory
from tests.stories.reading import HTMX, alerts_of, html_of, lines_of, page_of, rows_of, send, text_of, typed_in

from . import making as make
from .conftest import bytes_of, fetch, links_in, received, send_files, stored, upload

pytestmark = pytest.mark.django_db(transaction=True)

PHOTO = ("gate.jpg", make.jpeg())
PLAN = ("plan.png", make.png())
PAPER = ("CMR 8841.pdf", make.pdf())


def last_line(client, chat):
    return lines_of(page_of(client, chat))[-1]


def test_a_driver_sends_a_photo_and_everybody_gets_it(cast, chat, customer, dispatcher, come_in):
    answer = send_files(customer, chat, PHOTO, body="The gate", headers=HTMX)

    assert answer.status_code == 200
    (line,) = lines_of(answer)
    assert line.text == "The gate"
    small, large = sorted(links_in(answer), key=len, reverse=True)
    assert large == small.partition("?")[0] == f"messages/{line.number}/files/{MessageFile.objects.get().pk}/"

    # One who comes later sees it as well.
    late = UserFactory(role=User.Role.DRIVER)
    actions.add_participants(conversation=chat, people=[late], actor=cast.dispatcher)
    for browser in (customer, dispatcher, come_in(late, chat)):
        assert links_in(page_of(browser, chat)) == links_in(answer)
        assert bytes_of(fetch(browser, chat, large))[:3] == bytes_of(fetch(browser, chat, small))[:3] == b"\xff\xd8\xff"
    # Without JavaScript it is a form that leads back to the chat.
    assert send_files(customer, chat, PHOTO).status_code == 303


def test_several_stay_in_their_order(customer, dispatcher, chat):
    files = [PLAN, PHOTO, PAPER, ("b.jpg", make.jpeg()), ("a.jpg", make.jpeg())]
    assert send_files(customer, chat, *files).status_code == 303

    (message,) = chat.messages.filter(kind=Message.Kind.TEXT)
    assert [file.name for file in message.file_list] == ["plan.png", "gate.jpg", "CMR 8841.pdf", "b.jpg", "a.jpg"]
    assert [file.place for file in message.file_list] == [0, 1, 2, 3, 4]
    assert last_line(dispatcher, chat).text == ""
    assert len(stored()) == 4 * 2 + 1
    assert all(len(name) > 34 and name[2] == "/" and "gate" not in name for name in stored())


def test_waits_for_an_answer_and_is_unread_as_words_are(customer, dispatcher, chat):
    send_files(customer, chat, PHOTO)
    (row,) = rows_of(dispatcher.get("/chats/"))
    assert row.waiting and row.unread == 1


@pytest.mark.parametrize(
    ("files", "body", "says"),
    [
        ([PHOTO], "", "Photo"),
        ([PHOTO, PLAN], "", "2 photos"),
        ([PAPER], "", "CMR 8841.pdf"),
        ([PAPER, PHOTO, PLAN], "", "3 files: CMR 8841.pdf"),
        ([PHOTO], "The gate", "Photo: The gate"),
    ],
)
def test_has_one_line_in_lists_and_quotes(customer, dispatcher, chat, files, body, says):
    send_files(customer, chat, *files, body=body)
    message = chat.messages.get(kind=Message.Kind.TEXT)

    (row,) = rows_of(dispatcher.get("/chats/"))
    assert says in row.text
    fields = {"body": "Thank you", "client_id": uuid4(), "reply_to": message.number}
    answer = dispatcher.post(f"/chats/{chat.pk}/messages/", fields, headers=HTMX)
    assert says in text_of(html_of(answer).partition('class="message__quote"')[2].partition("</a>")[0])
    # The page on which one answers it without JavaScript.
    assert says in text_of(page_of(dispatcher, chat, reply=message.number))


def test_is_found_by_the_names_of_its_files(customer, dispatcher, chat):
    send_files(customer, chat, PAPER, ("Müller Rampe.jpg", make.jpeg()), body="Here they are")
    for words in ("8841", "cmr", "muller rampe", "here 8841", "rampe jpg"):
        (row,) = rows_of(dispatcher.get("/chats/", {"q": words}))
        assert "<mark>" in html_of(dispatcher.get("/chats/", {"q": words})), words
        assert row.conversation == chat.pk
    assert not rows_of(dispatcher.get("/chats/", {"q": "8842"}))

    # With another text it still is, and without the message no more.
    message = chat.messages.get(kind=Message.Kind.TEXT)
    actions.edit_message(message=message, body="There", version=1)
    assert rows_of(dispatcher.get("/chats/", {"q": "there 8841"}))
    actions.delete_message(message=message)
    assert not rows_of(dispatcher.get("/chats/", {"q": "8841"}))


def test_its_text_can_be_changed_to_none(customer, chat):
    send_files(customer, chat, PHOTO, body="The gaet")
    message = chat.messages.get(kind=Message.Kind.TEXT)
    path = f"{customer.door}/chats/{chat.pk}/messages/{message.number}/"
    assert "required" not in html_of(customer.get(path, headers=HTMX)).partition("<textarea")[2].partition(">")[0]

    answer = customer.post(path, {"body": "", "version": 1}, headers=HTMX)
    assert answer.status_code == 200
    assert lines_of(answer)[0].text == "" and links_in(answer)

    # One without files must say something.
    assert send(customer, chat, "Hello").status_code == 303
    number = chat.messages.latest("number").number
    path = f"{customer.door}/chats/{chat.pk}/messages/{number}/"
    assert customer.post(path, {"body": "", "version": 1}, headers=HTMX).status_code == 422


def test_of_a_deleted_one_nothing_is_left(customer, dispatcher, chat):
    send_files(customer, chat, PHOTO, PAPER, body="The gate")
    links = links_in(page_of(dispatcher, chat))
    assert len(links) == 3 and len(stored()) == 3
    message = chat.messages.get(kind=Message.Kind.TEXT)

    actions.delete_message(message=message)

    assert not stored() and not MessageFile.objects.exists()
    for browser in (customer, dispatcher):
        assert not links_in(page_of(browser, chat))
        assert [fetch(browser, chat, link).status_code for link in links] == [404, 404, 404]


def test_what_the_storage_does_not_erase_is_tried_again(customer, dispatcher, chat, monkeypatch):
    send_files(customer, chat, PHOTO)
    (_, link) = links_in(page_of(dispatcher, chat))

    def away(name):
        raise OSError("Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(storing, "erase", away)
        actions.delete_message(message=chat.messages.get(kind=Message.Kind.TEXT))
        assert fetch(dispatcher, chat, link).status_code == 404
        assert actions.collect_files() == 0
    assert len(stored()) == 2

    assert actions.collect_files() == 1
    assert not stored()


def test_goes_with_a_conversation_that_is_erased(customer, chat):
    """Whatever deletes messages leaves their files to the collector, and none of them to nobody."""
    send_files(customer, chat, PHOTO, PAPER)
    chat.delete()
    assert MessageFile.objects.filter(message=None).count() == 2
    assert actions.collect_files() == 2
    assert not stored()


# The same key


def test_the_same_once_more_is_the_first_one(customer, chat):
    key = uuid4()
    first = send_files(customer, chat, PHOTO, PAPER, body="The gate", client_id=key, headers=HTMX)
    again = send_files(customer, chat, PHOTO, PAPER, body="The gate", client_id=key, headers=HTMX)
    assert (first.status_code, again.status_code) == (200, 200)
    assert lines_of(first) == lines_of(again)
    assert MessageFile.objects.count() == 2 and len(stored()) == 3


@pytest.mark.parametrize(
    "files",
    [[], [PAPER], [PHOTO, PHOTO], [PAPER, PHOTO], [("gate.jpg", make.jpeg(quality=50)), PAPER]],
    ids=["none", "fewer", "one twice", "another order", "another photo of this name"],
)
def test_the_same_key_with_others_is_refused(customer, chat, files):
    key = uuid4()
    assert send_files(customer, chat, PHOTO, PAPER, body="The gate", client_id=key).status_code == 303
    answer = send_files(customer, chat, *files, body="The gate", client_id=key, headers=HTMX)
    assert answer.status_code == 409
    assert "another text or other files" in alerts_of(answer)[0]
    assert typed_in(answer) == "The gate"
    assert MessageFile.objects.count() == 2 and len(stored()) == 3


def test_after_it_was_deleted_the_key_is_still_its(customer, chat):
    key = uuid4()
    send_files(customer, chat, PHOTO, client_id=key)
    actions.delete_message(message=chat.messages.get(client_id=key))
    assert send_files(customer, chat, PHOTO, client_id=key, headers=HTMX).status_code == 200
    assert chat.messages.filter(client_id=key).count() == 1 and not stored()


# What keeps it from being sent


def test_six_are_too_many(customer, chat):
    answer = send_files(customer, chat, *[PHOTO] * 6, body="All", headers=HTMX)
    assert answer.status_code == 422
    assert "At most 5 files come with one message. These are 6." in alerts_of(answer)
    assert typed_in(answer) == "All" and not stored()


def test_each_that_is_wrong_is_named(customer, chat):
    files = [("logo.svg", make.svg()), PHOTO, ("half.jpg", make.half(make.jpeg())), PAPER]
    answer = send_files(customer, chat, *files, body="All")
    assert answer.status_code == 422
    said = alerts_of(answer)
    assert ["“logo.svg”" in said[0], "“half.jpg”" in said[1], len(said)] == [True, True, 2]
    assert 'data-file="0"' in html_of(answer) and 'data-file="2"' in html_of(answer)
    assert "These files are fine: gate.jpg, CMR 8841.pdf. Choose them again." in text_of(answer)


def test_a_field_of_another_name_is_not_taken_for_one(customer, chat):
    fields = {"body": "The gate", "client_id": uuid4(), "photo": upload(*PHOTO)}
    answer = customer.post(f"{customer.door}/chats/{chat.pk}/messages/", fields, headers=HTMX)
    assert answer.status_code == 422 and "“files”" in alerts_of(answer)[0]
    assert typed_in(answer) == "The gate"


def test_nothing_at_all_is_no_message(customer, chat):
    answer = send_files(customer, chat, headers=HTMX)
    assert answer.status_code == 422 and alerts_of(answer) == ["Write something first."]


@pytest.mark.parametrize("body", ["\u200b", "  \n "])
def test_a_text_that_cannot_be_seen_beside_a_photo_is_none(customer, chat, body):
    assert send_files(customer, chat, PHOTO, body=body).status_code == 303
    assert chat.messages.get(kind=Message.Kind.TEXT).body == ""


def test_what_is_wrong_with_the_text_keeps_the_files_back(customer, chat):
    answer = send_files(customer, chat, PHOTO, body="x" * 4001, headers=HTMX)
    assert answer.status_code == 422 and "4000" in alerts_of(answer)[0].replace(",", "")
    assert not stored()


def test_what_the_chat_refuses_leaves_nothing(cast, customer, chat):
    """The files are stored by then, and belong to no message."""
    fields = {"body": "", "client_id": uuid4(), "reply_to": 999, "files": [upload(*PHOTO)]}
    answer = customer.post(f"{customer.door}/chats/{chat.pk}/messages/", fields, headers=HTMX)
    assert answer.status_code == 422
    assert not stored() and not MessageFile.objects.exists()


def test_who_was_taken_out_sends_none(cast, customer, chat):
    actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    assert send_files(customer, chat, PHOTO).status_code == 404
    assert not stored() and not MessageFile.objects.exists()


# Limits


def test_so_many_files_a_day(customer, dispatcher, chat, settings):
    settings.GUEST_FILES_PER_DAY = 3
    assert send_files(customer, chat, PHOTO, PAPER).status_code == 303
    answer = send_files(customer, chat, PHOTO, PAPER, body="More", headers=HTMX)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "3 files can be sent in a day" in alerts_of(answer)[0] and typed_in(answer) == "More"
    # The text alone is sent, the team has a day of its own, and tomorrow is another day.
    assert send(customer, chat, "More").status_code == 303
    assert send_files(dispatcher, chat, PHOTO, PAPER).status_code == 303
    MessageFile.objects.update(uploaded_at=timezone.now() - timedelta(hours=25))
    assert send_files(customer, chat, PHOTO, PAPER).status_code == 303


def test_so_many_bytes_a_day(customer, chat, settings):
    settings.GUEST_FILE_BYTES_PER_DAY = 2 * len(PHOTO[1])
    assert [send_files(customer, chat, PHOTO).status_code for _ in range(3)] == [303, 303, 429]
    settings.RATE_LIMITS = False
    assert send_files(customer, chat, PHOTO).status_code == 303


def test_so_many_bytes_in_all(customer, dispatcher, chat, settings):
    assert send_files(customer, chat, PHOTO).status_code == 303
    settings.FILES_TOTAL_LIMIT = MessageFile.objects.room() + 10
    for browser in (customer, dispatcher):
        answer = send_files(browser, chat, PHOTO, body="One more", headers=HTMX)
        assert answer.status_code == 507 and "no room for files" in alerts_of(answer)[0]
        assert typed_in(answer) == "One more"
        assert send(browser, chat, "One more").status_code == 303


def test_the_database_keeps_its_room_on_the_disk(cast, settings):
    settings.FILES_RESERVE = 2**60
    with pytest.raises(NoRoomForFiles):
        actions.store_files(uploads=[received(*PHOTO)], uploader=cast.customer)


def is_asked_to_wait(client, chat):
    answer = send_files(client, chat, PHOTO, body="The gate", headers=HTMX)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert typed_in(answer) == "The gate" and not stored()


def test_many_at_once_are_asked_to_wait(customer, chat, monkeypatch):
    monkeypatch.setattr(decoding, "_line", Counter({-1: decoding.IN_LINE}))
    is_asked_to_wait(customer, chat)
    # A document is not made anew, and need not.
    assert send_files(customer, chat, PAPER).status_code == 303


def test_one_person_leaves_room_for_others(cast, customer, dispatcher, chat, monkeypatch):
    monkeypatch.setattr(decoding, "_line", Counter({cast.customer.pk: decoding.OF_ONE}))
    is_asked_to_wait(customer, chat)
    assert send_files(dispatcher, chat, PHOTO).status_code == 303


# What is left over


def test_what_was_stored_for_a_message_that_never_came_is_collected(cast, chat):
    """As it is when the process dies between the two."""
    rows = actions.store_files(
        uploads=[received("gate.jpg", make.jpeg()), received("a.pdf", make.pdf())], uploader=cast.customer
    )
    assert len(stored()) == 3
    assert actions.collect_files() == 0

    MessageFile.objects.update(kept_until=timezone.now())
    assert actions.collect_files() == 2
    assert not stored() and not MessageFile.objects.exists()

    # And what is gone is taken by nobody.
    with pytest.raises(MessageFile.DoesNotExist):
        actions.send_message(conversation=chat, author=cast.customer, body="", files=rows)
    assert not chat.messages.filter(kind=Message.Kind.TEXT).exists()


def test_none_or_all(cast):
    with pytest.raises(FilesRefused) as caught:
        actions.store_files(uploads=[received("a.jpg", make.jpeg()), received("b.jpg", b"")], uploader=cast.customer)
    assert [problem.place for problem in caught.value.problems] == [1] and caught.value.fine == ["a.jpg"]
    assert not stored()


def test_who_may_only_read_sends_none(cast, customer, chat, settings, monkeypatch):
    """It is known before anything is decoded."""
    assert send_files(customer, chat, PHOTO).status_code == 303
    ago = timezone.now() - timedelta(days=settings.LINK_READ_ONLY_DAYS, hours=1)
    type(cast.order).objects.update(delivered_at=ago)
    type(customer.link).objects.update(made_at=ago)
    monkeypatch.setattr(actions, "store_files", None)

    answer = send_files(customer, chat, PHOTO, body="The gate", headers=HTMX)
    assert answer.status_code == 409 and "can only be read" in " ".join(alerts_of(answer))
    # What is there can still be had.
    for link in links_in(page_of(customer, chat)):
        assert fetch(customer, chat, link).status_code == 200
