"""What was written is found again by its words, and the row leads to the message in its place."""

import importlib
import re
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import actions, search
from chat.found import mark, places_of
from chat.models import Message
from chat.search import SearchedMessages
from dispatch_console.folded import FoldedQuerySet
from dispatch_console.folding import fold
from orders.importing import import_orders
from tests.factories import OrderFactory

from .reading import door_of, html_of, lines_of, next_page, page_of, rows_of, send, text_of


@pytest.fixture
def other_chat(cast):
    chat, _ = actions.open_order_chat(order=OrderFactory(customer=cast.other_customer), actor=cast.colleague)
    return chat


def find(client, query, **more):
    page = client.get(f"{door_of(client)}/chats/", {"q": query, **more})
    assert page.status_code == 200
    return page


def found_by(client, query, **more):
    return [row.conversation for row in rows_of(find(client, query, **more))]


def line_of(page):
    """The line of the only row, as markup."""
    (line,) = re.findall(r'<span class="(?:row|stop)__line"[^>]*>(.*?)</span>', html_of(page))
    return line


def title_of(page):
    """What the only row calls its conversation, as markup."""
    (title,) = re.findall(r'<span class="row__title"[^>]*><bdi>(.*?)</bdi></span>', html_of(page))
    return title


def reference_of(page):
    (reference,) = re.findall(r'<span class="row__order"><span class="figures">(.*?)</span>', html_of(page))
    return reference


def address_of(page):
    (address,) = re.findall(r'<a class="(?:row|stop__chat)[^"]*" href="([^"]*)"', html_of(page))
    return unescape(address)


# What is written, what finds it, and what does not. Whatever the database, the answers are these.
FOUND = [
    (
        "Is there a forklift at the dock?",
        ["forklift", "fork", "FORKLIFT", "dock forklift", "at the", "f"],
        ["lift", "forklifts", "forklift truck"],
    ),
    (
        "Merci, c’est bien arrivé à l'hôtel.",
        ["arrive", "ARRIVÉ", "arrivé", "hotel", "c'est", "c’est bien", "hôtel"],
        ["hotels", "arrivée"],
    ),
    (
        "Bitte in die Müllerstraße, nicht zum Fußweg",
        ["müllerstrasse", "MULLERSTRASSE", "mullerstraße", "fussweg", "nicht mull"],
        ["straße", "muellerstrasse"],
    ),
    ("Гражданский проезд, дом Ёлка", ["гражданский", "ПРОЕЗД", "елка", "ёлка"], ["ский"]),
    ("Η ΟΔΟΣ είναι κλειστή", ["οδος", "οδός", "ΕΙΝΑΙ", "κλειστη"], ["δος"]),
    ("İstanbul, ılık değil", ["istanbul", "İSTANBUL", "degil"], ["lik"]),
    ("السَّلامُ عليكم", ["السلام", "عليكم", "السَّلام"], ["سلام"]),
    ("नमस्ते, ट्रक कहाँ है?", ["नमस्ते", "ट्रक", "नम"], ["मस्ते"]),
    ("荷物は東京に着きました", ["東京", "荷物", "東", "着きました"], ["大阪"]),
    ("Поставка ﬁnal Ⅷ №5 １２３", ["final", "viii", "123", "5"], ["№6"]),
    ("🚚 on the way ❤️ 4 °C", ["🚚", "❤", "❤️", "way 🚚", "4 °C"], ["🚛", "🚚🚚 gone"]),
    (
        "Call (208) 555-8097 before 14:30, ref. AB-12/7_x",
        ["555-8097", "555 80", "14:30", "ab-12", "AB 12/7", "7_x", "208"],
        ["5558097", "8097-556"],
    ),
    ("100% sure_thing, don't", ["100%", "sure_thing", "sure thing", "don't", "%sure"], ["sureXthing", "1_0"]),
    (
        "1e5 -3.5 v1.2 user@example.com https://maps.example.com/a?b=c",
        ["1e5", "3.5", "-3.5", "v1.2", "user@example.com", "maps.example", "https"],
        ["1e6"],
    ),
    ("soft\u00adhyphen zero\u200djoiner", ["softhyphen", "zerojoiner", "soft\u00adhyphen"], ["hyphen"]),
    ("and or not near to", ["and", "or", "NOT", "NEAR", "and or not"], ["nand"]),
    ("x" * 4000, ["x" * 20, "x" * 64, "x" * 199], ["y"]),
    ("ﷺ" * 4000, ["ﷺ"], ["x"]),
]


@pytest.mark.parametrize(("written", "finding", "missing"), FOUND, ids=[written[:12] for written, _, _ in FOUND])
def test_same_words_find_on_every_database(dispatcher, chat, cast, subtests, written, finding, missing):
    actions.send_message(conversation=chat, author=cast.customer, body=written)
    for query in finding:
        with subtests.test(finding=query):
            assert found_by(dispatcher, query) == [chat.pk]
    for query in missing:
        with subtests.test(missing=query):
            assert found_by(dispatcher, query) == []


ODD = [
    "'", '"', "''", '"" ""', "\\", "%", "_", "*", ":*", "(", ")", "( )", "&", "|", "!", "<->", "^", "-", "--", ";",
    "/*", "\0", "a\0b", "\ud800", "\ufffd", "\u202e", "\u200b", "\u0301", "🙂" * 200, "𝕏" * 200, "漢" * 200,
    "a" * 10_000, "AND", "OR", "NOT", "NEAR", "NEAR(a b)", "AND OR NOT", "a AND", "a*", "*a", "body:a",
    "rowid:1", "{a b}:c", "^a", '"a', "'a':*", "a & b", "a | !b", "a <2> b",
    "'; DROP TABLE chat_message; --", "%s", "%(q)s", "{}", "\\'", "a\\",
    " ".join("abcdefghijkl"), "\n\t\r", "ﷺ" * 200,
    "1" * 10_000, "٣" * 200, "1 " * 200, "+()-./", "( - ) /", "+", "#", "# #", "#" * 200,
    "order", "order order", "order #",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=range(len(ODD)))
def test_any_string_is_a_fair_question(dispatcher, chat, cast, query):
    actions.send_message(conversation=chat, author=cast.customer, body="Nothing of that")

    for path in ("/chats/", f"/chats/{chat.pk}/"):
        page = dispatcher.get(path, {"q": query.encode(errors="replace").decode()})
        assert page.status_code == 200


@pytest.mark.parametrize("query", ["zzz*", "nothing OR zzz", "nothing NOT gate", '"that of"x', "'zzz'", "zzz | that"])
def test_no_word_of_a_query_is_an_operator(dispatcher, chat, cast, query):
    actions.send_message(conversation=chat, author=cast.customer, body="Nothing of that")
    assert found_by(dispatcher, "nothing that") == [chat.pk]

    assert found_by(dispatcher, query) == []


class TestWhatIsFound:
    def test_all_words_in_one_message(self, dispatcher, chat, cast):
        for body in ("Is there a forklift?", "Yes, at the dock."):
            actions.send_message(conversation=chat, author=cast.customer, body=body)

        assert found_by(dispatcher, "forklift there") == [chat.pk]
        assert found_by(dispatcher, "forklift dock") == []

    def test_beside_orders_and_people(self, dispatcher, chat, other_chat, cast):
        actions.send_message(conversation=other_chat, author=cast.colleague, body="Same dock as 11064")

        assert set(found_by(dispatcher, "11064")) == {chat.pk, other_chat.pk}
        assert found_by(dispatcher, "pavarotti") == [chat.pk]

    def test_with_the_filter(self, dispatcher, chat, other_chat, cast):
        for conversation in (chat, other_chat):
            actions.send_message(conversation=conversation, author=cast.colleague, body="Which gate?")

        assert found_by(dispatcher, "gate", show="mine") == [chat.pk]
        assert set(found_by(dispatcher, "gate")) == {chat.pk, other_chat.pk}

    def test_edited_one_by_what_it_says_now(self, dispatcher, chat, cast):
        message = actions.send_message(conversation=chat, author=cast.customer, body="Gate seven, left").message
        assert found_by(dispatcher, "seven") == [chat.pk]

        message = actions.edit_message(message=message, body="Gate nine, left", version=1)

        assert (found_by(dispatcher, "seven"), found_by(dispatcher, "nine gate")) == ([], [chat.pk])
        actions.edit_message(message=message, body="Gate seven, left", version=2)
        assert (found_by(dispatcher, "seven"), found_by(dispatcher, "nine")) == ([chat.pk], [])

    def test_deleted_one_never(self, dispatcher, chat, cast):
        message = actions.send_message(conversation=chat, author=cast.customer, body="Gate seven").message
        message = actions.edit_message(message=message, body="Gate nine", version=1)
        assert found_by(dispatcher, "nine") == [chat.pk]

        actions.delete_message(message=message)

        for query in ("seven", "nine", "gate", "deleted"):
            assert found_by(dispatcher, query) == []

    def test_what_happened_is_no_message(self, dispatcher, chat, cast):
        actions.rename_conversation(conversation=chat, title="Forklift", actor=cast.dispatcher)
        actions.rename_conversation(conversation=chat, title="", actor=cast.dispatcher)

        assert found_by(dispatcher, "forklift") == []

    def test_guest_finds_what_the_guest_may_see(self, dispatcher, customer, chat, other_chat, cast, come_in):
        driver = come_in(cast.driver)
        for conversation in (chat, other_chat):
            actions.send_message(conversation=conversation, author=cast.colleague, body="Which gate?")
        assert set(found_by(dispatcher, "gate")) == {chat.pk, other_chat.pk}

        assert found_by(customer, "gate") == [chat.pk]
        assert found_by(driver, "gate") == []
        actions.add_participants(conversation=other_chat, people=[cast.driver], actor=cast.colleague)
        assert found_by(driver, "gate") == [other_chat.pk]
        actions.remove_participant(conversation=other_chat, person=cast.driver, actor=cast.colleague)
        assert found_by(driver, "gate") == []

    @pytest.mark.parametrize("common", [1, 10_000])
    def test_common_words_are_found_as_rare_ones_are(self, dispatcher, chat, other_chat, cast, monkeypatch, common):
        monkeypatch.setattr(type(Message.objects.all()), "COMMON", common)
        actions.send_message(conversation=chat, author=cast.colleague, body="Which gate?")
        actions.send_message(conversation=chat, author=cast.colleague, body="The gate is open")

        assert found_by(dispatcher, "gate") == [chat.pk]
        assert found_by(dispatcher, "gate which") == [chat.pk]

    @pytest.mark.postgres
    def test_what_is_surely_common_is_not_gathered(self, dispatcher, chat, other_chat, cast, monkeypatch):
        actions.send_message(conversation=chat, author=cast.colleague, body="Which gate?")
        for surely in (False, True):
            monkeypatch.setattr(SearchedMessages, "BEYOND_DOUBT", 0 if surely else 10)
            assert Message.objects.search("gate").are_surely_many() == surely
            assert found_by(dispatcher, "gate") == [chat.pk]
            assert found_by(dispatcher, "gate which") == [chat.pk]
            assert found_by(dispatcher, "gates") == found_by(dispatcher, "_") == []

    @pytest.mark.postgres
    def test_a_common_word_beside_a_rare_one(self, dispatcher, chat, other_chat, cast):
        """The statistics of PostgreSQL tell which is which, and only the rare one is looked up."""
        for conversation, body in ((chat, "Gate 7 of the chandler"), (other_chat, "The chandler has none")):
            actions.send_message(conversation=conversation, author=cast.colleague, body=body)
        # Of less than a hundred different words it believes nothing.
        said = {"conversation": other_chat, "author": cast.colleague}
        Message.objects.bulk_create(
            Message(number=100 + n, client_id=uuid4(), body=f"Gate {n}", search_text=f"gate {n % 200}", **said)
            for n in range(2000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE chat_message")
        assert Message.objects.all().worth_looking_up(["gate", "chandl"]) == ["chandl"]
        assert set(found_by(dispatcher, "chandl")) == {chat.pk, other_chat.pk}

        for query in ("gate chandl", "chandl gat"):
            assert found_by(dispatcher, query) == [chat.pk]
        assert found_by(dispatcher, "gates chandl") == []


def test_messages_from_before_the_index_are_found(dispatcher, chat, cast, monkeypatch):
    migration = importlib.import_module("chat.migrations.0005_search_index")
    sent = [actions.send_message(conversation=chat, author=cast.customer, body=f"Gate {n}") for n in range(5)]
    actions.delete_message(message=sent[4].message)
    for one in sent[:4]:
        before, one.message.search_text = one.message.search_text, ""
        one.message.save(update_fields=["search_text"])
        search.index(one.message, before)
    assert found_by(dispatcher, "gate") == []

    # SQLite's own editor does not work within the transaction of a test, nor PostgreSQL's while a check is due.
    editor = SimpleNamespace(connection=connection, execute=connection.cursor().execute)
    connection.check_constraints()
    migration.drop_index(apps, editor)
    monkeypatch.setattr(migration, "BATCH", 3)
    migration.fill(apps, editor)
    connection.check_constraints()
    migration.make_index(apps, editor)

    assert [found_by(dispatcher, query) for query in ("gate 0", "gate 3", "gate 4")] == [[chat.pk], [chat.pk], []]


class TestRow:
    def test_shows_who_wrote_it_and_the_words(self, dispatcher, chat, cast):
        actions.send_message(conversation=chat, author=cast.customer, body="Is there a forklift, or two forklifts?")
        actions.send_message(conversation=chat, author=cast.dispatcher, body="One moment")
        assert "One moment" in text_of(dispatcher.get("/chats/"))

        page = find(dispatcher, "fork")

        assert line_of(page) == (
            "<bdi>Jose Pavarotti</bdi>: Is there a <mark>forklift</mark>, or two <mark>forklifts</mark>?"
        )
        assert "One moment" not in text_of(page)
        assert line_of(find(dispatcher, "moment")) == "<bdi>You</bdi>: One <mark>moment</mark>"

    def test_the_last_one_of_several(self, dispatcher, chat, cast):
        for body in ("Gate 1", "Gate 2", "Soon"):
            actions.send_message(conversation=chat, author=cast.customer, body=body)

        assert line_of(find(dispatcher, "gate")).endswith("<mark>Gate</mark> 2")

    def test_the_words_are_near_its_beginning(self, dispatcher, chat, cast):
        body = "word " * 300 + "forklift " + "word " * 300
        actions.send_message(conversation=chat, author=cast.customer, body=body)

        line = text_of(line_of(find(dispatcher, "forklift")))

        assert line.index("forklift") < 40 and len(line) < 200
        assert line.startswith("Jose Pavarotti : …word word") and line.endswith("…")

    @pytest.mark.parametrize(
        ("body", "query", "expected"),
        [
            ("<b>gate</b> & <script>", "gate", "&lt;b&gt;<mark>gate</mark>&lt;/b&gt; &amp; &lt;script&gt;"),
            ("<script>alert(1)</script>", "script", "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"),
            ("amp & lt", "amp", "<mark>amp</mark> &amp; lt"),
            ("Im Café arrivé", "cafe arrive", "Im <mark>Café</mark> <mark>arrivé</mark>"),
            ("two\n\nlines", "lines", "two <mark>lines</mark>"),
            ("東京に", "東京", "<mark>東</mark><mark>京</mark>に"),
            ("x" * 4000, "xx", f"<mark>{'x' * 160}</mark>…"),
            ("y" * 40 + "-gate", "gate", f"…{'y' * 15}-<mark>gate</mark>"),
            ("nothing", "", "nothing"),
        ],
    )
    def test_marks_the_words_and_escapes_the_rest(self, body, query, expected):
        assert search.snippet(body, query) == expected

    @pytest.mark.parametrize(
        ("query", "title", "reference"),
        [
            ("11064", "Jose Pavarotti", "<mark>11064</mark>"),
            ("#1106", "Jose Pavarotti", "<mark>1106</mark>4"),
            ("order 11064", "Jose Pavarotti", "<mark>11064</mark>"),
            ("PAVA", "Jose <mark>Pava</mark>rotti", "11064"),
            ("pava varo 64", "Jose <mark>Pavaro</mark>tti", "110<mark>64</mark>"),
            ("jose 11064", "<mark>Jose</mark> Pavarotti", "<mark>11064</mark>"),
        ],
    )
    def test_found_by_what_it_shows_marks_that(self, dispatcher, chat, cast, query, title, reference):
        actions.send_message(conversation=chat, author=cast.customer, body="Hello")

        page = find(dispatcher, query)

        assert (title_of(page), reference_of(page), line_of(page)) == (title, reference, "Hello")
        assert "data-hit" not in html_of(page)
        assert urlsplit(address_of(page)).fragment == ""

    def test_found_by_a_person_whom_it_does_not_show_names_them(self, dispatcher, chat, cast):
        cast.driver.company, cast.driver.phone = "Davolio & Söhne", "(208) 555-8097"
        cast.driver.save()
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        actions.send_message(conversation=chat, author=cast.customer, body="Hello")
        name = "<bdi>Nancy Davolio</bdi>"

        for query, line in {
            "nanc": "<bdi><mark>Nanc</mark>y Davolio</bdi>",
            "nancy 11064": "<bdi><mark>Nancy</mark> Davolio</bdi>",
            "sohne": f"{name} · <bdi>Davolio &amp; <mark>Söhne</mark></bdi>",
            "2085558097": f'{name} · <bdi dir="ltr">(<mark>208) 555-8097</mark></bdi>',
            "+1 208-555-8097": f'{name} · <bdi dir="ltr">(<mark>208) 555-8097</mark></bdi>',
            "+1 308 555 8097": f'{name} · <bdi dir="ltr">(2<mark>08) 555-8097</mark></bdi>',
            "208 5558": f'{name} · <bdi dir="ltr">(<mark>208) 555-8</mark>097</bdi>',
            "208555 nancy": '<bdi><mark>Nancy</mark> Davolio</bdi> · <bdi dir="ltr">(<mark>208) 555</mark>-8097</bdi>',
        }.items():
            page = find(dispatcher, query)
            assert line_of(page) == line, query
            assert "data-hit" in html_of(page)

    def test_found_by_several_people_names_them(self, dispatcher, chat, cast):
        actions.add_participants(conversation=chat, people=[cast.driver, cast.other_driver], actor=cast.dispatcher)

        line = line_of(find(dispatcher, "king nancy jose"))

        assert line == "<bdi>Robert <mark>King</mark></bdi>, <bdi><mark>Nancy</mark> Davolio</bdi>"

    def test_found_by_the_phone_of_whom_it_shows_names_them_again(self, dispatcher, chat, cast):
        User.objects.filter(pk=cast.customer.pk).update(phone="555-8097")

        page = find(dispatcher, "8097")

        assert title_of(page) == "Jose Pavarotti"
        assert line_of(page) == '<bdi>Jose Pavarotti</bdi> · <bdi dir="ltr">555-<mark>8097</mark></bdi>'

    def test_with_a_title_of_its_own(self, dispatcher, chat, cast):
        actions.rename_conversation(conversation=chat, title="Évening <run>", actor=cast.dispatcher)

        page = find(dispatcher, "evening pavarotti")

        assert title_of(page) == "<mark>Évening</mark> &lt;run&gt;"
        assert line_of(page) == "<bdi>Jose <mark>Pavarotti</mark></bdi>"

    def test_found_by_a_message_says_that(self, dispatcher, chat, cast):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        actions.send_message(conversation=chat, author=cast.customer, body="Is Jose or Nancy there?")

        page = find(dispatcher, "nancy jose")

        assert line_of(page) == "<bdi>Jose Pavarotti</bdi>: Is <mark>Jose</mark> or <mark>Nancy</mark> there?"
        assert title_of(page) == "<mark>Jose</mark> Pavarotti"

    def test_marks_nothing_where_nothing_is_looked_for(self, dispatcher, chat):
        assert "<mark>" not in html_of(find(dispatcher, ""))
        assert "<mark>" not in html_of(find(dispatcher, "\u200d"))

    def test_a_guest_reads_names_and_no_phones(self, customer, chat, cast):
        User.objects.filter(pk=cast.driver.pk).update(phone="(208) 555-8097", company="Davolio Ltd")
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        actions.send_message(conversation=chat, author=cast.customer, body="Hello")

        assert line_of(find(customer, "nancy")) == "<bdi><mark>Nancy</mark> Davolio</bdi>"
        for query in ("2085558097", "8097", "ltd"):
            page = html_of(find(customer, query))
            assert "555-8097" not in page and "Ltd" not in page
        page = html_of(find(customer, "order 11064"))
        assert '<span class="figures"><mark>11064</mark></span> · <bdi>Jose Pavarotti</bdi>' in page
        assert "· <bdi>Jose <mark>Pavarotti</mark></bdi>" in html_of(find(customer, "pavarotti"))

    @pytest.mark.parametrize(
        ("text", "query", "expected"),
        [
            ("José", "jose", "<mark>José</mark>"),
            ("Jose\u0301 M", "jose", "<mark>Jose\u0301</mark> M"),
            ("Straße", "strass", "<mark>Straß</mark>e"),
            ("Straße", "se", "Stra<mark>ße</mark>"),
            ("<b>a & b</b>", "b", "&lt;<mark>b</mark>&gt;a &amp; <mark>b</mark>&lt;/<mark>b</mark>&gt;"),
            ("aaa", "a", "<mark>aaa</mark>"),
            ("abcabc", "abc bca", "<mark>abcabc</mark>"),
            ("ﷺ", "الله", "<mark>ﷺ</mark>"),
            ("50% 🚚", "🚚", "50% <mark>🚚</mark>"),
            ("nothing", "", "nothing"),
        ],
    )
    def test_marks_what_names_hold_and_escapes_the_rest(self, text, query, expected):
        places = [place for word in query.split() for place in places_of(fold(word), text)]

        assert mark(text, places) == expected

    def test_its_hit_stays_beside_the_thread(self, dispatcher, chat, cast):
        actions.send_message(conversation=chat, author=cast.customer, body="Which gate?")

        page = page_of(dispatcher, chat, q="gate")

        assert "<mark>gate</mark>" in line_of(page)


class TestPlace:
    """The row leads to the message among its neighbours, however long ago it was."""

    @pytest.fixture
    def long_chat(self, chat, cast, settings):
        settings.RATE_LIMITS = False

        def long_chat(count):
            for number in range(count):
                actions.send_message(conversation=chat, author=cast.customer, body=f"line{number:03}")
            chat.refresh_from_db()
            return chat

        return long_chat

    def opened(self, client, query):
        address = address_of(find(client, query))
        page = client.get(address)
        assert page.status_code == 200
        number = int(re.fullmatch(r"message-(\d+)", urlsplit(address).fragment)[1])
        return page, number, [line.number for line in lines_of(page)]

    def test_of_a_late_one(self, dispatcher, long_chat):
        chat = long_chat(80)

        page, number, numbers = self.opened(dispatcher, "line070")

        assert number in numbers
        assert numbers[-1] == chat.last_number

    def test_of_an_early_one(self, dispatcher, customer, long_chat):
        chat = long_chat(80)

        for client in (dispatcher, customer):
            page, number, numbers = self.opened(client, "line030")

            assert numbers == list(range(number - 25, chat.last_number + 1))
            assert f"?before={numbers[0]}" in html_of(page)
            assert "To the latest messages" not in text_of(page)

    def test_of_one_with_too_many_after_it(self, dispatcher, long_chat):
        chat = long_chat(260)

        page, number, numbers = self.opened(dispatcher, "line003")

        assert numbers == list(range(1, 226))
        assert number in numbers
        # Without JavaScript there is a way to the latest and to the next ones.
        assert "To the latest messages" in text_of(page)
        later = re.search(r'<a [^>]*href="(\?at=[^"]*)"', html_of(page))[1]
        numbers = [line.number for line in lines_of(dispatcher.get(f"/chats/{chat.pk}/{later}"))]
        assert numbers == list(range(200, chat.last_number + 1))

    @pytest.mark.parametrize("at", ["0", "1", "9", "999999999", "9999999999", "-1", "x", "", "٣", "1\0"])
    def test_of_none(self, dispatcher, long_chat, at):
        chat = long_chat(3)

        assert len(lines_of(page_of(dispatcher, chat, at=at))) == 4


class TestCost:
    def queries(self, client, path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    @pytest.fixture
    def gates(self, cast):
        def gates(count):
            for _ in range(count):
                chat, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)
                actions.send_message(conversation=chat, author=chat.order.customer, body="Which gate?")

        return gates

    def test_does_not_grow_with_what_is_found(self, dispatcher, gates):
        gates(2)
        few = self.queries(dispatcher, "/chats/?q=gate+which")
        gates(58)

        assert self.queries(dispatcher, "/chats/?q=gate+which") == few

    @pytest.mark.parametrize("query", ["dispatcher", "5558097"])
    def test_does_not_grow_with_the_people_it_is_found_by(self, dispatcher, gates, cast, query):
        User.objects.filter(pk=cast.dispatcher.pk).update(phone="555-8097")
        gates(2)
        few = self.queries(dispatcher, f"/chats/?q={query}")
        gates(20)

        assert html_of(find(dispatcher, query)).count("data-hit") == 22
        assert self.queries(dispatcher, f"/chats/?q={query}") == few

    def test_pages_of_what_is_found(self, dispatcher, gates, chat):
        gates(60)
        first = find(dispatcher, "gate")
        second = dispatcher.get(next_page(first))

        rows = [row.conversation for page in (first, second) for row in rows_of(page)]
        assert (len(rows), len(set(rows))) == (60, 60)
        assert chat.pk not in rows
        assert html_of(second).count("<mark>gate</mark>") == 30


def test_message_sent_twice_is_found_once(dispatcher, customer, chat):
    key = "6f1c7d8e-3c1b-4f5c-9a55-1d3c2f6a7b80"
    for _ in range(2):
        assert send(customer, chat, "Which gate?", client_id=key).status_code in (200, 303)

    assert Message.objects.search("gate").count() == 1


class TestNames:
    """Of people, orders and titles: found within words too, with or without accents, on every database."""

    @pytest.fixture
    def named(self, dispatcher, chat, cast):
        cast.customer.name, cast.customer.company = "José Ünsal-Éric", "Café Çelik"
        cast.customer.phone = "+47 (208) 555-8097"
        cast.customer.save(update_fields=["name", "company", "phone"])
        actions.rename_conversation(conversation=chat, title="Évening Straße 🚚 50%", actor=cast.dispatcher)
        return chat

    @pytest.mark.parametrize(
        "query",
        ["jose", "JOSÉ", "unsal", "ÜNSAL", "-éric", "cafe", "CELIK", "555-8097", "(208)", "+47", "evening", "ÉVENING",
         "strasse", "straße", "🚚", "50%", "jose 11064 evening", "1106", "sal", "afé", "jose \u200d"],
    )  # fmt: skip
    @pytest.mark.parametrize("many", [None, FoldedQuerySet, SearchedMessages])
    def test_found(self, dispatcher, named, other_chat, query, many, monkeypatch):
        """Also by what many people and orders are called, and by what few are who take part in many conversations."""
        if many:
            monkeypatch.setattr(many, "COMMON", 1)
        assert found_by(dispatcher, query) == [named.pk]

    @pytest.mark.parametrize("query", ["_", "51%", "%5", "jose 11065", "\u200d", "555_8097", "\\", "josé evening x"])
    @pytest.mark.parametrize("many", [None, FoldedQuerySet, SearchedMessages])
    def test_not_found(self, dispatcher, named, query, many, monkeypatch):
        if many:
            monkeypatch.setattr(many, "COMMON", 1)
        assert found_by(dispatcher, query) == []

    def test_of_a_title_that_is_gone(self, dispatcher, named, cast):
        actions.rename_conversation(conversation=named, title="", actor=cast.dispatcher)

        assert found_by(dispatcher, "evening") == []

    def test_of_a_new_conversation(self, dispatcher, cast):
        run = actions.start_conversation(title="Évening run", people=[cast.driver], actor=cast.colleague)

        assert found_by(dispatcher, "evening") == [run.pk]

    def test_of_many_people_at_once(self, dispatcher, chat, cast):
        cast.customer.name = "Zoë"
        User.objects.bulk_update([cast.customer], ["name"])
        assert found_by(dispatcher, "zoe") == [chat.pk]

        User.objects.bulk_create([User(name="Chloé", role="driver")])
        assert [person.name for person in User.objects.search("CHLOE")] == ["Chloé"]

    def test_of_many_people_renamed_where_they_are(self, dispatcher, chat, cast):
        assert User.objects.filter(name="Jose Pavarotti").update(name="Zoë") == 1
        assert found_by(dispatcher, "zoe") == [chat.pk]
        assert found_by(dispatcher, "pavarotti") == []

        User.objects.filter(name="Zoë").update(company=Concat("name", Value(" & Søn")))
        assert found_by(dispatcher, "& søn") == [chat.pk]


# How a phone is noted, what finds it, and what does not.
PHONES = [
    (
        "(208) 555-8097",
        ["2085558097", "+1 208 555 8097", "208.555.8097", "208 555 8097", "1-208-555-8097", "001 208 555 8097",
         "208/555/8097", "[208] 555–8097", "5558097", "555 8097", "208555", "(208)", "8097", "２０８５５５８０９７",
         "٢٠٨٥٥٥٨٠٩٧", "\u202a+1\u2011208\u2011555\u20118097\u202c", "pavarotti 208 555 8097", "+1 208 555 8097 jose",
         "2085558097 11064", "#11064 2085558097", "order 11064 +1 208 555 8097", "Jose Pavarotti · (208) 555-8097"],
        ["2085558098", "08555", "58097", "208_555_8097", "208x5558097", "+1 208 555 8098", "müller 208 555 8097",
         "2085558097 11065", "()-"],
    ),
    (
        "+49 171 2345678",
        ["01712345678", "0171 2345678", "0171/2345678", "+49 (0)171 2345678", "00491712345678", "1712345678", "017123",
         "0171 234567"],
        ["0172 2345678", "01712345679", "4917123456780"],
    ),
    ("0171-2345678", ["+49 171 2345678", "+491712345678", "171 2345678", "171-23"], ["+49 172 2345678"]),
    ("+44 20 7946 0958", ["020 7946 0958", "02079460958", "(020) 79460958"], ["020 7946 0959"]),
    ("01 23 45 67 89", ["+33 1 23 45 67 89", "+33123456789", "01.23.45.67.89", "234567"], ["23456", "+33123456780"]),
    ("٠١٧١ ٢٣٤٥٦٧٨", ["01712345678", "+49 171 2345678", "٠١٧١٢٣٤٥٦٧٨", "٠١٧١"], ["01712345679"]),
    ("555-8097 / 555-1234 ext. 7", ["5558097", "555 1234", "ext"], ["5558098"]),
    ("", [], ["2085558097", "000000", "0" * 200]),
]  # fmt: skip


class TestPhones:
    """Found by their digits, however they are noted and whatever they are pasted from."""

    @pytest.mark.parametrize("many", [None, FoldedQuerySet, SearchedMessages])
    @pytest.mark.parametrize(("phone", "finding", "missing"), PHONES, ids=[phone for phone, _, _ in PHONES])
    def test_in_chats(self, dispatcher, chat, other_chat, cast, subtests, phone, finding, missing, many, monkeypatch):
        User.objects.filter(pk=cast.customer.pk).update(phone=phone)
        if many:
            monkeypatch.setattr(many, "COMMON", 1)
        for query in finding:
            with subtests.test(finding=query):
                assert found_by(dispatcher, query) == [chat.pk]
        for query in missing:
            with subtests.test(missing=query):
                assert found_by(dispatcher, query) == []

    @pytest.mark.parametrize("common", [1, FoldedQuerySet.COMMON])
    @pytest.mark.parametrize("query", ["2085558097", "+1 208 555 8097", "davolio 208.555.8097", "11064 2085558097"])
    def test_in_orders(self, dispatcher, cast, query, common, monkeypatch):
        monkeypatch.setattr(FoldedQuerySet, "COMMON", common)
        OrderFactory()
        User.objects.filter(pk=cast.driver.pk).update(phone="(208) 555-8097")

        for asked, found in ((query, ["11064"]), (query.replace("8097", "8098"), [])):
            page = html_of(dispatcher.get("/orders/", {"q": asked}))
            assert re.findall(r'class="orders__number"[^>]*><bdi>([^<]*)</bdi>', page) == found

    @pytest.mark.parametrize("query", ["2085558097", "+1 208 555 8097", "davolio 208.555.8097", "5558097"])
    def test_in_the_people_to_add(self, dispatcher, chat, cast, query):
        User.objects.filter(pk=cast.driver.pk).update(phone="(208) 555-8097")

        for asked, found in ((query, ["Nancy Davolio"]), (query.replace("8097", "8098"), [])):
            page = html_of(dispatcher.get(f"/chats/{chat.pk}/participants/", {"q": asked}))
            assert re.findall(r'<span class="pick__name"><bdi>([^<]*)</bdi>', page) == found

    def test_a_few_digits_only_as_they_were_typed(self, dispatcher, chat, other_chat, cast):
        """Else the number of an order would find whoever has it somewhere in their phone."""
        User.objects.filter(pk=cast.customer.pk).update(phone="(206) 555-1064 3")
        OrderFactory(reference="10643", customer=cast.other_customer)
        assert found_by(dispatcher, "510643") == [chat.pk]

        assert found_by(dispatcher, "10643") == []
        assert found_by(dispatcher, "11064") == [chat.pk]

    def test_of_imported_people(self, dispatcher, cast):
        for phone, found, missing in (("(208) 555-8097", 5558097, 5551234), ("(208) 555-1234", 5551234, 5558097)):
            import_orders(f"reference,customer_ref,customer_name,customer_phone\nA1,C1,Ann,{phone}\n".encode())
            assert [person.name for person in User.objects.search(f"208{found}")] == ["Ann"]
            assert not User.objects.search(f"208{missing}").exists()

    def test_changed_and_erased_ones(self, dispatcher, chat, cast):
        cast.customer.phone = "(208) 555-8097"
        cast.customer.save(update_fields=["phone"])
        assert found_by(dispatcher, "2085558097") == [chat.pk]

        cast.customer.phone = "(208) 555-1234"
        User.objects.bulk_update([cast.customer], ["phone"])
        assert (found_by(dispatcher, "2085558097"), found_by(dispatcher, "2085551234")) == ([], [chat.pk])
        actions.erase_person(person=cast.customer)
        assert found_by(dispatcher, "2085551234") == []
        assert User.objects.get(pk=cast.customer.pk).phone_digits == ""

    def test_from_before_they_were_found(self, dispatcher, chat, cast, monkeypatch):
        migration = importlib.import_module("accounts.migrations.0008_phone_digits")
        people = [cast.customer, cast.driver, cast.other_driver]
        for number, person in enumerate(people):
            User.objects.filter(pk=person.pk).update(phone=f"(208) 555-800{number}")
        User.objects.update(phone_digits="")
        assert not User.objects.search("2085558000").exists()

        monkeypatch.setattr(migration, "BATCH", 2)
        migration.fill(apps, None)

        assert [User.objects.search(f"208555800{number}").get() for number in range(3)] == people
        assert found_by(dispatcher, "2085558000") == [chat.pk]


class TestShownTitles:
    """The chat of an order is found by what pages call it, and by its number as people write it."""

    @pytest.mark.parametrize(
        "query",
        ["Order 11064", "ORDER 11064", "order #11064", "#11064", "#1106", "order 1106", "#11064 pavarotti",
         "order 11064 pavarotti", "jose order 11064"],
    )  # fmt: skip
    @pytest.mark.parametrize("many", [None, FoldedQuerySet, SearchedMessages])
    def test_found(self, dispatcher, customer, chat, other_chat, query, many, monkeypatch):
        if many:
            monkeypatch.setattr(many, "COMMON", 1)
        assert found_by(dispatcher, query) == found_by(customer, query) == [chat.pk]

    @pytest.mark.parametrize(
        "query", ["order", "order 11065", "order pavarotti", "11064 order", "#", "##11064", "#jose"]
    )
    def test_not_found(self, dispatcher, chat, query):
        assert found_by(dispatcher, query) == []

    @pytest.mark.parametrize(
        ("language", "query"),
        [("es", "Pedido 11064"), ("fr", "commande 11064"), ("de", "BESTELLUNG 11064"), ("ar", "الطلب 11064")],
    )
    def test_in_the_language_of_the_page(self, customer, chat, language, query):
        thread = text_of(customer.get(f"{customer.door}/chats/{chat.pk}/", headers={"Accept-Language": language}))
        assert query.casefold() in thread.casefold()

        page = customer.get(f"{customer.door}/chats/", {"q": query}, headers={"Accept-Language": language})

        assert [row.conversation for row in rows_of(page)] == [chat.pk]

    def test_beside_messages_with_that_word(self, dispatcher, chat, other_chat, cast):
        for body in ("The order is late", "We are at order 11064 now", "Order # 7, pallets"):
            actions.send_message(conversation=other_chat, author=cast.colleague, body=body)

        for query in ("order", "order late", "order 7", "#7"):
            assert found_by(dispatcher, query) == [other_chat.pk]
        assert set(found_by(dispatcher, "order 11064")) == {chat.pk, other_chat.pk}

    def test_of_a_title_with_such_signs(self, dispatcher, chat, cast):
        actions.rename_conversation(conversation=chat, title="Order desk, gate #7", actor=cast.dispatcher)

        for query in ("order desk", "#7", "gate #7", "order 11064", "order des"):
            assert found_by(dispatcher, query) == [chat.pk]

    @pytest.mark.parametrize("query", ["#11064", "Order 11064", "order #1106 pavarotti"])
    def test_in_orders(self, dispatcher, cast, query):
        OrderFactory()

        page = html_of(dispatcher.get("/orders/", {"q": query}))

        assert re.findall(r'class="orders__number"[^>]*><bdi>([^<]*)</bdi>', page) == ["11064"]
