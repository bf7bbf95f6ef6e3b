"""Who takes part: added and removed by the team, and everybody sees it."""

import asyncio

import httpx
import pytest

from chat import actions
from chat.models import Participant
from dispatch_console.asgi import application

from .live import ask
from .reading import HTMX, html_of, lines_of, page_of, send, text_of, texts_of


def add(client, chat, *people, **options):
    return client.post(f"/chats/{chat.pk}/participants/", {"person": [person.pk for person in people]}, **options)


def remove(client, chat, person, **options):
    return client.delete(f"/chats/{chat.pk}/participants/{person.pk}/", **options)


def people_in(chat):
    present = Participant.objects.present().filter(conversation=chat)
    return set(present.values_list("person__name", flat=True))


class TestAdding:
    def test_several_at_once(self, dispatcher, chat, cast):
        assert people_in(chat) == {"Dispatcher 1", "Jose Pavarotti"}

        assert add(dispatcher, chat, cast.driver, cast.support).status_code == 303

        assert people_in(chat) == {"Dispatcher 1", "Jose Pavarotti", "Nancy Davolio", "Support 1"}
        assert texts_of(page_of(dispatcher, chat))[1:] == [
            "Dispatcher 1 added Nancy Davolio (driver) and Support 1 (support)."
        ]

    def test_answers_a_script_with_the_people_as_they_are(self, dispatcher, chat, cast):
        answer = add(dispatcher, chat, cast.driver, headers=HTMX)

        assert answer.status_code == 200
        assert html_of(answer).strip().startswith('<section class="section" id="people"')
        assert f'id="person-{cast.driver.pk}"' in html_of(answer)
        assert f'id="person-{cast.driver.pk}"' not in html_of(remove(dispatcher, chat, cast.driver, headers=HTMX))

    def test_says_before_what_they_will_see(self, dispatcher, chat, cast):
        page = text_of(dispatcher.get(f"/chats/{chat.pk}/participants/"))
        assert "Whoever is added sees every message from the first on." in page

        for _ in range(14):
            actions.send_message(conversation=chat, author=cast.customer, body="Hello")

        page = text_of(dispatcher.get(f"/chats/{chat.pk}/participants/"))
        assert "Whoever is added sees all 14 messages." in page

    def test_finds_drivers_and_the_team_and_customers_when_asked_for(self, dispatcher, chat, cast):
        path = f"/chats/{chat.pk}/participants/"

        def found(**query):
            page = html_of(dispatcher.get(path, query, headers={**HTMX, "HX-Target": "pick-list"}))
            return {name for name in ("Nancy Davolio", "Support 1", "Rita Müller") if f">{name}<" in page}

        assert found() == {"Nancy Davolio", "Support 1"}
        assert found(customers="1") == {"Nancy Davolio", "Support 1", "Rita Müller"}
        assert (
            found(q="nancy") == found(q="dav NAN") == found(q="E1") == found(q=cast.driver.phone) == {"Nancy Davolio"}
        )
        assert found(q="Rita") == set()
        assert found(q="Rita", customers="1") == {"Rita Müller"}

    def test_does_not_offer_who_is_no_longer_active(self, dispatcher, chat, cast):
        path = f"/chats/{chat.pk}/participants/"
        assert "Nancy Davolio" in text_of(dispatcher.get(path))
        cast.driver.is_active = False
        cast.driver.save()

        assert "Nancy Davolio" not in text_of(dispatcher.get(path))
        # Nor is a driver offered in one tap who cannot be added.
        assert "Assigned, not in this chat" not in text_of(page_of(dispatcher, chat))

    def test_marks_who_is_there_already(self, dispatcher, chat, cast):
        page = text_of(dispatcher.get(f"/chats/{chat.pk}/participants/", {"q": "Dispatcher"}))

        assert page.count("Already here") == 1

    def test_keeps_who_was_chosen_while_searching(self, dispatcher, chat, cast):
        page = dispatcher.get(f"/chats/{chat.pk}/participants/", {"q": "Robert", "person": [cast.driver.pk]})

        assert f'value="{cast.driver.pk}" data-name="Nancy Davolio" checked' in html_of(page)
        assert f'value="{cast.other_driver.pk}" data-name="Robert King">' in html_of(page)

    def test_late_comer_sees_everything_from_the_first_message(self, dispatcher, chat, cast, come_in):
        for text in ("One", "Two", "Three"):
            actions.send_message(conversation=chat, author=cast.customer, body=text)
        driver = come_in(cast.driver)
        assert driver.get(f"{driver.door}/chats/{chat.pk}/").status_code == 404

        add(dispatcher, chat, cast.driver)

        assert lines_of(page_of(driver, chat)) == lines_of(page_of(dispatcher, chat))
        assert [line.number for line in lines_of(page_of(driver, chat))] == [1, 2, 3, 4, 5]
        everything = driver.get(f"{driver.door}/chats/{chat.pk}/messages/?after=0")
        assert texts_of(everything)[1:4] == ["One", "Two", "Three"]

    def test_guests_cannot_add_or_remove(self, chat, cast, come_in):
        guest = come_in(cast.customer, chat)
        assert page_of(guest, chat)

        for door in ("", guest.door):
            base = f"{door}/chats/{chat.pk}/participants/"
            answers = [
                guest.post(base, {"person": cast.other_driver.pk}),
                guest.delete(f"{base}{cast.dispatcher.pk}/"),
                guest.get(base),
            ]
            assert {answer.status_code for answer in answers} == {404 if door else 302}
        assert people_in(chat) == {"Dispatcher 1", "Jose Pavarotti"}
        # Nor is it offered.
        assert "participants" not in html_of(page_of(guest, chat))

    @pytest.mark.django_db(transaction=True)
    async def test_two_at_once_are_one_row_and_one_line(self, chat, cast, sign_in):
        sessions = [
            (await ask(sign_in, person)).cookies["sessionid"].value for person in (cast.dispatcher, cast.colleague)
        ]

        async def tap(session):
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(application),
                base_url="http://testserver",
                cookies={"sessionid": session, "csrftoken": "x" * 32},
                headers={"X-CSRFToken": "x" * 32},
            ) as client:
                return await client.post(f"/chats/{chat.pk}/participants/", data={"person": cast.driver.pk})

        answers = await asyncio.gather(*(tap(sessions[n % 2]) for n in range(12)))

        assert {answer.status_code for answer in answers} == {303}
        rows = await ask(lambda: list(Participant.objects.filter(conversation=chat, person=cast.driver)))
        lines = await ask(lambda: list(chat.messages.filter(event="added")))
        assert (len(rows), len(lines)) == (1, 1)


class TestRemoving:
    def test_guest_loses_everything(self, dispatcher, chat, cast, come_in):
        add(dispatcher, chat, cast.driver)
        driver = come_in(cast.driver, chat)
        paths = [f"{driver.door}/chats/{chat.pk}/{rest}" for rest in ("", "messages/", "messages/?after=0")]
        assert {driver.get(path).status_code for path in paths} == {200}
        assert f'data-conversation="{chat.pk}"' in html_of(driver.get(f"{driver.door}/chats/"))

        assert remove(dispatcher, chat, cast.driver).status_code == 303

        assert {driver.get(path).status_code for path in paths} == {404}
        assert send(driver, chat, "Hello?").status_code == 404
        assert driver.post(f"{driver.door}/chats/{chat.pk}/reads/", {"number": 1}).status_code == 404
        assert f'data-conversation="{chat.pk}"' not in html_of(driver.get(f"{driver.door}/chats/"))
        # All the others see that it happened.
        assert texts_of(page_of(come_in(cast.customer, chat), chat))[-1] == (
            "Dispatcher 1 removed Nancy Davolio (driver)."
        )

    def test_guest_who_writes_while_being_removed_is_not_heard(self, dispatcher, chat, cast, come_in, monkeypatch):
        """The page is found before the row is locked: who was taken out in between must not slip through."""
        customer = come_in(cast.customer, chat)
        real = actions.send_message

        def removed_in_between(**fields):
            actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
            return real(**fields)

        monkeypatch.setattr(actions, "send_message", removed_in_between)

        assert send(customer, chat, "Hello?").status_code == 404
        assert "Hello?" not in texts_of(page_of(dispatcher, chat))

    @pytest.mark.django_db(transaction=True)
    async def test_guests_socket_is_closed_at_once(self, chat, cast, sign_in, come_in, open_tab):
        dispatcher = await ask(sign_in, cast.dispatcher)
        await ask(add, dispatcher, chat, cast.driver)
        driver = await ask(come_in, cast.driver, chat)
        tab, other = await open_tab(driver, chat), await open_tab(await ask(come_in, cast.customer, chat), chat)
        await ask(send, dispatcher, chat, "Before")
        await tab.message(3)

        await ask(remove, dispatcher, chat, cast.driver)
        await ask(send, dispatcher, chat, "After")

        assert await tab.closed() == 4401
        assert tab.controls[-1] == {"type": "stop", "reason": "not_allowed"}
        assert (await other.message(5)).text == "After"
        assert "After" not in [line.text for line in tab.lines]

    @pytest.mark.django_db(transaction=True)
    async def test_closes_no_socket_of_another_chat(self, chat, cast, sign_in, come_in, open_tab):
        dispatcher = await ask(sign_in, cast.dispatcher)
        await ask(add, dispatcher, chat, cast.driver)
        run = await ask(actions.start_conversation, title="Run", people=[cast.driver], actor=cast.dispatcher)
        driver = await ask(come_in, cast.driver)
        here, there = await open_tab(driver, chat), await open_tab(driver, run)

        await ask(remove, dispatcher, chat, cast.driver)
        await ask(send, dispatcher, run, "Still there?")

        assert await here.closed() == 4401
        assert (await there.message(2)).text == "Still there?"

    def test_one_of_the_team_can_still_look(self, dispatcher, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        add(dispatcher, chat, cast.colleague)
        remove(dispatcher, chat, cast.colleague)

        assert page_of(colleague, chat)
        assert "Dispatcher 2" not in people_in(chat)


class TestJoining:
    def test_viewing_never_joins(self, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        before = texts_of(page_of(colleague, chat))

        for path in ("", "messages/", "messages/?after=0", "participants/"):
            assert colleague.get(f"/chats/{chat.pk}/{path}").status_code == 200
        assert colleague.post(f"/chats/{chat.pk}/reads/", {"number": 1}).status_code == 303
        assert colleague.post(f"/orders/{cast.order.reference}/chat/").status_code == 303

        assert people_in(chat) == {"Dispatcher 1", "Jose Pavarotti"}
        assert texts_of(page_of(colleague, chat)) == before

    @pytest.mark.django_db(transaction=True)
    async def test_listening_does_not_either(self, chat, cast, sign_in, open_tab):
        colleague = await ask(sign_in, cast.colleague)
        tab = await open_tab(colleague, chat)
        await tab.message(1)
        await tab.say("typing")
        await tab.say("read", number=1)
        await ask(send, await ask(sign_in, cast.dispatcher), chat, "Hello")
        await tab.message(2)

        assert await ask(people_in, chat) == {"Dispatcher 1", "Jose Pavarotti"}

    def test_sending_joins_with_a_line_that_all_see(self, chat, cast, sign_in, come_in):
        colleague, customer = sign_in(cast.colleague), come_in(cast.customer, chat)

        send(colleague, chat, "I take over.")
        send(colleague, chat, "On it.")

        assert "Dispatcher 2" in people_in(chat)
        for browser in (colleague, customer):
            assert texts_of(page_of(browser, chat))[1:] == ["Dispatcher 2 joined.", "I take over.", "On it."]

    def test_refused_message_does_not_join(self, chat, cast, sign_in):
        assert send(sign_in(cast.colleague), chat, "").status_code == 422
        assert people_in(chat) == {"Dispatcher 1", "Jose Pavarotti"}

    def test_who_was_removed_joins_again_by_sending(self, dispatcher, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        send(colleague, chat, "I look.")
        remove(dispatcher, chat, cast.colleague)

        send(colleague, chat, "Me again.")

        assert texts_of(page_of(dispatcher, chat))[-2:] == ["Dispatcher 2 joined.", "Me again."]
        assert Participant.objects.filter(conversation=chat, person=cast.colleague).count() == 1
