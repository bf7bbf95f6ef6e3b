"""How far customers and drivers were reached: the ladder in the panel, and as a filter of the inbox."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLink, User
from chat import actions, paging
from chat.models import Delivery, Message, Participant, ReadMark
from tests.factories import OrderFactory, UserFactory

from .live import ask
from .reading import html_of, next_page, page_of, rows_of, send, text_of

RUNGS = ["none", "no_link", "sent", "delivered", "opened", "seen", "quiet"]


@pytest.fixture
def climb(cast):
    """A chat whose customer stands on this rung: climb("opened") -> the chat."""

    def climb(rung, role=User.Role.CUSTOMER):
        contact = {"phone": "", "email": ""} if rung == "none" else {}
        guest = UserFactory(role=role, **contact)
        if role == User.Role.CUSTOMER:
            chat, _ = actions.open_order_chat(order=OrderFactory(customer=guest, driver=None), actor=cast.dispatcher)
        else:
            chat = actions.start_conversation(title="Run", people=[guest], actor=cast.dispatcher)
        actions.send_message(conversation=chat, author=cast.dispatcher, body="On its way.")
        step = RUNGS.index(rung)
        if step >= RUNGS.index("sent"):
            link, _ = actions.make_link(conversation=chat, person=guest, actor=cast.dispatcher)
        if step >= RUNGS.index("delivered"):
            delivery = {"conversation": chat, "person": guest, "link": link, "kind": "link", "channel": "sms"}
            Delivery.objects.create(status=Delivery.Status.SENT, **delivery)
        if step >= RUNGS.index("opened"):
            link.record_use("en")
        if step >= RUNGS.index("seen"):
            actions.mark_read(conversation=chat, person=guest, number=chat.messages.get(kind="text").number)
        if step >= RUNGS.index("quiet"):
            late = actions.send_message(conversation=chat, author=cast.dispatcher, body="Still there?").message
            Message.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(minutes=121))
        return SimpleNamespace(chat=chat, guest=guest, rung=rung)

    return climb


def reach_of(chat, person):
    return Participant.objects.present().with_reach().get(conversation=chat, person=person).reach


def found(client, **query):
    return [row.conversation for row in rows_of(client.get("/chats/", query))]


@pytest.mark.parametrize("role", [User.Role.CUSTOMER, User.Role.DRIVER])
@pytest.mark.parametrize("rung", RUNGS)
def test_each_rung_is_told_in_the_panel_and_found_by_the_inbox(climb, dispatcher, rung, role):
    stands = {each: climb(each, role) for each in RUNGS}
    here = stands[rung]

    assert reach_of(here.chat, here.guest) == rung
    person = html_of(page_of(dispatcher, here.chat)).partition(f'id="person-{here.guest.pk}"')[2].partition("</li>")[0]
    told = re.search(r'<span class="reached" data-reach="(\w+)"><svg .*?</svg>(.*?)</span>', person, re.DOTALL)
    assert told[1] == rung
    said = {
        "none": "No contact",
        "no_link": "No link yet",
        "sent": "Link sent",
        "delivered": "Delivered to provider",
        "opened": r"Opened \d\d:\d\d",
        "seen": r"Seen \d\d:\d\d",
        "quiet": r"Gone quiet, seen \d\d:\d\d",
    }
    assert re.fullmatch(said[rung], text_of(told[2]))

    assert found(dispatcher, reach=rung) == [here.chat.pk]
    assert f'name="reach" value="{rung}"' in html_of(dispatcher.get("/chats/", {"reach": rung}))


class TestTheLadder:
    def test_a_link_is_a_contact(self, climb, cast):
        here = climb("none")
        actions.make_link(conversation=here.chat, person=here.guest, actor=cast.dispatcher)
        assert reach_of(here.chat, here.guest) == "sent"

    def test_who_has_seen_it_and_whose_link_has_ended_has_none(self, climb, dispatcher):
        here = climb("seen")
        actions.revoke_links(links=AccessLink.objects.filter(person=here.guest))
        assert reach_of(here.chat, here.guest) == "no_link"
        assert re.search(r"No link now, seen \d\d:\d\d", text_of(page_of(dispatcher, here.chat)))

    def test_a_failed_delivery_is_none(self, climb):
        here = climb("delivered")
        Delivery.objects.update(status=Delivery.Status.FAILED)
        assert reach_of(here.chat, here.guest) == "sent"

    def test_a_link_to_another_chat_is_none_to_this(self, climb, cast):
        here = climb("no_link")
        order = OrderFactory(customer=here.guest)
        other, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)
        actions.make_link(conversation=other, person=here.guest, actor=cast.dispatcher)
        assert (reach_of(here.chat, here.guest), reach_of(other, here.guest)) == ("no_link", "sent")

    def test_a_drivers_link_counts_in_all_chats_of_the_driver(self, climb, cast):
        here = climb("opened", User.Role.DRIVER)
        run = actions.start_conversation(title="Another run", people=[here.guest], actor=cast.dispatcher)
        assert reach_of(run, here.guest) == "opened"

    def test_who_writes_is_no_longer_quiet(self, climb):
        here = climb("quiet")
        actions.send_message(conversation=here.chat, author=here.guest, body="Yes.")
        assert reach_of(here.chat, here.guest) == "seen"

    def test_what_was_taken_back_keeps_nobody_waiting(self, climb):
        here = climb("quiet")
        Message.objects.filter(body="Still there?").update(deleted_at=timezone.now())
        assert reach_of(here.chat, here.guest) == "seen"

    def test_how_long_is_long_is_a_setting(self, climb, settings):
        here = climb("quiet")
        settings.GONE_QUIET_MINUTES = 122
        assert reach_of(here.chat, here.guest) == "seen"
        settings.GONE_QUIET_MINUTES = 120
        assert reach_of(here.chat, here.guest) == "quiet"

    def test_what_is_new_to_who_has_not_come_yet_is_not_quiet(self, climb):
        here = climb("opened")
        Message.objects.update(created_at=timezone.now() - timedelta(days=1))
        assert reach_of(here.chat, here.guest) == "opened"

    def test_the_panel_costs_the_same_for_many(self, climb, dispatcher, cast):
        here = climb("seen")

        def cost():
            with CaptureQueriesContext(connection) as queries:
                page_of(dispatcher, here.chat)
            return len(queries)

        cost()
        few = cost()
        guests = [UserFactory(role=User.Role.DRIVER) for _ in range(12)]
        actions.add_participants(conversation=here.chat, people=guests, actor=cast.dispatcher)
        for guest in guests:
            actions.make_link(conversation=here.chat, person=guest, actor=cast.dispatcher)
        assert cost() == few


class TestTheFilter:
    def test_stands_beside_the_others(self, climb, dispatcher, cast):
        first, second = climb("seen"), climb("seen")
        actions.send_message(conversation=second.chat, author=second.guest, body="Where?")
        assert set(found(dispatcher, reach="seen")) == {first.chat.pk, second.chat.pk}
        assert found(dispatcher, reach="seen", show="waiting") == [second.chat.pk]
        assert found(dispatcher, reach="seen", q=first.guest.name) == [first.chat.pk]
        actions.close_conversation(conversation=first.chat, actor=cast.dispatcher)
        assert found(dispatcher, reach="seen") == [second.chat.pk]
        assert found(dispatcher, reach="seen", show="closed") == [first.chat.pk]

    def test_any_guest_of_a_chat_will_do_and_nobody_of_the_team(self, climb, dispatcher, cast):
        here = climb("seen")
        actions.add_participants(conversation=here.chat, people=[cast.driver], actor=cast.dispatcher)
        assert found(dispatcher, reach="seen") == found(dispatcher, reach="no_link") == [here.chat.pk]
        actions.remove_participant(conversation=here.chat, person=cast.driver, actor=cast.dispatcher)
        assert found(dispatcher, reach="no_link") == []

    def test_comes_along_with_what_one_does(self, climb, dispatcher):
        here = climb("quiet")
        page = html_of(dispatcher.get("/chats/", {"reach": "quiet"}))
        assert f'href="/chats/{here.chat.pk}/?reach=quiet"' in page
        assert 'href="/chats/?show=waiting&amp;reach=quiet"' in page
        assert '<input type="hidden" name="reach" value="quiet">' in page
        answer = dispatcher.post(f"/chats/{here.chat.pk}/closure/?reach=quiet")
        assert answer.url == f"/chats/{here.chat.pk}/?reach=quiet"

    @pytest.mark.parametrize("reach", ["nobody", "QUIET", "\0", "quiet quiet"])
    def test_what_is_no_rung_is_said(self, climb, dispatcher, reach):
        climb("quiet")
        answer = dispatcher.get("/chats/", {"reach": reach})
        assert answer.status_code == 422
        assert 'role="alert"' in html_of(answer)

    def test_is_for_the_team(self, climb, come_in):
        here = climb("quiet")
        guest = come_in(here.guest, here.chat)
        page = guest.get(f"{guest.door}/chats/?reach=none")
        assert [row.conversation for row in rows_of(page)] == [here.chat.pk]
        assert "Who was reached" not in text_of(page)

    def test_says_when_nobody_is_there(self, climb, dispatcher):
        climb("seen")
        page = text_of(dispatcher.get("/chats/", {"reach": "quiet"}))
        assert "Nobody: Gone quiet" in page

    def test_pages_go_through_all_and_look_at_so_many_at_a_time(self, climb, dispatcher, monkeypatch):
        monkeypatch.setattr(paging, "LOOKED_AT", 4)
        monkeypatch.setattr("chat.views.pages.FIRST_INBOX_PAGE", 2)
        monkeypatch.setattr("chat.views.pages.INBOX_PAGE", 2)
        order = ["seen", *["opened"] * 9, "seen", "seen", "seen", "opened", "seen"]
        chats = [climb(rung) for rung in order]
        wanted = [each.chat.pk for each in reversed(chats) if each.rung == "seen"]
        path, pages = "/chats/?reach=seen", []
        while path:
            page = dispatcher.get(path)
            pages.append([row.conversation for row in rows_of(page)])
            path = next_page(page)
            assert len(pages) < 20
        assert sum(pages, []) == wanted
        assert max(map(len, pages)) == 2
        # One of them had looked at its share and found nothing.
        assert [] in pages[:-1]

    def test_costs_the_same_for_many(self, climb, dispatcher):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert dispatcher.get("/chats/?reach=sent").status_code == 200
            return len(queries)

        for _ in range(2):
            climb("sent")
        cost()
        few = cost()
        for _ in range(10):
            climb("sent")
        assert cost() == few


@pytest.mark.django_db(transaction=True)
async def test_a_new_link_is_told_to_who_has_the_chat_open(climb, dispatcher, open_tab):
    here = await ask(climb, "no_link")
    desk = await open_tab(dispatcher, here.chat)
    await ask(dispatcher.post, f"/chats/{here.chat.pk}/participants/{here.guest.pk}/links/")
    await desk.control("people")


def test_reading_is_what_moves_the_mark(climb, come_in):
    """The premise of the ladder: a page that is opened is not seen, and who reports a number has seen it."""
    here = climb("sent")
    guest = come_in(here.guest, here.chat)
    page_of(guest, here.chat)
    assert reach_of(here.chat, here.guest) == "opened"
    number = here.chat.messages.get(kind="text").number
    assert guest.post(f"{guest.door}/chats/{here.chat.pk}/reads/", {"number": number}).status_code == 303
    assert ReadMark.objects.filter(person=here.guest, number=number).exists()
    assert reach_of(here.chat, here.guest) == "seen"
    assert send(guest, here.chat, "Thanks.").status_code == 303
    assert reach_of(here.chat, here.guest) == "seen"
