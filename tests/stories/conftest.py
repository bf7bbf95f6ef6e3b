import pytest
from channels.layers import channel_layers

from chat import live_list

from .live import Tab, nobody_asks


@pytest.fixture(autouse=True)
def fresh_channel_layer(monkeypatch):
    """Nobody listens from an earlier test, whose event loop is gone."""
    monkeypatch.setattr(channel_layers, "backends", {})


@pytest.fixture(autouse=True)
def lists_at_once(monkeypatch):
    """Rows of lists are held back so that they cost little. Here nobody waits for them."""
    monkeypatch.setattr(live_list, "PACE", 0)
    monkeypatch.setattr(live_list, "EASE", 0)


@pytest.fixture
def dispatcher(cast, sign_in):
    """Dispatcher 1's browser."""
    return sign_in(cast.dispatcher)


@pytest.fixture
def customer(cast, chat, come_in):
    """The browser of the customer of the order's chat, who came in by a web chat link."""
    return come_in(cast.customer, chat)


@pytest.fixture
async def open_tab():
    """A tab of a browser with its websocket: open_tab(client, chat, after=3), without a chat for a list.

    It has begun to listen before it is handed out: what is sent from then on arrives.
    """
    tabs = []

    async def open_tab(client, chat=None, *, after=None, revision=None, person=None, **options):
        query = f"?chat={chat.pk}" if chat else ""
        if after is not None:
            query += f"&after={after}"
        if revision is not None:
            query += f"&revision={revision}"
        if person is not None:
            query += f"&person={person}"
        tab = Tab(client, query, **options)
        tabs.append(tab)
        assert await tab.connect()
        return tab

    yield open_tab
    for tab in tabs:
        await tab.leave()
    await nobody_asks()
