import re
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLink, GuestBrowser, User
from chat import actions
from tests.stories.reading import text_of

NO_TOKEN = "1" + "A" * 32
# What messengers, mail programs and their scanners call themselves when they look at a link.
BOTS = [
    "WhatsApp/2.23.20.0",
    "WhatsApp/2.24.6.77 A",
    "WhatsApp/2.2413.51 N",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "Facebot",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Viber/13.3.0.5",
    "Mozilla/5.0 (compatible; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984)",
    "Snapchat/10.77.0.54 (iPhone; iOS 17.0; gzip)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Safari/537.36 "
    "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 Instagram 325.0.3.34.90 (iPhone14,5; iOS 17_4; en_US; scale=3.00; 1170x2532)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/1.5.00.4689",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0) BingPreview/1.0b",
    "Mattermost-Bot/1.1",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "Pinterestbot/1.0 (+http://www.pinterest.com/bot.html)",
    "ZoomBot/1.0",
]
# Inside of other apps.
IN_APP = [
    "Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/122.0.6261.119 Mobile Safari/537.36 Instagram 321.0.0.39.106 Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 Instagram 325.0.3.34.90",
    "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/121.0.6167.178 Mobile Safari/537.36 WhatsApp/2.24.4.76 A",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "GSA/305.0.610 Mobile/15E148 Safari/604.1 Gmail/6.0",
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


def broken(token):
    """What text messages and people make of a token, by name."""
    other = "A" if token[9] != "A" else "B"
    return {
        "one wrong character": f"{token[:9]}{other}{token[10:]}",
        "truncated": token[:20],
        "all but the last": token[:-1],
        "doubled": token + token,
        "with the address again": f"{token}/c/{token}",
        "full stop": f"{token}.",
        "comma": f"{token},",
        "bracket": f"{token})",
        "angle": f"{token}>",
        "in brackets": f"({token})",
        "space": f"{token} ",
        "upper case": token.upper(),
        "lower case": token.lower(),
        "NUL": f"{token}\0",
        "broken letters": f"{token}\udcff",
    }


def paths_of_broken(token):
    """The addresses with these, and those where the slash at the end stands elsewhere, or not at all."""
    paths = [f"/c/{quote(each, safe='/', errors='surrogateescape')}/" for each in broken(token).values()]
    return [
        *paths,
        f"/c/{token[:20]}",
        f"/c/{token}/)",
        f"/c/{token}/.",
        f"/c/{token}/%3E",
        f"/C/{token.upper()}/",
        "/c/",
    ]


def every_row():
    models = [model for app in ("accounts", "orders", "chat") for model in apps.get_app_config(app).get_models()]
    models.append(GuestBrowser.links.through)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


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

        paths = [path_of(each) for each in (token, revoked_token, NO_TOKEN, "x", "%00", "é" * 500)]
        pages = [client.get(path) for path in [*paths, *paths_of_broken(token)]]

        assert {page.status_code for page in pages} == {200}
        assert len({without_nonces(page) for page in pages}) == 1
        assert token not in pages[0].content.decode()
        assert len({tuple(sorted(set(page.headers) - {"Content-Length"})) for page in pages}) == 1

    def test_previews_use_up_nothing(self, issued):
        _, token = issued
        before = every_row()

        for number in range(2 * len(BOTS)):
            bot = Client(headers={"user-agent": BOTS[number // 2]})
            answer = (bot.get if number % 2 else bot.head)(path_of(token))
            assert (answer.status_code, token in answer.content.decode()) == (200, False)

        assert number >= 50
        assert every_row() == before
        assert Client().post(path_of(token)).status_code == 303
        assert every_row() != before

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
    def test_is_the_same_as_one_that_never_was(self, issued, chat, come_in, cast, spoil):
        link, token = issued
        guest, newcomer, other = Client(), Client(), come_in(cast.other_driver)
        assert guest.post(path_of(token)).status_code == 303
        inside = f"/g/{link.public_id}/chats/{chat.pk}/"
        assert guest.get(inside).status_code == 200

        spoil(self, link)

        answers = [
            newcomer.post(path_of(token)),
            newcomer.post(path_of(NO_TOKEN)),
            newcomer.post(path_of(token), headers={"X-Requested-With": "fetch"}),
            newcomer.get(inside),
            newcomer.get(f"/g/no-such-link/chats/{chat.pk}/"),
            other.post(path_of(token)),
            other.get(inside),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert "This link no longer works" in answers[0].content.decode()
        for answer in answers:
            assert "no-store" in answer["Cache-Control"]
            assert "noindex" in answer["X-Robots-Tag"]
            assert not answer.cookies
        assert {guest.get(inside).status_code, guest.post(path_of(token)).status_code} == {404}
        link.refresh_from_db()
        assert link.uses == 1

    def test_what_a_text_message_broke_is_the_same_too(self, issued, subtests):
        _, token = issued
        unknown = Client().post(path_of(NO_TOKEN))
        assert unknown.status_code == 404
        before = every_row()
        for path in paths_of_broken(token):
            with subtests.test(path):
                client = Client()
                assert client.get(path).status_code == 200
                answer = client.post(path)
                assert (answer.status_code, answer.content) == (404, unknown.content)
                assert client.post(path, headers={"X-Requested-With": "fetch"}).status_code == 404
                assert not client.cookies.get("guest")
        assert every_row() == before
        # It says one thing, and what to do.
        assert unknown.content.decode().count("<h1") == 1
        assert '<h1 class="door__title">This link no longer works</h1>' in unknown.content.decode()
        assert "Some apps cut long links off." in text_of(unknown)

    def test_only_the_slash_is_missing(self, issued, client):
        link, token = issued
        assert client.get(f"/c/{token}").status_code == 200
        assert client.post(f"/c/{token}").status_code == 303

    def test_page_within_the_door_that_is_not_there_is_kept_nowhere_either(self, come_in, cast, chat):
        guest = come_in(cast.customer, chat)
        assert guest.get(f"{guest.door}/chats/{chat.pk}/").status_code == 200

        missing = guest.get(f"{guest.door}/chats/{chat.pk + 1}/")

        assert missing.status_code == 404
        assert "no-store" in missing["Cache-Control"]
        assert "noindex" in missing["X-Robots-Tag"]
        assert f'href="{guest.door}/chats/"' in missing.content.decode()


class TestWhereNoCookieIsKept:
    """As inside of WhatsApp, Instagram or Gmail on some phones: the page comes, and nothing of it comes back."""

    @pytest.mark.parametrize("agent", IN_APP, ids=["Instagram A", "Instagram i", "WhatsApp", "Gmail"])
    @pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}], ids=["form", "script"])
    def test_the_link_is_there_to_be_opened_elsewhere(self, issued, agent, headers):
        link, token = issued
        client = Client(enforce_csrf_checks=True, headers={"user-agent": agent})
        form = client.get(path_of(token))
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.content.decode())[1]
        client.cookies.clear()
        before = every_row()

        page = client.post(path_of(token), {"csrfmiddlewaretoken": csrf}, headers=headers)

        assert page.status_code == 403
        assert "Open in your browser" in text_of(page)
        shown = re.search(r'<input [^>]*id="your-link"[^>]*>', page.content.decode())[0]
        assert f'value="http://127.0.0.1:8000{path_of(token)}"' in shown
        assert "readonly" in shown
        for name, value in [("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex")]:
            assert value in page[name]
        assert every_row() == before
        # In a browser that keeps cookies the same link opens the chat.
        assert Client().post(path_of(token)).status_code == 303

    def test_nothing_is_looked_up(self, issued, django_assert_num_queries):
        _, token = issued
        pages = []
        for each in (token, NO_TOKEN):
            with django_assert_num_queries(0):
                pages.append(Client(enforce_csrf_checks=True).post(path_of(each)).content.decode())
        without = [
            re.sub(r'nonce="[^"]+"', "", page).replace(each, "")
            for page, each in zip(pages, (token, NO_TOKEN), strict=True)
        ]
        assert without[0] == without[1]

    def test_what_stands_in_the_address_is_text(self):
        page = Client(enforce_csrf_checks=True).post('/c/"><script>alert(1)</script>/?fbclid=IwAR0')
        assert page.status_code == 403
        assert "<script>alert" not in page.content.decode()
        assert "fbclid" not in page.content.decode()

    def test_a_form_of_another_site_is_told_nothing(self, issued):
        _, token = issued
        client = Client(enforce_csrf_checks=True)
        client.get(path_of(token))

        page = client.post(path_of(token), headers={"Origin": "https://evil.example"})

        assert page.status_code == 403
        assert token not in page.content.decode()
        assert "Not sent" in text_of(page)

    def test_no_address_is_told_to_what_the_page_loads(self, client):
        for page in (client.get(path_of(NO_TOKEN)), Client(enforce_csrf_checks=True).post(path_of(NO_TOKEN))):
            head = page.content.decode().partition("</head>")[0]
            assert '<meta name="referrer" content="strict-origin">' in head.partition("<link")[0]
