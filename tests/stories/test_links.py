"""The web chat link: how customers and drivers come in, and how they are kept out again."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import AccessLink
from chat import actions
from tests.factories import OrderFactory

from .live import ask
from .reading import HTMX, html_of, page_of, rows_of, send, text_of


@pytest.fixture
def drivers_chats(cast, chat):
    """The order's chat, to which the driver was added, and another one that the driver is in."""
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return chat, actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.dispatcher)


def links_path(chat, person):
    return f"/chats/{chat.pk}/participants/{person.pk}/links/"


def issue(client, chat, person, **options):
    """A new link as the page shows it."""
    page = client.post(links_path(chat, person), **options)
    assert page.status_code == 200
    return unescape(re.search(r'<input class="input" readonly value="([^"]+)"', html_of(page))[1])


def open_link(url, client=None):
    """A browser in which the link was opened, with the door through which it came in."""
    client = client or Client()
    answer = client.post(url.removeprefix("http://127.0.0.1:8000"))
    assert answer.status_code == 303
    client.door = answer.url.partition("/chats/")[0]
    client.landed = answer.url
    return client


class TestIssuing:
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_shows_the_link_and_its_qr_code_once(self, dispatcher, chat, cast, headers):
        page = dispatcher.post(links_path(chat, cast.customer), headers=headers)

        url = unescape(re.search(r'readonly value="([^"]+)"', html_of(page))[1])
        assert re.fullmatch(r"http://127\.0\.0\.1:8000/c/1[\w-]{32}/", url)
        assert re.search(r'role="img" aria-label="QR code of the link"><svg ', html_of(page))
        assert "Whoever has it reads and writes as Jose Pavarotti , from the first message on." in text_of(page)
        token = url.rstrip("/").rpartition("/")[2]
        for later in (dispatcher.get(links_path(chat, cast.customer), headers=headers), page_of(dispatcher, chat)):
            assert token not in html_of(later)
            assert "readonly value" not in html_of(later)

    def test_says_that_a_drivers_link_opens_all_of_the_drivers_chats(self, dispatcher, cast, drivers_chats):
        page = dispatcher.post(links_path(drivers_chats[0], cast.driver))

        assert "as Nancy Davolio , in every chat that the driver is in" in text_of(page)

    def test_looking_issues_nothing(self, dispatcher, chat, cast):
        for path in (links_path(chat, cast.customer), f"/chats/{chat.pk}/"):
            assert dispatcher.get(path).status_code == 200
        assert not AccessLink.objects.exists()

    def test_each_click_is_a_link_of_its_own_and_the_earlier_ones_stay(self, dispatcher, chat, cast):
        urls = [issue(dispatcher, chat, cast.customer) for _ in range(3)]

        assert len(set(urls)) == 3
        for url in urls:
            assert page_of(open_link(url), chat)

    def test_list_says_who_made_each_and_whether_it_was_opened(self, dispatcher, chat, cast):
        open_link(issue(dispatcher, chat, cast.customer))
        issue(dispatcher, chat, cast.customer)

        page = text_of(dispatcher.get(links_path(chat, cast.customer)))

        assert page.count("By Dispatcher 1 ,") == 2
        assert page.count("opened 1 time, last") == 1
        assert page.count("not opened yet") == 1

    def test_panel_says_how_a_guest_stands(self, dispatcher, chat, cast):
        assert "No link yet" in text_of(page_of(dispatcher, chat))
        url = issue(dispatcher, chat, cast.customer)
        assert "Link sent" in text_of(page_of(dispatcher, chat))
        open_link(url)
        assert re.search(r"Customer Opened \d\d:\d\d", text_of(page_of(dispatcher, chat)))

    def test_nobody_gets_one_who_is_no_longer_active(self, dispatcher, chat, cast):
        cast.customer.is_active = False
        cast.customer.save()

        for headers in ({}, HTMX):
            page = dispatcher.post(links_path(chat, cast.customer), headers=headers)
            assert page.status_code == 422
            assert "Jose Pavarotti" in text_of(page)
            assert "no longer active" in text_of(page)
        assert not AccessLink.objects.exists()


class TestWhatItOpens:
    def test_customers_link_only_its_conversation(self, dispatcher, chat, cast):
        other, _ = actions.open_order_chat(order=OrderFactory(customer=cast.customer), actor=cast.dispatcher)

        guest = open_link(issue(dispatcher, chat, cast.customer))

        assert guest.landed == f"{guest.door}/chats/{chat.pk}/"
        assert page_of(guest, chat)
        # The same customer, but another link.
        assert guest.get(f"{guest.door}/chats/{other.pk}/").status_code == 404
        assert [row.conversation for row in rows_of(guest.get(f"{guest.door}/chats/"))] == [chat.pk]
        assert page_of(open_link(issue(dispatcher, other, cast.customer)), other)

    def test_drivers_link_all_of_that_drivers(self, dispatcher, cast, drivers_chats):
        chat, run = drivers_chats
        nobodys, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)

        guest = open_link(issue(dispatcher, chat, cast.driver))

        assert guest.landed == f"{guest.door}/chats/{chat.pk}/"
        assert page_of(guest, chat)
        assert page_of(guest, run)
        assert guest.get(f"{guest.door}/chats/{nobodys.pk}/").status_code == 404
        assert {row.conversation for row in rows_of(guest.get(f"{guest.door}/chats/"))} == {chat.pk, run.pk}

        # And those to come.
        later = actions.start_conversation(title="Later", people=[cast.driver], actor=cast.dispatcher)
        assert page_of(guest, later)

    def test_two_in_one_browser_are_two_people(self, dispatcher, cast, drivers_chats):
        chat, _ = drivers_chats
        browser = open_link(issue(dispatcher, chat, cast.customer))
        customers_door = browser.door
        open_link(issue(dispatcher, chat, cast.driver), browser)
        drivers_door = browser.door
        assert customers_door != drivers_door

        for door, text in [(customers_door, "From the customer"), (drivers_door, "From the driver")] * 2:
            browser.door = door
            assert send(browser, chat, text).status_code == 303

        said = chat.messages.filter(kind="text").order_by("number").values_list("author__name", "body")
        assert list(said) == [("Jose Pavarotti", "From the customer"), ("Nancy Davolio", "From the driver")] * 2

    def test_a_retry_by_a_new_one_finds_what_the_old_one_has_sent(self, dispatcher, cast, drivers_chats):
        chat, _ = drivers_chats
        key, text = uuid4(), "The gate is closed."
        before = open_link(issue(dispatcher, chat, cast.driver))
        assert send(before, chat, text, client_id=key).status_code == 303
        dispatcher.delete(links_path(chat, cast.driver))
        assert send(before, chat, text, client_id=key).status_code == 404

        now = open_link(issue(dispatcher, chat, cast.driver))

        assert send(now, chat, text, client_id=key).status_code == 303
        assert chat.messages.filter(body=text).count() == 1
        # A key is a person's, and no other's.
        other = open_link(issue(dispatcher, chat, cast.customer))
        assert send(other, chat, text, client_id=key).status_code == 303
        assert chat.messages.filter(body=text).count() == 2


class TestRevoking:
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_one(self, dispatcher, chat, cast, headers):
        first, second = (open_link(issue(dispatcher, chat, cast.customer)) for _ in range(2))
        assert page_of(first, chat)
        assert page_of(second, chat)

        path = f"{links_path(chat, cast.customer)}{first.door.removeprefix('/g/')}/"
        answer = dispatcher.delete(path, headers=headers)

        assert answer.status_code == (200 if headers else 303)
        assert first.get(f"{first.door}/chats/{chat.pk}/").status_code == 404
        assert send(first, chat, "Hello?").status_code == 404
        assert page_of(second, chat)
        assert path not in html_of(dispatcher.get(links_path(chat, cast.customer)))

    def test_one_by_a_form(self, dispatcher, chat, cast):
        guest = open_link(issue(dispatcher, chat, cast.customer))
        page = html_of(dispatcher.get(links_path(chat, cast.customer)))
        form = re.search(r'<form method="post" action="([^"]+)" hx-delete=.*?</form>', page, re.DOTALL)
        assert 'name="_method" value="delete"' in form[0]

        assert dispatcher.post(form[1], {"_method": "delete"}).status_code == 303

        assert guest.get(f"{guest.door}/chats/{chat.pk}/").status_code == 404

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_all_of_a_person(self, dispatcher, cast, drivers_chats, headers):
        chat, _ = drivers_chats
        customers = [open_link(issue(dispatcher, chat, cast.customer)) for _ in range(3)]
        driver = open_link(issue(dispatcher, chat, cast.driver))

        answer = dispatcher.delete(links_path(chat, cast.customer), headers=headers)

        assert answer.status_code == (200 if headers else 303)
        assert {guest.get(guest.landed).status_code for guest in customers} == {404}
        assert page_of(driver, chat)
        assert "No link works now." in text_of(dispatcher.get(links_path(chat, cast.customer)))

    def test_not_those_to_another_chat(self, dispatcher, chat, cast):
        other, _ = actions.open_order_chat(order=OrderFactory(customer=cast.customer), actor=cast.dispatcher)
        here, there = (open_link(issue(dispatcher, each, cast.customer)) for each in (chat, other))

        dispatcher.delete(links_path(chat, cast.customer))

        assert here.get(here.landed).status_code == 404
        assert page_of(there, other)

    def test_revoked_link_does_not_open_again(self, dispatcher, chat, cast):
        url = issue(dispatcher, chat, cast.customer)
        assert open_link(url)
        dispatcher.delete(links_path(chat, cast.customer))

        assert Client().post(url.removeprefix("http://127.0.0.1:8000")).status_code == 404

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("which", ["one", "all"])
    async def test_closes_the_socket_at_once(self, chat, cast, sign_in, open_tab, which):
        dispatcher = await ask(sign_in, cast.dispatcher)
        revoked, kept = [await ask(open_link, await ask(issue, dispatcher, chat, cast.customer)) for _ in range(2)]
        tabs = [await open_tab(revoked, chat), await open_tab(revoked), await open_tab(kept, chat)]
        await ask(send, dispatcher, chat, "Before")
        await tabs[0].message(2)
        await tabs[2].message(2)

        path = links_path(chat, cast.customer)
        await ask(dispatcher.delete, path + (f"{revoked.door.removeprefix('/g/')}/" if which == "one" else ""))

        assert [await tab.closed() for tab in tabs[:2]] == [4401, 4401]
        assert tabs[0].controls == [{"type": "stop", "reason": "not_allowed"}]
        if which == "all":
            assert await tabs[2].closed() == 4401
        else:
            await ask(send, dispatcher, chat, "After")
            assert (await tabs[2].message(3)).text == "After"
