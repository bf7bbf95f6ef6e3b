"""A process that has much to do: requests wait in line, and who has left the line is not answered."""

import threading
from contextlib import ExitStack

import pytest
from asgiref.testing import ApplicationCommunicator

from dispatch_console.asgi import application
from dispatch_console.places import READING, WRITING, Places, place, place_lent

from .faults.services import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SCOPE = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/healthz", "query_string": b""}
SCOPE["headers"] = [(b"host", b"127.0.0.1")]


def taken(kind):
    """Every place of this kind is taken. Closing it frees them."""
    places = ExitStack()
    for _ in range(kind.free):
        places.enter_context(place(kind))
    return places


@pytest.fixture
def all_places():
    with taken(READING) as places:
        yield places


@pytest.fixture
async def visitor():
    """Somebody who asks whether all is well."""
    visitor = ApplicationCommunicator(application, SCOPE)
    await visitor.send_input({"type": "http.request"})
    yield visitor
    await visitor.send_input({"type": "http.disconnect"})
    await visitor.wait()


async def status(visitor):
    return (await visitor.receive_output(timeout=10))["status"]


async def test_waits_until_there_is_a_place(all_places, visitor):
    assert await visitor.receive_nothing()

    all_places.close()

    assert await status(visitor) == 200


async def test_who_waits_for_something_else_lends_the_place(all_places, visitor):
    assert await visitor.receive_nothing()

    with place_lent():
        assert await status(visitor) == 200


async def test_who_reads_does_not_wait_for_those_who_write(visitor):
    with taken(WRITING):
        assert await status(visitor) == 200


async def test_who_has_hung_up_is_not_answered(all_places, visitor):
    assert await visitor.receive_nothing()
    await visitor.send_input({"type": "http.disconnect"})
    assert await visitor.receive_nothing()

    all_places.close()

    await visitor.wait(timeout=10)
    assert visitor.output_queue.empty()


def test_who_comes_back_goes_before_those_who_have_not_begun():
    places, came = Places(1), []

    def come(take, name):
        take()
        came.append(name)
        places.leave()

    places.take()
    threads = [threading.Thread(target=come, args=(places.take, "new")) for _ in range(3)]
    threads.append(threading.Thread(target=come, args=(places.take_back, "back")))
    for thread in threads:
        thread.start()
    wait_until(lambda: places.coming_back, "one who comes back")

    places.leave()

    for thread in threads:
        thread.join(10)
    assert came == ["back", "new", "new", "new"]
