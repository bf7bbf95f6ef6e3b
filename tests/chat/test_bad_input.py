"""What no form of ours sends, and what must not be lost of what somebody typed."""

from uuid import UUID, uuid4

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from accounts.models import User
from chat import actions
from chat.models import Conversation, Message, Participant
from dispatch_console.asgi import application
from tests.factories import OrderFactory
from tests.stories.reading import HTMX, alerts_of, html_of, lines_of, page_of, send, text_of, texts_of, typed_in

KEY = UUID("0e7c5c0e-3f0b-4b7e-9d38-0b5e6c1d2f3a")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=["dispatcher", "customer"])
def browser(request, cast, chat, sign_in, come_in):
    """Behind each of the two doors."""
    return sign_in(cast.dispatcher) if request.param == "dispatcher" else come_in(cast.customer, chat)


def short(value):
    return ascii(value)[:24]


def path_of(client, chat):
    return f"{getattr(client, 'door', '')}/chats/{chat.pk}/messages/"


def written(chat):
    return list(chat.messages.filter(kind=Message.Kind.TEXT).order_by("number").values_list("body", flat=True))


def is_refused(client, chat, post, *, status, typed, reason):
    """Both forms of the refusal: a whole page without JavaScript, the form alone with it. Nothing was stored."""
    before = written(chat)
    page = post()
    assert page.status_code == status, html_of(page)
    assert html_of(page).startswith("<!doctype html>")
    # Not the form alone, but all that was on the page.
    assert lines_of(page) == lines_of(page_of(client, chat))

    fragment = post(headers=HTMX)
    assert fragment.status_code == status
    assert html_of(fragment).strip().startswith('<form class="composer"')
    assert not lines_of(fragment)

    for answer in (page, fragment):
        assert typed_in(answer) == typed
        assert reason in " ".join(alerts_of(answer))
    assert written(chat) == before
    return page, fragment


class TestText:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            " ",
            "\r\n\t \n",
            "\u200b",
            "\u200b\u200d\ufeff\u2060",
            "\u00a0\u2003\u3000",
            "\u202e\u202c",
            "\u200b \n \u00ad",
        ],
        ids=short,
    )
    def test_nothing_to_read(self, browser, chat, body):
        is_refused(
            browser, chat, lambda **o: send(browser, chat, body, **o), status=422, typed=body, reason="Write something"
        )

    def test_no_field_at_all(self, browser, chat):
        response = browser.post(path_of(browser, chat))

        assert (response.status_code, typed_in(response)) == (422, "")
        assert written(chat) == []

    def test_too_long(self, browser, chat):
        assert send(browser, chat, "x" * 4000).status_code == 303

        is_refused(
            browser,
            chat,
            lambda **o: send(browser, chat, "y" * 4001, **o),
            status=422,
            typed="y" * 4001,
            reason="At most 4000 characters. This has 4001.",
        )

    def test_line_breaks_of_a_form_count_once(self, browser, chat):
        """A browser sends a line break as two characters."""
        text = "\n".join("x" * 99 for _ in range(40))
        assert len(text) == 3999

        assert send(browser, chat, (text + "\ny").replace("\n", "\r\n")[: 3999 + 39 + 1]).status_code == 303
        assert send(browser, chat, text[:-1].replace("\n", "\r\n") + "é🚚").status_code == 303

        assert [len(body) for body in written(chat)] == [3999, 4000]
        assert "\r" not in "".join(written(chat))

    def test_nul(self, browser, chat):
        is_refused(
            browser,
            chat,
            lambda **o: send(browser, chat, "a\0b", **o),
            status=422,
            typed="a\0b",
            reason="NUL character",
        )

    @pytest.mark.parametrize("broken", [b"\xed\xa0\x80", b"\xed\xb0\x80\xed\xa0\x80", b"\xff", b"\xc3"], ids=short)
    @pytest.mark.parametrize("encoding", [FORM, MULTIPART_CONTENT])
    def test_bytes_that_are_no_text(self, browser, chat, broken, encoding):
        """A lone surrogate in UTF-8 is none. Storing something else in its place would change what was written."""
        if encoding == FORM:
            data = b"client_id=&body=Hi+" + "".join(f"%{byte:02X}" for byte in broken).encode() + b"+there"
        else:
            part = b'--%s\r\nContent-Disposition: form-data; name="body"\r\n\r\nHi ' % BOUNDARY.encode()
            data = part + broken + b" there\r\n--%s--\r\n" % BOUNDARY.encode()
        is_refused(
            browser,
            chat,
            lambda **o: browser.generic("POST", path_of(browser, chat), data, encoding, **o),
            status=422,
            typed=f"Hi {broken.decode(errors='replace')} there",
            reason="broken character",
        )

    @pytest.mark.parametrize(
        "encoding", [FORM, MULTIPART_CONTENT, "application/json", "text/plain", "multipart/form-data"]
    )
    @pytest.mark.parametrize("data", [b"\0\xff%%%&&;==", b'{"body": "Hello"}', b"--BoUnDaRyStRiNg\r\n", b"body" * 5000])
    def test_what_is_no_form(self, browser, chat, encoding, data):
        response = browser.generic("POST", path_of(browser, chat), data, encoding)

        assert response.status_code in (400, 422)
        assert written(chat) == []

    def test_more_fields_than_anybody_has(self, browser, chat):
        response = browser.post(path_of(browser, chat), {"body": "Hello", **{f"field{n}": "x" for n in range(1100)}})

        assert response.status_code == 400
        assert written(chat) == []

    @pytest.mark.parametrize(
        "body",
        [
            "<script>alert(1)</script>",
            "</textarea><img src=x onerror=alert(1)>",
            "<b>&amp;</b>",
            "{{ 7|add:7 }} {% now 'Y' %}",
            "javascript:alert(1) <a href=javascript:alert(1)>x</a>",
            'http://a.example/"onmouseover="alert(1)',
        ],
    )
    def test_markup_is_text(self, browser, chat, body):
        answer = send(browser, chat, body, headers=HTMX)

        assert answer.status_code == 200
        for page in (answer, page_of(browser, chat), browser.get(path_of(browser, chat))):
            assert texts_of(page)[-1] == body
            assert not {"script", "img", "b onmouseover"} & set(tags_in(body_of(page)))

    def test_refused_markup_is_text_in_the_box(self, browser, chat):
        body = "</textarea><script>alert(1)</script>" + "x" * 4000

        page = send(browser, chat, body)

        assert (page.status_code, typed_in(page)) == (422, body)
        assert "<script>alert" not in html_of(page)


def body_of(page):
    """The markup of the last message's text."""
    return html_of(page).rpartition('<div class="message__body" dir="auto">')[2].partition("</div>")[0]


def tags_in(html):
    return [part.partition(">")[0].split()[0] for part in html.split("<")[1:]]


class TestKey:
    @pytest.mark.parametrize("key", ["x", "1234", str(KEY)[:-1], f"{KEY}0", "\0", "' OR 1=1", "🚚" * 9])
    def test_no_uuid(self, browser, chat, key):
        is_refused(
            browser,
            chat,
            lambda **o: send(browser, chat, "Hello", client_id=key, **o),
            status=422,
            typed="Hello",
            reason="not a UUID",
        )

    def test_same_again_is_the_first_one(self, browser, chat):
        first = send(browser, chat, "Hello", client_id=KEY, headers=HTMX)
        assert first.status_code == 200

        again = [send(browser, chat, text, client_id=KEY, headers=HTMX) for text in ("Hello", " Hello\r\n")]
        plain = send(browser, chat, "Hello", client_id=KEY)

        assert [answer.status_code for answer in again] == [200, 200]
        assert {tuple(lines_of(answer)) for answer in (first, *again)} == {tuple(lines_of(first))}
        assert lines_of(first)[0].client_id == str(KEY)
        assert (plain.status_code, plain.url[-10:]) == (303, f"#message-{lines_of(first)[0].number}"[-10:])
        assert written(chat) == ["Hello"]

    def test_with_another_text(self, browser, chat):
        assert send(browser, chat, "Hello", client_id=KEY).status_code == 303

        _, fragment = is_refused(
            browser,
            chat,
            lambda **o: send(browser, chat, "Goodbye", client_id=KEY, **o),
            status=409,
            typed="Goodbye",
            reason="already sent with another text",
        )

        # The form that comes back has a key of its own, so that sending it helps.
        assert str(KEY) not in html_of(fragment)

    def test_of_somebody_else_or_somewhere_else(self, browser, chat, cast, sign_in):
        assert send(browser, chat, "Hello", client_id=KEY).status_code == 303
        elsewhere, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)
        colleague = sign_in(cast.colleague)

        assert send(colleague, chat, "Goodbye", client_id=KEY).status_code == 303
        assert send(colleague, elsewhere, "Elsewhere", client_id=KEY).status_code == 303

        assert (written(chat), written(elsewhere)) == (["Hello", "Goodbye"], ["Elsewhere"])

    def test_missing_one_is_made_up(self, browser, chat):
        for client_id in ("", None):
            fields = {"body": "Hello"} | ({"client_id": ""} if client_id == "" else {})
            assert browser.post(path_of(browser, chat), fields).status_code == 303

        assert written(chat) == ["Hello", "Hello"]


class TestTooMuch:
    @pytest.mark.parametrize(
        ("field", "status", "reason"), [("files", 415, "cannot be sent"), ("anything", 422, "in the field “files”")]
    )
    def test_file(self, browser, chat, field, status, reason):
        def post(**options):
            file = SimpleUploadedFile("gate.svg", b"<svg/>", "image/svg+xml")
            return browser.post(path_of(browser, chat), {"body": "The gate", "client_id": KEY, field: file}, **options)

        is_refused(browser, chat, post, status=status, typed="The gate", reason=reason)

        assert send(browser, chat, "The gate", client_id=KEY).status_code == 303

    def test_more_messages_than_anybody_writes(self, browser, chat, settings):
        settings.GUEST_MESSAGES_PER_MINUTE = settings.TEAM_MESSAGES_PER_MINUTE = 3
        assert [send(browser, chat, f"{n}", client_id=KEY if not n else None).status_code for n in range(3)] == [
            303
        ] * 3

        page, fragment = is_refused(
            browser,
            chat,
            lambda **o: send(browser, chat, "One more", **o),
            status=429,
            typed="One more",
            reason="Too many messages",
        )

        assert [int(answer["Retry-After"]) for answer in (page, fragment)] == [60, 60]
        # A retry of what was stored is no new message.
        assert send(browser, chat, "0", client_id=KEY).status_code == 303
        settings.RATE_LIMITS = False
        assert send(browser, chat, "One more").status_code == 303

    def test_one_person_does_not_slow_down_another(self, browser, chat, cast, settings, sign_in):
        settings.GUEST_MESSAGES_PER_MINUTE = settings.TEAM_MESSAGES_PER_MINUTE = 1
        assert send(browser, chat, "1").status_code == 303
        assert send(browser, chat, "2").status_code == 429

        assert send(sign_in(cast.colleague), chat, "3").status_code == 303

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
    def test_method(self, browser, chat, method):
        response = getattr(browser, method)(path_of(browser, chat))

        assert response.status_code == 405
        assert {"GET", "POST", "HEAD"} == set(response["Allow"].split(", "))

    def test_method_in_a_field(self, browser, chat):
        response = browser.post(path_of(browser, chat), {"body": "Hello", "_method": "delete"})

        assert response.status_code == 405
        assert written(chat) == []


@pytest.mark.django_db(transaction=True)
class TestBodyLimit:
    """Against the whole application, as a server runs it."""

    def client(self, browser):
        cookies = {each.key: each.coded_value for each in browser.cookies.values()} | {"csrftoken": "x" * 32}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(application),
            base_url="http://testserver",
            cookies=cookies,
            headers={"X-CSRFToken": "x" * 32, "Content-Type": FORM},
        )

    async def test_announced(self, browser, chat, settings):
        async with self.client(browser) as client:
            small = await client.post(path_of(browser, chat), content=b"body=" + b"x" * 4000)
            assert (small.status_code, int(small.request.headers["content-length"])) == (303, 4005)

            large = await client.post(path_of(browser, chat), content=b"body=" + b"x" * settings.REQUEST_BODY_LIMIT)

        assert large.status_code == 413
        assert "too large" in large.text

    async def test_in_chunks(self, browser, chat, settings):
        taken = 0

        async def chunks(size):
            nonlocal taken
            yield b"body="
            while taken < size:
                taken += 1000
                yield b"x" * 1000

        async with self.client(browser) as client:
            small = await client.post(path_of(browser, chat), content=chunks(4000))
            assert (small.status_code, taken) == (303, 4000)
            assert "content-length" not in small.request.headers

            large = await client.post(path_of(browser, chat), content=chunks(20 * settings.REQUEST_BODY_LIMIT))

        assert large.status_code == 413
        # The rest was not even taken.
        assert taken < settings.REQUEST_BODY_LIMIT + 10_000

    @pytest.mark.parametrize("announced", [b"nonsense", b"-1", b"9" * 30, "²".encode()])
    async def test_announced_as_nonsense(self, browser, chat, announced):
        async with self.client(browser) as client:
            request = client.build_request("POST", path_of(browser, chat), content=b"body=Hello")
            request.headers["content-length"] = announced.decode("latin1")
            response = await client.send(request)

        assert response.status_code in (303, 400, 413, 422)


HUGE = ["0", str(2**31), str(2**63 - 1), str(2**63), "9" * 30, "9" * 5000]


class TestNumbersInPaths:
    @pytest.mark.parametrize("number", HUGE, ids=short)
    def test_conversation(self, browser, chat, number):
        door = getattr(browser, "door", "")
        assert browser.get(f"{door}/chats/{chat.pk}/").status_code == 200
        for rest in ("", "messages/", "messages/1/files/1/"):
            assert browser.get(f"{door}/chats/{number}/{rest}").status_code == 404
        assert browser.post(f"{door}/chats/{number}/messages/", {"body": "Hello"}).status_code == 404
        assert browser.post(f"{door}/chats/{number}/reads/", {"number": 1}).status_code == 404

    @pytest.mark.parametrize("number", HUGE, ids=short)
    def test_person(self, cast, chat, sign_in, number):
        browser = sign_in(cast.dispatcher)
        base = f"/chats/{chat.pk}/participants"
        assert browser.get(f"{base}/{cast.customer.pk}/links/").status_code == 200
        assert browser.delete(f"{base}/{number}/").status_code == 404
        for method in ("get", "post", "delete"):
            assert getattr(browser, method)(f"{base}/{number}/links/").status_code == 404
        assert browser.delete(f"{base}/{cast.customer.pk}/links/no-such-link/").status_code == 404
        for rest in ("participants/", "closure/"):
            assert browser.post(f"/chats/{number}/{rest}").status_code == 404

    @pytest.mark.parametrize("number", HUGE, ids=short)
    def test_file(self, browser, chat, number):
        for rest in (f"{number}/files/1/", f"1/files/{number}/"):
            assert browser.get(path_of(browser, chat) + rest).status_code == 404

    @pytest.mark.parametrize(
        "reference", ["%00", "11064%00", "no-such-order", "..%2f", "%ED%A0%80", "x" * 5000, "%22%27", "%F0%9F%9A%9A"]
    )
    def test_order(self, cast, sign_in, reference):
        assert sign_in(cast.dispatcher).post(f"/orders/{reference}/chat/").status_code == 404
        assert not Conversation.objects.exists()


NO_NUMBERS = ["x", "-1", "1.5", "1e3", str(2**31), "9" * 30, "9" * 5000, "\0", "1;2", "٣x", "🚚", "None"]


class TestNumbersInQueries:
    @pytest.mark.parametrize("name", ["after", "before"])
    @pytest.mark.parametrize("value", NO_NUMBERS, ids=short)
    def test_messages(self, browser, chat, name, value):
        assert browser.get(path_of(browser, chat), {name: "1"}).status_code == 200

        response = browser.get(path_of(browser, chat), {name: value})

        assert response.status_code == 422
        assert name in text_of(response)
        assert not lines_of(response)

    def test_messages_after_and_before(self, browser, chat):
        response = browser.get(path_of(browser, chat), {"after": 1, "before": 9})

        assert response.status_code == 422
        assert "not both" in text_of(response)

    @pytest.mark.parametrize("query", [{}, {"after": ""}, {"before": ""}, {"after": "0"}, {"before": "2147483647"}])
    def test_messages_without_a_limit(self, browser, chat, query):
        assert len(lines_of(browser.get(path_of(browser, chat), query))) == 1

    @pytest.mark.parametrize("query", [{"after": "2147483647"}, {"before": "0"}, {"before": "1"}])
    def test_messages_beyond_the_ends(self, browser, chat, query):
        response = browser.get(path_of(browser, chat), query)

        assert (response.status_code, lines_of(response)) == (200, [])

    @pytest.mark.parametrize("value", ["", *NO_NUMBERS], ids=short)
    def test_read(self, browser, chat, value):
        reads = path_of(browser, chat).replace("messages", "reads")
        assert browser.post(reads, {"number": "1"}, headers=HTMX).status_code == 204

        for headers in ({}, HTMX):
            response = browser.post(reads, {"number": value}, headers=headers)
            assert (response.status_code, text_of(response)) == (422, "number: a message's number")

    def test_read_of_more_than_there_is(self, browser, chat, cast, sign_in):
        reads = path_of(browser, chat).replace("messages", "reads")
        assert browser.post(reads, {"number": 2**31 - 1}, headers=HTMX).status_code == 204

        # What comes later is not read already.
        assert send(sign_in(cast.colleague), chat, "Later").status_code == 303
        listed = browser.get(f"{getattr(browser, 'door', '')}/chats/")
        assert 'data-unread="1"' in html_of(listed)

    @pytest.mark.parametrize(
        "value", [*NO_NUMBERS, "1-x", "x-1", "-", "1-1-1", f"{'9' * 18}-1", f"1-{'9' * 19}"], ids=short
    )
    def test_place_in_the_list(self, browser, chat, value):
        response = browser.get(f"{getattr(browser, 'door', '')}/chats/", {"cursor": value})

        assert response.status_code == 422
        assert alerts_of(response)

    @pytest.mark.parametrize("value", [f"{'9' * 17}-{'9' * 18}", "0-0", "1-1\n"])
    def test_place_far_outside_the_list(self, browser, chat, value):
        assert browser.get(f"{getattr(browser, 'door', '')}/chats/", {"cursor": value}).status_code == 200

    @pytest.mark.parametrize("value", ["x", "MINE", "mine ", "\0", "🚚", "x" * 5000], ids=short)
    def test_filter_of_the_list(self, browser, chat, value):
        assert browser.get(f"{getattr(browser, 'door', '')}/chats/", {"show": value}).status_code in (200, 422)
        if value.strip() not in ("mine",):
            assert browser.get(f"{getattr(browser, 'door', '')}/chats/", {"show": value}).status_code == 422

    @pytest.mark.parametrize("value", NO_NUMBERS, ids=short)
    def test_earlier_messages(self, browser, chat, value):
        path = f"{getattr(browser, 'door', '')}/chats/{chat.pk}/"

        assert len(lines_of(browser.get(path, {"before": value}))) in (0, 1)


class TestParticipants:
    def add(self, client, chat, *people, **options):
        data = {"person": [getattr(person, "pk", person) for person in people]}
        return client.post(f"/chats/{chat.pk}/participants/", data, **options)

    def present(self, chat):
        return set(Participant.objects.present().filter(conversation=chat).values_list("person__name", flat=True))

    @pytest.fixture
    def dispatcher(self, cast, sign_in):
        return sign_in(cast.dispatcher)

    @pytest.mark.parametrize(
        ("people", "reason"),
        [
            ([], "Choose at least one person"),
            ([""], "There is no such person"),
            ([987654321], "There is no such person"),
            (["-1"], "There is no such person"),
            ([2**63], "There is no such person"),
            (["9" * 30], "There is no such person"),
            (["9" * 5000], "There is no such person"),
            (["Nancy"], "There is no such person"),
            (["\0"], "Null characters are not allowed"),
            (["1.5", "🚚"], "There is no such person"),
        ],
        ids=short,
    )
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_nobody(self, dispatcher, chat, people, reason, headers):
        before = (self.present(chat), texts_of(page_of(dispatcher, chat)))

        response = self.add(dispatcher, chat, *people, headers=headers)

        assert response.status_code == 422
        assert any(reason in alert for alert in alerts_of(response))
        assert (self.present(chat), texts_of(page_of(dispatcher, chat))) == before

    def test_some_of_whom_are_not_there(self, dispatcher, chat, cast):
        assert self.add(dispatcher, chat, cast.driver, 987654321).status_code == 422
        assert self.present(chat) == {"Dispatcher 1", "Jose Pavarotti"}

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_one_of_several_is_no_longer_active(self, dispatcher, chat, cast, headers):
        User.objects.filter(pk=cast.other_driver.pk).update(is_active=False)

        response = self.add(dispatcher, chat, cast.driver, cast.other_driver, cast.support, headers=headers)

        assert response.status_code == 422
        assert "Robert King cannot be added: no longer active." in text_of(response)
        assert self.present(chat) == {"Dispatcher 1", "Jose Pavarotti"}
        assert chat.messages.count() == 1
        # Who was chosen is still chosen.
        assert f'value="{cast.driver.pk}" data-name="Nancy Davolio" checked' in html_of(response)

    def test_who_is_in_already(self, dispatcher, chat, cast):
        assert self.add(dispatcher, chat, cast.driver).status_code == 303
        rows = list(Participant.objects.order_by("pk").values())

        assert self.add(dispatcher, chat, cast.driver, cast.customer, cast.dispatcher).status_code == 303

        assert list(Participant.objects.order_by("pk").values()) == rows
        assert chat.messages.count() == 2

    def test_the_same_person_twice(self, dispatcher, chat, cast):
        assert self.add(dispatcher, chat, cast.driver, cast.driver).status_code == 303

        assert Participant.objects.filter(person=cast.driver).count() == 1
        assert texts_of(page_of(dispatcher, chat))[1:] == ["Dispatcher 1 added Nancy Davolio (driver)."]

    def test_who_was_removed_earlier(self, dispatcher, chat, cast):
        self.add(dispatcher, chat, cast.driver)
        row = Participant.objects.get(person=cast.driver)
        assert dispatcher.delete(f"/chats/{chat.pk}/participants/{cast.driver.pk}/").status_code == 303
        assert "Nancy Davolio" not in self.present(chat)

        assert self.add(dispatcher, chat, cast.driver).status_code == 303

        assert Participant.objects.get(person=cast.driver).pk == row.pk
        assert "Nancy Davolio" in self.present(chat)

    def test_removing_who_is_not_in(self, dispatcher, chat, cast):
        path = f"/chats/{chat.pk}/participants/{cast.driver.pk}/"
        assert dispatcher.delete(path).status_code == 404
        self.add(dispatcher, chat, cast.driver)
        assert dispatcher.post(path, {"_method": "DELETE"}).status_code == 303

        assert dispatcher.delete(path).status_code == 404


class TestNewConversation:
    @pytest.fixture
    def dispatcher(self, cast, sign_in):
        return sign_in(cast.dispatcher)

    @pytest.mark.parametrize(
        ("title", "people", "reason"),
        [
            ("", ["driver"], "Give it a title"),
            (" \n", ["driver"], "Give it a title"),
            ("x" * 201, ["driver"], "At most 200 characters"),
            ("a\0b", ["driver"], "Null characters"),
            ("Evening run", [], "Choose at least one person"),
            ("Evening run", ["nobody"], "There is no such person"),
            ("Evening run", ["gone"], "Robert King cannot be added: no longer active."),
            ("Evening run", ["driver", "gone"], "Robert King cannot be added: no longer active."),
        ],
        ids=short,
    )
    def test_what_is_wrong_is_said(self, dispatcher, cast, title, people, reason):
        User.objects.filter(pk=cast.other_driver.pk).update(is_active=False)
        ids = {"driver": cast.driver.pk, "gone": cast.other_driver.pk, "nobody": 987654321}

        response = dispatcher.post("/chats/", {"title": title, "person": [ids[name] for name in people]})

        assert response.status_code == 422
        assert reason in text_of(response)
        if "driver" in people:
            assert f'value="{cast.driver.pk}" data-name="Nancy Davolio" checked' in html_of(response)
        assert not Conversation.objects.exists()

    @pytest.mark.parametrize("broken", ["%ED%A0%80", "%FF"])
    def test_title_that_is_no_text(self, dispatcher, cast, broken):
        data = f"title=Evening+{broken}&person={cast.driver.pk}"

        assert dispatcher.generic("POST", "/chats/", data, FORM).status_code == 422
        assert not Conversation.objects.exists()

    def test_title_and_person_are_all_it_takes(self, dispatcher, cast):
        response = dispatcher.post("/chats/", {"title": " Evening run ", "person": [cast.driver.pk]})

        conversation = Conversation.objects.get()
        assert (response.status_code, response.url) == (303, f"/chats/{conversation.pk}/")
        assert (conversation.title, conversation.order) == ("Evening run", None)


WORDS = [
    "'",
    '"',
    "%",
    "_",
    "\\",
    "\\\\%",
    "\0",
    "a\0b",
    "🚚",
    "x" * 10_000,
    "x " * 5_000,
    "\ud800",
    "' OR 1=1 --",
    "[a-z]",
    "(",
    "\r\n\t",
    "\u202e",
    "ﷺ" * 300,
    "-1",
    "9" * 400,
]


class TestSearch:
    @pytest.mark.parametrize("words", WORDS, ids=short)
    def test_any_words_are_a_fair_question(self, browser, chat, words):
        asked = {"q": words.encode(errors="surrogatepass"), "customers": "1"}
        chats = f"{getattr(browser, 'door', '')}/chats/"
        for show in ("", "mine", "waiting", "unread", "closed"):
            assert browser.get(chats, {**asked, "show": show}, headers=HTMX).status_code == 200
        paths = [chats, f"{chats}{chat.pk}/"]
        if not hasattr(browser, "door"):
            paths += ["/chats/new/", f"/chats/{chat.pk}/participants/"]
        for path in paths:
            assert browser.get(path, asked).status_code == 200, path

    @pytest.mark.parametrize(("words", "found"), [("%", False), ("_", False), ("Pava", True), ("pava 110", True)])
    def test_words_are_no_patterns(self, browser, chat, words, found):
        response = browser.get(f"{getattr(browser, 'door', '')}/chats/", {"q": words})

        assert (f'data-conversation="{chat.pk}"' in html_of(response)) is found

    @pytest.mark.parametrize(("words", "found"), [("%", False), ("_", False), ("nancy", True), ("E1", True)])
    def test_people_are_found_by_words(self, cast, chat, sign_in, words, found):
        response = sign_in(cast.dispatcher).get(f"/chats/{chat.pk}/participants/", {"q": words})

        assert ("Nancy Davolio" in text_of(response)) is found

    def test_what_was_asked_is_shown_as_text(self, browser, chat):
        response = browser.get(f"{getattr(browser, 'door', '')}/chats/", {"q": "<script>alert(1)</script>"})

        assert response.status_code == 200
        assert "<script>alert" not in html_of(response)
        assert "<script>alert(1)</script>" in text_of(response)


@hypothesis(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.text(max_size=300),
        st.text(alphabet="<>&\"'/=:. abhttps@wx\r\n\0\u200b\u202eé🚚%{}", max_size=120),
        st.binary(max_size=120),
    )
)
def test_no_text_is_a_fault_or_becomes_markup(cast, chat, sign_in, body):
    browser = sign_in(cast.dispatcher)
    response = browser.post(path_of(browser, chat), {"body": body, "client_id": uuid4()}, headers=HTMX)

    assert response.status_code in (200, 422)
    if response.status_code == 200:
        allowed = {"a", "/a"}
        assert set(tags_in(body_of(response))) <= allowed
        assert len(lines_of(response)) == 1
    else:
        typed = html_of(response).partition('dir="auto">')[2].partition("</textarea>")[0]
        assert "<" not in typed
