import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLink, GuestBrowser, User
from chat import actions

NO_TOKEN = "1" + "A" * 32
BOTS = [
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) SkypeUriPreview Preview/0.5",
]


@pytest.fixture
def issued(cast, chat):
    """The customer's link into the chat, and its token: (link, token)."""
    return actions.make_link(conversation=chat, person=cast.customer, actor=cast.dispatcher)


@pytest.fixture
def drivers_link(cast, chat):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return actions.make_link(conversation=chat, person=cast.driver, actor=cast.dispatcher)


def path_of(token):
    return reverse("join", args=[token])


def without_nonces(response):
    page = re.sub(r'(nonce|value)="[^"]+"', r"\1", response.content.decode())
    assert page != response.content.decode()
    return page


class TestLooking:
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_asks_the_database_nothing(self, client, issued, method, django_assert_num_queries):
        _, token = issued
        with django_assert_num_queries(0):
            response = getattr(client, method)(path_of(token))

        assert response.status_code == 200
        assert "sessionid" not in response.cookies
        assert "guest" not in response.cookies

    def test_asks_nothing_for_who_is_known_either(
        self, sign_in, come_in, cast, chat, issued, django_assert_num_queries
    ):
        _, token = issued
        client = come_in(cast.customer, chat, client=sign_in(cast.dispatcher))
        with django_assert_num_queries(0):
            assert client.get(path_of(token)).status_code == 200

    def test_same_page_for_every_token(self, client, issued, cast, chat):
        _, token = issued
        revoked, revoked_token = actions.make_link(conversation=chat, person=cast.customer, actor=cast.dispatcher)
        actions.revoke_links(links=AccessLink.objects.filter(pk=revoked.pk))

        pages = [client.get(path_of(each)) for each in (token, revoked_token, NO_TOKEN, "x", "%00", "é" * 500)]

        assert {page.status_code for page in pages} == {200}
        assert len({without_nonces(page) for page in pages}) == 1
        assert token not in pages[0].content.decode()
        assert len({tuple(sorted(set(page.headers) - {"Content-Length"})) for page in pages}) == 1

    def test_previews_use_up_nothing(self, issued):
        link, token = issued
        before = AccessLink.objects.filter(pk=link.pk).values().get()

        for number in range(50):
            bot = Client(headers={"user-agent": BOTS[number % len(BOTS)]})
            assert (bot.head if number % 3 == 0 else bot.get)(path_of(token)).status_code == 200

        assert AccessLink.objects.filter(pk=link.pk).values().get() == before
        assert not GuestBrowser.objects.exists()
        assert Client().post(path_of(token)).status_code == 303

    def test_is_kept_nowhere_and_loads_nothing_from_elsewhere(self, client, db):
        response = client.get(path_of(NO_TOKEN))

        assert "no-store" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        assert response["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", response.content.decode())

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
    def test_other_methods_are_refused(self, client, issued, method):
        _, token = issued
        assert getattr(client, method)(path_of(token)).status_code == 405


class TestJoining:
    def test_leads_into_the_customers_chat(self, client, issued, chat):
        link, token = issued
        assert client.get(f"/g/{link.public_id}/chats/{chat.pk}/").status_code == 404

        response = client.post(path_of(token))

        assert (response.status_code, response.url) == (303, f"/g/{link.public_id}/chats/{chat.pk}/")
        page = client.get(response.url)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        assert "noindex" in page["X-Robots-Tag"]

    def test_script_is_told_where_to_go(self, client, issued, chat):
        link, token = issued

        response = client.post(path_of(token), headers={"X-Requested-With": "fetch"})

        assert (response.status_code, response["Location"]) == (204, f"/g/{link.public_id}/chats/{chat.pk}/")
        assert client.get(response["Location"]).status_code == 200

    def test_leads_a_driver_to_where_the_link_was_made(self, client, drivers_link, chat):
        link, token = drivers_link

        assert client.post(path_of(token)).url == f"/g/{link.public_id}/chats/{chat.pk}/"

    def test_leads_a_driver_who_is_no_longer_there_to_the_list(self, client, drivers_link, cast, chat):
        link, token = drivers_link
        actions.remove_participant(conversation=chat, person=cast.driver, actor=cast.dispatcher)

        response = client.post(path_of(token))

        assert (response.status_code, response.url) == (303, f"/g/{link.public_id}/chats/")
        assert client.get(response.url).status_code == 200

    def test_leads_a_driver_whose_link_was_made_nowhere_to_the_list(self, client, cast):
        link, token = AccessLink.make(person=cast.driver)

        assert client.post(path_of(token)).url == f"/g/{link.public_id}/chats/"

    def test_is_recorded_once_each_time(self, client, issued):
        link, token = issued
        assert (link.uses, link.last_used_at) == (0, None)
        before = timezone.now()

        client.post(path_of(token))
        link.refresh_from_db()
        assert link.uses == 1
        assert link.last_used_at >= before

        client.post(path_of(token))
        link.refresh_from_db()
        assert link.uses == 2
        assert GuestBrowser.objects.get().links.count() == 1

    @pytest.mark.parametrize(("https", "name"), [(False, "guest"), (True, "__Host-guest")])
    def test_cookie_is_for_us_alone(self, client, issued, settings, https, name):
        settings.HTTPS, settings.GUEST_COOKIE_NAME = https, name
        _, token = issued

        response = client.post(path_of(token), secure=https)

        assert [*response.cookies] == [name]
        cookie = response.cookies[name]
        assert len(cookie.value) >= 43
        assert cookie["httponly"] is True
        assert bool(cookie["secure"]) is https
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
        assert cookie["max-age"] == 400 * 24 * 60 * 60

    def test_no_secret_is_in_the_database(self, client, issued, chat):
        link, token = issued
        key = client.post(path_of(token)).cookies["guest"].value
        tables = connection.introspection.table_names()
        assert {"accounts_accesslink", "accounts_guestbrowser"} <= set(tables)

        with connection.cursor() as cursor:
            stored = {}
            for table in tables:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                stored[table] = str(cursor.fetchall())

        assert link.public_id in stored["accounts_accesslink"]
        assert [table for table, rows in stored.items() if token in rows or key in rows] == []
        # Nor does the one tell the other: what is in the URL opens nothing.
        assert link.public_id not in token
        assert Client().get(f"/g/{link.public_id}/chats/{chat.pk}/").status_code == 404

    def test_planted_key_is_not_taken_over(self, issued):
        _, token = issued
        client = Client()
        client.cookies["guest"] = "a-key-that-somebody-else-knows"

        assert client.post(path_of(token)).cookies["guest"].value != "a-key-that-somebody-else-knows"

    def test_each_link_of_a_browser_is_its_own_person(self, client, issued, drivers_link, chat, cast):
        (customers, customers_token), (drivers, drivers_token) = issued, drivers_link
        first = client.post(path_of(customers_token))
        second = client.post(path_of(drivers_token))

        assert first.cookies["guest"].value == second.cookies["guest"].value
        assert GuestBrowser.objects.get().links.count() == 2
        # The latest does not win, whatever the order in which they are asked.
        for link, person in [(customers, cast.customer), (drivers, cast.driver), (customers, cast.customer)]:
            page = client.get(f"/g/{link.public_id}/chats/{chat.pk}/")
            assert page.status_code == 200
            assert page.wsgi_request.viewer.person == person

    def test_cookie_of_another_browser_does_not_open_it(self, come_in, cast, chat):
        mine, anothers = come_in(cast.customer, chat), come_in(cast.customer, chat)
        assert mine.get(f"{mine.door}/chats/{chat.pk}/").status_code == 200
        assert anothers.get(f"{anothers.door}/chats/{chat.pk}/").status_code == 200

        assert anothers.get(f"{mine.door}/chats/{chat.pk}/").status_code == 404
        anothers.cookies["guest"] = "made-up"
        assert anothers.get(f"{anothers.door}/chats/{chat.pk}/").status_code == 404

    def test_member_of_the_team_stays_known(self, sign_in, come_in, cast, chat):
        client = come_in(cast.customer, chat, client=sign_in(cast.dispatcher))

        page = client.get(f"{client.door}/chats/{chat.pk}/")

        assert page.wsgi_request.viewer.person == cast.customer
        assert page.wsgi_request.user == cast.dispatcher

    def test_form_of_another_site_is_refused(self, issued):
        link, token = issued
        client = Client(enforce_csrf_checks=True)

        assert client.post(path_of(token)).status_code == 403
        link.refresh_from_db()
        assert link.uses == 0

        form = client.get(path_of(token))
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.content.decode())[1]
        assert client.post(path_of(token), {"csrfmiddlewaretoken": csrf}).status_code == 303


class TestLinkThatNoLongerWorks:
    def revoke(self, link):
        actions.revoke_links(links=AccessLink.objects.filter(pk=link.pk))

    def expire(self, link):
        AccessLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())

    def deactivate(self, link):
        User.objects.filter(pk=link.person_id).update(is_active=False)

    @pytest.mark.parametrize("spoil", [revoke, expire, deactivate])
    def test_is_the_same_as_one_that_never_was(self, issued, chat, spoil):
        link, token = issued
        guest, newcomer = Client(), Client()
        assert guest.post(path_of(token)).status_code == 303
        inside = f"/g/{link.public_id}/chats/{chat.pk}/"
        assert guest.get(inside).status_code == 200

        spoil(self, link)

        answers = [
            newcomer.post(path_of(token)),
            newcomer.post(path_of(NO_TOKEN)),
            newcomer.post(path_of(token), headers={"X-Requested-With": "fetch"}),
            guest.post(path_of(token)),
            guest.get(inside),
            newcomer.get(inside),
            newcomer.get(f"/g/no-such-link/chats/{chat.pk}/"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert "This link no longer works" in answers[0].content.decode()
        for answer in answers:
            assert "no-store" in answer["Cache-Control"]
            assert "noindex" in answer["X-Robots-Tag"]
            assert not answer.cookies
        link.refresh_from_db()
        assert link.uses == 1

    def test_page_within_the_door_that_is_not_there_is_kept_nowhere_either(self, come_in, cast, chat):
        guest = come_in(cast.customer, chat)
        assert guest.get(f"{guest.door}/chats/{chat.pk}/").status_code == 200

        missing = guest.get(f"{guest.door}/chats/{chat.pk + 1}/")

        assert missing.status_code == 404
        assert "no-store" in missing["Cache-Control"]
        assert "noindex" in missing["X-Robots-Tag"]
        assert f'href="{guest.door}/chats/"' in missing.content.decode()
