"""E-mail and SMS against a mail server and a provider on loopback: what is handed over, and what is refused how."""

import re
import smtplib
import socket
import ssl
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date

from accounts.models import User
from accounts.turning_off import turn_off_url
from chat import actions
from chat.models import Delivery
from chat.notices import missed
from chat.notices import sms as sms_channel
from chat.notices.channels import Letter, NotSent
from chat.notices.email import Email, problem_of
from chat.notices.phones import NoNumber, number_of
from chat.notices.sms import Sms
from chat.wording import one_line
from dispatch_console import logs
from dispatch_console import mail as mailing
from tests.background import time_passes, work_off
from tests.mail_sink import page_of, text_of, turn_off_in
from tests.server import free_port

Problem = Delivery.Problem
URL = "http://127.0.0.1:8000/c/1" + "A" * 32


@pytest.fixture
def person(cast):
    cast.customer.email, cast.customer.phone = "jose@customer.example", "(206) 555-0142"
    cast.customer.save()
    return cast.customer


@pytest.fixture
def letter(person, chat):
    """A letter to the customer: letter("notice", count=2)."""

    def letter(kind="link", **more):
        delivery = Delivery(conversation=chat, person=person, kind=kind, channel="email")
        given = {"language": "en", "url": URL, "about": "Order 11064", **more}
        return Letter(delivery=delivery, person=person, conversation=chat, **given)

    return letter


def refusal(channel, letter):
    """What the channel says of a letter that it cannot hand over: (problem, again, maybe)."""
    with pytest.raises(NotSent) as refused:
        channel.send(letter)
    return refused.value


def not_verified(words):
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {words}")
    error.verify_message = words
    return error


class TestEmail:
    def test_a_link_is_a_whole_and_polite_e_mail(self, letter, mail, settings, person):
        settings.EMAIL_REPLY_TO = "office@speedy.example"
        written = letter()
        Email().send(written)
        (got,) = mail.messages
        assert got["From"] == "Speedy <chat@speedy.example>"
        assert got.sender == "chat@speedy.example"
        assert got["Reply-To"] == "office@speedy.example"
        assert got["Auto-Submitted"] == "auto-generated"
        assert got["Message-ID"] == f"<{written.delivery.key}@speedy.example>"
        assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        # But for the second in which it was signed, and the signature.
        assert turn_off_in(got).rsplit(":", 2)[0] == turn_off_url(person).rsplit(":", 2)[0]
        assert got.get_content_type() == "multipart/alternative"
        assert URL in text_of(got)
        assert f'href="{URL}"' in page_of(got)
        assert "<img" not in page_of(got)

    @pytest.mark.parametrize("language", ["en", "es", "fr", "de", "ar"])
    @pytest.mark.parametrize("kind", ["link", "notice"])
    def test_it_is_in_the_persons_language(self, letter, mail, language, kind):
        Email().send(letter(kind, language=language, count=3, author="Ann", preview="Hi"))
        (got,) = mail.messages
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in page_of(got)
        english = "Whoever has it can read and write as you"
        assert (english in text_of(got)) == (language == "en")

    @pytest.mark.parametrize(
        "hostile",
        [
            "Late\r\nBcc: everybody@example.com",
            "\u202egnp.exe",
            "<script>alert(1)</script> & “quotes”",
            "سلام 😀 " + "x" * 190,
            "",
        ],
    )
    def test_names_and_titles_do_no_harm(self, cast, chat, person, mail, hostile):
        type(chat).objects.filter(pk=chat.pk).update(title=hostile)
        User.objects.filter(pk=cast.dispatcher.pk).update(name=hostile or "x")
        User.objects.filter(pk=person.pk).update(name=hostile or "x")
        actions.send_message(conversation=chat, author=cast.dispatcher, body=hostile or "x")
        time_passes(minutes=4)
        missed.look()
        work_off()
        (got,) = mail.messages
        assert got.recipients == ["jose@customer.example"]
        assert got["Bcc"] is None
        assert got.defects == []
        assert len(got["Subject"]) < 120
        assert "\u202e" not in got["Subject"] + text_of(got)
        assert "<script>" not in page_of(got)

    @pytest.mark.parametrize(
        ("where", "answer", "problem", "again"),
        [
            ("to_recipient", "550 5.1.1 No such user", Problem.REFUSED, False),
            ("to_recipient", "451 4.7.1 Greylisted", Problem.BUSY, True),
            ("to_recipient", "452 4.2.2 Mailbox full", Problem.BUSY, True),
            ("to_sender", "553 5.1.8 Sender refused", Problem.SENDER_REFUSED, False),
            ("to_sender", "421 4.3.2 Too many", Problem.BUSY, True),
            ("to_text", "554 5.7.1 Spam", Problem.REFUSED, False),
            ("to_text", "451 4.3.0 Later", Problem.BUSY, True),
        ],
    )
    def test_what_the_server_refuses_is_told_in_its_words(self, letter, mail, where, answer, problem, again):
        setattr(mail, where, answer)
        refused = refusal(Email(), letter())
        assert (refused.problem, refused.detail, refused.again, refused.maybe) == (problem, answer, again, False)

    def test_a_server_that_is_not_there(self, letter, mail, settings):
        settings.MAILERS["default"]["OPTIONS"]["port"] = free_port()
        refused = refusal(Email(), letter())
        assert (refused.problem, refused.again, refused.maybe) == (Problem.UNREACHABLE, True, False)

    def test_a_server_that_wants_another_password(self, letter, mail, settings):
        settings.MAILERS["default"]["OPTIONS"] |= {"username": "me", "password": "wrong"}
        # This one knows no passwords at all.
        refused = refusal(Email(), letter())
        assert (refused.problem, refused.again) == (Problem.NOT_SET_UP, False)

    @pytest.mark.parametrize(
        ("error", "problem", "again"),
        [
            (smtplib.SMTPAuthenticationError(535, b"5.7.8 Wrong password"), Problem.SIGN_IN_REFUSED, False),
            (smtplib.SMTPAuthenticationError(454, b"4.7.0 Not now"), Problem.BUSY, True),
            (smtplib.SMTPConnectError(421, b"Too many"), Problem.BUSY, True),
            (smtplib.SMTPHeloError(550, b"Who are you?"), Problem.REFUSED, False),
            (smtplib.SMTPServerDisconnected("gone"), Problem.UNREACHABLE, True),
            (TimeoutError("timed out"), Problem.TIMED_OUT, True),
            (socket.gaierror(-2, "Name or service not known"), Problem.UNREACHABLE, True),
            (ValueError("Invalid address"), Problem.BAD_ADDRESS, False),
            (not_verified("self-signed certificate"), Problem.UNREACHABLE, False),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_cannot_be_staged(self, error, problem, again):
        found = problem_of(error)
        assert (found.problem, found.again, found.maybe) == (problem, again, False)

    def test_a_certificate_that_does_not_hold_is_told_in_words(self):
        assert problem_of(not_verified("self-signed certificate")).detail == "self-signed certificate"

    def test_a_server_that_is_silent_once_it_has_the_text(self, letter, mail, monkeypatch):
        monkeypatch.setattr(mailing, "PATIENCE", 0.3)
        mail.to_text = None
        refused = refusal(Email(), letter())
        assert (refused.problem, refused.again, refused.maybe) == (Problem.TIMED_OUT, False, True)

    def test_a_server_that_looks_through_the_text_for_long(self, letter, mail, settings):
        settings.MAILERS = mail.settings(timeout=0.3)
        mail.pause = 1
        Email().send(letter())
        assert len(mail.messages) == 1

    def test_a_server_that_breaks_off_once_it_has_the_text(self, letter, mail):
        mail.breaks_off = True
        refused = refusal(Email(), letter())
        assert (refused.problem, refused.again, refused.maybe) == (Problem.UNREACHABLE, False, True)

    def test_what_it_may_have_taken_is_not_sent_again_by_itself(self, cast, chat, person, mail):
        mail.breaks_off = True
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        missed.look()
        for _ in range(5):
            work_off()
            time_passes(minutes=31)
        assert len(mail.messages) == 1
        assert Delivery.objects.get().status == Delivery.Status.UNCLEAR


class TestSms:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(sms_channel, "PATIENCE", (1, 0.3))

    def test_the_generic_provider_is_asked_with_a_key(self, letter, sms):
        sms.answers = [(201, {"id": 4711}, {})]
        written = letter()
        assert Sms().send(written) == "4711"
        (asked,) = sms.asked
        assert asked["path"] == "/messages"
        assert asked["headers"]["Authorization"] == "Bearer the-token"
        assert asked["headers"]["Idempotency-Key"] == str(written.delivery.key)
        assert asked["fields"] == {
            "to": "+12065550142",
            "from": "Speedy",
            "text": f"Dispatch Console: your delivery has a chat (Order 11064). Open it: {URL}",
            "id": str(written.delivery.key),
        }

    @pytest.mark.parametrize(("sender", "field"), [("+15005550006", "From"), ("MG123", "MessagingServiceSid")])
    def test_twilio_is_asked_as_it_wants_to_be(self, letter, sms, settings, sender, field):
        settings.SMS_PROVIDER, settings.SMS_URL, settings.SMS_FROM = "twilio", sms.url, sender
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "secret"
        sms.answers = [(201, {"sid": "SM1", "status": "queued"}, {})]
        assert Sms().send(letter("notice", count=1, author="Ann", preview="Hi")) == "SM1"
        (asked,) = sms.asked
        assert asked["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
        assert asked["headers"]["Authorization"] == "Basic QUMxOnNlY3JldA=="
        assert asked["fields"] == {
            "To": "+12065550142",
            field: sender,
            "Body": f"Order 11064, Ann: “Hi” Read and answer: {URL}",
        }

        sms.answers = [(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"}, {})]
        refused = refusal(Sms(), letter())
        assert refused.detail == "400 21610 Attempt to send to unsubscribed recipient"

    @pytest.mark.parametrize(
        ("answer", "problem", "again", "maybe"),
        [
            ((400, {"error": "Not a mobile"}, {}), Problem.REFUSED, False, False),
            ((404, {}, {}), Problem.REFUSED, False, False),
            ((401, {"error": "No"}, {}), Problem.SIGN_IN_REFUSED, False, False),
            ((403, {}, {}), Problem.SIGN_IN_REFUSED, False, False),
            ((302, {}, {"Location": "http://127.0.0.1:1/"}), Problem.REFUSED, False, False),
            ((408, {}, {}), Problem.BUSY, True, False),
            ((429, {}, {}), Problem.BUSY, True, False),
            ((500, b"<html>not JSON</html>", {}), Problem.BUSY, True, True),
            ((503, [1], {}), Problem.BUSY, True, False),
            ((502, {}, {}), Problem.BUSY, True, True),
            ((504, {}, {}), Problem.BUSY, True, True),
            (None, Problem.TIMED_OUT, True, True),
        ],
    )
    def test_what_the_provider_answers(self, letter, sms, answer, problem, again, maybe):
        sms.answers = [answer]
        refused = refusal(Sms(), letter())
        assert (refused.problem, refused.again, refused.maybe) == (problem, again, maybe)
        if answer:
            assert refused.detail.startswith(str(answer[0]))

    @pytest.mark.parametrize(
        ("answer", "tries"), [(None, 1), ((500, {}, {}), 1), ((504, {}, {}), 1), ((503, {}, {}), 5)]
    )
    def test_one_that_knows_no_repetition_is_not_asked_twice_for_what_it_may_have_sent(
        self, cast, chat, person, sms, settings, answer, tries
    ):
        settings.SMS_PROVIDER, settings.SMS_URL, settings.SMS_FROM = "twilio", sms.url, "+15005550006"
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "secret"
        sms.answers = [answer]
        actions.send_link(conversation=chat, person=person, channel="sms", key=uuid4(), actor=cast.dispatcher)
        for _ in range(6):
            work_off()
            time_passes(minutes=31)
        assert len(sms.asked) == tries
        assert Delivery.objects.get().status == ("unclear" if tries == 1 else "failed")

    def test_a_provider_that_is_not_there(self, letter, sms, settings):
        settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"
        refused = refusal(Sms(), letter())
        assert (refused.problem, refused.again, refused.maybe) == (Problem.UNREACHABLE, True, False)

    @pytest.mark.parametrize(
        ("value", "seconds"), [("120", 120), ("0", 0), ("soon", 0), ("-5", 0), ("1" * 400, 0), ("٣", 0)]
    )
    def test_how_long_it_wants_us_to_wait(self, letter, sms, value, seconds):
        headers = SimpleNamespace(headers={"Retry-After": value})
        assert sms_channel.retry_after(headers) == timedelta(seconds=seconds)

    def test_until_when_it_wants_us_to_wait(self):
        until = timezone.now() + timedelta(minutes=10)
        headers = SimpleNamespace(headers={"Retry-After": http_date(until.timestamp())})
        assert timedelta(minutes=9) < sms_channel.retry_after(headers) <= timedelta(minutes=10)

    def test_it_is_not_asked_before_that(self, cast, chat, person, sms):
        sms.answers = [(429, {}, {"Retry-After": "900"}), (200, {"id": "m"}, {})]
        actions.send_link(conversation=chat, person=person, channel="sms", key=uuid4(), actor=cast.dispatcher)
        work_off()
        time_passes(minutes=14, seconds=50)
        assert work_off() == 0
        time_passes(seconds=20)
        work_off()
        assert len(sms.asked) == 2
        assert Delivery.objects.get().is_sent

    def test_one_that_wants_us_to_wait_for_days_is_given_up(self, cast, chat, person, sms):
        sms.answers = [(429, {}, {"Retry-After": "999999"})]
        actions.send_link(conversation=chat, person=person, channel="sms", key=uuid4(), actor=cast.dispatcher)
        work_off()
        assert Delivery.objects.get().status == Delivery.Status.FAILED

    def test_what_it_has_refused_goes_by_e_mail(self, cast, chat, person, sms, mail):
        sms.answers = [(400, {"error": "Not a mobile"}, {})]
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        missed.look()
        work_off()
        work_off()
        assert (len(sms.asked), len(mail.messages)) == (1, 1)
        delivery = Delivery.objects.get()
        assert (delivery.channel, delivery.is_sent) == ("email", True)
        assert delivery.earlier[0]["detail"] == "400 Not a mobile"

    def test_what_it_may_have_sent_goes_by_nothing_else(self, cast, chat, person, sms, mail):
        sms.answers = [None]
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        missed.look()
        for _ in range(5):
            work_off()
            time_passes(minutes=31)
        assert (len(sms.asked), len(mail.messages)) == (5, 0)
        assert len({asked["headers"]["Idempotency-Key"] for asked in sms.asked}) == 1
        assert Delivery.objects.get().status == Delivery.Status.UNCLEAR

    def test_a_refusal_after_a_silence_does_not_make_it_certain(self, cast, chat, person, sms, mail):
        sms.answers = [None, (400, {"error": "No"}, {})]
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        missed.look()
        for _ in range(3):
            work_off()
            time_passes(minutes=1)
        assert (len(sms.asked), len(mail.messages)) == (2, 0)
        assert Delivery.objects.get().status == Delivery.Status.UNCLEAR

    def test_its_words_are_kept_without_what_no_database_takes_and_without_the_link(self, cast, chat, person, sms):
        said = {"error": f"Blocked:\0\ud800 {URL} is bad"}
        sms.answers = [(400, said, {}), (200, {"id": "m\0-1"}, {})]
        actions.send_link(conversation=chat, person=person, channel="sms", key=uuid4(), actor=cast.dispatcher)
        work_off()
        delivery = Delivery.objects.get()
        assert delivery.detail == "400 Blocked: http://127.0.0.1:8000/c/[token] is bad"
        actions.try_again(delivery=delivery)
        work_off()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.provider_id) == (Delivery.Status.SENT, "m -1")

    def test_a_number_that_is_none_is_told_of_by_e_mail_at_once(self, cast, chat, person, sms, mail):
        person.phone = "(5) 555-4729"
        person.save()
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        missed.look()
        work_off()
        assert (len(sms.asked), len(mail.messages)) == (0, 1)

    def test_a_number_that_is_none_and_nothing_else_shows(self, cast, chat, person, sms):
        person.phone, person.email = "(5) 555-4729", ""
        person.save()
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        assert missed.look() == 1
        work_off()
        assert missed.look() == 0
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.problem) == (Delivery.Status.FAILED, Problem.BAD_ADDRESS)
        assert delivery.detail == "No network has a number like this."


class TestNumbers:
    @pytest.mark.parametrize(
        ("typed", "region", "number"),
        [
            ("+44 171 555 0000", "", None),
            ("+44 20 7946 0018", "", "+442079460018"),
            ("(206) 555-0142", "US", "+12065550142"),
            ("0171 2345678", "DE", "+491712345678"),
            ("(206) 555-0142", "", None),
            ("(5) 555-4729", "US", None),
            ("(5) 555-4729", "MX", None),
            ("0621-08460", "US", None),
            ("ask at the desk", "US", None),
            ("+", "US", None),
            ("1" * 60, "US", None),
            ("\0", "US", None),
        ],
    )
    def test_what_they_come_to(self, settings, typed, region, number):
        settings.PHONE_REGION = region
        if number:
            assert number_of(typed) == number
        else:
            with pytest.raises(NoNumber) as refused:
                number_of(typed)
            assert refused.value.reason


class TestTurningOff:
    def test_looking_changes_nothing_and_the_button_turns_it_off_and_on(self, person):
        where = turn_off_url(person).removeprefix("http://127.0.0.1:8000")
        client = Client(enforce_csrf_checks=True)
        for _ in range(3):
            page = client.get(where)
            assert (page.status_code, client.head(where).status_code) == (200, 200)
        person.refresh_from_db()
        assert person.email_notices

        assert client.post(where).status_code == 303
        person.refresh_from_db()
        assert (person.email_notices, person.sms_notices) == (False, True)
        assert b"You get no more e-mails about missed messages" in client.get(where).content

        client.post(where, {"on": "1"})
        person.refresh_from_db()
        assert person.email_notices

    def test_a_mail_program_does_it_with_one_click(self, person):
        where = turn_off_url(person).removeprefix("http://127.0.0.1:8000")
        answer = Client(enforce_csrf_checks=True).post(where, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        person.refresh_from_db()
        assert not person.email_notices

    @pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "x", lambda t: "x", lambda t: t.upper()])
    def test_any_other_token_is_none(self, person, change):
        *before, token, _ = turn_off_url(person).removeprefix("http://127.0.0.1:8000").split("/")
        where = "/".join([*before, change(token), ""])
        assert (Client().get(where).status_code, Client().post(where).status_code) == (404, 404)
        person.refresh_from_db()
        assert person.email_notices

    def test_one_for_somebody_who_is_gone(self, person):
        where = turn_off_url(person).removeprefix("http://127.0.0.1:8000")
        person.is_active = False
        person.save()
        assert (Client().get(where).status_code, Client().post(where).status_code) == (404, 404)


def test_tokens_are_not_written_down(person):
    off = turn_off_url(person)
    said = logs.redact(f"GET {URL} and {off} failed")
    assert said == "GET http://127.0.0.1:8000/c/[token] and http://127.0.0.1:8000/u/[token] failed"


def test_a_letter_does_not_show_its_link(letter):
    assert URL not in repr(letter())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\tc", "a b c"),
        ("x" * 30, "x" * 19 + "…"),
        ("\u202eabc\u2066", "abc"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("  ", ""),
    ],
)
def test_one_line_is_one_line(text, line):
    assert one_line(text, 20) == line
    assert not re.search(r"[\r\n\0]", one_line(text, 20))
