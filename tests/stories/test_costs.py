"""What a page asks of the database, however much stands on it: those whose story says nothing of it have it here."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.viewers import Viewer
from chat import actions, fragments
from chat.consumers import ChatConsumer
from chat.live_list import LiveList
from chat.models import Conversation, Message, MessageFile, QuickAnswer
from tests.factories import OrderFactory, UserFactory

from .reading import ids_of


def cost(call, *arguments):
    """How many queries the call makes, once what is asked but once has been asked."""
    call(*arguments)
    with CaptureQueriesContext(connection) as captured:
        call(*arguments)
    return len(captured)


@pytest.fixture
def fill(cast):
    """More conversations that are alike: fill(3, people=[…]) -> the conversations."""

    def fill(count, *, people=()):
        chats = []
        for _ in range(count):
            order = OrderFactory(driver=cast.driver)
            chat, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)
            actions.add_participants(conversation=chat, people=[cast.driver, *people], actor=cast.dispatcher)
            write(chat, order.customer)
            chats.append(chat)
        return chats

    return fill


def write(chat, author):
    """A question with a photo, an answer to it, and a change of that."""
    question = actions.send_message(conversation=chat, author=author, body="Where is it?").message
    stored = {"stored_as": f"{question.pk}.jpg", "size": 1, "uploaded_size": 1, "width": 1, "height": 1}
    MessageFile.objects.create(message=question, uploader=author, name="door.jpg", kind="image", **stored)
    answer = actions.send_message(conversation=chat, author=author, body="Her?", reply_to=question.number).message
    actions.edit_message(message=answer, body="Here?", version=1)


def close(chats, actor):
    for chat in chats:
        actions.close_conversation(conversation=chat, actor=actor)


class TestPages:
    @pytest.fixture
    def shows(self, dispatcher):
        def shows(path, client=dispatcher):
            page = client.get(path)
            assert page.status_code == 200
            return page.content.decode()

        return shows

    def test_closed_chats(self, shows, cast, fill):
        path = "/chats/?show=closed"
        close(fill(2), cast.dispatcher)
        few = cost(shows, path)
        close(fill(13, people=[cast.support]), cast.colleague)

        assert cost(shows, path) == few
        assert len(ids_of(shows(path))) == 15

    def test_asking_for_news_when_there_are_none(self, shows, fill):
        (chat,) = fill(1)
        chat.refresh_from_db()
        path = f"/chats/{chat.pk}/messages/?after={chat.last_number}&revision={chat.revision}"

        with CaptureQueriesContext(connection) as captured:
            assert not shows(path).strip()

        # After a restart all pages ask, again and again: the conversation says that nobody has written.
        assert captured
        assert not [query["sql"] for query in captured if f'FROM "{Message._meta.db_table}"' in query["sql"]]

    @pytest.mark.parametrize("query", ["", "?q=person", "?q=where"])
    def test_chats_of_a_driver(self, shows, cast, come_in, fill, query):
        driver = come_in(cast.driver)
        path = f"{driver.door}/chats/{query}"

        def grow(count):
            # Of each some that are read and closed.
            read = fill(2 * count, people=[cast.support])[count:]
            close(read, cast.dispatcher)
            for chat in read:
                actions.mark_read(conversation=chat, person=cast.driver, number=9)

        grow(1)
        few = cost(shows, path, driver)
        grow(7)

        assert cost(shows, path, driver) == few
        assert len(ids_of(shows(path, driver))) == 16

    def test_answers_by_one_tap(self, shows):
        def save(*texts):
            for role, text in ((role, text) for role in ("driver", "customer") for text in texts):
                actions.save_quick_answer(answer=QuickAnswer(role=role, text=text))

        QuickAnswer.objects.all().delete()
        save("One")
        few = cost(shows, "/answers/")
        save("Two", "Three", "Four", "Five")

        assert cost(shows, "/answers/") == few
        assert shows("/answers/").count("saved__reply") == 10

    @pytest.mark.parametrize("role", ["customer", "driver"])
    def test_links_of_a_person(self, shows, cast, fill, role):
        (chat,) = fill(1)
        person = chat.order.customer if role == "customer" else cast.driver
        path = f"/chats/{chat.pk}/participants/{person.pk}/links/"

        def make(count):
            for _ in range(count):
                actions.make_link(conversation=chat, person=person, actor=cast.dispatcher)

        make(2)
        few = cost(shows, path)
        make(10)

        assert cost(shows, path) == few
        assert shows(path).count('class="weblink__row"') == 12

    def test_muted_chats(self, shows, cast, fill):
        def grow(count):
            for chat in fill(count):
                actions.mute(conversation=chat, person=cast.dispatcher)

        grow(2)
        few = cost(shows, "/notifications/")
        grow(13)

        assert cost(shows, "/notifications/") == few
        assert shows("/notifications/").count('aria-label="Unmute ') == 15

    def test_people_of_a_new_conversation(self, shows):
        path = "/chats/new/?q=person&customers=1"

        def grow(count):
            for role in (User.Role.DRIVER, User.Role.CUSTOMER, User.Role.SUPPORT):
                UserFactory.create_batch(count, role=role)

        grow(2)
        few = cost(shows, path)
        grow(8)

        assert cost(shows, path) == few
        assert shows(path).count("data-name=") == 30


class TestLive:
    async def silence(self, html):
        raise AssertionError(html)

    @pytest.mark.parametrize("behind", ["desk", "link"])
    def test_rows_of_a_list(self, cast, come_in, fill, behind):
        viewer = Viewer(cast.dispatcher if behind == "desk" else cast.driver)
        if behind == "link":
            viewer = Viewer(cast.driver, come_in(cast.driver).link)
        changed = {chat.pk for chat in fill(2)}

        def rows(changed):
            # A page that knows no count yet.
            return LiveList(viewer, "en", self.silence).rows(changed)

        few = cost(rows, changed)
        changed |= {chat.pk for chat in fill(13, people=[cast.support])}
        left = fill(2)
        for chat in left:
            actions.remove_participant(conversation=chat, person=cast.driver, actor=cast.dispatcher)

        assert cost(rows, changed) == few
        assert len(ids_of(rows(changed))) == 15
        if behind == "link":
            # Those that are hidden are asked for together.
            one, two = ({chat.pk for chat in chats} for chats in (left[:1], left))
            assert cost(rows, changed | two) == cost(rows, changed | one) == few + 1

    def test_what_a_socket_has_missed(self, cast, fill, monkeypatch):
        # What is rendered once is remembered, and then nothing is asked for it.
        monkeypatch.setattr(fragments, "KEPT", 0)
        (chat,) = fill(1)
        socket = ChatConsumer()
        socket.viewer, socket.conversation_id, socket.language = Viewer(cast.dispatcher), chat.pk, "en"

        def missed(after):
            socket.sent, socket.revision = after, 0
            return vars(ChatConsumer)["read_missed"].func(socket)

        few = cost(missed, 0), cost(missed, chat_end(chat))
        authors = [cast.driver, cast.colleague, *UserFactory.create_batch(8, role=User.Role.DRIVER)]
        actions.add_participants(conversation=chat, people=authors[2:], actor=cast.dispatcher)
        for author in authors:
            write(chat, author)

        assert (cost(missed, 0), cost(missed, chat_end(chat))) == few
        assert len(missed(0).messages) == Conversation.objects.get(pk=chat.pk).last_number > 25
        assert len(missed(chat_end(chat)).changes) == 11


def chat_end(chat):
    return Conversation.objects.get(pk=chat.pk).last_number
