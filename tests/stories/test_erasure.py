"""One person is erased at their own request: who they were, and not what happened."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from accounts.models import User
from chat import actions
from chat.models import Delivery, LinkRequest, Message, MessageFile
from orders.models import OrderEvent
from tests.factories import UserFactory
from tests.files.conftest import links_in, own_folder, received, send_files  # noqa: F401
from tests.files.making import jpeg, pdf

from .live import ask
from .reading import html_of, lines_of, page_of, rows_of, send, text_of, texts_of

HERE = {"lat": 43.6, "lon": -116.2, "accuracy": 20}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def known(cast, chat, customer):
    """A customer of whom everything is known that can be, in a chat with the driver and the dispatcher."""
    User.objects.filter(pk=cast.customer.pk).update(
        company="Save-a-lot", phone="+12065550100", email="jose@customer.example", language="es"
    )
    cast.customer.refresh_from_db()
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    send(customer, chat, "Which gate?")
    send_files(customer, chat, ("dock.jpg", jpeg()), ("note.pdf", pdf()), body="This one?")
    send_files(customer, chat, ("secret-plan.pdf", pdf()))
    question = chat.messages.get(body="This one?")
    actions.send_message(conversation=chat, author=cast.dispatcher, body="That one.", reply_to=question.number)
    Delivery.objects.create(
        conversation=chat, person=cast.customer, kind="link", channel="email", address="jose@customer.example"
    )
    return cast.customer


def transcript(client, chat):
    return client.get(f"/chats/{chat.pk}/transcript/").content.decode()


def found(client, words):
    return [row.conversation for row in rows_of(client.get("/chats/", {"q": words}))]


def everything(client, chat):
    pages = [page_of(client, chat), client.get("/chats/"), client.get(f"/chats/{chat.pk}/participants/?customers=1")]
    return " ".join([*map(html_of, pages), transcript(client, chat)])


def test_who_it_was_is_gone_and_what_was_said_stays(known, cast, chat, dispatcher, customer, come_in, settings):
    driver, links = come_in(cast.driver, chat), links_in(page_of(dispatcher, chat))
    numbers = [line.number for line in lines_of(page_of(dispatcher, chat))]
    assert "Jose Pavarotti" in everything(dispatcher, chat) and found(dispatcher, "secret-plan")
    kind = ContentType.objects.get_for_model(User)
    logged = LogEntry.objects.create(
        user=cast.dispatcher, content_type=kind, object_id=known.pk, object_repr=known.name, action_flag=2
    )

    erased = actions.erase_person(person=known)

    assert (erased.conversations, erased.messages, erased.files) == (1, 0, 3)
    said = everything(dispatcher, chat) + html_of(page_of(driver, chat))
    for word in ("Jose", "Pavarotti", "Save-a-lot", "2065550100", "jose@customer", "secret-plan", "dock.jpg"):
        assert word not in said, word
    assert "Erased customer" in said and "Dispatcher 1 opened this chat with Erased customer (customer)." in text_of(
        page_of(dispatcher, chat)
    )
    for text in ("Which gate?", "This one?", "That one."):
        assert text in texts_of(page_of(dispatcher, chat))
    assert "2 files removed" in text_of(page_of(driver, chat)) and "File removed" in transcript(dispatcher, chat)
    assert [line.number for line in lines_of(page_of(dispatcher, chat))] == numbers
    # What they have sent can neither be found nor had, and is on no disk.
    assert not found(dispatcher, "secret-plan") and found(dispatcher, "gate") == [chat.pk]
    assert {dispatcher.get(f"/chats/{chat.pk}/{link}").status_code for link in links} == {404}
    assert not MessageFile.objects.exists() and not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    # Nobody comes in as them, or reaches them.
    assert customer.get(f"{customer.door}/chats/{chat.pk}/").status_code == 404
    assert Delivery.objects.get().address == ""
    gone = User.objects.get(pk=known.pk)
    assert (gone.name, gone.company, gone.phone, gone.email, gone.reference) == ("Erased customer", "", "", "", None)
    assert not gone.is_active and gone.language == ""
    assert not User.objects.search("Pavarotti").exists()
    logged.refresh_from_db()
    assert logged.object_repr == "Erased customer"


def test_open_pages_are_shown_it(known, cast, chat, dispatcher, customer):
    chat.refresh_from_db()
    seen = chat.last_number, chat.revision

    actions.erase_person(person=known)

    answer = dispatcher.get(f"/chats/{chat.pk}/messages/", {"after": seen[0], "revision": seen[1]})
    chat.refresh_from_db()
    assert chat.last_number == seen[0] and int(answer["X-Revision"]) == chat.revision > seen[1]
    # Theirs, the lines that name them, and the answer that quotes them.
    assert {line.number for line in lines_of(answer)} == {
        line.number
        for line in chat.messages.all()
        if line.author == known or line.event in ("opened",) or line.body == "That one."
    }
    assert "Jose Pavarotti" not in html_of(answer)


async def test_live_too_and_the_person_is_out(known, cast, chat, dispatcher, customer, open_tab):
    await ask(chat.refresh_from_db)
    desk = await open_tab(dispatcher, chat, after=chat.last_number, revision=chat.revision)
    phone = await open_tab(customer, chat, after=chat.last_number)

    await ask(actions.erase_person, person=known)

    assert await phone.closed() == 4401
    first = await ask(chat.messages.earliest, "number")
    assert "Erased customer" in (await desk.message(first.number)).text
    await desk.hear_until(lambda: "File removed" in "".join(desk.frames))
    assert "Jose Pavarotti" not in "".join(frame for frame in desk.frames if "data-number" in frame)
    await desk.hear_until(lambda: len([said for said in desk.controls if said["type"] == "people"]) == 2)
    await desk.hear_until(lambda: desk.rows and "Erased customer" in desk.rows[-1].text)


def test_with_messages_they_are_deleted_as_all_see(known, cast, chat, dispatcher):
    assert [row.waiting for row in rows_of(dispatcher.get("/chats/"))] == [False]
    actions.send_message(conversation=chat, author=known, body="And when?")
    assert [row.waiting for row in rows_of(dispatcher.get("/chats/"))] == [True]

    erased = actions.erase_person(person=known, messages=True)

    assert (erased.messages, erased.files) == (4, 3)
    page = page_of(dispatcher, chat)
    assert texts_of(page).count("Message deleted by Erased customer") == 4
    assert "That one." in texts_of(page) and "Which gate?" not in text_of(page)
    assert not found(dispatcher, "when") and found(dispatcher, "that") == [chat.pk]
    assert [row.waiting for row in rows_of(dispatcher.get("/chats/"))] == [False]
    assert not Message.objects.filter(author=known, deleted_at=None, kind="text").exists()


def test_a_driver_and_where_they_were(cast, chat, dispatcher):
    cast.order.note_changes(driver=None, status=cast.order.status)
    OrderEvent.objects.create(order=cast.order, kind=OrderEvent.Kind.DRIVER_ASSIGNED, detail="Nancy Davolio")
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    actions.send_message(conversation=chat, author=cast.driver, body="", location=HERE, client_id=uuid4())
    actions.remove_participant(conversation=chat, person=cast.driver, actor=cast.dispatcher)
    other = actions.start_conversation(people=[cast.driver, cast.other_driver], actor=cast.dispatcher, title="Run")
    assert "-116.2" in html_of(page_of(dispatcher, chat))

    erased = actions.erase_person(person=cast.driver)

    assert (erased.conversations, erased.messages) == (2, 1)
    said = everything(dispatcher, chat) + everything(dispatcher, other)
    said += html_of(dispatcher.get(f"/orders/{cast.order.reference}/"))
    assert "Nancy" not in said and "-116.2" not in said and "Erased driver" in said
    # Whoever else is in it, or is called otherwise, is as before.
    assert "Robert King" in said and "Jose Pavarotti" in said


def test_what_they_had_begun_and_asked_for_ends(known, chat):
    actions.store_files(uploads=[received("late.pdf", pdf())], uploader=known)
    LinkRequest.objects.create(conversation=chat, person=known, link=known.links.get())

    actions.erase_person(person=known)
    actions.collect_files()

    assert not MessageFile.objects.exists()
    assert not LinkRequest.objects.open().exists()


def test_what_was_broken_off_is_begun_anew(known, cast, chat, dispatcher, monkeypatch):
    other = actions.start_conversation(people=[known], actor=cast.dispatcher, title="Another")
    actions.send_message(conversation=other, author=known, body="Hello")
    later = chat if chat.pk > other.pk else other
    plain = actions.erasure.show_anew

    def broken(conversation, messages):
        if conversation == later:
            raise KeyboardInterrupt
        plain(conversation, messages)

    monkeypatch.setattr(actions.erasure, "show_anew", broken)
    with pytest.raises(KeyboardInterrupt):
        actions.erase_person(person=known)
    monkeypatch.setattr(actions.erasure, "show_anew", plain)
    later.refresh_from_db()
    before = later.revision

    actions.erase_person(person=User.objects.get(pk=known.pk))

    later.refresh_from_db()
    assert later.revision > before
    assert "Jose" not in everything(dispatcher, chat) + everything(dispatcher, other)
    assert not MessageFile.objects.exists()


class TestCommand:
    def test_does_nothing_until_it_is_told_that_it_is_meant(self, known, chat, capsys):
        with pytest.raises(CommandError, match=r"Jose Pavarotti \(Customer, id \d+\) would be erased .* --yes"):
            call_command("erase_person", "SAVEA")
        known.refresh_from_db()
        assert known.name == "Jose Pavarotti"

        call_command("erase_person", "SAVEA", "--yes")

        assert capsys.readouterr().out == "3 files and 0 messages erased, in 1 conversations\n"
        known.refresh_from_db()
        assert known.name == "Erased customer"
        # Again, by what is left to name them by.
        call_command("erase_person", str(known.pk), "--yes", "--messages")
        assert capsys.readouterr().out == "0 files and 3 messages erased, in 1 conversations\n"

    def test_only_whom_it_knows_for_certain(self, known, cast):
        twin = UserFactory(name="Rita", role=User.Role.CUSTOMER, reference=str(known.pk))
        for named, reason in [
            ("nobody", "nobody is nobody"),
            ("9" * 40, "is nobody"),
            (twin.reference, "Rita .* and |and Rita"),
            (str(cast.dispatcher.pk), "is of the team"),
        ]:
            with pytest.raises(CommandError, match=reason):
                call_command("erase_person", named, "--yes")
        assert not User.objects.filter(name__startswith="Erased").exists()
