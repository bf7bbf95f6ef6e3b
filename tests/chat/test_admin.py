"""The admin: everything can be looked at, little can be changed, and no secret is shown."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessLink, User
from chat import actions
from tests.factories import OrderFactory
from tests.stories.reading import html_of, page_of, text_of

# What is looked for in each list.
LISTS = {
    "accounts/user": "Pavarotti",
    "accounts/accesslink": "Pavarotti",
    "chat/conversation": "11064",
    "chat/participant": "Pavarotti",
    "chat/message": "mutton",
    "orders/order": "11064",
}
OF_CHAT = ["chat/conversation", "chat/participant", "chat/message", "accounts/accesslink"]


@pytest.fixture
def admin(cast, sign_in):
    User.objects.filter(pk=cast.dispatcher.pk).update(is_staff=True, is_superuser=True)
    cast.dispatcher.refresh_from_db()
    return sign_in(cast.dispatcher)


@pytest.fixture
def filled(cast, chat, come_in):
    """A chat with a message in it, and a guest who came in: with .link and .token."""
    actions.send_message(conversation=chat, author=cast.customer, body="77 cases of mutton")
    return come_in(cast.customer, chat)


def path_of(name, row=None):
    return f"/admin/{name}/" + (f"{row.pk}/change/" if row else "")


def first_of(name):
    """The oldest of this kind."""
    return apps.get_model(*name.split("/")).objects.order_by("pk").first()


@pytest.mark.parametrize("name", LISTS)
class TestEach:
    def test_lists_and_finds(self, admin, filled, name):
        page = admin.get(path_of(name))
        assert page.status_code == 200
        assert len(page.context["cl"].result_list) > 0

        found = admin.get(path_of(name), {"q": LISTS[name]}).context["cl"].result_list
        assert 0 < len(found) <= len(page.context["cl"].result_list)
        assert not admin.get(path_of(name), {"q": "nothing has this"}).context["cl"].result_list

    def test_shows_one(self, admin, filled, name):
        assert admin.get(path_of(name, first_of(name))).status_code == 200

    @pytest.mark.parametrize("words", ["\0", "%", "'", "🚚", "x" * 5000])
    def test_strange_words(self, admin, filled, name, words):
        assert admin.get(path_of(name), {"q": words}).status_code in (200, 302)

    def test_number_of_queries_does_not_grow(self, admin, filled, cast, chat, name):
        def queries(path):
            # Which Django asks for once in a process.
            ContentType.objects.clear_cache()
            with CaptureQueriesContext(connection) as captured:
                assert admin.get(path).status_code == 200
            return len(captured)

        detail = path_of(name, chat if name == "chat/conversation" else first_of(name))
        few = [queries(path_of(name)), queries(detail)]
        for _ in range(12):
            other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)
            actions.send_message(conversation=other, author=other.order.customer, body="Hello")
            actions.make_link(conversation=other, person=other.order.customer, actor=cast.colleague)
            actions.add_participants(conversation=chat, people=[other.order.driver], actor=cast.colleague)

        assert [queries(path_of(name)), queries(detail)] == few

    def test_is_for_admins(self, filled, cast, sign_in, name):
        for client in (Client(), filled, sign_in(cast.support)):
            for path in (path_of(name), path_of(name, first_of(name)), f"/admin/{name}/add/"):
                assert client.get(path).status_code == 302


@pytest.mark.parametrize("name", OF_CHAT)
def test_is_for_looking_only(admin, filled, name):
    row = first_of(name)
    before = type(row).objects.filter(pk=row.pk).values().get()

    assert admin.get(f"/admin/{name}/add/").status_code == 403
    assert admin.post(f"/admin/{name}/add/", {}).status_code == 403
    assert admin.post(path_of(name, row), {"body": "Something else", "title": "Else"}).status_code == 403
    assert admin.post(f"/admin/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin.post(path_of(name), chosen)

    assert type(row).objects.filter(pk=row.pk).values().get() == before
    page = html_of(admin.get(path_of(name, row)))
    assert 'name="_save"' not in page


def test_no_secret_is_on_any_page(admin, filled, chat):
    link = AccessLink.objects.get()
    browser = link.browsers.get()
    paths = [path for name in LISTS for path in (path_of(name), path_of(name, first_of(name)))]
    assert link.public_id in html_of(admin.get(path_of("accounts/accesslink", link)))

    for path in [*paths, path_of("accounts/user", link.person), f"/admin/accounts/accesslink/{link.pk}/history/"]:
        page = html_of(admin.get(path))
        for secret in (filled.token, link.token_hash, browser.key_hash, filled.cookies["guest"].value):
            assert secret not in page, path


def test_hash_of_a_link_cannot_be_searched_for(admin, filled):
    link = AccessLink.objects.get()
    path = path_of("accounts/accesslink")
    assert len(admin.get(path, {"q": link.public_id}).context["cl"].result_list) == 1

    assert not admin.get(path, {"q": link.token_hash[:12]}).context["cl"].result_list


class TestRevoking:
    def revoke(self, admin, *links):
        chosen = {"action": "revoke", "_selected_action": [link.pk for link in links]}
        return admin.post(path_of("accounts/accesslink"), chosen, follow=True)

    def test_ends_the_link(self, admin, filled, chat, cast, come_in):
        kept = come_in(cast.customer, chat)
        assert page_of(filled, chat)

        answer = self.revoke(admin, filled.link)

        assert "1 revoked." in text_of(answer)
        assert filled.get(f"{filled.door}/chats/{chat.pk}/").status_code == 404
        assert page_of(kept, chat)

    def test_again_keeps_the_first_time(self, admin, filled):
        self.revoke(admin, filled.link)
        first = AccessLink.objects.get().revoked_at
        assert first

        assert "0 revoked." in text_of(self.revoke(admin, filled.link))

        assert AccessLink.objects.get().revoked_at == first

    def test_needs_the_right_to_change_links(self, filled, cast, chat, sign_in):
        cast.support.is_staff = True
        cast.support.save()
        cast.support.user_permissions.add(Permission.objects.get(codename="view_accesslink"))
        support = sign_in(cast.support)
        assert support.get(path_of("accounts/accesslink")).status_code == 200

        assert "not revoke them" in text_of(self.revoke(support, filled.link))

        assert page_of(filled, chat)
