"""Faults against real processes: servers that are killed, databases that stop, readers that do not read.

In the short form this is part of every run of the tests. `make faults` (FAULTS=full) runs it in full and prints what
was lost, doubled and late.
"""

import logging
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from .services import Postgres, Redis
from .site import Site
from .table import FILE, FULL, Table, size

HERE = Path(__file__).parent
PEOPLE = size(short=10, full=50)
TEAM = size(short=2, full=6)
CONVERSATIONS = size(short=4, full=20)
TABLE = pytest.StashKey[Table]()


# A line for each of ten thousand requests would bury what a failure has to say.
logging.getLogger("httpx").setLevel(logging.WARNING)


def pytest_configure(config):
    config.stash[TABLE] = Table()


@pytest.fixture
def table(request):
    return request.config.stash[TABLE]


def pytest_terminal_summary(terminalreporter, config):
    table = config.stash.get(TABLE, None)
    if not table or not table.rows:
        return
    if FULL:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(table.markdown())
    if FULL or config.get_verbosity() > 0:
        terminalreporter.section("Faults")
        terminalreporter.write(table.markdown())


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            # Servers and people outlive a test, and so must the loop that they are spoken to from.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def own_postgres():
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def own_redis():
    server = Redis()
    yield server
    server.remove()


@asynccontextmanager
async def peopled(site):
    await site.open(conversations=CONVERSATIONS, guests=PEOPLE - TEAM, team=TEAM)
    yield site
    await site.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def production_site(tmp_path_factory, own_postgres, own_redis):
    folder = tmp_path_factory.mktemp("production")
    site = Site(folder, processes=2, database_url=own_postgres.url, redis_url=own_redis.url)
    async with peopled(site):
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_site(tmp_path_factory):
    async with peopled(Site(tmp_path_factory.mktemp("embedded"))) as site:
        yield site


# A test may leave anything behind it dead, when it fails. The next one finds everything running.


@pytest.fixture
def postgres(own_postgres):
    own_postgres.let_commits_go()
    own_postgres.start()
    return own_postgres


@pytest.fixture
def redis(own_redis):
    own_redis.resume()
    own_redis.start()
    return own_redis


@pytest_asyncio.fixture(loop_scope="session")
async def production(production_site, postgres, redis):
    """PostgreSQL, Redis and two server processes, with people who have come in."""
    await production_site.start()
    return production_site


@pytest_asyncio.fixture(loop_scope="session")
async def embedded(embedded_site):
    """SQLite, the channel layer in memory and one server process, with people who have come in."""
    await embedded_site.start()
    return embedded_site
