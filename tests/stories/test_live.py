"""What happens is on every open page at once: in order, each once, whatever is lost on the way."""

import asyncio
import json
import re
import threading
from types import SimpleNamespace

import pytest
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import OperationalError
from django.test import Client
from prometheus_client import REGISTRY

from accounts.models import AccessLink, User
from chat import actions, broadcasts, consumers, live_list, sweep
from chat.fanout import fan_out
from chat.models import Conversation, ReadMark
from chat.presence import attendance
from chat.threads import in_thread
from tests.factories import OrderFactory

from .live import Lost, Tab, ask, cookies_of
from .reading import lines_of, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browsers(cast, chat, sign_in, come_in):
    """The dispatcher, the customer and the driver, all in the chat of the order, each in their own browser."""
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return sign_in(cast.dispatcher), come_in(cast.customer, chat), come_in(cast.driver, chat)


@pytest.fixture
def colleague(cast, sign_in):
    """Another dispatcher, who is not in the chat."""
    return sign_in(cast.colleague)


async def everybody_hears_everybody(browsers, colleague, chat, open_tab):
    pages = [await open_tab(browser, chat, after=0) for browser in browsers]
    second_tab = await open_tab(browsers[1], chat, after=0)
    onlooker = await open_tab(colleague, chat, after=0)
    inbox = await open_tab(colleague)
    for tab in (*pages, second_tab, onlooker):
        await tab.message(2)

    for turn in range(3):
        for number, browser in enumerate(browsers):
            answer = await ask(send, browser, chat, f"{number} says {turn}", headers={"HX-Request": "true"})
            assert answer.status_code == 200

    for tab in (*pages, second_tab, onlooker):
        await tab.message(11)
        assert tab.numbers == list(range(1, 12))
        assert [line.text for line in tab.lines][2:] == [f"{n} says {turn}" for turn in range(3) for n in range(3)]
    # What came over the socket is the element that a reload would show.
    assert onlooker.lines == lines_of(await ask(colleague.get, f"/chats/{chat.pk}/messages/?after=0"))
    row = await inbox.row(chat, unread=9)
    assert "2 says 2" in row.text


class TestMessages:
    async def test_reach_everybody_and_every_inbox_in_order_once(self, browsers, colleague, chat, open_tab):
        await everybody_hears_everybody(browsers, colleague, chat, open_tab)

    @pytest.mark.redis
    async def test_also_through_redis(self, browsers, colleague, chat, open_tab):
        assert isinstance(get_channel_layer(), RedisPubSubChannelLayer)

        await everybody_hears_everybody(browsers, colleague, chat, open_tab)

    async def test_of_all_at_the_same_moment_have_one_order(self, browsers, chat, open_tab):
        tabs = [await open_tab(browser, chat, after=2) for browser in browsers]

        await asyncio.gather(*(ask(send, browser, chat, f"{n}") for n in range(5) for browser in browsers))

        for tab in tabs:
            await tab.message(17)
            assert tab.numbers == list(range(3, 18))
            assert tab.lines == tabs[0].lines

    async def test_do_not_reach_who_is_in_another_chat(self, cast, chat, browsers, sign_in, come_in, open_tab):
        other, _ = await ask(
            actions.open_order_chat, order=await ask(OrderFactory, customer=cast.other_customer), actor=cast.dispatcher
        )
        outsider = await open_tab(await ask(come_in, cast.other_customer, other), other)
        insider = await open_tab(browsers[1], chat, after=2)

        await ask(send, browsers[0], chat, "Only here")
        await ask(send, browsers[0], other, "Only there")

        assert (await insider.message(3)).text == "Only here"
        assert (await outsider.message(2)).text == "Only there"
        assert "Only here" not in "".join(outsider.frames)

    async def test_of_what_happened_too(self, browsers, chat, cast, open_tab):
        tab = await open_tab(browsers[1], chat, after=2)

        await ask(browsers[0].post, f"/chats/{chat.pk}/participants/", {"person": cast.support.pk})
        await ask(browsers[0].post, f"/chats/{chat.pk}/closure/")

        assert (await tab.message(3)).text == "Dispatcher 1 added Support 1 (support)."
        assert (await tab.message(4)).text == "Dispatcher 1 closed this chat."

    async def test_retry_is_not_shown_twice(self, browsers, chat, open_tab):
        tab = await open_tab(browsers[1], chat, after=2)
        key = "0e7c5c0e-3f0b-4b7e-9d38-0b5e6c1d2f3a"

        for _ in range(3):
            await ask(send, browsers[0], chat, "Once", client_id=key)
        await ask(send, browsers[0], chat, "Done")

        await tab.message(4)
        assert [line.text for line in tab.lines] == ["Once", "Done"]

    async def test_frames_are_html_or_json(self, browsers, chat, open_tab):
        team, guest = await open_tab(browsers[0], chat), await open_tab(browsers[1], chat)
        await team.say("typing")
        await guest.control("typing")
        await ask(send, browsers[1], chat, "Hello")
        await team.row(chat, unread=1)

        for frame in (*team.frames, *guest.frames):
            assert frame[0] in "<{"
            if frame[0] == "{":
                assert json.loads(frame)["type"]
            else:
                assert lines_of(frame) or rows_of(frame)


class TestFailures:
    """What nobody could be told is counted, whether it could not be made ready or was not taken, and is stored."""

    @staticmethod
    async def broken_layer(group, event):
        raise ConnectionError("gone")

    @staticmethod
    def broken(*_, **given):
        raise OperationalError("gone")

    def count(self):
        return REGISTRY.get_sample_value("dispatch_failed_broadcasts_total")

    @pytest.mark.parametrize("fault", ["render_message", "guests", "layer"])
    def test_of_a_message(self, fault, browsers, chat, monkeypatch):
        if fault == "layer":
            layer = SimpleNamespace(group_send=self.broken_layer)
            monkeypatch.setattr(broadcasts, "get_channel_layer", lambda: layer)
        elif fault == "guests":
            monkeypatch.setattr(broadcasts._guests_and_languages, "all", self.broken)
        else:
            monkeypatch.setattr(broadcasts, fault, self.broken)
        before = self.count()

        assert send(browsers[0], chat, "Hello").status_code == 303

        assert self.count() == before + 1
        assert chat.messages.latest("number").body == "Hello"

    async def test_of_who_has_read_it(self, cast, chat, monkeypatch):
        monkeypatch.setattr(broadcasts, "READ_PACE", 0)
        monkeypatch.setattr(broadcasts, "_guest_groups", self.broken)
        before = self.count()

        broadcasts._gather(chat.pk, cast.customer.pk)
        await asyncio.gather(*broadcasts._tasks)

        assert self.count() == before + 1


def test_what_is_stored_while_the_process_ends_does_not_keep_it(monkeypatch):
    loop, begun = asyncio.new_event_loop(), asyncio.Event()
    over, told = threading.Event(), threading.Event()
    monkeypatch.setattr(broadcasts, "_serving", loop)

    def store():
        loop.call_soon_threadsafe(begun.set)
        over.wait(10)
        broadcasts.inbox_changed(1, 1)
        told.set()

    async def serve():
        serving = asyncio.ensure_future(in_thread(store)())
        await begun.wait()
        return serving

    serving = loop.run_until_complete(serve())
    assert not serving.done()
    over.set()

    assert told.wait(10)
    loop.run_until_complete(serving)
    loop.close()


class TestCatchingUp:
    @pytest.mark.parametrize(("after", "expected"), [(None, [1, 2, 3, 4]), (0, [1, 2, 3, 4]), (3, [4]), (4, [])])
    async def test_begins_after_what_the_page_has(self, browsers, chat, open_tab, after, expected):
        await ask(send, browsers[0], chat, "Three")
        await ask(send, browsers[0], chat, "Four")

        tab = await open_tab(browsers[1], chat, after=after)
        await ask(send, browsers[0], chat, "Five")

        await tab.message(5)
        assert tab.numbers == [*expected, 5]

    async def test_however_much_it_is(self, browsers, chat, cast, open_tab, settings):
        settings.RATE_LIMITS = False

        def write(count):
            for number in range(count):
                actions.send_message(conversation=chat, author=cast.dispatcher, body=f"{number}")

        # Two reads of the database, since one brings 200.
        await ask(write, 210)

        tab = await open_tab(browsers[1], chat, after=5)
        await tab.message(212)
        await ask(send, browsers[0], chat, "And on")

        await tab.message(213)
        assert tab.numbers == list(range(6, 214))

    async def test_tab_that_is_further_than_we_are_gets_what_is_new(self, browsers, chat, open_tab):
        """As after a restore of the database: nothing is known to be missing, and nothing is sent twice."""
        tab = await open_tab(browsers[1], chat, after=3)
        await ask(send, browsers[0], chat, "Three")
        await ask(send, browsers[0], chat, "Four")

        await tab.message(4)
        assert tab.numbers == [4]

    async def test_inbox_gets_rows_and_no_messages(self, browsers, chat, open_tab):
        inbox = await open_tab(browsers[0])

        await ask(send, browsers[1], chat, "Hello")

        await inbox.row(chat, unread=1, waiting=True)
        assert inbox.numbers == []


class TestLoss:
    async def test_next_message_brings_the_lost_one(self, browsers, chat, open_tab, monkeypatch):
        tabs = [await open_tab(browser, chat, after=2) for browser in browsers]
        lost = Lost(monkeypatch)
        assert (await ask(send, browsers[0], chat, "Lost")).status_code == 303
        assert lost.count > 0
        lost.back()

        assert (await ask(send, browsers[1], chat, "Heard")).status_code == 303

        for tab in tabs:
            await tab.message(4)
            assert [(line.number, line.text) for line in tab.lines] == [(3, "Lost"), (4, "Heard")]

    async def test_also_while_an_earlier_loss_is_made_good(self, browsers, chat, open_tab, monkeypatch):
        reading, go_on = threading.Event(), threading.Event()
        catch_up_page = consumers.catch_up_page

        def read_and_wait(*of, **after):
            page = catch_up_page(*of, **after)
            reading.set()
            assert go_on.wait(10)
            return page

        async def lose_one_and_hear_one(browser):
            lost = Lost(monkeypatch)
            await ask(send, browser, chat, "Lost")
            assert lost.count > 0
            lost.back()
            await ask(send, browser, chat, "Heard")

        tab = await open_tab(browsers[1], chat, after=2)
        monkeypatch.setattr(consumers, "catch_up_page", read_and_wait)
        await lose_one_and_hear_one(browsers[0])
        assert await asyncio.to_thread(reading.wait, 10)
        await lose_one_and_hear_one(browsers[0])
        go_on.set()

        await tab.message(6)
        assert tab.numbers == [3, 4, 5, 6]

    @pytest.mark.redis
    async def test_also_through_redis(self, browsers, chat, open_tab, monkeypatch):
        assert isinstance(get_channel_layer(), RedisPubSubChannelLayer)

        await self.test_next_message_brings_the_lost_one(browsers, chat, open_tab, monkeypatch)

    async def test_heartbeat_brings_it_when_nobody_writes_again(self, browsers, chat, open_tab, monkeypatch):
        monkeypatch.setattr(sweep, "HEARTBEAT", 0.05)
        tab = await open_tab(browsers[1], chat, after=2)
        Lost(monkeypatch)

        await ask(send, browsers[0], chat, "Lost")

        assert (await tab.message(3)).text == "Lost"
        beat = await tab.control("heartbeat")
        assert set(beat) == {"type", "last_number"}
        assert beat["last_number"] in (2, 3)

    @pytest.mark.parametrize("fault", [OSError, TimeoutError, RuntimeError])
    async def test_message_counts_as_sent_when_nobody_can_be_told(self, browsers, chat, open_tab, monkeypatch, fault):
        async def group_send(group, event):
            raise fault("the channel layer is away")

        layer = get_channel_layer()
        tab = await open_tab(browsers[1], chat, after=2)
        real = layer.group_send
        monkeypatch.setattr(layer, "group_send", group_send)
        assert (await ask(send, browsers[0], chat, "Stored")).status_code == 303

        monkeypatch.setattr(layer, "group_send", real)
        await ask(send, browsers[0], chat, "Told")

        await tab.message(4)
        assert [line.text for line in tab.lines] == ["Stored", "Told"]

    async def test_older_news_that_comes_late_changes_nothing(self, browsers, chat, cast, open_tab):
        tab = await open_tab(browsers[1], chat, after=2)
        await ask(send, browsers[0], chat, "Three")
        await tab.message(3)

        late = {"type": "message.sent", "conversation": chat.pk, "number": 2, "html": {"en": "<li>late</li>"}}
        await broadcasts.send([broadcasts.person_group(cast.customer.pk)], late)
        await ask(send, browsers[0], chat, "Four")

        await tab.message(4)
        assert tab.numbers == [3, 4]
        assert "late" not in "".join(tab.frames)


class TestLimits:
    """What waits for one socket is limited, and nothing is lost by that."""

    async def test_who_cannot_follow_the_news_is_let_go_and_comes_back(
        self, browsers, cast, chat, open_tab, monkeypatch
    ):
        go_on = asyncio.Event()

        async def wait(self, event):
            await go_on.wait()

        monkeypatch.setattr(consumers.ChatConsumer, "people_changed", wait)
        tab = await open_tab(browsers[1], chat, after=2)
        await tab.control("presence")
        news = {"type": "people.changed", "conversation": chat.pk}
        news["groups"] = [broadcasts.person_group(cast.customer.pk)]
        (socket,) = sweep.sweep().sockets
        for _ in range(consumers.NEWS_LIMIT):
            fan_out().hand_out(news)
        assert socket.falling_behind is None

        await ask(send, browsers[0], chat, "Three")
        fan_out().hand_out(news)

        assert await tab.closed() == 4008
        assert tab.numbers == []
        go_on.set()
        again = await open_tab(browsers[1], chat, after=2)
        await again.message(3)

    async def test_messages_that_wait_for_an_earlier_one(self, browsers, cast, chat, open_tab, monkeypatch):
        go_on, fill_gap = asyncio.Event(), consumers.ChatConsumer.fill_gap

        async def held(self):
            await go_on.wait()
            await fill_gap(self)

        monkeypatch.setattr(consumers, "EARLY_LIMIT", 3)
        monkeypatch.setattr(consumers, "TO_OVERTAKE", 0)
        monkeypatch.setattr(consumers.ChatConsumer, "fill_gap", held)
        tab = await open_tab(browsers[1], chat, after=2)
        lost = Lost(monkeypatch)
        await ask(send, browsers[0], chat, "Lost")
        lost.back()
        for n in range(5):
            await ask(send, browsers[0], chat, f"Heard {n}")
        # News is taken in its order: who hears of this has heard of them.
        await broadcasts.send(*(await ask(broadcasts.typing, chat.pk, cast.dispatcher)))
        await tab.control("typing")
        (socket,) = sweep.sweep().sockets
        assert sorted(socket.early) == [6, 7, 8]
        go_on.set()

        await tab.message(8)
        assert tab.numbers == list(range(3, 9))


class TestTyping:
    async def test_is_seen_by_the_others_and_not_by_oneself(self, browsers, chat, cast, open_tab):
        team, guest, driver = [await open_tab(browser, chat, after=2) for browser in browsers]

        await guest.say("typing")

        seen = {"type": "typing", "person": cast.customer.pk, "name": "Jose Pavarotti"}
        assert await team.control("typing") == seen
        assert await driver.control("typing") == seen
        await ask(send, browsers[0], chat, "I see")
        await guest.message(3)
        assert guest.controls == []

    async def test_is_told_at_most_once_in_a_while(self, browsers, chat, open_tab, monkeypatch):
        monkeypatch.setattr(consumers, "TYPING_PACE", 60)
        team, guest, _ = [await open_tab(browser, chat, after=2) for browser in browsers]

        for _ in range(20):
            await guest.say("typing")
        await guest.say("read", number=2)
        await team.control("typing")
        await ask(send, browsers[1], chat, "Done")
        await team.message(3)

        assert [said["type"] for said in team.controls] == ["typing"]

    async def test_is_not_seen_in_another_chat(self, browsers, chat, cast, open_tab):
        other, _ = await ask(actions.open_order_chat, order=await ask(OrderFactory), actor=cast.dispatcher)
        elsewhere, here = await open_tab(browsers[0], other, after=1), await open_tab(browsers[2], chat, after=2)
        guest = await open_tab(browsers[1], chat, after=2)

        await guest.say("typing")
        await here.control("typing")
        await ask(send, browsers[0], other, "Elsewhere")

        await elsewhere.message(2)
        assert elsewhere.controls == []


class TestReading:
    async def test_moves_my_unread_count_and_tells_my_other_tabs(self, browsers, chat, cast, open_tab):
        await ask(send, browsers[1], chat, "Where is it?")
        await ask(send, browsers[1], chat, "Hello?")
        page, inbox = await open_tab(browsers[0], chat, after=4), await open_tab(browsers[0])
        listed = rows_of(await ask(browsers[0].get, "/chats/"))
        assert [row.unread for row in listed] == [2]

        await page.say("read", number=3)
        await inbox.row(chat, unread=1)
        await page.say("read", number=4)
        await inbox.row(chat, unread=0)

        assert [row.unread for row in rows_of(await ask(browsers[0].get, "/chats/"))] == [0]
        # It still waits for an answer.
        assert [row.waiting for row in rows_of(await ask(browsers[0].get, "/chats/"))] == [True]

    async def test_is_mine_alone(self, browsers, chat, colleague, open_tab):
        await ask(send, browsers[1], chat, "Where is it?")
        page = await open_tab(browsers[0], chat, after=3)
        mine, theirs = await open_tab(browsers[0]), await open_tab(colleague)

        await page.say("read", number=3)
        await mine.row(chat, unread=0)
        await ask(send, browsers[1], chat, "Hello?")

        await theirs.row(chat, unread=2)
        assert {row.unread for row in theirs.rows} == {2}

    async def test_never_goes_back(self, browsers, chat, cast, open_tab):
        for text in "345":
            await ask(send, browsers[1], chat, text)
        page, inbox = await open_tab(browsers[0], chat, after=5), await open_tab(browsers[0])

        await page.say("read", number=5)
        await inbox.row(chat, unread=0)
        await page.say("read", number=3)
        await ask(send, browsers[1], chat, "6")

        await inbox.row(chat, unread=1)
        mark = await ask(ReadMark.objects.get, conversation=chat, person=cast.dispatcher)
        assert mark.number == 5

    async def test_by_a_request_tells_my_other_tabs_too(self, browsers, chat, open_tab):
        await ask(send, browsers[1], chat, "Where is it?")
        inbox = await open_tab(browsers[0])

        answer = await ask(browsers[0].post, f"/chats/{chat.pk}/reads/", {"number": 3}, headers={"HX-Request": "true"})

        assert answer.status_code == 204
        await inbox.row(chat, unread=0)

    async def test_drivers_list_is_live_too(self, browsers, chat, cast, open_tab):
        home = await open_tab(browsers[2])

        await ask(send, browsers[0], chat, "At the gate?")
        await home.row(chat, unread=1)
        page = await open_tab(browsers[2], chat, after=3)
        await page.say("read", number=3)

        await home.row(chat, unread=0)
        assert not any(row.waiting for row in home.rows)


class TestInbox:
    async def test_costs_a_row_in_a_while_however_much_is_written(self, browsers, chat, open_tab, monkeypatch):
        monkeypatch.setattr(live_list, "PACE", 0.5)
        inbox = await open_tab(browsers[0])
        clock = asyncio.get_running_loop().time
        began = clock()

        for number in range(20):
            await ask(send, browsers[1], chat, f"{number}")
        await inbox.row(chat, unread=20)

        assert len(inbox.rows) <= 2 + (clock() - began) / 0.5

    async def test_says_how_many_wait(self, browsers, chat, open_tab):
        inbox = await open_tab(browsers[0])

        await ask(send, browsers[1], chat, "Hello?")
        await inbox.row(chat, waiting=True)
        assert '<span id="waiting-count" class="count count--wait">1<' in inbox.frames[-1]
        await ask(send, browsers[0], chat, "Yes?")

        await inbox.row(chat, waiting=False)
        assert '<span id="waiting-count" hidden' in inbox.frames[-1]

    async def test_says_how_many_each_filter_has(self, browsers, colleague, chat, open_tab):
        mine, theirs = await open_tab(browsers[0]), await open_tab(colleague)

        await ask(send, browsers[1], chat, "Hello?")
        for inbox, of_mine in ((mine, 1), (theirs, 0)):
            expected = {"mine": of_mine, "waiting": 1, "unread": 1, "all": 1, "closed": 0}
            await inbox.hear_until(lambda inbox=inbox, expected=expected: counts_of(inbox) == expected)

        # Each their own: what one has read, the other has not.
        await ask(browsers[0].post, f"/chats/{chat.pk}/reads/", {"number": 3})
        await mine.hear_until(lambda: counts_of(mine)["unread"] == 0)
        await ask(browsers[0].post, f"/chats/{chat.pk}/closure/")
        for inbox in (mine, theirs):
            expected = {"mine": 0, "waiting": 0, "unread": 0, "all": 0, "closed": 1}
            await inbox.hear_until(lambda inbox=inbox, expected=expected: counts_of(inbox) == expected)

    async def test_says_a_count_when_it_changes(self, browsers, chat, open_tab):
        inbox = await open_tab(browsers[0])
        await ask(send, browsers[1], chat, "Hello?")
        await inbox.row(chat, unread=1)
        before = len(inbox.frames)

        await ask(send, browsers[1], chat, "Hello?")
        await inbox.row(chat, unread=2)

        assert "count-" in "".join(inbox.frames[:before])
        assert "count-" not in "".join(inbox.frames[before:])

    async def test_row_comes_also_after_the_database_was_away(self, browsers, chat, open_tab, monkeypatch):
        inbox, failed = await open_tab(browsers[0]), []
        for_rows = Conversation.objects.all().for_rows.__func__

        def away_once(*arguments):
            if not failed:
                failed.append(True)
                raise OperationalError("the server closed the connection")
            return for_rows(*arguments)

        monkeypatch.setattr("chat.models.conversation.ConversationQuerySet.for_rows", away_once)
        await ask(send, browsers[1], chat, "Hello?")

        await inbox.row(chat, unread=1)
        assert failed

    async def test_guest_hears_no_counts(self, browsers, chat, open_tab):
        home = await open_tab(browsers[2])
        await ask(send, browsers[0], chat, "At the gate?")
        await home.row(chat, unread=1)

        assert counts_of(home) == {}


def counts_of(tab):
    """What this tab has last heard of each filter: {"mine": 1, …}."""
    said = re.findall(r'id="count-(\w+)" data-count="(\d+)"', "".join(tab.frames))
    return {show: int(count) for show, count in said}


class TestDoor:
    async def test_is_shut_and_no_fault_while_the_database_is_away(self, browsers, chat, monkeypatch):
        def away(*_):
            raise OperationalError("the server closed the connection")

        monkeypatch.setattr(consumers, "viewer_of_socket", away)
        tab = Tab(browsers[1], f"?chat={chat.pk}")
        assert not await tab.connect()
        monkeypatch.undo()

        # Whoever tries again comes in.
        tab = Tab(browsers[1], f"?chat={chat.pk}")
        assert await tab.connect()
        await tab.leave()

    async def test_who_is_thrown_out_by_a_fault_is_not_here_any_more(self, browsers, chat, open_tab, monkeypatch):
        def away(*_):
            raise OperationalError("the server closed the connection")

        sockets = len(sweep.sweep().sockets)
        tab = await open_tab(browsers[1], chat, after=0)
        await tab.message(2)
        assert len(sweep.sweep().sockets) == sockets + 1
        assert attendance().looking
        monkeypatch.setattr(consumers.broadcasts, "typing", away)
        await tab.say("typing")

        with pytest.raises(OperationalError):
            await tab.hear_until(lambda: False)
        assert len(sweep.sweep().sockets) == sockets
        assert not attendance().looking

    @pytest.mark.parametrize("door", ["", "/g/no-such-link"])
    async def test_stranger_is_told_so_and_not_left_to_try_again(self, chat, door):
        tab = Tab(Client(), f"?chat={chat.pk}", door=door)

        # Refused before it is accepted, it would look like a fault of the network.
        assert await tab.connect()
        assert await tab.closed() == 4401
        assert tab.frames == ['{"type": "stop", "reason": "not_allowed"}']
        await tab.leave()

    @pytest.mark.parametrize("chat_id", [0, 987654321, 10**17])
    async def test_chat_that_is_not_there_is_as_one_that_is_anothers(self, browsers, cast, chat, come_in, chat_id):
        assert chat.pk != chat_id
        other, _ = await ask(actions.open_order_chat, order=await ask(OrderFactory), actor=cast.dispatcher)
        heard = []
        for asked in (chat_id, other.pk):
            tab = Tab(browsers[1], f"?chat={asked}")
            assert await tab.connect()
            heard.append((await tab.closed(), tab.frames))
            await tab.leave()

        assert heard[0] == heard[1] == (4401, ['{"type": "stop", "reason": "not_allowed"}'])

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "http://testserver.evil.example",
            "http://testserver:81",
            "null",
            "http://",
            "testserver",
            "http://evil.example/testserver",
        ],
    )
    async def test_page_of_another_site_is_refused(self, browsers, chat, origin):
        for browser in browsers:
            tab = Tab(browser, f"?chat={chat.pk}", origin=origin)
            assert not await tab.connect()

    @pytest.mark.parametrize("origin", ["http://testserver", None])
    async def test_own_page_and_a_program_are_not(self, browsers, chat, open_tab, origin):
        tab = await open_tab(browsers[1], chat, origin=origin)
        await tab.message(2)

    @pytest.mark.parametrize(
        "query",
        ["?chat=x", "?chat=-1", "?chat=1&after=x", "?chat=1&after=-1", f"?chat={'9' * 30}", f"?chat=1&after={'9' * 10}"]
        + ["?after=%00", "?chat=%C2%B2", "?chat=1.5", "?chat=%ED%A0%80"],
    )
    async def test_address_that_makes_no_sense(self, browsers, chat, query):
        for browser in browsers[:2]:
            tab = Tab(browser, query)
            assert await tab.connect()
            assert await tab.closed() == 4009
            assert tab.frames == ['{"type": "stop", "reason": "nonsense"}']
            await tab.leave()

    @pytest.mark.parametrize(
        "said",
        [
            "hello",
            "",
            "{}",
            "[]",
            "null",
            "1",
            "NaN",
            "\0",
            '"typing"',
            "[" * 4000,
            '{"type": "shout"}',
            '{"type": "\\ud800"}',
            '{"type": null}',
            '{"type": ["read"]}',
            '{"type": "read"}',
            '{"type": "read", "number": "2"}',
            '{"type": "read", "number": -1}',
            '{"type": "read", "number": 1.5}',
            '{"type": "read", "number": null}',
            '{"type": "read", "number": 2147483648}',
            '{"type": "read", "number": %s}' % ("9" * 4000),
            '{"type": "typing", "more": "%s"}' % ("x" * 5000),
            b'{"type": "typing"}',
            b"\xff\0",
        ],
        ids=lambda said: repr(said)[:40],
    )
    async def test_what_makes_no_sense_ends_it(self, browsers, chat, open_tab, said):
        tab, other = await open_tab(browsers[1], chat), await open_tab(browsers[2], chat, after=2)
        await tab.message(2)

        await tab.socket.send_input({"type": "websocket.receive", "bytes" if isinstance(said, bytes) else "text": said})

        assert await tab.closed() == 4009
        assert tab.controls == [{"type": "stop", "reason": "nonsense"}]
        # Nobody else is in the way of it.
        await ask(send, browsers[0], chat, "Three")
        assert (await other.message(3)).text == "Three"

    @pytest.mark.parametrize(
        "said", [{"type": "ack", "number": 2}, {"type": "read", "number": 2}, {"type": "typing"}], ids=str
    )
    async def test_what_makes_sense_does_not(self, browsers, chat, open_tab, said):
        tab = await open_tab(browsers[1], chat, after=2)

        await tab.say(said.pop("type"), **said)
        await ask(send, browsers[0], chat, "Three")

        assert (await tab.message(3)).text == "Three"


class TestLeaving:
    async def test_signing_out_ends_what_the_session_opened(self, browsers, colleague, chat, open_tab):
        page, inbox = await open_tab(browsers[0], chat), await open_tab(browsers[0])
        anothers = await open_tab(colleague, chat, after=2)
        await page.message(2)

        assert (await ask(browsers[0].post, "/logout/")).status_code == 303

        assert [await page.closed(), await inbox.closed()] == [4401, 4401]
        await ask(send, browsers[1], chat, "Three")
        assert (await anothers.message(3)).text == "Three"

    @pytest.mark.parametrize("who", ["dispatcher", "customer"])
    async def test_who_is_deactivated_is_out_with_the_next_heartbeat(
        self, browsers, chat, cast, open_tab, monkeypatch, who
    ):
        monkeypatch.setattr(sweep, "HEARTBEAT", 0.05)
        tab = await open_tab(browsers[0 if who == "dispatcher" else 1], chat)
        await tab.control("heartbeat")

        await ask(User.objects.filter(pk=getattr(cast, who).pk).update, is_active=False)

        assert await tab.closed() == 4401

    async def test_expired_link_too(self, browsers, chat, open_tab, monkeypatch):
        monkeypatch.setattr(sweep, "HEARTBEAT", 0.05)
        tab, other = await open_tab(browsers[1], chat), await open_tab(browsers[2], chat)
        await tab.control("heartbeat")

        await ask(lambda: AccessLink.objects.filter(pk=browsers[1].link.pk).update(expires_at="2020-01-01T00:00Z"))

        assert await tab.closed() == 4401
        await ask(send, browsers[0], chat, "Three")
        assert (await other.message(3)).text == "Three"

    async def test_cookie_alone_opens_no_door_of_the_team(self, browsers, chat):
        guest = Client()
        guest.cookies = browsers[1].cookies
        assert "guest" in cookies_of(guest)
        tab = Tab(guest, f"?chat={chat.pk}", door="")

        assert await tab.connect()
        assert await tab.closed() == 4401
        await tab.leave()


class TestWhoseThePageIs:
    async def test_a_page_of_the_signed_in_person_is_spoken_to_at_once(self, browsers, cast, chat, open_tab):
        tab = await open_tab(browsers[0], chat, after=2, person=cast.dispatcher.pk)

        assert await tab.control("heartbeat") == {"type": "heartbeat", "last_number": 2}

    async def test_a_page_of_somebody_else_is_closed(self, browsers, cast, chat, open_tab):
        """Two people use one browser: the second has signed in while the first one's page was still open."""
        tab = await open_tab(browsers[0], chat, after=2, person=cast.colleague.pk)

        assert await tab.closed() == 4401
        assert tab.controls == [{"type": "stop", "reason": "not_allowed"}]
