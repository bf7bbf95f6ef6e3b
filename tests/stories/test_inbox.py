"""The list of conversations: what is new, what waits for us, and how it is found again."""

import re
from collections import OrderedDict
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import actions, paging
from chat import inbox as inbox_module
from chat.models import Conversation, ReadMark
from tests.factories import OrderFactory, UserFactory

from .reading import door_of, html_of, ids_of, next_page, page_of, rows_of, send, text_of


@pytest.fixture
def open_chats(cast):
    """More conversations of other orders: open_chats(3), each with a message of its customer."""

    def open_chats(count, *, people=(), actor=None):
        chats = []
        for _ in range(count):
            chat, _ = actions.open_order_chat(order=OrderFactory(), actor=actor or cast.colleague)
            if people:
                actions.add_participants(conversation=chat, people=list(people), actor=cast.colleague)
            actions.send_message(conversation=chat, author=chat.order.customer, body="Where is it?")
            chats.append(chat)
        return chats

    return open_chats


def inbox(client, **query):
    page = client.get(f"{door_of(client)}/chats/", query)
    assert page.status_code == 200
    return page


def counts_of(page):
    """What the filters say: {"mine": "3", "closed": "99+", …}."""
    return dict(re.findall(r'id="count-(\w+)"[^>]*>([^<]*)<', html_of(page)))


def row_of(client, chat):
    return next(row for row in rows_of(inbox(client)) if row.conversation == chat.pk)


class TestOrder:
    def test_newest_activity_first(self, dispatcher, cast, open_chats):
        first, second, third = open_chats(3)
        assert ids_of(inbox(dispatcher)) == [third.pk, second.pk, first.pk]

        actions.send_message(conversation=first, author=cast.colleague, body="Soon")
        assert ids_of(inbox(dispatcher)) == [first.pk, third.pk, second.pk]

        # What happened is activity too.
        actions.add_participants(conversation=second, people=[cast.support], actor=cast.colleague)
        assert ids_of(inbox(dispatcher)) == [second.pk, first.pk, third.pk]

    def test_looking_and_reading_move_nothing(self, dispatcher, open_chats):
        chats = open_chats(3)
        before = ids_of(inbox(dispatcher))

        page_of(dispatcher, chats[0])
        dispatcher.post(f"/chats/{chats[0].pk}/reads/", {"number": 2})

        assert ids_of(inbox(dispatcher)) == before

    def test_row_says_what_it_is_about(self, dispatcher, chat, cast):
        actions.send_message(conversation=chat, author=cast.customer, body="Ring\ntwice.")

        text = row_of(dispatcher, chat).text

        for words in ("Jose Pavarotti", "11064", "In transit", "Boise", "Ring twice."):
            assert words in text

    def test_row_says_who_wrote_last(self, dispatcher, chat, cast):
        for author, said in [
            (cast.dispatcher, "You: Hello"),
            (cast.colleague, "Dispatcher 2: Hello"),
            (cast.customer, "Hello"),
        ]:
            actions.send_message(conversation=chat, author=author, body="Hello")
            assert said in row_of(dispatcher, chat).text
        assert ": Hello" not in row_of(dispatcher, chat).text


class TestUnread:
    def test_counts_what_others_wrote(self, dispatcher, customer, chat):
        assert (row_of(dispatcher, chat).unread, row_of(customer, chat).unread) == (0, 0)

        send(customer, chat, "Where is it?")
        send(customer, chat, "Hello?")

        assert (row_of(dispatcher, chat).unread, row_of(customer, chat).unread) == (2, 0)

    def test_what_happened_is_never_unread(self, dispatcher, customer, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        send(customer, chat, "Where is it?")
        dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": 2})

        dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": cast.driver.pk})
        dispatcher.delete(f"/chats/{chat.pk}/participants/{cast.driver.pk}/")
        dispatcher.post(f"/chats/{chat.pk}/closure/")
        dispatcher.delete(f"/chats/{chat.pk}/closure/")

        chat.refresh_from_db()
        assert chat.last_number == 6
        assert [row_of(browser, chat).unread for browser in (dispatcher, colleague, customer)] == [0, 1, 0]

    def test_ones_own_message_reads_all_before_it(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        send(dispatcher, chat, "At the gate.")

        assert (row_of(dispatcher, chat).unread, row_of(customer, chat).unread) == (0, 1)

    def test_reading_up_to_a_message(self, dispatcher, customer, chat):
        for text in "abcd":
            send(customer, chat, text)

        for number, unread in [(3, 2), (2, 2), (1, 2), (5, 0)]:
            dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": number})
            assert row_of(dispatcher, chat).unread == unread, number

    def test_looking_at_the_page_alone_reads_nothing(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")

        page_of(dispatcher, chat)

        assert row_of(dispatcher, chat).unread == 1

    def test_who_is_added_later_has_all_of_it_to_read(self, dispatcher, customer, chat, cast, come_in):
        for text in "abc":
            send(customer, chat, text)
        dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": cast.driver.pk})

        assert row_of(come_in(cast.driver, chat), chat).unread == 3


class TestWaiting:
    def test_from_a_guests_message_until_one_of_us_answers(self, dispatcher, customer, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        assert not row_of(dispatcher, chat).waiting

        send(customer, chat, "Where is it?")
        assert row_of(dispatcher, chat).waiting
        assert row_of(colleague, chat).waiting

        send(colleague, chat, "At the gate.")
        assert not row_of(dispatcher, chat).waiting

    def test_reading_never_clears_it(self, dispatcher, customer, chat, cast):
        send(customer, chat, "Where is it?")

        page_of(dispatcher, chat)
        dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": 2})
        dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": cast.driver.pk})

        assert (row_of(dispatcher, chat).unread, row_of(dispatcher, chat).waiting) == (0, True)

    def test_counts_from_the_first_message_that_was_not_answered(self, dispatcher, customer, chat, cast, come_in):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        send(customer, chat, "Where is it?")
        since = Conversation.objects.get().waiting_since

        send(customer, chat, "Hello?")
        send(come_in(cast.driver, chat), chat, "I do not know.")

        assert Conversation.objects.get().waiting_since == since

    def test_longest_wait_is_first(self, dispatcher, open_chats):
        first, second, third = open_chats(3)
        actions.send_message(conversation=first, author=first.order.customer, body="Hello?")

        assert ids_of(inbox(dispatcher, show="waiting")) == [first.pk, second.pk, third.pk]

    def test_guests_do_not_see_it(self, customer, chat):
        send(customer, chat, "Where is it?")

        assert "data-waiting" not in html_of(inbox(customer))


class TestFilters:
    @pytest.fixture
    def chats(self, dispatcher, cast, open_chats):
        """One of each: mine, waiting, read, answered, closed."""
        mine, waiting, read, answered, closed = open_chats(5)
        actions.add_participants(conversation=mine, people=[cast.dispatcher], actor=cast.colleague)
        for chat in (mine, answered):
            actions.send_message(conversation=chat, author=cast.colleague, body="Soon")
        for chat in (mine, read):
            dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": 9})
        actions.close_conversation(conversation=closed, actor=cast.colleague)
        return {"mine": mine, "waiting": waiting, "read": read, "answered": answered, "closed": closed}

    @pytest.mark.parametrize(
        ("show", "expected"),
        [
            ("mine", {"mine"}),
            ("waiting", {"waiting", "read"}),
            ("unread", {"waiting", "answered"}),
            ("all", {"mine", "waiting", "read", "answered"}),
            ("", {"mine", "waiting", "read", "answered"}),
            ("closed", {"closed"}),
        ],
    )
    def test_each_shows_its_own(self, dispatcher, chats, show, expected):
        names = {chat.pk: name for name, chat in chats.items()}

        page = inbox(dispatcher, show=show)

        assert {names[pk] for pk in ids_of(page)} == expected
        assert f'data-show="{show or "all"}"' in html_of(page)

    def test_empty_ones_say_so(self, dispatcher):
        for show, words in [
            ("mine", "None of yours"),
            ("waiting", "Nobody waits for us"),
            ("unread", "All read"),
            ("all", "No conversations yet"),
            ("closed", "None closed"),
        ]:
            assert words in text_of(inbox(dispatcher, show=show))

    def test_empty_ones_say_what_to_do(self, dispatcher):
        for show, address in [
            ("mine", "/chats/?show=waiting"),
            ("waiting", "/chats/"),
            ("unread", "/chats/?show=waiting"),
            ("all", "/orders/"),
            ("closed", "/chats/"),
        ]:
            assert f'<a class="button" href="{address}">' in html_of(inbox(dispatcher, show=show))

    def test_each_says_how_many_it_has(self, dispatcher, chats):
        for query in ({}, {"show": "closed"}, {"q": "nothing"}):
            assert counts_of(inbox(dispatcher, **query)) == {
                "mine": "1",
                "waiting": "2",
                "unread": "2",
                "all": "4",
                "closed": "1",
            }

    def test_each_counts_its_own_rows(self, dispatcher, chats, cast, sign_in):
        for browser in (dispatcher, sign_in(cast.colleague), sign_in(cast.support)):
            for show, count in counts_of(inbox(browser)).items():
                assert len(ids_of(inbox(browser, show=show))) == int(count), show

    def test_nobody_counts_beyond_99(self, dispatcher, cast):
        Conversation.objects.bulk_create(Conversation(title=f"Run {number}") for number in range(99))
        assert counts_of(inbox(dispatcher))["all"] == "99"

        actions.start_conversation(title="Run", people=[cast.driver], actor=cast.colleague)

        assert counts_of(inbox(dispatcher))["all"] == "99+"

    def test_guest_sees_closed_ones_among_the_others(self, customer, chat, cast):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)

        assert ids_of(inbox(customer)) == [chat.pk]

    @pytest.mark.parametrize(
        "words", ["pavarotti", "PAVA jose", "11064", "1106", "555-8097", "save-a-lot", "pavarotti 11064"]
    )
    def test_search_finds(self, dispatcher, chat, cast, open_chats, words):
        cast.customer.phone, cast.customer.company = "(208) 555-8097", "Save-a-lot Markets"
        cast.customer.save()
        others = open_chats(3)
        assert set(ids_of(inbox(dispatcher))) == {chat.pk, *(other.pk for other in others)}

        assert ids_of(inbox(dispatcher, q=words)) == [chat.pk]

    def test_search_finds_titles(self, dispatcher, cast, chat):
        run = actions.start_conversation(title="Evening run, Seattle", people=[cast.driver], actor=cast.colleague)

        assert ids_of(inbox(dispatcher, q="seattle evening")) == [run.pk]
        assert ids_of(inbox(dispatcher, q="seattle morning")) == []

    def test_search_finds_closed_ones_unless_a_filter_is_chosen(self, dispatcher, chat, cast):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        assert ids_of(inbox(dispatcher)) == []

        assert ids_of(inbox(dispatcher, q="pavarotti")) == [chat.pk]
        assert ids_of(inbox(dispatcher, q="pavarotti", show="closed")) == [chat.pk]
        assert ids_of(inbox(dispatcher, q="pavarotti", show="mine")) == []

    def test_guest_with_several_has_a_search(self, cast, chat, customer, come_in):
        driver = come_in(cast.driver)
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        for browser in (driver, customer):
            assert "Search your chats" not in html_of(inbox(browser))

        run = actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.colleague)

        assert "Search your chats" in html_of(inbox(driver))
        # What was looked for stays in the box, with one hit and with none.
        assert ids_of(inbox(driver, q="evening")) == [run.pk]
        assert 'name="q" value="evening"' in html_of(inbox(driver, q="evening"))
        assert 'name="q" value="morning"' in html_of(inbox(driver, q="morning"))

    def test_search_of_a_guest_finds_nothing_of_others(self, customer, chat, cast):
        actions.open_order_chat(order=OrderFactory(customer=cast.other_customer), actor=cast.dispatcher)

        assert ids_of(inbox(customer, q="Rita")) == []
        assert ids_of(inbox(customer, q="11064")) == [chat.pk]


class TestPages:
    def walk(self, client, **query):
        pages = [inbox(client, **query)]
        while path := next_page(pages[-1]):
            pages.append(client.get(path))
            assert pages[-1].status_code == 200
        return [ids_of(page) for page in pages]

    def test_each_conversation_once(self, dispatcher, open_chats):
        chats = open_chats(103)

        pages = self.walk(dispatcher)

        # The first is a screenful: what one begins with is there at once.
        assert [len(page) for page in pages] == [30, 50, 23]
        assert sum(pages, []) == [chat.pk for chat in reversed(chats)]

    def test_also_of_those_that_happened_at_the_same_moment(self, dispatcher, open_chats):
        chats = open_chats(103)
        Conversation.objects.update(last_activity_at=timezone.now())

        assert sum(self.walk(dispatcher), []) == [chat.pk for chat in reversed(chats)]

    def test_keep_the_filter_and_the_words(self, dispatcher, open_chats, cast):
        open_chats(60)
        waiting = [chat.pk for chat in Conversation.objects.order_by("waiting_since")]

        pages = self.walk(dispatcher, show="waiting", q="person & p")

        assert "q=person" in next_page(inbox(dispatcher, show="waiting", q="person"))
        assert pages == [[]]
        assert sum(self.walk(dispatcher, show="waiting", q="person"), []) == waiting

    def test_full_page_that_is_the_last_has_no_next(self, dispatcher, open_chats):
        open_chats(30)
        assert next_page(inbox(dispatcher)) is None

        open_chats(1)

        assert next_page(inbox(dispatcher))

    def test_newer_activity_meanwhile_shows_nothing_twice(self, dispatcher, open_chats, cast):
        open_chats(60)
        first = inbox(dispatcher)
        old = Conversation.objects.order_by("last_activity_at").first()
        actions.send_message(conversation=old, author=cast.colleague, body="Soon")

        second = dispatcher.get(next_page(first))

        assert not set(ids_of(first)) & set(ids_of(second))
        assert len(ids_of(second)) == 29

    def test_behind_the_guests_door(self, cast, come_in, open_chats):
        chats = open_chats(60, people=[cast.driver])
        driver = come_in(cast.driver)
        assert next_page(inbox(driver)).startswith(driver.door)

        assert sum(self.walk(driver), []) == [chat.pk for chat in reversed(chats)]


class TestBesideAConversation:
    """The list beside an open conversation has that one in it, and marks it."""

    def current(self, page):
        return [int(pk) for pk in re.findall(r'data-conversation="(\d+)"[^>]* aria-current="page"', html_of(page))]

    def test_goes_on_as_far_as_the_open_one_and_from_there(self, dispatcher, open_chats):
        chats = [chat.pk for chat in reversed(open_chats(103))]

        for place, count in [(0, 30), (29, 30), (30, 60), (60, 90), (90, 103)]:
            page = page_of(dispatcher, Conversation(pk=chats[place]))
            assert ids_of(page) == chats[:count]
            assert self.current(page) == [chats[place]]
            following = ids_of(dispatcher.get(next_page(page))) if next_page(page) else []
            assert following == chats[count : count + 50]

    def test_stands_apart_where_it_is_far_down(self, dispatcher, open_chats, monkeypatch):
        monkeypatch.setattr(paging, "FAR", 35)
        chats = [chat.pk for chat in reversed(open_chats(40))]

        assert ids_of(page_of(dispatcher, Conversation(pk=chats[34]))) == chats
        page = page_of(dispatcher, Conversation(pk=chats[35]))

        assert ids_of(page) == [chats[35], *chats[:30]]
        assert self.current(page) == [chats[35]]

    def test_stands_apart_where_it_is_none_of_these(self, dispatcher, chat, cast, open_chats):
        others = open_chats(2)
        for query in ({"show": "waiting"}, {"show": "closed"}, {"q": "where"}):
            page = page_of(dispatcher, chat, **query)
            assert ids_of(page) == [chat.pk, *ids_of(inbox(dispatcher, **query))]
            assert self.current(page) == [chat.pk]

        assert self.current(page_of(dispatcher, others[0], show="waiting")) == [others[0].pk]
        assert ids_of(page_of(dispatcher, others[0], show="waiting")) == [chat.pk for chat in others]

    def test_pages_of_the_list_itself_are_as_long_as_ever(self, dispatcher, open_chats):
        open_chats(40)
        assert self.current(inbox(dispatcher)) == []
        assert len(ids_of(inbox(dispatcher))) == 30


class TestCost:
    def queries(self, client, path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    @pytest.mark.parametrize("query", ["", "?show=mine", "?show=waiting", "?show=unread", "?q=person"])
    def test_inbox_of_the_team(self, dispatcher, cast, open_chats, query):
        open_chats(3, actor=cast.dispatcher)
        few = self.queries(dispatcher, f"/chats/{query}")
        open_chats(57, people=[cast.driver, cast.support], actor=cast.dispatcher)

        assert self.queries(dispatcher, f"/chats/{query}") == few
        assert len(ids_of(dispatcher.get(f"/chats/{query}"))) == 30

    def test_page_of_a_conversation(self, dispatcher, customer, chat, cast, open_chats):
        for text in "ab":
            send(customer, chat, text)
        open_chats(3)
        paths = [(dispatcher, f"/chats/{chat.pk}/"), (customer, f"{customer.door}/chats/{chat.pk}/")]
        few = [self.queries(*path) for path in paths]

        open_chats(57, people=[cast.driver])
        people = [UserFactory(role=User.Role.DRIVER) for _ in range(10)]
        actions.add_participants(conversation=chat, people=people, actor=cast.dispatcher)
        for person in people:
            for _ in range(2):
                actions.make_link(conversation=chat, person=person, actor=cast.dispatcher)
                actions.send_message(conversation=chat, author=person, body="Hello")

        assert [self.queries(*path) for path in paths] == few

    def test_page_of_a_conversation_further_down_the_list(self, dispatcher, chat, open_chats):
        open_chats(35)
        few = self.queries(dispatcher, f"/chats/{chat.pk}/")
        open_chats(60)

        assert self.queries(dispatcher, f"/chats/{chat.pk}/") == few
        assert chat.pk in ids_of(page_of(dispatcher, chat))[90:]

    def test_messages(self, dispatcher, chat, cast, settings):
        settings.RATE_LIMITS = False
        few = self.queries(dispatcher, f"/chats/{chat.pk}/messages/?after=0")
        for number in range(60):
            author = (cast.dispatcher, cast.customer, cast.colleague)[number % 3]
            actions.send_message(conversation=chat, author=author, body="Hello")

        assert self.queries(dispatcher, f"/chats/{chat.pk}/messages/?after=0") == few

    def test_home_of_a_driver(self, cast, come_in, open_chats):
        open_chats(3, people=[cast.driver])
        driver = come_in(cast.driver)
        few = self.queries(driver, f"{driver.door}/chats/")
        open_chats(57, people=[cast.driver, cast.support])

        assert self.queries(driver, f"{driver.door}/chats/") == few
        assert len(ids_of(inbox(driver))) == 50

    def test_people_to_add(self, dispatcher, chat):
        UserFactory.create_batch(3, role=User.Role.DRIVER)
        few = self.queries(dispatcher, f"/chats/{chat.pk}/participants/?customers=1")
        UserFactory.create_batch(30, role=User.Role.DRIVER)
        UserFactory.create_batch(30)

        assert self.queries(dispatcher, f"/chats/{chat.pk}/participants/?customers=1") == few


def test_how_long_somebody_waits_is_said(dispatcher, customer, chat):
    send(customer, chat, "Where is it?")
    for minutes, words in [(0, "1 min"), (7, "7 min"), (16, "16 min"), (125, "2 h 05"), (3 * 24 * 60, "3 days")]:
        Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=minutes))
        assert f"Waiting {words}" in row_of(dispatcher, chat).text


@pytest.mark.parametrize(
    ("minutes", "level"), [(3, ""), (4, " wait--long"), (8, " wait--long"), (9, " wait--over"), (500, " wait--over")]
)
def test_from_when_a_wait_is_long_and_over_the_time_is_set(dispatcher, customer, chat, settings, minutes, level):
    settings.WAIT_LONG_MINUTES, settings.WAIT_OVER_MINUTES = 4, 9
    send(customer, chat, "Where is it?")
    Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=minutes, seconds=5))
    assert f'<span class="wait{level}" ' in html_of(dispatcher.get("/chats/"))


class TestUnreadAmongMany:
    """Where open conversations are many, what is unread is remembered. Here two are many."""

    @pytest.fixture
    def chats(self, dispatcher, open_chats, monkeypatch):
        monkeypatch.setattr(inbox_module, "FEW", 2)
        monkeypatch.setattr(inbox_module, "LATENESS", timedelta())
        monkeypatch.setattr(inbox_module, "_remembered", OrderedDict())
        chats = open_chats(5)
        for chat in chats:
            dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": 9})
        assert self.unread(dispatcher) == []
        assert inbox_module._remembered
        return chats

    def unread(self, client):
        page = inbox(client, show="unread")
        assert counts_of(page)["unread"] == str(len(ids_of(page)))
        return ids_of(page)

    def test_what_is_written_since(self, dispatcher, chats):
        send_as_customer(chats[3])
        assert self.unread(dispatcher) == [chats[3].pk]

        dispatcher.post(f"/chats/{chats[3].pk}/reads/", {"number": 9})
        assert self.unread(dispatcher) == []

    def test_what_is_marked_as_unread_since(self, dispatcher, chats):
        dispatcher.post(f"/chats/{chats[1].pk}/reads/", {"unread_from": 2})

        assert self.unread(dispatcher) == [chats[1].pk]

    def test_what_is_opened_again_since(self, dispatcher, chats, cast):
        send_as_customer(chats[0])
        actions.close_conversation(conversation=chats[0], actor=cast.colleague)
        inbox_module._remembered.clear()
        assert self.unread(dispatcher) == []

        actions.reopen_conversation(conversation=Conversation.objects.get(pk=chats[0].pk), actor=cast.colleague)

        assert self.unread(dispatcher) == [chats[0].pk]

    def test_of_each_person(self, dispatcher, chats, cast, sign_in):
        assert len(self.unread(sign_in(cast.support))) == 5
        assert self.unread(dispatcher) == []

    def test_of_more_than_are_remembered(self, dispatcher, chats, monkeypatch, cast, sign_in):
        monkeypatch.setattr(inbox_module, "MANY", 3)
        support = sign_in(cast.support)
        assert len(self.unread(support)) == 5

        support.post(f"/chats/{chats[2].pk}/reads/", {"number": 9})

        assert len(self.unread(support)) == 4

    def test_is_looked_for_again_in_time(self, dispatcher, chats, monkeypatch):
        # What no moment tells of, such as a row changed by hand, is not hidden for good.
        ReadMark.objects.update(human_count=0)
        assert self.unread(dispatcher) == []

        monkeypatch.setattr(inbox_module, "BELIEVED", timedelta())

        assert len(self.unread(dispatcher)) == 5


def send_as_customer(chat):
    actions.send_message(conversation=chat, author=chat.order.customer, body="Hello?")
