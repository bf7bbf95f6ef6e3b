"""What is done from the command line: a link for a script, and the demo."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AccessLink, User
from chat import actions
from chat.models import Conversation, Message, Participant, ReadMark
from orders.models import Order, OrderEvent
from tests.factories import OrderFactory
from tests.stories.reading import html_of, rows_of, text_of


def run(*arguments, **options):
    """What the command prints, line by line."""
    output = StringIO()
    call_command(*arguments, stdout=output, **options)
    return output.getvalue().splitlines()


def people_in(conversation):
    present = Participant.objects.present().filter(conversation=conversation)
    return set(present.values_list("person__name", flat=True))


def open_link(url):
    client = Client()
    answer = client.post(url.removeprefix("http://127.0.0.1:8000"))
    assert answer.status_code == 303
    return client, answer.url


class TestMintLink:
    @pytest.mark.parametrize("role", ["customer", "driver"])
    def test_last_line_is_a_link_that_joins(self, cast, role):
        url = run("mint_link", "11064", role)[-1]

        assert re.fullmatch(r"http://127\.0\.0\.1:8000/c/1[\w-]{32}/", url)
        client, landed = open_link(url)
        page = client.get(landed)
        assert page.status_code == 200
        assert f"You are writing as {getattr(cast, role).name}" in text_of(page)

    def test_makes_the_chat_once(self, cast):
        assert not Conversation.objects.exists()

        run("mint_link", "11064", "customer")
        chat = Conversation.objects.get()
        run("mint_link", "11064", "customer")
        run("mint_link", "11064", "driver")

        assert Conversation.objects.get() == chat
        assert (chat.order, people_in(chat)) == (cast.order, {"Jose Pavarotti", "Nancy Davolio", "Dispatcher 1"})
        assert AccessLink.objects.count() == 3

    def test_takes_the_open_chat(self, cast, chat):
        _, landed = open_link(run("mint_link", "11064", "customer")[-1])

        assert landed.endswith(f"/chats/{chat.pk}/")
        assert Conversation.objects.count() == 1

    def test_brings_back_who_was_removed(self, cast, chat):
        actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
        assert "Jose Pavarotti" not in people_in(chat)

        client, landed = open_link(run("mint_link", "11064", "customer")[-1])

        assert client.get(landed).status_code == 200

    def test_uses_the_address_of_the_site(self, cast, settings):
        settings.BASE_URL = "https://chat.example.com"

        assert run("mint_link", "11064", "customer")[-1].startswith("https://chat.example.com/c/1")

    @pytest.mark.parametrize("reference", ["99999", "", "11064 ", "' OR 1=1"])
    def test_order_that_is_not_there(self, cast, reference):
        with pytest.raises(CommandError, match="There is no order"):
            run("mint_link", reference, "customer")
        assert not Conversation.objects.exists()

    @pytest.mark.parametrize("role", ["customer", "driver"])
    def test_order_without_that_person(self, cast, role):
        OrderFactory(reference="20001", **{role: None})

        with pytest.raises(CommandError, match=f"Order 20001 has no {role}"):
            run("mint_link", "20001", role)
        assert not Conversation.objects.exists()

    @pytest.mark.parametrize("role", ["customer", "driver"])
    def test_person_who_is_no_longer_active(self, cast, role):
        User.objects.filter(pk=getattr(cast, role).pk).update(is_active=False)

        with pytest.raises(CommandError, match="no longer active"):
            run("mint_link", "11064", role)
        # Nothing of it has happened, not even the chat.
        assert not Conversation.objects.exists()
        assert not AccessLink.objects.exists()

    def test_without_a_team(self, cast):
        User.objects.team().update(is_active=False)

        with pytest.raises(CommandError, match="nobody in the dispatch team"):
            run("mint_link", "11064", "customer")

    def test_other_roles(self, cast):
        with pytest.raises(CommandError, match="invalid choice"):
            run("mint_link", "11064", "support")


def everything():
    """All that the demo is made of. Each run hands out links of its own, which are shown only once."""
    models = [User, Order, OrderEvent, Conversation, Message, Participant, ReadMark]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


class TestSeedDemo:
    @pytest.fixture
    def demo(self, db, settings):
        """What the command printed."""
        settings.DEBUG = True
        return run("seed_demo")

    def test_again_changes_nothing(self, demo):
        before = everything()
        assert len(before["Order"]) == 830
        assert len(before["Conversation"]) > 10

        run("seed_demo")

        assert everything() == before

    def test_prints_where_and_as_whom(self, demo):
        text = "\n".join(demo)

        assert "http://127.0.0.1:8000" in text
        for username in ("dispatcher", "support", "admin"):
            assert f"{username} / demo" in text
            assert Client().post("/login/", {"username": username, "password": "demo"}).status_code == 303

    def test_prints_links_that_join(self, demo):
        urls = re.findall(r"http://\S+/c/\S+", "\n".join(demo))

        assert len(urls) == 2
        for url in urls:
            client, landed = open_link(url)
            assert client.get(landed).status_code == 200

    def test_is_a_shift_to_look_at(self, demo):
        client = Client()
        client.post("/login/", {"username": "dispatcher", "password": "demo"})

        for show in ("mine", "waiting", "unread", "all", "closed"):
            page = client.get("/chats/", {"show": show})
            assert rows_of(page), show
        for row in rows_of(client.get("/chats/")):
            assert client.get(f"/chats/{row.conversation}/").status_code == 200
        assert client.get("/admin/").status_code == 302
        client.post("/logout/")
        client.post("/login/", {"username": "admin", "password": "demo"})
        assert "Site administration" in html_of(client.get("/admin/"))

    def test_password_of_the_environment(self, db, settings, monkeypatch):
        settings.DEBUG = True
        monkeypatch.setenv("DEMO_PASSWORD", "orange-lorry-92")

        assert "dispatcher / orange-lorry-92" in "\n".join(run("seed_demo"))

        signed_in = [
            Client().post("/login/", {"username": "dispatcher", "password": password}).status_code
            for password in ("orange-lorry-92", "demo")
        ]
        assert signed_in == [303, 422]

    def test_refuses_where_it_may_be_real(self, db, settings):
        assert settings.DEBUG is False

        with pytest.raises(CommandError, match="DEBUG is off"):
            run("seed_demo")
        with pytest.raises(CommandError, match="DEBUG is off"):
            run("seed_demo", "--if-fresh")

        assert not User.objects.exists()
        assert not Order.objects.exists()

    def test_unless_it_is_forced(self, db):
        run("seed_demo", "--force")

        assert Order.objects.count() == 830

    @pytest.mark.parametrize("foreign", ["person", "order"])
    def test_leaves_a_database_in_use_alone(self, db, foreign):
        if foreign == "person":
            User.objects.create_superuser("anna", name="Anna")
        else:
            OrderFactory(customer=None, driver=None)
        before = everything()

        assert run("seed_demo", "--force", "--if-fresh") == []

        assert everything() == before

    def test_comes_back_to_its_own(self, demo):
        before = everything()

        # The second start of the demo hands out links again.
        assert len(re.findall(r"/c/1\S+", "\n".join(run("seed_demo", "--if-fresh")))) == 2

        assert everything() == before
