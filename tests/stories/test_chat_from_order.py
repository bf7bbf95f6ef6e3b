"""From Order Details, one click opens the chat with that order's customer in it."""

import asyncio

import httpx
import pytest

from accounts.models import User
from chat.models import Conversation, Message, Participant
from dispatch_console.asgi import application
from orders.models import OrderEvent
from tests.factories import OrderFactory, TeamFactory

from .live import ask
from .reading import HTMX, html_of, page_of, text_of, texts_of


def click(client, order, **options):
    return client.post(f"/orders/{order.reference}/chat/", **options)


def people_in(conversation):
    present = Participant.objects.present().filter(conversation=conversation)
    return set(present.values_list("person__name", flat=True))


class TestFirstClick:
    def test_opens_a_chat_with_the_customer_in_it(self, dispatcher, cast):
        assert "No chat yet" in text_of(dispatcher.get("/orders/11064/"))
        assert not Conversation.objects.exists()

        response = click(dispatcher, cast.order)

        chat = Conversation.objects.get()
        assert (response.status_code, response.url) == (303, f"/chats/{chat.pk}/")
        assert (chat.order, chat.created_by) == (cast.order, cast.dispatcher)
        assert people_in(chat) == {"Jose Pavarotti", "Dispatcher 1"}
        page = dispatcher.get(response.url)
        assert texts_of(page) == ["Dispatcher 1 opened this chat with Jose Pavarotti (customer)."]
        assert "Jose Pavarotti (customer) and the dispatch team will read this." in readable(page)

    def test_is_told_in_the_orders_timeline(self, dispatcher, cast):
        click(dispatcher, cast.order)

        event = OrderEvent.objects.get(order=cast.order)
        assert (event.kind, event.actor) == (OrderEvent.Kind.CHAT_OPENED, cast.dispatcher)

    def test_form_of_the_page_is_what_is_clicked(self, cast, sign_in):
        browser = sign_in(cast.dispatcher, enforce_csrf_checks=True)
        page = html_of(browser.get("/orders/11064/"))
        assert 'method="post" action="/orders/11064/chat/"' in page

        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]

        assert browser.post("/orders/11064/chat/", {"csrfmiddlewaretoken": token}).status_code == 303

    def test_does_not_add_the_driver(self, dispatcher, cast):
        chat = opened_by(dispatcher, cast.order)
        assert "Nancy Davolio" not in people_in(chat)
        assert "Assigned, not in this chat" in text_of(page_of(dispatcher, chat))

        # One tap, and she is in.
        added = dispatcher.post(f"/chats/{chat.pk}/participants/", {"person": cast.driver.pk})

        assert added.status_code == 303
        assert "Nancy Davolio" in people_in(chat)
        assert "Assigned, not in this chat" not in text_of(page_of(dispatcher, chat))

    @pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
    def test_only_a_post_creates(self, dispatcher, cast, method):
        response = getattr(dispatcher, method)("/orders/11064/chat/")

        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert not Conversation.objects.exists()

    def test_looking_at_orders_and_chats_creates_nothing(self, dispatcher, cast):
        for path in ("/orders/", "/orders/11064/", "/chats/", "/chats/new/"):
            assert dispatcher.get(path).status_code == 200
        assert not Conversation.objects.exists()

    def test_order_that_is_not_there(self, dispatcher, cast):
        assert dispatcher.post("/orders/99999/chat/").status_code == 404
        assert not Conversation.objects.exists()


def readable(page):
    return text_of(page).replace(" )", ")").replace("( ", "(")


def opened_by(client, order):
    response = click(client, order)
    assert response.status_code == 303
    return Conversation.objects.get(pk=response.url.split("/")[2])


class TestSecondClick:
    def test_finds_the_same_chat(self, dispatcher, cast, sign_in):
        first = click(dispatcher, cast.order)

        again = [click(dispatcher, cast.order), click(sign_in(cast.colleague), cast.order)]

        assert [(answer.status_code, answer.url) for answer in again] == [(303, first.url)] * 2
        assert Conversation.objects.count() == 1
        assert Message.objects.count() == OrderEvent.objects.count() == 1
        # A colleague who only looks has not joined.
        assert people_in(Conversation.objects.get()) == {"Jose Pavarotti", "Dispatcher 1"}

    def test_other_orders_have_chats_of_their_own(self, dispatcher, cast):
        other = OrderFactory(customer=cast.customer)

        assert click(dispatcher, cast.order).url != click(dispatcher, other).url

    def test_after_it_was_closed_a_new_one_is_opened(self, dispatcher, cast):
        old = opened_by(dispatcher, cast.order)
        assert dispatcher.post(f"/chats/{old.pk}/closure/").status_code == 303

        new = opened_by(dispatcher, cast.order)

        assert new != old
        assert click(dispatcher, cast.order).url == f"/chats/{new.pk}/"
        # The closed one is still the order's, and still to be read.
        old.refresh_from_db()
        assert (old.order, old.is_open) == (cast.order, False)
        order_page = html_of(dispatcher.get("/orders/11064/"))
        assert f'href="/chats/{old.pk}/"' in order_page
        assert f'href="/chats/{new.pk}/"' in order_page
        assert page_of(dispatcher, old)


class TestWhoIsMissing:
    def test_order_without_a_customer(self, dispatcher):
        order = OrderFactory(reference="20001", customer=None)
        assert dispatcher.get("/orders/20001/").status_code == 200

        for headers in ({}, HTMX):
            response = click(dispatcher, order, headers=headers)
            assert response.status_code == 422
            assert "This order has no customer" in text_of(response)
            assert "Give it one" in text_of(response)

        assert not Conversation.objects.exists()
        assert not OrderEvent.objects.exists()

    def test_customer_who_is_no_longer_active(self, dispatcher, cast):
        User.objects.filter(pk=cast.customer.pk).update(is_active=False)

        response = click(dispatcher, cast.order)

        assert response.status_code == 422
        assert "Jose Pavarotti is no longer active" in text_of(response)
        assert not Conversation.objects.exists()
        assert not OrderEvent.objects.exists()

    @pytest.mark.parametrize(
        ("reach", "warned"), [({}, True), ({"phone": "(208) 555-8097"}, False), ({"email": "jose@example.com"}, False)]
    )
    def test_customer_who_cannot_be_reached(self, dispatcher, cast, reach, warned):
        User.objects.filter(pk=cast.customer.pk).update(**{"phone": "", "email": "", **reach})

        chat = opened_by(dispatcher, cast.order)

        words = "Jose Pavarotti can only be reached by handing over the link: there is no phone and no e-mail."
        assert (words in text_of(page_of(dispatcher, chat))) is warned

    def test_customer_is_not_told_so(self, cast, come_in, dispatcher):
        User.objects.filter(pk=cast.customer.pk).update(phone="", email="")
        chat = opened_by(dispatcher, cast.order)

        assert "handing over the link" not in text_of(page_of(come_in(cast.customer, chat), chat))


@pytest.mark.django_db(transaction=True)
class TestAllAtOnce:
    """Against the whole application, in which each request has a thread and a connection of its own."""

    async def click_at_once(self, people, order):
        async def click(session):
            cookies = {"sessionid": session, "csrftoken": "x" * 32}
            headers = {"X-CSRFToken": "x" * 32}
            transport = httpx.ASGITransport(application)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://testserver", cookies=cookies, headers=headers
            ) as client:
                return await client.post(f"/orders/{order.reference}/chat/")

        return await asyncio.gather(*(click(people[n % len(people)]) for n in range(self.clicks)))

    def check(self, answers, order):
        chat = Conversation.objects.get()
        assert {(answer.status_code, answer.headers.get("location")) for answer in answers} == {
            (303, f"/chats/{chat.pk}/")
        }
        assert len(answers) == self.clicks
        assert (chat.order, chat.last_number, chat.messages.count()) == (order, 1, 1)
        assert OrderEvent.objects.count() == 1
        # The customer, and the one who was first.
        assert people_in(chat) == {order.customer.name, chat.created_by.name}

    @pytest.fixture
    def sessions(self, db, sign_in):
        return [sign_in(TeamFactory()).cookies["sessionid"].value for _ in range(5)]

    @pytest.fixture
    def order(self, db):
        return OrderFactory()

    async def test_20_clicks_are_one_chat(self, sessions, order):
        self.clicks = 20
        answers = await self.click_at_once(sessions, order)
        await ask(self.check, answers, order)

    @pytest.mark.postgres
    async def test_100_clicks_are_one_chat(self, sessions, order):
        self.clicks = 100
        answers = await self.click_at_once(sessions, order)
        await ask(self.check, answers, order)
