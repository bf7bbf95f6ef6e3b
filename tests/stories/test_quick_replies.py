"""What is written again and again is at hand, filled in for the conversation, and never with a hole in it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import actions, filling
from chat.models import QuickReply
from chat.refusals import NameTaken
from tests.factories import UserFactory

from .reading import alerts_of, html_of, page_of, text_of, typed_in

FIELDS = ["customer", "company", "order", "status", "promised", "address", "driver", "me"]


@pytest.fixture
def colleague(cast, sign_in):
    return sign_in(cast.colleague)


@pytest.fixture
def admin(cast, sign_in):
    User.objects.filter(pk=cast.support.pk).update(is_staff=True, is_superuser=True)
    return sign_in(User.objects.get(pk=cast.support.pk))


def share(name, body):
    return QuickReply.objects.create(name=name, body=body)


def own(person, name="Thanks", body="Thank you, {customer}."):
    return QuickReply.objects.create(owner=person, name=name, body=body)


def add(browser, name="Thanks", body="Thank you, {customer}.", **options):
    return browser.post("/replies/", {"name": name, "body": body}, **options)


def offered(browser, chat, **query):
    """The quick replies in this conversation as they would be inserted: {name: text}."""
    page = browser.get(f"/chats/{chat.pk}/replies/", query)
    assert page.status_code == 200
    return {
        unescape(name): unescape(body)
        for name, body in re.findall(r'data-name="([^"]*)" data-body="([^"]*)"', html_of(page))
    }


def name_typed(page):
    return unescape(re.search(r'name="name" value="([^"]*)"', html_of(page))[1])


class TestOnesOwn:
    def test_is_written_and_found_again(self, dispatcher, chat):
        answer = add(dispatcher, "Thanks", "Thank you, {customer}.\r\nGood night!")

        assert (answer.status_code, answer.url) == (303, "/replies/")
        assert "Thank you, {customer} ." in text_of(dispatcher.get("/replies/"))
        assert offered(dispatcher, chat) == {"Thanks": "Thank you, Jose Pavarotti.\nGood night!"}

    def test_is_changed(self, dispatcher, cast, chat):
        reply = own(cast.dispatcher)
        path = f"/replies/{reply.pk}/"
        assert path in html_of(dispatcher.get("/replies/"))
        assert typed_in(dispatcher.get(path)) == "Thank you, {customer}."

        answer = dispatcher.post(path, {"name": "Good bye", "body": "Bye, {customer}."})

        assert (answer.status_code, answer.url) == (303, "/replies/")
        assert offered(dispatcher, chat) == {"Good bye": "Bye, Jose Pavarotti."}

    def test_keeps_its_name_when_only_its_text_changes(self, dispatcher, cast, chat):
        reply = own(cast.dispatcher)

        assert dispatcher.post(f"/replies/{reply.pk}/", {"name": "THANKS", "body": "Thanks"}).status_code == 303

        assert offered(dispatcher, chat) == {"THANKS": "Thanks"}

    def test_is_deleted_by_a_plain_form(self, dispatcher, cast, chat):
        reply = own(cast.dispatcher)
        assert offered(dispatcher, chat)

        answer = dispatcher.post(f"/replies/{reply.pk}/", {"_method": "delete", "name": "x", "body": "{"})

        assert (answer.status_code, answer.url) == (303, "/replies/")
        assert offered(dispatcher, chat) == {}
        assert dispatcher.post(f"/replies/{reply.pk}/", {"_method": "delete"}).status_code == 404

    def test_is_nobody_elses(self, dispatcher, colleague, cast, chat):
        reply = own(cast.dispatcher)
        assert "Thanks" in text_of(dispatcher.get("/replies/"))

        assert "Thanks" not in text_of(colleague.get("/replies/"))
        assert offered(colleague, chat) == {}
        path = f"/replies/{reply.pk}/"
        answers = [colleague.get(path), colleague.post(path, {"name": "Mine", "body": "Mine"}), colleague.delete(path)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert offered(dispatcher, chat) == {"Thanks": "Thank you, Jose Pavarotti."}

    def test_may_have_the_name_of_anothers(self, dispatcher, colleague, cast, chat):
        own(cast.colleague)
        share("Thanks", "Thank you.")

        assert add(dispatcher, "Thanks", "Cheers, {customer}.").status_code == 303

        # One's own comes first.
        texts = re.findall(r'data-body="([^"]*)"', html_of(dispatcher.get(f"/chats/{chat.pk}/replies/")))
        assert texts == ["Cheers, Jose Pavarotti.", "Thank you."]


class TestForAll:
    def test_is_written_by_an_admin(self, admin, dispatcher, colleague, chat):
        answer = admin.post("/admin/chat/quickreply/add/", {"name": "Gate", "body": "{driver} is at the gate."})

        assert answer.status_code == 302
        for browser in (dispatcher, colleague):
            assert offered(browser, chat) == {"Gate": "Nancy Davolio is at the gate."}
            assert "{driver} is at the gate." in text_of(browser.get("/replies/"))

    def test_is_changed_and_deleted_by_an_admin(self, admin, dispatcher, chat):
        reply = share("Gate", "{driver} is at the gate.")
        path = f"/admin/chat/quickreply/{reply.pk}"

        assert admin.post(f"{path}/change/", {"name": "Gate", "body": "At the gate."}).status_code == 302
        assert offered(dispatcher, chat) == {"Gate": "At the gate."}
        assert admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 302
        assert offered(dispatcher, chat) == {}

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"name": "Gate", "body": "{gate}"}, "There is no field {gate}."),
            ({"name": "Taken", "body": "At the gate."}, "There is a quick reply “Taken” already."),
            ({"name": "Gate", "body": "a" * 4001}, "At most 4000 characters."),
        ],
    )
    def test_is_held_to_the_same(self, admin, fields, reason):
        share("Taken", "Is it?")

        page = admin.post("/admin/chat/quickreply/add/", fields)

        assert page.status_code == 200
        assert reason in text_of(page)
        assert QuickReply.objects.count() == 1

    def test_is_not_changed_from_the_console(self, dispatcher, chat):
        reply = share("Gate", "At the gate.")
        path = f"/replies/{reply.pk}/"
        assert path not in html_of(dispatcher.get("/replies/"))

        answers = [dispatcher.get(path), dispatcher.post(path, {"name": "x", "body": "x"}), dispatcher.delete(path)]

        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert offered(dispatcher, chat) == {"Gate": "At the gate."}

    def test_what_somebody_has_for_oneself_is_no_admins(self, admin, cast):
        reply = own(cast.dispatcher, "Private joke")
        share("Gate", "At the gate.")

        page = admin.get("/admin/chat/quickreply/")

        assert "Gate" in text_of(page)
        assert "Private joke" not in text_of(page)
        assert admin.get(f"/admin/chat/quickreply/{reply.pk}/change/").status_code == 302

    def test_needs_the_right_to_it(self, cast, sign_in):
        User.objects.filter(pk=cast.support.pk).update(is_staff=True)
        support = sign_in(User.objects.get(pk=cast.support.pk))
        assert support.get("/admin/chat/quickreply/").status_code == 403
        assert "An admin writes those." in text_of(support.get("/replies/"))

        cast.support.user_permissions.add(Permission.objects.get(codename="view_quickreply"))

        assert support.get("/admin/chat/quickreply/").status_code == 200
        assert "Manage those for everybody" in text_of(support.get("/replies/"))


class TestFilling:
    def test_every_field_of_an_order(self, dispatcher, cast, chat):
        customer, order = cast.customer, cast.order
        customer.company = "Save-a-lot Markets"
        customer.save()
        order.dropoff_street, order.promised_for = "187 Suffolk Ln.", timezone.now() + timedelta(days=400)
        order.save()
        for name in FIELDS:
            share(name, f"<{{{name}}}>")

        texts = offered(dispatcher, chat)

        day = timezone.localtime(order.promised_for)
        assert texts == {
            "customer": "<Jose Pavarotti>",
            "company": "<Save-a-lot Markets>",
            "order": "<11064>",
            "status": "<in transit>",
            "promised": f"<on {day.day} {day:%B} {day.year} by {day.hour}:{day:%M}>",
            "address": "<187 Suffolk Ln., Boise, USA>",
            "driver": "<Nancy Davolio>",
            "me": "<Dispatcher 1>",
        }
        assert list(texts) == sorted(FIELDS)
        page = text_of(dispatcher.get("/replies/"))
        assert all(f"{{{name}}}" in page for name in FIELDS)

    def test_what_is_missing_is_shown(self, dispatcher, cast, chat):
        cast.order.driver = None
        cast.order.save()
        share("Gate", "{driver} is at the gate, {promised}, {customer}.")

        page = html_of(dispatcher.get(f"/chats/{chat.pk}/replies/"))

        assert offered(dispatcher, chat) == {"Gate": "[driver?] is at the gate, [promised?], Jose Pavarotti."}
        assert page.count('<mark class="missing">') == 2
        assert '<mark class="missing">[driver?]</mark>' in page

    def test_a_name_of_spaces_is_missing(self, dispatcher, cast, chat):
        User.objects.filter(pk=cast.driver.pk).update(name=" \u00a0 ")
        share("Gate", "{driver} is at the gate.")

        assert offered(dispatcher, chat) == {"Gate": "[driver?] is at the gate."}

    def test_without_an_order_it_is_who_is_there(self, dispatcher, cast):
        share("Hello", "{customer}, {driver}, {order}, {me}")
        run = actions.start_conversation(title="Run", people=[cast.driver, cast.customer], actor=cast.dispatcher)
        assert offered(dispatcher, run) == {"Hello": "Jose Pavarotti, Nancy Davolio, [order?], Dispatcher 1"}

        # Of two drivers neither is the one.
        actions.add_participants(conversation=run, people=[cast.other_driver], actor=cast.dispatcher)

        assert offered(dispatcher, run) == {"Hello": "Jose Pavarotti, [driver?], [order?], Dispatcher 1"}

    @pytest.mark.parametrize(
        "name", ["{order}", "{{ order }}", "{% debug %}", "[driver?]", "\\1 \\g<0>", "%(order)s", "<b>Bob</b> & 'Co\""]
    )
    def test_a_name_is_only_text(self, dispatcher, cast, chat, name):
        User.objects.filter(pk=cast.customer.pk).update(name=name)
        share("Hello", "Hello {customer}!")

        assert offered(dispatcher, chat) == {"Hello": f"Hello {name}!"}
        assert "<b>Bob" not in html_of(dispatcher.get(f"/chats/{chat.pk}/replies/"))

    def test_case_and_spaces_do_not_matter(self, dispatcher, chat):
        assert add(dispatcher, "Hello", "Hello { Customer }, {ORDER}").status_code == 303

        assert offered(dispatcher, chat) == {"Hello": "Hello Jose Pavarotti, 11064"}

    def test_the_promise_is_told_by_the_clock_of_who_writes(self, dispatcher, cast, chat):
        year = timezone.now().year
        cast.order.promised_for = datetime(year + 2, 6, 1, 23, 30, tzinfo=UTC)
        cast.order.save()
        share("When", "{promised}")

        assert offered(dispatcher, chat) == {"When": f"on 1 June {year + 2} by 23:30"}
        assert offered(dispatcher, chat, zone="Europe/Berlin") == {"When": f"on 2 June {year + 2} by 1:30"}
        for unknown in ("Nowhere/At_All", "\0", "../../etc/passwd", "x" * 5000, "/", "a\nb", "Europe"):
            assert offered(dispatcher, chat, zone=unknown) == {"When": f"on 1 June {year + 2} by 23:30"}

    @pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "tomorrow"), (-1, "yesterday")])
    def test_a_day_without_a_clock(self, dispatcher, cast, chat, days, words):
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        cast.order.promised_for = midnight + timedelta(days=days)
        cast.order.save()
        share("When", "{promised}")

        # The same day wherever it is read.
        for zone in ("", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            assert offered(dispatcher, chat, zone=zone) == {"When": words}

    def test_no_field_is_left_out(self):
        assert list(filling.FIELDS) == FIELDS

    def test_number_of_queries_does_not_grow(self, dispatcher, cast, chat):
        def queries(path):
            with CaptureQueriesContext(connection) as captured:
                assert dispatcher.get(path).status_code == 200
            return len(captured)

        paths = [f"/chats/{chat.pk}/replies/", "/replies/"]
        own(cast.dispatcher)
        few = [queries(path) for path in paths]
        for number in range(20):
            own(cast.dispatcher, f"Own {number}", "{customer} {driver} {promised}")
            share(f"Shared {number}", "{customer} {driver} {promised}")
        actions.add_participants(conversation=chat, people=[UserFactory(role="driver")], actor=cast.dispatcher)

        assert [queries(path) for path in paths] == few


class TestBadInput:
    def is_refused(self, browser, name, body, reason):
        before = list(QuickReply.objects.values())
        page = add(browser, name, body)
        assert page.status_code == 422
        assert any(reason in alert for alert in alerts_of(page)), alerts_of(page)
        assert list(QuickReply.objects.values()) == before
        return page

    def test_unknown_fields_are_named(self, dispatcher):
        body = "Hello {costumer}, {order}, {Adress}, {costumer}"

        page = self.is_refused(dispatcher, "Hello", body, "There are no fields {costumer}, {Adress}.")

        assert "{customer}, {company}, {order}" in " ".join(alerts_of(page))
        assert typed_in(page) == body
        assert name_typed(page) == "Hello"

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("{}", "There is no field {}."),
            ("{ }", "There is no field { }."),
            ("{customer", "A brace stands alone."),
            ("customer}", "A brace stands alone."),
            ("{{customer}}", "A brace stands alone."),
            ("}{", "A brace stands alone."),
            ("{% now %}", "There is no field {% now %}."),
            ("{customer.password}", "There is no field {customer.password}."),
            ("{0.__class__}", "There is no field {0.__class__}."),
            ("{customer!r:>99}", "There is no field {customer!r:>99}."),
            ("", "Write something first."),
            ("\u200b", "Write something first."),
            ("a\0b", "NUL"),
            ("a\ufffdb", "broken character"),
            ("a" * 4001, "At most 4000 characters. This has 4001."),
            ("😀" * 4001, "At most 4000 characters. This has 4001."),
        ],
    )
    def test_text(self, dispatcher, body, reason):
        page = self.is_refused(dispatcher, "Hello", body, reason)
        assert name_typed(page) == "Hello"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("", "Give it a name"),
            (" \u200b\u0301", "Give it a name"),
            ("/", "Give it a name"),
            ("a\0b", "NUL"),
            ("a" * 41, "At most 40 characters. This has 41."),
        ],
    )
    def test_name(self, dispatcher, name, reason):
        page = self.is_refused(dispatcher, name, "Hello", reason)
        assert typed_in(page) == "Hello"

    @pytest.mark.parametrize("name", ["Müller", "MÜLLER", "Muller", " müller ", "/Müller", "mu\u0308ller"])
    def test_name_that_is_taken(self, dispatcher, cast, name):
        own(cast.dispatcher, "Müller", "Hello")

        self.is_refused(dispatcher, name, "Hello", "already. Give this one another name.")

    def test_name_that_is_taken_by_a_change(self, dispatcher, cast):
        own(cast.dispatcher, "Taken")
        reply = own(cast.dispatcher, "Free")

        page = dispatcher.post(f"/replies/{reply.pk}/", {"name": "taken", "body": "New text"})

        assert page.status_code == 422
        assert "There is a quick reply “taken” already. Give this one another name." in alerts_of(page)
        assert (name_typed(page), typed_in(page)) == ("taken", "New text")
        assert QuickReply.objects.get(pk=reply.pk).name == "Free"

    def test_two_windows_at_once(self, cast):
        own(cast.dispatcher, "Thanks")
        late = QuickReply(owner=cast.dispatcher, name="thanks", body="Late")

        with pytest.raises(NameTaken):
            actions.save_quick_reply(reply=late)

        share("Thanks", "Thanks")
        with pytest.raises(NameTaken):
            actions.save_quick_reply(reply=QuickReply(name="THANKS", body="Late"))
        assert QuickReply.objects.count() == 2

    @pytest.mark.parametrize(
        "name", ["ﷺ" * 40, "ß" * 40, "😀" * 40, "عبد الرحمن", "👩‍👩‍👧‍👦", "'; DROP TABLE", "a" * 40]
    )
    def test_strange_names_are_names(self, dispatcher, chat, name):
        assert add(dispatcher, name, "Hello").status_code == 303

        assert offered(dispatcher, chat) == {name: "Hello"}

    def test_exactly_as_long_as_a_message(self, dispatcher, chat):
        assert add(dispatcher, "Long", "😀" * 4000).status_code == 303

        assert offered(dispatcher, chat) == {"Long": "😀" * 4000}

    def test_more_than_anybody_finds(self, dispatcher, cast, monkeypatch):
        monkeypatch.setattr(QuickReply, "LIMIT", 3)
        for number in range(3):
            assert add(dispatcher, f"Reply {number}", "Hello").status_code == 303

        self.is_refused(dispatcher, "One more", "Hello", "There are 3 already")

        last = QuickReply.objects.owned_by(cast.dispatcher).last()
        assert dispatcher.post(f"/replies/{last.pk}/", {"name": "Changed", "body": "Hello"}).status_code == 303

    @pytest.mark.parametrize("path", ["/replies/0/", "/replies/987654321/", f"/replies/{'9' * 30}/"])
    def test_what_is_not_there(self, dispatcher, path):
        assert dispatcher.get(path).status_code == 404
        assert dispatcher.post(path, {"name": "a", "body": "b"}).status_code == 404
        assert dispatcher.delete(path).status_code == 404


def test_the_composer_knows_the_fields(dispatcher, customer, chat):
    assert f'data-fields="{" ".join(FIELDS)}"' in html_of(page_of(dispatcher, chat))
    assert "data-fields" not in html_of(page_of(customer, chat))
    assert "data-replies" not in html_of(page_of(customer, chat))


def test_the_demo_has_some(dispatcher, cast, chat):
    from chat.demo_replies import make_replies

    for _ in range(2):
        make_replies({"dispatcher": cast.dispatcher})

    texts = offered(dispatcher, chat)
    assert len(texts) == 9
    assert texts["At the gate"] == "Hello Jose Pavarotti, our driver Nancy Davolio is at the gate. Can somebody open?"
