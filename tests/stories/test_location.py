"""Where somebody is, shared once as a message that everybody sees."""

import re
from uuid import uuid4

import pytest

from chat import actions
from chat.models import Message

from .reading import HTMX, alerts_of, html_of, lines_of, page_of, rows_of, send, text_of, texts_of

HERE = {"latitude": "43.6150190", "longitude": "-116.2023130", "accuracy": "11.2"}
SHOWN = "Location 43.61502, -116.20231 accurate to 12 m"


def share(client, conversation, where=HERE, **more):
    path = f"{getattr(client, 'door', '')}/chats/{conversation.pk}/messages/"
    options = more.pop("options", {})
    return client.post(path, {"client_id": uuid4(), **where, **more}, **options)


def locations_in(page):
    return [text_of(found) for found in re.findall(r'<a class="message__location".*?</a>', html_of(page), re.DOTALL)]


@pytest.fixture
def driver(cast, chat, come_in):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return come_in(cast.driver, chat)


class TestSharing:
    def test_everybody_sees_it_with_its_accuracy_and_a_map(self, driver, customer, dispatcher, chat, settings):
        settings.MAP_URL = "https://maps.apple.com/?q={query}"
        assert share(driver, chat).status_code == 303

        for browser in (driver, customer, dispatcher):
            page = page_of(browser, chat)
            assert locations_in(page) == [SHOWN]
            assert 'href="https://maps.apple.com/?q=43.61502%2C-116.20231"' in html_of(page)
        message = chat.messages.get(kind=Message.Kind.TEXT)
        assert message.facts == {"location": {"lat": 43.615019, "lon": -116.202313, "accuracy": 12}}
        assert message.body == ""

    def test_it_counts_as_a_word_of_its_author(self, driver, customer, cast, chat):
        share(driver, chat)
        (row,) = rows_of(customer.get(f"{customer.door}/chats/"))
        assert row.unread == 1
        assert f"{cast.driver.name}: Location" in row.text
        assert "You: Location" in rows_of(driver.get(f"{driver.door}/chats/"))[0].text

    def test_the_console_calls_it_by_its_name(self, driver, dispatcher, chat):
        share(driver, chat)
        (row,) = rows_of(dispatcher.get("/chats/"))
        assert row.waiting
        assert "Location" in row.text
        assert "Location" in text_of(dispatcher.get("/notifications/calls/"))

    def test_it_is_found_and_shown_by_its_name(self, driver, dispatcher, chat):
        send(driver, chat, "On my way")
        assert rows_of(dispatcher.get("/chats/", {"q": "location"})) == []
        share(driver, chat)
        (row,) = rows_of(dispatcher.get("/chats/", {"q": "location"}))
        assert "Nancy Davolio: Location" in row.text.replace(" :", ":")

    def test_with_a_text_both_are_there(self, driver, dispatcher, chat):
        share(driver, chat, body="Behind the hall")
        page = page_of(dispatcher, chat)
        assert locations_in(page) == [SHOWN]
        assert texts_of(page)[-1].startswith("Behind the hall")

    def test_a_reply_quotes_it_by_its_name(self, driver, dispatcher, chat):
        share(driver, chat)
        number = lines_of(page_of(driver, chat))[-1].number
        path = f"/chats/{chat.pk}/messages/"
        assert dispatcher.post(path, {"body": "I see you.", "reply_to": number}).status_code == 303
        quote = re.search(r'<a class="message__quote".*?</a>', html_of(page_of(driver, chat)), re.DOTALL)[0]
        assert text_of(quote) == "Nancy Davolio Location"

    def test_the_same_key_is_the_same_place(self, driver, chat):
        key = uuid4()
        answers = [share(driver, chat, client_id=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert locations_in(page_of(driver, chat)) == [SHOWN]
        assert share(driver, chat, {**HERE, "latitude": "44"}, client_id=key).status_code == 409
        assert send(driver, chat, "Hello", client_id=key).status_code == 409


class TestTakingBack:
    def test_deleted_it_is_gone_everywhere(self, driver, dispatcher, chat):
        share(driver, chat)
        number = lines_of(page_of(driver, chat))[-1].number
        path = f"{driver.door}/chats/{chat.pk}/messages/{number}/"
        form = html_of(driver.get(path))
        assert "textarea" not in form
        assert "Delete message" in form

        assert driver.delete(path).status_code == 303

        message = chat.messages.get(number=number)
        assert (message.facts, message.search_text) == ({}, "")
        assert locations_in(page_of(dispatcher, chat)) == []
        assert "43.61502" not in html_of(page_of(dispatcher, chat))
        assert rows_of(dispatcher.get("/chats/", {"q": "location"})) == []

    def test_it_is_not_changed(self, driver, chat):
        share(driver, chat)
        number = lines_of(page_of(driver, chat))[-1].number
        path = f"{driver.door}/chats/{chat.pk}/messages/{number}/"
        for options in ({}, {"headers": HTMX}):
            answer = driver.post(path, {"body": "Elsewhere", "version": 1}, **options)
            assert answer.status_code == 409
            assert "A location cannot be changed." in " ".join(alerts_of(answer))
        assert locations_in(page_of(driver, chat)) == [SHOWN]


class TestBadInput:
    @pytest.mark.parametrize(
        "where",
        [
            {**HERE, "latitude": "90.1"},
            {**HERE, "latitude": "-90.000001"},
            {**HERE, "longitude": "180.5"},
            {**HERE, "longitude": "-181"},
            {**HERE, "latitude": "NaN"},
            {**HERE, "latitude": "nan"},
            {**HERE, "longitude": "inf"},
            {**HERE, "longitude": "-Infinity"},
            {**HERE, "accuracy": "-1"},
            {**HERE, "accuracy": "1e400"},
            {**HERE, "accuracy": "99999999999999999999"},
            {**HERE, "accuracy": "20037509"},
            {**HERE, "latitude": "4_3"},
            {**HERE, "latitude": "٤٣"},
            {**HERE, "latitude": "43,6"},
            {**HERE, "latitude": "0x2b"},
            {**HERE, "latitude": "43.6\0"},
            {**HERE, "latitude": "9" * 5000},
            {**HERE, "latitude": "+43"},
            {**HERE, "latitude": "43."},
            {"latitude": "43.6"},
            {"latitude": "43.6", "longitude": "-116.2"},
            {"accuracy": "5"},
        ],
        ids=lambda where: ascii(where)[:60],
    )
    def test_what_is_no_place_is_refused_in_words(self, driver, chat, where):
        for options in ({}, {"headers": HTMX}):
            answer = share(driver, chat, where, options=options)
            assert answer.status_code == 422
            assert "This is no position on earth." in " ".join(alerts_of(answer))
        assert not chat.messages.filter(kind=Message.Kind.TEXT).exists()

    def test_a_text_beside_it_is_kept(self, driver, chat):
        answer = share(driver, chat, {**HERE, "latitude": "91"}, body="Behind the hall")
        assert answer.status_code == 422
        assert "Behind the hall" in html_of(answer)

    def test_nothing_at_all_is_still_nothing(self, driver, chat):
        answer = share(driver, chat, {"latitude": "", "longitude": "", "accuracy": ""})
        assert answer.status_code == 422
        assert "Write something first." in " ".join(alerts_of(answer))

    @pytest.mark.parametrize(
        ("where", "shown"),
        [
            ({"latitude": "-0", "longitude": "-0.0", "accuracy": "0"}, "Location 0.00000, 0.00000 accurate to 1 m"),
            ({"latitude": "90", "longitude": "-180", "accuracy": "20037508"}, "90.00000, -180.00000"),
            ({"latitude": "0.0000001", "longitude": "5", "accuracy": "0.2"}, "0.00000, 5.00000 accurate to 1 m"),
        ],
    )
    def test_the_ends_of_the_earth_are_places(self, driver, chat, where, shown):
        assert share(driver, chat, where).status_code == 303
        assert shown in locations_in(page_of(driver, chat))[0]
