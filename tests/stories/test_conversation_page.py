"""A conversation on a page: what was said, by whom, when, and who will read the answer."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from chat import actions
from chat.models import Message
from tests.factories import OrderFactory, UserFactory

from .reading import HTMX, door_of, html_of, lines_of, page_of, send, text_of, texts_of


def write(chat, author, count):
    """`count` messages, their texts "1", "2" and so on."""
    for number in range(1, count + 1):
        actions.send_message(conversation=chat, author=author, body=f"{number}")


def numbers_of(page):
    return [line.number for line in lines_of(page)]


def earlier_of(page):
    found = re.search(r'<a [^>]*id="earlier" href="([^"]*)"', html_of(page))
    return found and unescape(found[1])


class TestHistory:
    def test_says_who_said_what(self, dispatcher, customer, chat, cast):
        actions.send_message(conversation=chat, author=cast.customer, body="Where is it?")
        actions.send_message(conversation=chat, author=cast.dispatcher, body="At the gate.")

        pages = [page_of(dispatcher, chat), page_of(customer, chat)]

        for page in pages:
            assert [(line.number, line.kind, line.author, line.text) for line in lines_of(page)] == [
                (1, "event", cast.dispatcher.pk, "Dispatcher 1 opened this chat with Jose Pavarotti (customer)."),
                (2, "text", cast.customer.pk, "Where is it?"),
                (3, "text", cast.dispatcher.pk, "At the gate."),
            ]
            assert "Jose Pavarotti Customer" in text_of(page)
            assert "Dispatcher 1 Dispatcher" in text_of(page)
        # Everybody gets the same markup, so that it can be rendered once for all.
        assert (
            len({"".join(re.findall(r"<li (?!class=.unread).*?</li>", thread_of(page), re.DOTALL)) for page in pages})
            == 1
        )

    def test_the_same_element_everywhere(self, dispatcher, chat):
        answer = html_of(send(dispatcher, chat, "Hello", headers=HTMX))

        for page in (page_of(dispatcher, chat), dispatcher.get(f"/chats/{chat.pk}/messages/?after=1")):
            assert answer.strip() in html_of(page)

    def test_log_is_named(self, dispatcher, chat):
        page = html_of(page_of(dispatcher, chat))

        assert re.search(r'<div role="log" aria-label="\w[^"]*"[^>]*><ol [^>]*id="messages">', page)

    def test_goes_back_page_by_page(self, dispatcher, customer, chat, cast, settings):
        settings.RATE_LIMITS = False
        write(chat, cast.dispatcher, 119)
        actions.mark_read(conversation=chat, person=cast.customer, number=120)

        for browser in (dispatcher, customer):
            path = f"{door_of(browser)}/chats/{chat.pk}/"
            page, seen = browser.get(path), []
            while True:
                assert page.status_code == 200
                assert len(numbers_of(page)) <= 50
                seen = numbers_of(page) + seen
                if not (earlier := earlier_of(page)):
                    break
                page = browser.get(path + earlier)
            assert seen == list(range(1, 121))

    def test_says_that_there_is_something_earlier_only_when_there_is(self, dispatcher, chat, cast):
        write(chat, cast.dispatcher, 49)
        assert (len(numbers_of(page_of(dispatcher, chat))), earlier_of(page_of(dispatcher, chat))) == (50, None)

        write(chat, cast.dispatcher, 1)

        assert (numbers_of(page_of(dispatcher, chat))[0], earlier_of(page_of(dispatcher, chat))) == (2, "?before=2")

    def test_messages_by_number(self, dispatcher, customer, chat, cast, settings):
        settings.RATE_LIMITS = False
        write(chat, cast.dispatcher, 249)

        for browser in (dispatcher, customer):
            path = f"{door_of(browser)}/chats/{chat.pk}/messages/"
            assert numbers_of(browser.get(path)) == list(range(201, 251))
            assert numbers_of(browser.get(path, {"before": 100})) == list(range(50, 100))
            assert numbers_of(browser.get(path, {"before": 3})) == [1, 2]
            assert numbers_of(browser.get(path, {"after": 0})) == list(range(1, 201))
            assert numbers_of(browser.get(path, {"after": 248})) == [249, 250]
            assert numbers_of(browser.get(path, {"after": 250})) == []

    def test_a_line_where_a_day_begins(self, dispatcher, customer, chat, cast):
        write(chat, cast.customer, 4)
        for number, day in [(1, 19), (2, 19), (3, 20), (4, 22), (5, 22)]:
            at = datetime(2026, 3, day, 12, number, tzinfo=UTC)
            Message.objects.filter(conversation=chat, number=number).update(created_at=at)

        for browser in (dispatcher, customer):
            parts = re.findall(
                r'<li class="day"><time datetime="([\d-]+)">([^<]*)</time>|data-number="(\d+)"',
                thread_of(page_of(browser, chat)),
            )
            assert [part[2] or part[:2] for part in parts] == [
                ("2026-03-19", "19 March 2026"),
                "1",
                "2",
                ("2026-03-20", "20 March 2026"),
                "3",
                ("2026-03-22", "22 March 2026"),
                "4",
                "5",
            ]

    def test_times_say_their_zone(self, dispatcher, chat):
        times = re.findall(r'<time datetime="([^"]+)" data-time="clock">', thread_of(page_of(dispatcher, chat)))

        assert times
        assert all(datetime.fromisoformat(time).tzinfo for time in times)


def thread_of(page):
    return html_of(page).partition('id="messages">')[2].partition("</ol>")[0]


class TestWhatHappened:
    def test_is_told_in_sentences(self, dispatcher, chat, cast, sign_in):
        people = f"/chats/{chat.pk}/participants/"
        actions.send_message(conversation=chat, author=cast.customer, body="Where is it?")
        dispatcher.post(people, {"person": [cast.driver.pk]})
        actions.send_message(conversation=chat, author=cast.customer, body="Hello?")
        dispatcher.post(people, {"person": [cast.support.pk, cast.other_driver.pk]})
        dispatcher.delete(f"{people}{cast.other_driver.pk}/")
        send(sign_in(cast.colleague), chat, "I look.")
        dispatcher.post(f"/chats/{chat.pk}/closure/")
        dispatcher.delete(f"/chats/{chat.pk}/closure/")

        assert [line.text for line in lines_of(page_of(dispatcher, chat)) if line.kind == "event"] == [
            "Dispatcher 1 opened this chat with Jose Pavarotti (customer).",
            "Dispatcher 1 added Nancy Davolio (driver), who sees the message so far.",
            "Dispatcher 1 added Robert King (driver) and Support 1 (support), who see all 2 messages.",
            "Dispatcher 1 removed Robert King (driver).",
            "Dispatcher 2 joined.",
            "Dispatcher 1 closed this chat.",
            "Dispatcher 1 opened this chat again.",
        ]

    def test_before_anybody_wrote_there_is_nothing_to_see(self, dispatcher, chat, cast):
        dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": [cast.driver.pk]})

        assert texts_of(page_of(dispatcher, chat))[-1] == "Dispatcher 1 added Nancy Davolio (driver)."

    def test_without_an_order(self, dispatcher, cast):
        response = dispatcher.post("/chats/", {"title": "Evening run", "person": [cast.driver.pk, cast.dispatcher.pk]})

        assert texts_of(dispatcher.get(response.url)) == ["Dispatcher 1 opened this chat with Nancy Davolio (driver)."]

    def test_names_are_as_they_were(self, dispatcher, chat, cast):
        dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": [cast.driver.pk]})
        User.objects.filter(pk=cast.driver.pk).update(name="Nancy Callahan")

        assert texts_of(page_of(dispatcher, chat))[-1] == "Dispatcher 1 added Nancy Davolio (driver)."

    def test_name_is_text(self, dispatcher, cast, come_in):
        person = UserFactory(role=User.Role.CUSTOMER, name='<img src=x onerror="alert(1)">')
        chat, _ = actions.open_order_chat(order=OrderFactory(customer=person), actor=cast.dispatcher)
        actions.send_message(conversation=chat, author=person, body="Hello")

        guest = come_in(person, chat)
        for page in (page_of(dispatcher, chat), dispatcher.get("/chats/"), page_of(guest, chat)):
            assert "<img src=x" not in html_of(page)
            assert person.name in text_of(page)


class TestWhoWillRead:
    def readers_of(self, page):
        found = re.search(r'<p [^>]*id="readers">(.*?)</p>', html_of(page), re.DOTALL)
        return unescape(re.sub(r"<[^>]*>", "", found[1])).strip()

    def test_names_the_others_and_the_team(self, dispatcher, customer, chat, cast, come_in):
        assert self.readers_of(page_of(dispatcher, chat)) == (
            "Jose Pavarotti (customer) and the dispatch team will read this."
        )
        assert self.readers_of(page_of(customer, chat)) == "The dispatch team will read this."

        actions.add_participants(conversation=chat, people=[cast.driver, cast.support], actor=cast.dispatcher)

        assert self.readers_of(page_of(dispatcher, chat)) == (
            "Jose Pavarotti (customer), Nancy Davolio (driver) and the dispatch team will read this."
        )
        assert self.readers_of(page_of(customer, chat)) == (
            "Nancy Davolio (driver) and the dispatch team will read this."
        )
        assert self.readers_of(page_of(come_in(cast.driver, chat), chat)) == (
            "Jose Pavarotti (customer) and the dispatch team will read this."
        )

    def test_list_of_people_always_has_the_team(self, dispatcher, customer, chat):
        for page in (page_of(dispatcher, chat), page_of(customer, chat)):
            assert "Dispatch team Can read every conversation" in text_of(page)


class TestText:
    def body_of(self, page):
        return re.findall(r'<div class="message__body"([^>]*)>(.*?)</div>', html_of(page), re.DOTALL)[-1]

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("See https://maps.example.com/a?b=1&c=2 now", "https://maps.example.com/a?b=1&c=2"),
            ("http://a.example/", "http://a.example/"),
            ("www.example.com", None),
            ("<https://a.example>", "https://a.example"),
        ],
    )
    def test_addresses_can_be_clicked(self, dispatcher, chat, text, address):
        _, html = self.body_of(send(dispatcher, chat, text, headers=HTMX))

        link = re.search(r"<a ([^>]*)>", html)[1]
        if address:
            assert f'href="{address}"' in unescape(link)
        assert 'target="_blank"' in link
        assert "nofollow" in link
        assert unescape(re.sub(r"<[^>]*>", "", html)) == text

    @pytest.mark.parametrize(
        "text", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "//a.example"]
    )
    def test_what_is_no_web_address_cannot(self, dispatcher, chat, text):
        _, html = self.body_of(send(dispatcher, chat, text, headers=HTMX))

        assert "href" not in html or 'href="http' in html
        assert "<script" not in html
        assert unescape(re.sub(r"<[^>]*>", "", html)) == text

    def test_markup_in_an_address_is_text(self, dispatcher, chat):
        text = 'https://a.example/<script>alert(1)</script> https://a.example/"onclick="alert(1) <b>x</b>'
        _, html = self.body_of(send(dispatcher, chat, text, headers=HTMX))

        assert {tag.split()[0] for tag in re.findall(r"<([^>]*)>", html)} == {"a", "/a"}
        assert not re.search(r"<a [^>]*\sonclick", html)

    def test_line_breaks_are_kept(self, dispatcher, chat):
        assert send(dispatcher, chat, "First\r\n\r\nThird\rFourth").status_code == 303

        assert texts_of(page_of(dispatcher, chat))[-1] == "First\n\nThird\nFourth"

    @pytest.mark.parametrize("text", ["السائق عند البوابة", "הנהג בשער", "Gate 4 / البوابة ٤"])
    def test_each_text_has_its_own_direction(self, dispatcher, chat, text):
        attributes, html = self.body_of(send(dispatcher, chat, text, headers=HTMX))

        assert 'dir="auto"' in attributes
        assert html == text
        assert '<textarea class="composer__text" name="body"' in html_of(page_of(dispatcher, chat))
        assert re.search(r'<textarea [^>]*dir="auto"', html_of(page_of(dispatcher, chat)))

    def test_name_in_another_direction_does_not_turn_the_sentence(self, dispatcher, cast):
        person = UserFactory(role=User.Role.CUSTOMER, name="יוסי כהן")
        chat, _ = actions.open_order_chat(order=OrderFactory(customer=person), actor=cast.dispatcher)

        page = html_of(page_of(dispatcher, chat))

        assert page.count("<bdi>יוסי כהן</bdi>") == len(re.findall(r">יוסי כהן<", page)) > 2


class TestWithoutJavaScript:
    def csrf_of(self, page):
        return html_of(page).partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]

    @pytest.mark.parametrize("who", ["dispatcher", "customer"])
    def test_page_reload_and_forms_are_enough(self, who, cast, chat, sign_in, come_in):
        options = {"enforce_csrf_checks": True}
        if who == "dispatcher":
            browser = sign_in(cast.dispatcher, **options)
        else:
            browser = Client(**options)
            # come_in posts without a page, which a browser cannot.
            browser.cookies = come_in(cast.customer, chat, client=(plain := Client())).cookies
            browser.door = plain.door
        page = page_of(browser, chat)
        form = re.search(r'<form class="composer"[^>]* action="([^"]+)".*?</form>', html_of(page), re.DOTALL)
        key = re.search(r'name="client_id" value="([^"]+)"', form[0])[1]

        answer = browser.post(
            form[1], {"csrfmiddlewaretoken": self.csrf_of(page), "client_id": key, "body": "Hello, all"}
        )

        assert (answer.status_code, answer.url) == (303, f"{door_of(browser)}/chats/{chat.pk}/#message-2")
        shown = browser.get(answer.url)
        assert [(line.client_id, line.text) for line in lines_of(shown)][-1] == (key, "Hello, all")
        # Pressed twice, the form is still one message.
        browser.post(form[1], {"csrfmiddlewaretoken": self.csrf_of(page), "client_id": key, "body": "Hello, all"})
        assert texts_of(browser.get(answer.url)).count("Hello, all") == 1

    def test_reading_is_a_form_too(self, dispatcher, chat, cast):
        actions.send_message(conversation=chat, author=cast.customer, body="Where is it?")
        page = html_of(page_of(dispatcher, chat))
        form = re.search(
            r'<noscript><form method="post" action="([^"]+)".*?name="number" value="(\d+)"', page, re.DOTALL
        )

        answer = dispatcher.post(form[1], {"number": form[2]})

        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        assert "Mark as read" not in text_of(page_of(dispatcher, chat))


class TestGuestsPage:
    def test_shows_the_order_and_nothing_else_of_the_console(self, customer, chat, cast):
        other, _ = actions.open_order_chat(order=OrderFactory(reference="77777"), actor=cast.dispatcher)

        page = page_of(customer, chat)

        assert "Order 11064" in text_of(page)
        assert "In transit" in text_of(page)
        assert "You are writing as Jose Pavarotti" in text_of(page)
        assert not re.search(r'(href|action|hx-\w+)="/(orders|chats|login|logout|admin)', html_of(page))
        assert "77777" not in text_of(page)

    def test_says_to_one_of_the_team_whom_they_play(self, customer, cast, chat, come_in, sign_in):
        words = "You are viewing as Jose Pavarotti"
        assert words not in text_of(page_of(customer, chat))

        assert words in text_of(page_of(come_in(cast.customer, chat, client=sign_in(cast.dispatcher)), chat))
