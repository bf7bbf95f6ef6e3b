"""The page of a person: who it is, what there is with them, and how one writes to them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import actions
from chat.models import Conversation
from orders.models import Order
from tests.factories import OrderFactory, TeamFactory, UserFactory

from .reading import alerts_of, html_of, next_page, page_of, rows_of, text_of


def page_about(client, person, **query):
    page = client.get(f"/people/{person.pk}/", query)
    assert page.status_code == 200
    return page


def write_to(client, person):
    return client.post(f"/people/{person.pk}/chat/")


def chat_at(answer):
    assert answer.status_code == 303, answer.content.decode()
    return Conversation.objects.get(pk=re.fullmatch(r"/chats/(\d+)/", answer.url)[1])


def chats_on(page):
    return [row.conversation for row in rows_of(page)]


def test_it_says_who_it_is(dispatcher, cast):
    cast.customer.company, cast.customer.email = "Save-a-lot Markets", "jose@example.com"
    cast.customer.phone = "+1 208 555 8097"
    cast.customer.save()

    page = page_about(dispatcher, cast.customer)

    for words in ("Jose Pavarotti", "Customer", "Save-a-lot Markets", "+1 208 555 8097", "SAVEA"):
        assert words in text_of(page)
    for address in ("tel:+12085558097", "mailto:jose@example.com"):
        assert f'href="{address}"' in html_of(page)


def test_what_is_not_known_is_said(dispatcher):
    nobody = UserFactory(phone="", role=User.Role.DRIVER)

    text = text_of(page_about(dispatcher, nobody))

    assert "Phone Not known E-mail Not known" in text
    assert "None yet." in text
    assert "Assigned orders None." in text


def test_names_lead_to_it(dispatcher, chat, cast):
    for page in (page_of(dispatcher, chat), dispatcher.get(f"/orders/{cast.order.reference}/")):
        for person in (cast.customer, cast.driver):
            assert f'href="/people/{person.pk}/"' in html_of(page)


def test_nobody_is_404(dispatcher):
    for number in ("987654321", "9" * 30):
        assert dispatcher.get(f"/people/{number}/").status_code == 404
        assert dispatcher.post(f"/people/{number}/chat/").status_code == 404


class TestConversations:
    def test_those_that_the_person_is_in(self, dispatcher, chat, cast):
        other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)
        closed = actions.start_conversation(title="Last week", people=[cast.driver], actor=cast.colleague)
        actions.close_conversation(conversation=closed, actor=cast.colleague)
        assert chats_on(page_about(dispatcher, cast.driver)) == [closed.pk]

        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)

        assert chats_on(page_about(dispatcher, cast.driver)) == [chat.pk, closed.pk]
        assert chats_on(page_about(dispatcher, cast.colleague)) == [closed.pk, other.pk]

        actions.remove_participant(conversation=chat, person=cast.driver, actor=cast.dispatcher)
        assert chats_on(page_about(dispatcher, cast.driver)) == [closed.pk]

    def test_page_by_page(self, dispatcher, cast):
        chats = [
            actions.start_conversation(title=f"Run {number}", people=[cast.driver], actor=cast.colleague).pk
            for number in range(53)
        ]
        first = page_about(dispatcher, cast.driver)
        second = dispatcher.get(f"/people/{cast.driver.pk}/{next_page(first)}")

        assert chats_on(first) + chats_on(second) == chats[::-1]
        assert next_page(second) is None

    @pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1-1", "9" * 30])
    def test_page_that_does_not_exist(self, dispatcher, cast, cursor):
        page = dispatcher.get(f"/people/{cast.driver.pk}/", {"cursor": cursor})

        assert page.status_code == 422
        assert alerts_of(page) == ["This page of the list does not exist."]

    def test_the_number_of_queries_does_not_grow(self, dispatcher, cast):
        def grow(count):
            for _ in range(count):
                order = OrderFactory(driver=cast.driver)
                chat, _ = actions.open_order_chat(order=order, actor=cast.colleague)
                actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.colleague)
                actions.send_message(conversation=chat, author=order.customer, body="Where is it?")

        def queries():
            with CaptureQueriesContext(connection) as captured:
                page_about(dispatcher, cast.driver)
            return len(captured)

        grow(1)
        few = queries()
        grow(29)

        assert queries() == few
        assert len(chats_on(page_about(dispatcher, cast.driver))) == 30


class TestOrders:
    def references(self, page):
        return re.findall(r'href="/orders/([^/"]+)/"', html_of(page))

    def test_of_a_driver_what_is_under_way_comes_first(self, dispatcher, cast):
        done = OrderFactory(driver=cast.driver, status=Order.Status.DELIVERED)
        OrderFactory(driver=cast.other_driver)
        new = OrderFactory(driver=cast.driver)

        page = page_about(dispatcher, cast.driver)

        assert self.references(page) == [new.reference, "11064", done.reference]

    def test_of_a_customer(self, dispatcher, cast):
        assert self.references(page_about(dispatcher, cast.customer)) == ["11064"]
        assert "Orders" not in text_of(page_about(dispatcher, cast.colleague)).partition("You")[2].partition("Can")[0]

    def test_of_many_the_rest_is_in_the_list(self, dispatcher, cast):
        OrderFactory.create_batch(12, driver=cast.driver)

        page = page_about(dispatcher, cast.driver)

        assert len(self.references(page)) == 10
        assert "/orders/?q=Nancy%20Davolio" in html_of(page)
        assert "11064" in text_of(dispatcher.get("/orders/?q=Nancy%20Davolio"))


class TestWriting:
    def test_starts_a_chat_with_that_person(self, dispatcher, cast):
        chat = chat_at(write_to(dispatcher, cast.driver))

        people = set(chat.participants.present().values_list("person", flat=True))
        assert people == {cast.driver.pk, cast.dispatcher.pk}
        assert chat.order is None
        assert "<h1" in html_of(page_of(dispatcher, chat))
        assert "Nancy Davolio (driver) and the dispatch team will read this." in text_of(page_of(dispatcher, chat))

    def test_finds_the_one_that_there_is(self, dispatcher, cast, sign_in):
        chat = chat_at(write_to(dispatcher, cast.driver))

        assert chat_at(write_to(dispatcher, cast.driver)) == chat
        # Also from a colleague, since the team is one to the driver.
        assert chat_at(write_to(sign_in(cast.colleague), cast.driver)) == chat
        assert Conversation.objects.count() == 1

    def test_not_one_with_others_about_an_order_or_closed(self, dispatcher, cast, chat):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        actions.start_conversation(title="Run", people=[cast.driver, cast.other_driver], actor=cast.dispatcher)
        closed = actions.start_conversation(title="", people=[cast.driver], actor=cast.dispatcher)
        actions.close_conversation(conversation=closed, actor=cast.dispatcher)
        before = set(Conversation.objects.values_list("pk", flat=True))

        assert chat_at(write_to(dispatcher, cast.driver)).pk not in before

    def test_one_of_which_others_were_taken_out(self, dispatcher, cast):
        run = actions.start_conversation(title="Run", people=[cast.driver, cast.other_driver], actor=cast.dispatcher)
        actions.remove_participant(conversation=run, person=cast.other_driver, actor=cast.dispatcher)

        assert chat_at(write_to(dispatcher, cast.driver)) == run

    def test_to_a_colleague_it_is_the_twos(self, dispatcher, cast, sign_in):
        chat = chat_at(write_to(dispatcher, cast.colleague))

        assert chat_at(write_to(sign_in(cast.colleague), cast.dispatcher)) == chat
        assert chat_at(write_to(sign_in(cast.support), cast.colleague)) != chat

    def test_not_to_oneself(self, dispatcher, cast):
        assert "Message this" not in text_of(page_about(dispatcher, cast.dispatcher))
        assert write_to(dispatcher, cast.dispatcher).status_code == 404

    def test_not_to_who_is_no_longer_active(self, dispatcher, cast):
        assert "Message this driver" in text_of(page_about(dispatcher, cast.driver))
        cast.driver.is_active = False
        cast.driver.save()

        assert "Message this" not in text_of(page_about(dispatcher, cast.driver))
        answer = write_to(dispatcher, cast.driver)
        assert answer.status_code == 422
        assert alerts_of(answer) == ["Nancy Davolio cannot be added: no longer active."]

    @pytest.mark.parametrize(
        ("role", "words"), [("driver", "driver"), ("customer", "customer"), ("support", "colleague")]
    )
    def test_the_button_says_to_whom(self, dispatcher, role, words):
        person = TeamFactory(role=role) if role == "support" else UserFactory(role=role)

        assert f"Message this {words}" in text_of(page_about(dispatcher, person))
