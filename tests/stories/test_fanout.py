"""A process asks the channel layer once for all its pages, and hands out what comes to those whom it is for."""

import asyncio
from collections import Counter

import pytest
from channels.layers import get_channel_layer

from chat import actions, broadcasts, fanout
from chat.fanout import fan_out

from .live import ask
from .reading import send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def layer(monkeypatch):
    """The channel layer, which counts in `layer.asked` by whom it was asked to be taken in."""
    layer = get_channel_layer()
    layer.asked, take_in = Counter(), layer.group_add

    async def group_add(group, channel):
        layer.asked[group] += 1
        await take_in(group, channel)

    monkeypatch.setattr(layer, "group_add", group_add)
    return layer


async def test_is_joined_once_for_any_number_of_pages(customer, dispatcher, chat, open_tab, layer):
    tabs = [await open_tab(browser, chat, after=1) for browser in (customer, dispatcher, customer, dispatcher)]
    tabs.append(await open_tab(dispatcher))

    assert layer.asked == {broadcasts.EVERYWHERE: 1}
    # The premise: it is by this that they hear.
    await ask(send, dispatcher, chat, "Hello")
    for tab in tabs[:4]:
        assert (await tab.message(2)).text == "Hello"


async def test_is_left_when_the_last_page_has_gone(customer, dispatcher, chat, open_tab, layer):
    tabs = [await open_tab(customer, chat, after=1), await open_tab(dispatcher)]
    task = fan_out().task

    await tabs[0].leave()
    assert fan_out().task is task
    await tabs[1].leave()
    async with asyncio.timeout(10):
        await asyncio.wait([task])

    assert fan_out().members == {}
    assert broadcasts.EVERYWHERE not in layer.groups
    # Who comes now hears again.
    tab = await open_tab(customer, chat, after=1)
    await ask(send, dispatcher, chat, "Hello")
    assert (await tab.message(2)).text == "Hello"


async def test_page_that_is_meant_twice_is_told_once(cast, dispatcher, chat, open_tab):
    tab = await open_tab(dispatcher, chat, after=1)

    groups = [broadcasts.TEAM, broadcasts.person_group(cast.dispatcher.pk)]
    await broadcasts.send(groups, {"type": "notification.tested", "key": "k"})
    await ask(send, dispatcher, chat, "Hello")
    await tab.message(2)

    assert [said for said in tab.controls if said["type"] == "test"] == [{"type": "test", "key": "k"}]


async def test_others_are_told_nothing(cast, customer, dispatcher, chat, open_tab):
    tabs = [await open_tab(customer, chat, after=1), await open_tab(dispatcher, chat, after=1)]

    for person in (cast.colleague, cast.customer):
        await broadcasts.send([broadcasts.person_group(person.pk)], {"type": "notification.tested", "key": person.name})
    await ask(send, dispatcher, chat, "Hello")

    heard = []
    for tab in tabs:
        await tab.message(2)
        heard.append([said["key"] for said in tab.controls if said["type"] == "test"])
    assert heard == [[cast.customer.name], []]


async def test_page_opens_while_the_layer_is_away_and_hears_once_it_is_back(
    customer, dispatcher, chat, open_tab, layer, monkeypatch
):
    take_in = layer.group_add

    async def refuse(group, channel):
        raise ConnectionError("the channel layer is away")

    monkeypatch.setattr(layer, "group_add", refuse)
    monkeypatch.setattr(fanout, "SHORT_PATIENCE", 0.1)
    monkeypatch.setattr(fanout, "PAUSE", 0.1)
    await ask(actions.send_message, conversation=chat, author=chat.order.customer, body="Before")
    tab = await open_tab(customer, chat, after=1)
    assert (await tab.message(2)).text == "Before"
    # The premise: it opened without being heard.
    assert fan_out().channel is None

    monkeypatch.setattr(layer, "group_add", take_in)
    async with asyncio.timeout(10):
        await fan_out().joined.wait()
    await ask(send, dispatcher, chat, "After")

    assert (await tab.message(3)).text == "After"


async def test_news_that_nobody_can_read_is_not_the_last(customer, dispatcher, chat, open_tab, layer, monkeypatch):
    monkeypatch.setattr(fanout, "PAUSE", 0)
    tab = await open_tab(customer, chat, after=1)

    await layer.group_send(broadcasts.EVERYWHERE, {"nonsense": True})
    await ask(send, dispatcher, chat, "Hello")

    assert (await tab.message(2)).text == "Hello"
