"""A mail server took an e-mail and sends it back later: the team reads that it did not arrive."""

import io
import re
import sys
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from accounts.models import AccessLink
from chat import actions
from chat.models import Delivery
from tests.background import look_and_work, time_passes, work_off
from tests.mail_sink import link_in, text_of

from .reading import deliveries_of, html_of, page_of

Status, Problem = Delivery.Status, Delivery.Problem
NO_SUCH_USER = "smtp; 550 5.1.1 <jose@customer.example>: no such\n user"


@pytest.fixture
def send_to(cast, chat, dispatcher, mail):
    """The letter with the customer's link, which the mail server has taken: send_to(address) -> the letter."""

    def send_to(address):
        cast.customer.email = address
        cast.customer.save()
        path = f"/chats/{chat.pk}/participants/{cast.customer.pk}/deliveries/"
        assert dispatcher.post(path, {"channel": "email", "key": uuid4()}).status_code == 303
        work_off()
        return mail.messages[-1]

    return send_to


@pytest.fixture
def sent(send_to):
    return send_to("jose@customer.example")


def report(of, *, action="failed", says=NO_SUCH_USER, kind="delivery-status", whole=True):
    """What a mail server writes to the sender (RFC 3464), with the e-mail or its headers alone."""
    mail = MIMEMultipart("report", **{"report-type": kind})
    mail["From"], mail["Subject"] = "MAILER-DAEMON@mx.example", "Undelivered Mail Returned to Sender"
    mail.attach(MIMEText("I am sorry to inform you."))
    about, recipient = Message(), Message()
    about["Reporting-MTA"] = "dns; mx.example"
    recipient["Final-Recipient"] = "rfc822; jose@customer.example"
    recipient["Action"] = action
    recipient["Status"] = "5.1.1"
    if says:
        recipient["Diagnostic-Code"] = says
    status = Message()
    status["Content-Type"] = f"message/{kind}"
    status.set_payload([about, recipient])
    mail.attach(status)
    if whole:
        original = Message()
        original["Content-Type"] = "message/rfc822"
        original.set_payload([of])
    else:
        original = MIMEText("".join(f"{name}: {value}\n" for name, value in of.items()), "rfc822-headers")
    mail.attach(original)
    return mail.as_bytes()


@pytest.fixture
def hand_over(monkeypatch, capsys):
    """As a mail server does: hand_over(bytes) -> what the command says."""

    def hand_over(mail):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mail)))
        call_command("read_bounce")
        return capsys.readouterr().out

    return hand_over


@pytest.fixture
def try_again(chat, dispatcher):
    """Press the button of that name, and let the worker do it."""

    def try_again():
        (path,) = re.findall(r'action="([^"]*/deliveries/[^"]*)"', html_of(page_of(dispatcher, chat)))
        assert dispatcher.post(path).status_code == 303
        work_off()

    return try_again


@pytest.mark.parametrize("whole", [True, False])
def test_it_stands_beside_the_person(sent, chat, dispatcher, hand_over, whole):
    assert "did not arrive" in hand_over(report(sent, whole=whole))
    (line,) = deliveries_of(page_of(dispatcher, chat))
    assert line.startswith("Link not sent by e-mail. It was sent, and came back.")
    assert "550 5.1.1 <jose@customer.example>: no such user" in line
    # Nobody has that link, and it may be tried again.
    assert not AccessLink.objects.exists()
    assert "Try again" in line


def test_what_is_sent_again_may_come_back_again(sent, mail, try_again, hand_over):
    hand_over(report(sent))
    try_again()
    assert Delivery.objects.get().status == Status.SENT
    assert "did not arrive" in hand_over(report(mail.messages[1]))
    assert Delivery.objects.get().status == Status.FAILED


def test_a_notice_that_comes_back_goes_by_another_channel(cast, chat, mail, sms, hand_over):
    cast.customer.email, cast.customer.phone = "jose@customer.example", ""
    cast.customer.save()
    actions.send_message(conversation=chat, author=cast.dispatcher, body="We are late.")
    time_passes(minutes=4)
    look_and_work()
    type(cast.customer).objects.update(phone="(206) 555-0142")
    assert "did not arrive" in hand_over(report(mail.messages[0]))
    work_off()
    assert "We are late." in sms.texts[0]
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.channel) == (Status.SENT, "sms")
    assert [each["problem"] for each in delivery.earlier] == [Problem.BOUNCED]


def test_a_second_report_of_the_same_is_no_news(sent, hand_over):
    hand_over(report(sent))
    assert "nothing is changed" in hand_over(report(sent))


def test_whoever_has_opened_it_has_got_it(sent, client, hand_over):
    client.post(link_in(text_of(sent)).removeprefix("http://127.0.0.1:8000"))
    assert "nothing is changed" in hand_over(report(sent))
    assert Delivery.objects.get().status == Status.SENT
    assert AccessLink.objects.get().uses == 1


def test_the_status_alone_says_something_too(sent, hand_over):
    hand_over(report(sent, says=""))
    assert Delivery.objects.get().detail == "5.1.1"


def test_its_words_are_cut_and_quote_no_link(sent, hand_over):
    said = hand_over(report(sent, says=f"smtp; 550 {link_in(text_of(sent))} {'no ' * 200}"))
    detail = Delivery.objects.get().detail
    assert len(detail) <= 300
    token = link_in(text_of(sent)).rpartition("/c/")[2].strip("/")
    assert token
    assert token not in detail + said


def test_what_has_moved_on_to_another_channel_is_not_stopped(sent, hand_over):
    Delivery.objects.update(channel="sms")
    assert "nothing is changed" in hand_over(report(sent))


def test_who_has_another_address_by_now_was_not_there(cast, sent, mail, try_again, hand_over):
    hand_over(report(sent))
    cast.customer.email = "jose@new.example"
    cast.customer.save()
    try_again()
    assert "nothing is changed" in hand_over(report(sent))
    assert Delivery.objects.get().status == Status.SENT
    assert "did not arrive" in hand_over(report(mail.messages[1]))


@pytest.mark.parametrize("address", ["Jose.S@Customer.example", "jose@münchen.example"])
def test_an_address_is_known_as_a_header_writes_it(send_to, hand_over, address):
    assert "did not arrive" in hand_over(report(send_to(address)))


def test_what_comes_back_before_it_is_noted_as_sent_is_kept_by_the_mail_server(sent, hand_over):
    Delivery.objects.update(status=Status.SENDING)
    with pytest.raises(CommandError, match="still being sent") as refused:
        hand_over(report(sent))
    assert refused.value.returncode == 75
    Delivery.objects.update(status=Status.SENT)
    assert "did not arrive" in hand_over(report(sent))


def no_report(sent):
    answer = EmailMessage()
    answer["Subject"], answer["In-Reply-To"] = "Out of office", sent["Message-ID"]
    answer.set_content("Back on Monday.")
    elsewhere, unnamed = Message(), Message()
    elsewhere["Message-ID"] = f"<{uuid4()}@elsewhere.example>"
    return {
        "a delay": report(sent, action="delayed"),
        "a success": report(sent, action="delivered"),
        "an answer": answer.as_bytes(),
        "of something else": report(elsewhere),
        "of something without a name": report(unnamed),
        "cut off": report(sent)[:700],
        "no mail": b"\x00\xff\xfe" * 100,
        "nothing": b"",
        "no status": b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n",
        "headers of nonsense": report(sent).replace(b"Message-ID: <", b"Message-ID: <[\xff"),
    }


@pytest.mark.parametrize("kind", no_report(Message()))
def test_any_other_mail_changes_nothing(sent, hand_over, kind):
    assert "nothing is changed" in hand_over(no_report(sent)[kind])
    assert Delivery.objects.get().status == Status.SENT


def test_without_a_database_the_mail_server_keeps_it(sent, hand_over, monkeypatch):
    def away(**given):
        raise OperationalError("the database is away")

    monkeypatch.setattr("chat.actions.note_bounce", away)
    with pytest.raises(CommandError, match="does not answer") as refused:
        hand_over(report(sent))
    assert refused.value.returncode == 75
