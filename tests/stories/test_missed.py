"""Who is away and misses a message is told once, by what reaches them, and comes back by the link in it."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import AccessLink
from chat import actions
from chat.models import Delivery, Presence
from chat.notices import missed
from tests.background import look_and_work, time_passes, work_off
from tests.factories import OrderFactory
from tests.mail_sink import link_in, page_of, text_of

from .reading import page_of as chat_page
from .reading import texts_of

Status, Problem = Delivery.Status, Delivery.Problem


@pytest.fixture
def customer(cast):
    """The customer of the chat, who has an e-mail address and no phone."""
    cast.customer.email, cast.customer.phone = "jose@customer.example", ""
    cast.customer.save()
    return cast.customer


@pytest.fixture
def driver(cast, chat):
    """The driver of the order, who is in its chat and has a phone and an e-mail address. The customer has neither."""
    type(cast.customer).objects.filter(pk=cast.customer.pk).update(phone="", email="")
    cast.driver.email, cast.driver.phone = "nancy@driver.example", "(206) 555-0142"
    cast.driver.save()
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return cast.driver


@pytest.fixture
def write(cast, chat):
    """Somebody writes, the dispatcher if nobody else: write("Hello")."""

    def write(body, author=None, conversation=None):
        sent = actions.send_message(conversation=conversation or chat, author=author or cast.dispatcher, body=body)
        return sent.message

    return write


def see(conversation, person):
    conversation.refresh_from_db()
    actions.mark_read(conversation=conversation, person=person, number=conversation.last_number)


def come_by(client, letter):
    """Open the link of a letter in this browser, and the page that it leads to."""
    answer = client.post(link_in(letter).removeprefix("http://127.0.0.1:8000"))
    assert answer.status_code == 303, answer.content.decode()
    return client.get(answer.url)


class TestOnce:
    def test_a_missed_message_brings_one_e_mail_after_three_minutes(self, cast, chat, customer, write, mail, client):
        write("We are two hours late.")

        time_passes(minutes=2, seconds=50)
        look_and_work()
        assert mail.messages == []

        time_passes(seconds=20)
        look_and_work()
        (letter,) = mail.messages
        assert letter["To"] == "jose@customer.example"
        assert letter.recipients == ["jose@customer.example"]
        assert "Dispatcher 1: We are two hours late." in text_of(letter)

        assert "We are two hours late." in texts_of(come_by(client, text_of(letter)))

    def test_more_messages_bring_no_more_of_them(self, chat, customer, write, mail):
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        for body in ("Two.", "Three."):
            write(body)
            time_passes(minutes=4)
            look_and_work()
        assert len(mail.messages) == 1

    def test_who_was_back_and_missed_something_new_is_told_again(self, chat, customer, write, mail):
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        see(chat, customer)
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 1

        write("Two.")
        time_passes(minutes=4)
        look_and_work()
        assert "Two." in text_of(mail.messages[1])
        assert len(mail.messages) == 2

    def test_who_was_told_and_then_marks_as_unread_is_told_of_the_next(self, chat, customer, write, mail):
        first = write("One.")
        write("Two.")
        see(chat, customer)
        write("Three.")
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 1

        see(chat, customer)
        actions.mark_unread(conversation=chat, person=customer, number=first.number)
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 1
        write("Four.")
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 2

    def test_who_marks_as_unread_just_what_they_were_told_of_is_told_of_the_next(self, chat, customer, write, mail):
        write("One.")
        see(chat, customer)
        told_of = write("Two.")
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 1

        see(chat, customer)
        actions.mark_unread(conversation=chat, person=customer, number=told_of.number)
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 1
        write("Three.")
        time_passes(minutes=4)
        look_and_work()
        assert "Three." in text_of(mail.messages[1])
        # And once.
        write("Four.")
        time_passes(minutes=4)
        look_and_work()
        assert len(mail.messages) == 2

    def test_several_messages_are_one_notice_that_counts_them(self, chat, customer, write, mail):
        write("One.")
        write("Two.")
        write("Three.")
        time_passes(minutes=4)
        look_and_work()
        (letter,) = mail.messages
        assert letter["Subject"] == "3 new messages: Order 11064"
        assert "Three." in text_of(letter)
        assert "One." not in text_of(letter)

    def test_two_looks_at_the_same_time_tell_once(self, chat, customer, write, mail):
        write("One.")
        time_passes(minutes=4)
        (row,) = missed.who_missed(timezone.now())
        assert missed.tell(row.pk)
        assert not missed.tell(row.pk)
        # Also where the other one has not seen what this one did, the constraint stands.
        again = actions.send_notice(conversation=chat, person=customer, channel="email", seen=0, at=timezone.now())
        assert again is None
        work_off()
        assert len(mail.messages) == 1


class TestWhatCouldNotBeTold:
    @pytest.fixture(autouse=True)
    def missed_and_failed(self, customer, write, mail):
        """The mail server has refused the customer's notice for as long as it was tried by itself."""
        mail.to_recipient = "451 4.3.0 Later"
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        for _ in range(4):
            time_passes(minutes=31)
            work_off()
        assert (Delivery.objects.get().status, mail.tries) == (Status.FAILED, 5)
        mail.to_recipient = "250 OK"

    def test_is_told_with_the_next_message(self, write, mail):
        time_passes(minutes=10)
        look_and_work()
        assert mail.messages == []

        write("Two.")
        time_passes(minutes=2)
        look_and_work()
        assert mail.messages == []
        time_passes(minutes=2)
        look_and_work()
        (letter,) = mail.messages
        assert letter["Subject"] == "2 new messages: Order 11064"
        assert Delivery.objects.get().is_sent

    def test_is_tried_anew_once_for_each_further_message(self, write, mail):
        mail.to_recipient = "451 4.3.0 Later"
        write("Two.")
        time_passes(minutes=4)
        for _ in range(10):
            look_and_work()
            time_passes(minutes=31)
        assert mail.tries == 10

    def test_may_be_sent_a_day_later_by_a_person(self, cast, chat, mail, sign_in):
        time_passes(hours=49)
        assert actions.try_again(delivery=Delivery.objects.get())
        work_off()
        assert len(mail.messages) == 1
        assert "Told of missed messages by e-mail" in chat_page(sign_in(cast.dispatcher), chat).content.decode()

    def test_is_left_to_a_person_where_nothing_passes_by_itself(self, chat, customer, write, mail):
        see(chat, customer)
        mail.to_recipient = "550 5.1.1 No such user"
        for body in ("Two.", "Three."):
            write(body)
            time_passes(minutes=4)
            look_and_work()
        assert mail.tries == 6

    def test_begins_with_the_first_channel_when_a_person_has_it_tried(self, chat, customer, write, mail, sms):
        see(chat, customer)
        type(customer).objects.filter(pk=customer.pk).update(phone="(206) 555-0142")
        sms.answers = [(400, {"error": "Not a mobile"}, {})]
        mail.to_recipient = "550 5.1.1 No such user"
        write("Two.")
        time_passes(minutes=4)
        look_and_work()
        work_off()
        failed = Delivery.objects.first()
        assert (failed.status, failed.channel, len(sms.asked)) == (Status.FAILED, "email", 1)

        sms.answers = [(200, {"id": "m-1"}, {})]
        assert actions.try_again(delivery=failed)
        work_off()
        failed.refresh_from_db()
        assert (failed.status, failed.channel, failed.earlier, len(sms.asked)) == (Status.SENT, "sms", [], 2)


class TestNobodyIsToldOf:
    """Each of these has a twin in TestOnce in which the same message is told of."""

    @pytest.fixture(autouse=True)
    def everything_else_is_there(self, chat, customer, mail):
        self.mail = mail

    def nothing_comes(self):
        time_passes(minutes=10)
        look_and_work()
        return self.mail.messages == []

    def test_what_they_saw_before_it_was_time(self, chat, customer, write):
        write("One.")
        time_passes(minutes=1)
        see(chat, customer)
        assert self.nothing_comes()

    def test_what_they_saw_between_the_look_and_the_try(self, chat, customer, write):
        write("One.")
        time_passes(minutes=4)
        assert missed.look() == 1
        see(chat, customer)
        work_off()
        assert self.mail.messages == []
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.problem) == (Status.DROPPED, Problem.SEEN)

        # What was never sent does not stand in the way of the next one.
        write("Two.")
        time_passes(minutes=4)
        look_and_work()
        assert len(self.mail.messages) == 1

    def test_what_they_wrote_themselves(self, customer, write):
        write("Hello?", author=customer)
        assert self.nothing_comes()

    def test_what_only_happened(self, cast, chat, customer):
        actions.rename_conversation(conversation=chat, title="Gate 4", actor=cast.dispatcher)
        assert self.nothing_comes()

    def test_what_was_deleted(self, cast, write):
        message = write("To the wrong one.")
        actions.delete_message(message=message)
        assert self.nothing_comes()

    def test_what_is_older_than_a_day(self, write):
        write("One.")
        time_passes(hours=25)
        assert self.nothing_comes()

    def test_what_they_have_marked_as_unread(self, chat, customer, write):
        message = write("One.")
        time_passes(minutes=2)
        see(chat, customer)
        time_passes(minutes=2)
        actions.mark_unread(conversation=chat, person=customer, number=message.number)
        assert self.nothing_comes()

    def test_what_stands_in_a_closed_chat(self, cast, chat, write):
        write("One.")
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        assert self.nothing_comes()

    def test_who_was_removed(self, cast, chat, customer, write):
        write("One.")
        actions.remove_participant(conversation=chat, person=customer, actor=cast.dispatcher)
        assert self.nothing_comes()

    def test_who_is_no_longer_active(self, customer, write):
        write("One.")
        customer.is_active = False
        customer.save()
        assert self.nothing_comes()

    def test_who_has_turned_it_off(self, customer, write):
        write("One.")
        customer.email_notices = False
        customer.save()
        assert self.nothing_comes()

    def test_who_was_never_to_be_told(self, settings, write):
        settings.NOTICE_MINUTES_CUSTOMER = 0
        write("One.")
        assert self.nothing_comes()

    def test_the_team(self, cast, chat, customer, write):
        cast.dispatcher.email = "dispatcher@speedy.example"
        cast.dispatcher.save()
        write("Where is it?", author=customer)
        assert self.nothing_comes()

    def test_who_is_looking_at_it(self, chat, customer, write):
        write("One.")
        time_passes(minutes=4)
        actions.note_presence(here={(chat.pk, customer.pk)}, gone=set())
        assert missed.look() == 0

        # Gone without having seen it.
        time_passes(minutes=2)
        look_and_work()
        assert len(self.mail.messages) == 1

    def test_who_came_between_the_look_and_the_try(self, chat, customer, write):
        write("One.")
        time_passes(minutes=4)
        assert missed.look() == 1
        actions.note_presence(here={(chat.pk, customer.pk)}, gone=set())
        work_off()
        assert self.mail.messages == []

        Presence.objects.all().delete()
        time_passes(minutes=2)
        look_and_work()
        assert len(self.mail.messages) == 1

    def test_what_a_link_was_sent_for(self, cast, chat, customer, write):
        write("One.")
        time_passes(minutes=1)
        actions.send_link(conversation=chat, person=customer, channel="email", key="0" * 32, actor=cast.dispatcher)
        work_off()
        assert len(self.mail.messages) == 1
        time_passes(minutes=9)
        look_and_work()
        assert len(self.mail.messages) == 1

        # What is written after it was sent is news.
        write("Two.")
        time_passes(minutes=4)
        look_and_work()
        assert len(self.mail.messages) == 2

    @pytest.mark.parametrize("event", ["removed", "inactive", "closed"])
    def test_whoever_lost_it_between_the_look_and_the_try(self, cast, chat, customer, write, event):
        write("One.")
        time_passes(minutes=4)
        assert missed.look() == 1
        if event == "removed":
            actions.remove_participant(conversation=chat, person=customer, actor=cast.dispatcher)
        elif event == "inactive":
            customer.is_active = False
            customer.save()
        else:
            actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        work_off()
        assert self.mail.messages == []
        assert not AccessLink.objects.exists()
        problem = {"removed": Problem.LEFT, "inactive": Problem.INACTIVE, "closed": Problem.CLOSED}[event]
        assert Delivery.objects.get().problem == problem


class TestDriver:
    def test_is_told_after_one_minute(self, driver, write, mail):
        write("Gate 4.")
        time_passes(seconds=55)
        look_and_work()
        assert mail.messages == []
        time_passes(seconds=10)
        look_and_work()
        assert len(mail.messages) == 1

    def test_is_told_once_for_all_chats(self, cast, driver, write, mail):
        other, _ = actions.open_order_chat(order=OrderFactory(reference="11065"), actor=cast.dispatcher)
        actions.add_participants(conversation=other, people=[driver], actor=cast.dispatcher)
        time_passes(minutes=2)
        write("Gate 4.")
        time_passes(minutes=2)
        look_and_work()
        write("Gate 5.", conversation=other)
        time_passes(minutes=2)
        look_and_work()
        assert len(mail.messages) == 1

    def test_who_was_back_in_one_chat_is_told_of_what_came_in_another_after_that(self, cast, chat, driver, write, mail):
        other, _ = actions.open_order_chat(order=OrderFactory(reference="11065"), actor=cast.dispatcher)
        actions.add_participants(conversation=other, people=[driver], actor=cast.dispatcher)
        time_passes(minutes=2)
        write("Gate 4.")
        time_passes(minutes=2)
        look_and_work()
        see(chat, driver)
        write("Gate 5.", conversation=other)
        time_passes(minutes=2)
        look_and_work()
        assert [letter["Subject"] for letter in mail.messages] == [
            "New message: Order 11064",
            "New message: Order 11065",
        ]

    def test_who_reads_it_before_it_is_noted_as_sent_was_back(self, cast, chat, driver, write, mail, monkeypatch):
        note_sent = actions.note_sent

        def read_and_note(**given):
            see(chat, driver)
            note_sent(**given)

        monkeypatch.setattr(actions, "note_sent", read_and_note)
        other, _ = actions.open_order_chat(order=OrderFactory(reference="11065"), actor=cast.dispatcher)
        actions.add_participants(conversation=other, people=[driver], actor=cast.dispatcher)
        time_passes(minutes=2)
        write("Gate 4.")
        time_passes(minutes=2)
        look_and_work()
        assert len(mail.messages) == 1

        write("Gate 5.", conversation=other)
        time_passes(minutes=2)
        look_and_work()
        assert len(mail.messages) == 2

    def test_whom_a_notice_did_not_reach_is_told_of_what_is_in_another_chat(self, cast, chat, driver, write, mail):
        other, _ = actions.open_order_chat(order=OrderFactory(reference="11065"), actor=cast.dispatcher)
        actions.add_participants(conversation=other, people=[driver], actor=cast.dispatcher)
        time_passes(minutes=2)
        mail.to_recipient = "550 5.1.1 No such user"
        write("Gate 4.")
        time_passes(minutes=2)
        look_and_work()
        assert Delivery.objects.get().status == Status.FAILED

        mail.to_recipient = "250 OK"
        write("Gate 5.", conversation=other)
        time_passes(minutes=2)
        look_and_work()
        assert [letter["Subject"] for letter in mail.messages] == ["New message: Order 11065"]

    def test_who_was_added_has_their_minute_from_then_on(self, cast, chat, write, mail):
        write("An old one.")
        time_passes(minutes=30)
        cast.driver.email = "nancy@driver.example"
        cast.driver.save()
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        look_and_work()
        assert mail.messages == []
        time_passes(minutes=2)
        look_and_work()
        assert [letter["To"] for letter in mail.messages] == ["nancy@driver.example"]

    def test_sms_comes_before_e_mail_and_what_they_would_rather_have_before_that(self, driver, write, mail, sms, chat):
        write("Gate 4.")
        time_passes(minutes=2)
        look_and_work()
        assert (len(sms.asked), len(mail.messages)) == (1, 0)

        see(chat, driver)
        driver.reached_by = "email"
        driver.save()
        write("Gate 5.")
        time_passes(minutes=2)
        look_and_work()
        assert (len(sms.asked), len(mail.messages)) == (1, 1)


class TestQuietHours:
    @pytest.fixture
    def quiet(self, customer):
        """The customer's quiet hours began an hour ago and end in an hour, in Tokyo."""
        zone = ZoneInfo("Asia/Tokyo")
        now = timezone.now().astimezone(zone)
        customer.quiet_from, customer.quiet_until = ((now + timedelta(hours=h)).time() for h in (-1, 1))
        customer.time_zone = "Asia/Tokyo"
        customer.save()
        return customer

    def test_hold_it_back_until_they_end(self, cast, chat, quiet, write, mail, sign_in):
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        assert mail.messages == []
        assert "after the quiet hours" in chat_page(sign_in(cast.dispatcher), chat).content.decode()

        # An hour later in the row, and no longer quiet for the person.
        type(quiet).objects.filter(pk=quiet.pk).update(quiet_from=None, quiet_until=None)
        time_passes(minutes=61)
        look_and_work()
        assert len(mail.messages) == 1

    def test_what_was_seen_in_them_is_not_sent(self, chat, quiet, write, mail):
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        see(chat, quiet)
        type(quiet).objects.filter(pk=quiet.pk).update(quiet_from=None, quiet_until=None)
        time_passes(minutes=61)
        look_and_work()
        assert mail.messages == []
        assert Delivery.objects.get().status == Status.DROPPED

    def test_what_a_dispatcher_sends_goes_out(self, cast, chat, quiet, mail):
        actions.send_link(conversation=chat, person=quiet, channel="email", key="0" * 32, actor=cast.dispatcher)
        work_off()
        assert len(mail.messages) == 1

    @pytest.mark.parametrize(
        ("quiet_from", "quiet_until", "now", "end"),
        [
            ("22:00", "07:00", "21:59", None),
            ("22:00", "07:00", "22:00", "07:00 +1"),
            ("22:00", "07:00", "06:59", "07:00"),
            ("22:00", "07:00", "07:00", None),
            ("12:00", "14:00", "13:00", "14:00"),
            ("12:00", "14:00", "14:00", None),
        ],
    )
    def test_of_the_clock(self, customer, quiet_from, quiet_until, now, end):
        customer.quiet_from, customer.quiet_until = time.fromisoformat(quiet_from), time.fromisoformat(quiet_until)
        customer.time_zone = "America/Los_Angeles"
        zone = ZoneInfo("America/Los_Angeles")
        moment = datetime.combine(datetime(2026, 7, 1), time.fromisoformat(now), zone).astimezone(ZoneInfo("UTC"))
        expected = None
        if end:
            clock, _, days = end.partition(" +")
            expected = datetime.combine(datetime(2026, 7, 1 + int(days or 0)), time.fromisoformat(clock), zone)
        assert customer.end_of_quiet(moment) == expected

    @pytest.mark.parametrize(
        ("quiet_until", "now", "end"),
        [
            # In Berlin the clocks went back from 3:00 to 2:00 that night, at 1:00 of UTC.
            ("02:30", "00:10", "00:30"),
            ("02:30", "00:40", None),
            ("02:30", "01:10", "01:30"),
            ("02:30", "01:40", None),
            ("07:00", "00:10", "06:00"),
        ],
    )
    def test_in_the_night_in_which_the_clocks_go_back(self, customer, quiet_until, now, end):
        customer.quiet_from, customer.quiet_until = time(22), time.fromisoformat(quiet_until)
        customer.time_zone = "Europe/Berlin"

        def that_night(clock):
            return datetime.combine(datetime(2026, 10, 25), time.fromisoformat(clock), UTC)

        found = customer.end_of_quiet(that_night(now))
        # Times that come twice equal none of another zone.
        assert (found and found.astimezone(UTC)) == (end and that_night(end))

    def test_in_the_night_in_which_the_clocks_go_forward(self, customer):
        customer.quiet_from, customer.quiet_until, customer.time_zone = time(22), time(2, 30), "Europe/Berlin"
        now = datetime(2026, 3, 29, 0, 10, tzinfo=UTC)
        assert customer.end_of_quiet(now).astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    def test_that_ended_in_the_past_are_looked_at_again_in_a_moment(self, customer, write, mail, monkeypatch):
        write("One.")
        time_passes(minutes=4)
        missed.look()
        looked = []

        def ended(person, now):
            looked.append(now)
            assert len(looked) < 5
            return now - timedelta(minutes=40)

        monkeypatch.setattr(type(customer), "end_of_quiet", ended)
        assert work_off() == 1
        monkeypatch.undo()
        time_passes(minutes=2)
        work_off()
        assert Delivery.objects.get().tries == 1

    def test_of_a_zone_that_this_machine_does_not_know_are_the_sites(self, customer, write, mail, settings):
        settings.TIME_ZONE = "Asia/Tokyo"
        customer.quiet_from, customer.quiet_until, customer.time_zone = time(22), time(7), "Mars/Base"
        now = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
        assert customer.end_of_quiet(now) == datetime(2026, 7, 1, 22, 0, tzinfo=UTC)


class TestWhatItSays:
    def test_a_preview_is_at_most_80_characters(self, customer, write, mail):
        write("word " * 100)
        time_passes(minutes=4)
        look_and_work()
        (line,) = [line for line in text_of(mail.messages[0]).splitlines() if line.startswith("Dispatcher 1: ")]
        preview = line.removeprefix("Dispatcher 1: ")
        assert len(preview) <= 80
        assert preview.endswith("…")

    def test_a_location_is_called_by_its_name(self, cast, chat, customer, mail):
        location = {"lat": 43.6, "lon": -116.2, "accuracy": 12}
        actions.send_message(conversation=chat, author=cast.dispatcher, body="", location=location)
        time_passes(minutes=4)
        look_and_work()
        assert "Dispatcher 1: Location" in text_of(mail.messages[0])

    def test_there_is_none_where_it_is_turned_off(self, settings, customer, write, mail):
        settings.NOTICE_PREVIEW = False
        write("The code is 4711.")
        time_passes(minutes=4)
        look_and_work()
        assert "4711" not in mail.messages[0].as_string() + text_of(mail.messages[0]) + page_of(mail.messages[0])
        assert "There is a new message for you." in text_of(mail.messages[0])


class TestLinks:
    def test_of_notices_that_nobody_opened_are_replaced(self, cast, chat, customer, write, mail, client, sign_in):
        for body in ("One.", "Two."):
            write(body)
            time_passes(minutes=4)
            look_and_work()
            see(chat, customer)
        first, second = map(text_of, mail.messages)
        assert client.post(link_in(first).removeprefix("http://127.0.0.1:8000")).status_code == 404
        assert "Two." in texts_of(come_by(client, second))

        # The one that was opened stays, with the browser that came in by it.
        write("Three.")
        time_passes(minutes=4)
        look_and_work()
        assert AccessLink.objects.usable().count() == 2
        page = sign_in(cast.dispatcher).get(f"/chats/{chat.pk}/participants/{customer.pk}/links/")
        assert page.content.decode().count('class="weblink__row"') == 2

    def test_no_token_is_in_the_database(self, customer, write, mail):
        write("One.")
        time_passes(minutes=4)
        look_and_work()
        token = link_in(text_of(mail.messages[0])).rstrip("/").rpartition("/")[2]
        assert len(token) > 30
        rows = [*DBTaskResult.objects.values(), *Delivery.objects.values(), *AccessLink.objects.values()]
        assert rows
        assert token not in repr(rows)


class TestMany:
    def test_everybody_has_their_turn(self, cast, customer, write, mail, monkeypatch):
        monkeypatch.setattr(missed, "PAGE", 2)
        for number in range(5):
            order = OrderFactory()
            order.customer.email = f"c{number}@customer.example"
            order.customer.save()
            chat, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)
            write("Late.", conversation=chat)
        time_passes(minutes=4)
        look_and_work()
        assert sorted(letter["To"] for letter in mail.messages) == [f"c{n}@customer.example" for n in range(5)]

    def test_they_are_found_by_one_query(self, cast, customer, write, mail, django_assert_num_queries):
        for count in (1, 3):
            for _ in range(count):
                order = OrderFactory()
                order.customer.email = "c@customer.example"
                order.customer.save()
                chat, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)
                write("Late.", conversation=chat)
            time_passes(minutes=4)
            with django_assert_num_queries(1):
                found = list(missed.who_missed(timezone.now()))
            assert missed.look() == len(found) == count

    def test_one_who_cannot_be_told_is_in_nobodys_way(self, cast, chat, customer, write, mail, monkeypatch, caplog):
        send_notice = actions.send_notice

        def fail_for_one(**given):
            if given["conversation"] == chat:
                raise ValueError("no such thing")
            return send_notice(**given)

        monkeypatch.setattr(actions, "send_notice", fail_for_one)
        other, _ = actions.open_order_chat(order=OrderFactory(reference="11065"), actor=cast.dispatcher)
        type(customer).objects.exclude(pk=customer.pk).update(email="c@customer.example")
        write("Late.")
        time_passes(seconds=10)
        write("Late.", conversation=other)
        time_passes(minutes=4)
        assert missed.look() == 1
        work_off()
        assert [letter["To"] for letter in mail.messages] == ["c@customer.example"]
        assert "no such thing" in caplog.text

    def test_a_database_that_is_away_ends_the_look(self, customer, write, mail, monkeypatch):
        def away(**given):
            raise OperationalError("gone away")

        monkeypatch.setattr(actions, "send_notice", away)
        write("Late.")
        time_passes(minutes=4)
        with pytest.raises(OperationalError):
            missed.look()


def test_nothing_is_done_where_nothing_is_set_up(customer, write):
    write("One.")
    time_passes(minutes=4)
    assert look_and_work() == 0
    assert not Delivery.objects.exists()
