"""A dispatcher has a link sent by e-mail or SMS and sees what became of it, or sends it without any set-up."""

import re
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError

from accounts.models import AccessLink
from chat import actions
from chat.models import Delivery, LinkRequest
from chat.notices import email, left_over, sending
from tests.background import look_and_work, time_passes, work_off
from tests.mail_sink import link_in, page_of, text_of

from .live import ask
from .reading import HTMX, alerts_of, deliveries_of, html_of
from .reading import page_of as chat_page
from .reading import text_of as words_of

Status, Problem = Delivery.Status, Delivery.Problem


@pytest.fixture
def person(cast, chat):
    """The customer of the chat, with a phone and an e-mail address."""
    cast.customer.email, cast.customer.phone = "jose@customer.example", "(206) 555-0142"
    cast.customer.save()
    return cast.customer


@pytest.fixture
def path(chat, person):
    return f"/chats/{chat.pk}/participants/{person.pk}"


@pytest.fixture
def send(dispatcher, path):
    """Press the button: send("email") -> the answer."""

    def send(channel, key=None, **options):
        return dispatcher.post(f"{path}/deliveries/", {"channel": channel, "key": key or uuid4()}, **options)

    return send


def fields_of(html):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))


class TestByEmail:
    def test_the_person_gets_a_link_that_opens_the_chat(self, cast, chat, person, dispatcher, path, mail, client):
        page = html_of(dispatcher.get(f"{path}/links/"))
        assert "Send by e-mail" in page
        assert "jose@customer.example" in page

        (form,) = re.findall(r'<form class="reach__way".*?</form>', page, re.DOTALL)
        answer = dispatcher.post(f"{path}/deliveries/", fields_of(form))
        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        assert deliveries_of(chat_page(dispatcher, chat)) == ["Link on its way by e-mail"]

        work_off()
        (letter,) = mail.messages
        assert letter.recipients == ["jose@customer.example"]
        joined = client.post(link_in(text_of(letter)).removeprefix("http://127.0.0.1:8000"))
        assert (joined.status_code, joined.url.endswith(f"/chats/{chat.pk}/")) == (303, True)
        assert link_in(page_of(letter)) == link_in(text_of(letter))
        assert re.fullmatch(r"Link sent by e-mail \d\d:\d\d", deliveries_of(chat_page(dispatcher, chat))[0])
        assert AccessLink.objects.get().made_by == cast.dispatcher

    def test_a_double_click_sends_one(self, send, mail):
        key = uuid4()
        assert {send("email", key).status_code, send("email", key).status_code} == {303}
        work_off()
        assert send("email", key).status_code == 303
        work_off()
        assert len(mail.messages) == 1

    def test_while_one_is_on_its_way_another_is_refused(self, send, mail):
        send("email")
        answer = send("email", headers=HTMX)
        assert answer.status_code == 422
        assert alerts_of(answer) == ["It is on its way already."]
        work_off()
        assert send("email").status_code == 303
        work_off()
        assert len(mail.messages) == 2

    def test_with_htmx_the_line_beside_the_person_comes_with_the_answer(self, person, send, mail):
        answer = html_of(send("email", headers=HTMX))
        assert f'id="delivery-{person.pk}" hx-swap-oob="true"' in answer
        assert "Link on its way by e-mail" in words_of(answer)


class TestBySms:
    def test_the_person_gets_a_text_with_a_link(self, chat, person, dispatcher, send, sms, client):
        assert send("sms").status_code == 303
        work_off()
        (asked,) = sms.asked
        assert asked["fields"]["to"] == "+12065550142"
        joined = client.post(link_in(sms.texts[0]).removeprefix("http://127.0.0.1:8000"))
        assert joined.status_code == 303
        assert "Link sent by SMS" in deliveries_of(chat_page(dispatcher, chat))[0]
        assert Delivery.objects.get().provider_id == "m-1"

    def test_a_number_that_is_none_is_shown_as_typed_and_refused_with_the_reason(
        self, chat, person, dispatcher, path, send, sms
    ):
        person.phone = "(5) 555-4729"
        person.save()
        page = words_of(dispatcher.get(f"{path}/links/"))
        assert "No SMS to (5) 555-4729: No network has a number like this." in page
        assert "Send by SMS" not in page

        answer = send("sms", headers=HTMX)
        assert answer.status_code == 422
        assert alerts_of(answer) == ["No SMS to (5) 555-4729: No network has a number like this."]
        assert not Delivery.objects.exists()


class TestWhereNothingIsSetUp:
    def test_the_page_says_so_and_has_no_buttons(self, dispatcher, path):
        page = words_of(dispatcher.get(f"{path}/links/"))
        assert "Send by" not in page
        assert "No e-mail is sent from here: no mail server is set up." in page
        assert "No SMS is sent from here: no provider is set up." in page

    def test_the_dispatcher_gets_a_ready_text_in_the_persons_language(self, person, dispatcher, path):
        person.language = "de"
        person.save()
        page = html_of(dispatcher.post(f"{path}/links/", headers=HTMX))
        url = unescape(re.search(r'value="(http[^"]+/c/[^"]+)"', page)[1])
        mailto = urlsplit(unescape(re.search(r'href="(mailto:[^"]+)"', page)[1]))
        assert unquote(mailto.path) == "jose@customer.example"
        assert url in parse_qs(mailto.query)["body"][0]
        text = re.search(r'href="(sms:[^"]+)"', page)[1]
        assert url in unquote(unescape(text))
        assert 'lang="de" dir="ltr"' in page

    def test_an_arabic_text_runs_from_right_to_left(self, person, dispatcher, path):
        person.language = "ar"
        person.save()
        assert 'lang="ar" dir="rtl"' in html_of(dispatcher.post(f"{path}/links/", headers=HTMX))

    def test_an_sms_to_a_number_that_is_none_leaves_it_to_the_phone(self, person, dispatcher, path):
        person.phone = "(5) 555-4729"
        person.save()
        page = html_of(dispatcher.post(f"{path}/links/", headers=HTMX))
        assert 'href="sms:?&amp;body=' in page

    def test_sending_is_refused_with_a_sentence(self, send):
        answer = send("email", headers=HTMX)
        assert answer.status_code == 422
        assert alerts_of(answer) == ["No e-mail is sent from here: no mail server is set up."]


class TestBadInput:
    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Choose e-mail or SMS."),
            ({"channel": "pigeon"}, "Choose e-mail or SMS."),
            ({"channel": "push"}, "Choose e-mail or SMS."),
            ({"channel": "email\0"}, "Null characters are not allowed."),
            ({"channel": "email", "key": "seven"}, "The form’s key is no UUID. Reload the page."),
        ],
    )
    @pytest.mark.parametrize("options", [{}, {"headers": HTMX}], ids=["form", "htmx"])
    def test_is_answered_422_with_a_sentence(self, dispatcher, path, mail, fields, sentence, options):
        answer = dispatcher.post(f"{path}/deliveries/", fields, **options)
        assert answer.status_code == 422
        assert alerts_of(answer) == [sentence]
        assert not Delivery.objects.exists()

    def test_a_person_without_an_address(self, person, send, mail):
        person.email = ""
        person.save()
        assert alerts_of(send("email", headers=HTMX)) == ["No e-mail: no address is known."]

    def test_an_address_that_is_none(self, person, send, mail):
        type(person).objects.filter(pk=person.pk).update(email="jose@@customer\nBcc: all@example.com")
        (alert,) = alerts_of(send("email", headers=HTMX))
        assert alert.endswith("this is not an address.")

    def test_a_closed_chat(self, cast, chat, dispatcher, path, send, mail):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        assert alerts_of(send("email", headers=HTMX)) == ["This chat is closed. Open it again, then send the link."]
        page = words_of(dispatcher.get(f"{path}/links/"))
        assert "Nothing is sent from here while this chat is closed." in page
        assert "Send by e-mail" not in page

    def test_who_is_no_longer_active(self, person, send, mail):
        person.is_active = False
        person.save()
        (alert,) = alerts_of(send("email", headers=HTMX))
        assert alert == "Jose Pavarotti gets no link: no longer active."

    @pytest.mark.parametrize("delivery", [987654321, 10**30])
    def test_another_try_of_what_is_not_there(self, dispatcher, path, delivery):
        assert dispatcher.post(f"{path}/deliveries/{delivery}/tries/").status_code == 404

    def test_another_try_of_another_persons(self, cast, chat, person, dispatcher, mail):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        made, _ = actions.send_link(
            conversation=chat, person=person, channel="email", key=uuid4(), actor=cast.dispatcher
        )
        of_another = f"/chats/{chat.pk}/participants/{cast.driver.pk}/deliveries/{made.pk}/tries/"
        assert dispatcher.post(of_another).status_code == 404


class TestWhatBecameOfIt:
    def test_a_mailbox_that_does_not_exist_is_not_tried_again_until_somebody_does(
        self, chat, person, dispatcher, path, send, mail
    ):
        mail.to_recipient = "550 5.1.1 No such user"
        send("email")
        work_off()
        (line,) = deliveries_of(chat_page(dispatcher, chat))
        assert line == "Link not sent by e-mail. The provider refused it. 550 5.1.1 No such user Try again"
        assert not AccessLink.objects.exists()
        time_passes(hours=2)
        assert work_off() == 0
        assert mail.tries == 1

        mail.to_recipient = "250 OK"
        delivery = Delivery.objects.get()
        answer = dispatcher.post(f"{path}/deliveries/{delivery.pk}/tries/", headers=HTMX)
        assert (answer.status_code, f'id="delivery-{person.pk}"' in html_of(answer)) == (200, True)
        work_off()
        assert len(mail.messages) == 1
        assert "Link sent by e-mail" in deliveries_of(chat_page(dispatcher, chat))[0]

    def test_who_has_asked_for_a_link_is_answered_when_it_is_sent_and_not_before(self, cast, chat, person, send, mail):
        link, _ = actions.make_link(conversation=chat, person=person, actor=cast.dispatcher)
        asked = LinkRequest.objects.create(conversation=chat, person=person, link=link)
        mail.to_recipient = "550 5.1.1 No such user"
        send("email")
        work_off()
        asked.refresh_from_db()
        assert asked.is_open

        mail.to_recipient = "250 OK"
        actions.try_again(delivery=Delivery.objects.get())
        work_off()
        asked.refresh_from_db()
        assert not asked.is_open

    def test_a_busy_server_is_tried_again_later_and_later(self, chat, dispatcher, send, mail):
        mail.to_recipient = "451 4.7.1 Greylisted"
        send("email")
        work_off()
        assert (
            "Link not sent by e-mail yet. The provider could not take it now."
            in deliveries_of(chat_page(dispatcher, chat))[0]
        )
        for tries, pause in enumerate([30, 120, 600, 1800], start=1):
            assert mail.tries == tries
            time_passes(seconds=pause - 5)
            assert work_off() == 0
            time_passes(seconds=10)
            assert work_off() == 1
        time_passes(hours=5)
        assert work_off() == 0
        assert mail.tries == 5
        assert Delivery.objects.get().status == Status.FAILED

    def test_it_gets_through_on_a_later_try_by_one_link(self, send, mail):
        mail.to_recipient = "451 4.7.1 Greylisted"
        send("email")
        work_off()
        mail.to_recipient = "250 OK"
        time_passes(minutes=1)
        work_off()
        assert len(mail.messages) == 1
        assert AccessLink.objects.count() == 1

    def test_somebody_may_have_it_tried_at_once(self, dispatcher, path, send, mail):
        mail.to_recipient = "451 4.7.1 Greylisted"
        send("email")
        work_off()
        mail.to_recipient = "250 OK"
        dispatcher.post(f"{path}/deliveries/{Delivery.objects.get().pk}/tries/")
        work_off()
        # The alarm of the later try rings and finds nothing to do.
        time_passes(minutes=5)
        work_off()
        assert len(mail.messages) == 1

    def test_of_what_was_sent_there_is_no_other_try(self, dispatcher, path, send, mail):
        send("email")
        work_off()
        dispatcher.post(f"{path}/deliveries/{Delivery.objects.get().pk}/tries/")
        work_off()
        assert len(mail.messages) == 1

    def test_who_was_removed_meanwhile_gets_none(self, cast, chat, person, send, mail):
        send("email")
        actions.remove_participant(conversation=chat, person=person, actor=cast.dispatcher)
        work_off()
        assert mail.messages == []
        assert (Delivery.objects.get().status, Delivery.objects.get().problem) == (Status.FAILED, Problem.LEFT)

    def test_what_a_provider_says_is_no_markup(self, chat, dispatcher, send, sms):
        sms.answers = [(400, {"error": "<b onclick=x>no</b>"}, {})]
        send("sms")
        work_off()
        assert "&lt;b onclick=x&gt;no&lt;/b&gt;" in html_of(chat_page(dispatcher, chat))


class Died(BaseException):
    """As a process that is killed: nothing is caught, nothing is noted."""


def raising(error):
    def call(*arguments, **given):
        raise error

    return call


class TestDying:
    def test_between_sending_and_noting_sends_nothing_twice(self, chat, dispatcher, path, send, mail, monkeypatch):
        send("email")
        with monkeypatch.context() as killed:
            killed.setattr(actions, "note_sent", raising(Died))
            with pytest.raises(Died):
                work_off()
        assert len(mail.messages) == 1
        assert Delivery.objects.get().status == Status.SENDING

        # Nothing happens by itself, whatever looks at it.
        look_and_work()
        left_over.clear()
        time_passes(minutes=6)
        left_over.clear()
        look_and_work()
        assert len(mail.messages) == 1
        assert Delivery.objects.get().status == Status.UNCLEAR
        (line,) = deliveries_of(chat_page(dispatcher, chat))
        assert line.startswith("Link perhaps sent by e-mail")
        assert "The program stopped while it was being sent." in line

        dispatcher.post(f"{path}/deliveries/{Delivery.objects.get().pk}/tries/")
        work_off()
        assert [letter["Message-ID"] for letter in mail.messages] == [mail.messages[0]["Message-ID"]] * 2

    def test_before_the_try_loses_nothing(self, send, mail, monkeypatch):
        send("email")
        with monkeypatch.context() as killed:
            killed.setattr(actions, "take_delivery", raising(Died))
            with pytest.raises(Died):
                work_off()
        assert work_off() == 0
        left_over.clear()
        assert work_off() == 0

        time_passes(minutes=3)
        left_over.clear()
        work_off()
        assert len(mail.messages) == 1

    def test_what_is_only_late_is_not_woken_twice(self, send, mail):
        send("email")
        time_passes(minutes=30)
        left_over.clear()
        assert work_off() == 1

    @pytest.mark.parametrize("answer", ["250 OK", "550 5.1.1 No such user"])
    def test_what_was_erased_while_it_was_sent_is_done_with(self, chat, send, mail, monkeypatch, caplog, answer):
        message_of = email.message_of

        def erase_and_write(letter):
            Delivery.objects.all().delete()
            return message_of(letter)

        monkeypatch.setattr(email, "message_of", erase_and_write)
        mail.to_recipient = answer
        send("email")
        work_off()
        assert mail.tries == 1
        assert caplog.text == ""

    def test_a_database_that_is_away_for_a_moment_costs_a_moment(self, send, mail, monkeypatch):
        with monkeypatch.context() as away:
            away.setattr("chat.notices.sending.write_letter", raising(OperationalError("gone away")))
            send("email")
            work_off()
        assert mail.messages == []
        time_passes(minutes=1)
        work_off()
        assert len(mail.messages) == 1

    @pytest.mark.parametrize(("error", "times"), [(OperationalError, 3), (DataError, 1)])
    def test_only_what_may_pass_is_waited_for(self, monkeypatch, error, times):
        monkeypatch.setattr(sending, "INSISTENCE", (0, 0))
        asked = []

        def note(**given):
            asked.append(given)
            raise error("no")

        with pytest.raises(error):
            sending.insist(note, delivery_id=1)
        assert len(asked) == times

    def test_a_fault_of_ours_is_seen_and_not_repeated(self, chat, dispatcher, send, mail, monkeypatch, caplog):
        monkeypatch.setattr("chat.notices.email.message_of", lambda letter: 1 / 0)
        send("email")
        work_off()
        assert "It failed here. The log of the program says why." in deliveries_of(chat_page(dispatcher, chat))[0]
        assert "ZeroDivisionError" in caplog.text
        time_passes(hours=1)
        assert work_off() == 0


@pytest.mark.django_db(transaction=True)
async def test_what_became_of_it_shows_at_once_on_an_open_page(cast, chat, dispatcher, send, mail, open_tab):
    tab = await open_tab(dispatcher, chat)
    await ask(send, "email")
    await tab.control("people")
    tab.frames.clear()
    await ask(work_off)
    await tab.control("people")


@pytest.mark.django_db(transaction=True)
async def test_guests_hear_nothing_of_it(cast, chat, dispatcher, customer, send, mail, open_tab):
    tab, theirs = await open_tab(dispatcher, chat), await open_tab(customer, chat)
    await ask(send, "email")
    await tab.control("people")
    await ask(actions.send_message, conversation=chat, author=cast.dispatcher, body="Hello")
    await theirs.hear_until(lambda: "Hello" in [line.text for line in theirs.lines])
    assert "people" not in [said["type"] for said in theirs.controls]
