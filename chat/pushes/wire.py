"""A POST to an address that somebody else has named: to the internet only, once, for a few seconds, for few bytes."""

from contextlib import closing, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from threading import Timer

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from .addresses import is_of_test, is_public, origin_of

# Seconds: until there is a connection, for one silence in the answer, and for all of it.
TIMEOUT = (4, 8)
LONGEST = 12
# Of an answer, bytes. Nobody has more to say about a push.
WORDS = 300


@dataclass(frozen=True)
class Answer:
    status: int
    words: str
    retry_after: str


def post(url, body, headers) -> Answer:
    """Raises requests.RequestException where nobody answers."""
    with Session() as session:
        # No proxy, and no password, of the environment: a proxy would reach what we may not.
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", Careful({"https": PublicPool}))
        if is_of_test(url):
            session.mount(origin_of(url), Careful({"http": InnerPool}))
        options = {"data": body, "headers": headers, "timeout": TIMEOUT, "stream": True}
        with closing(session.post(url, **options)) as response:
            words = b""
            # The status has been said: that the rest does not come changes nothing.
            with suppress(HTTPError):
                words = response.raw.read1(WORDS, decode_content=False) or b""
            retry_after = response.headers.get("Retry-After", "")
            return Answer(response.status_code, words.decode(errors="replace").strip(), retry_after)


class Session(requests.Session):
    def get_redirect_target(self, response):
        """There is none. Told only not to follow it, requests would read the whole answer to prepare for it."""


class Limited:
    """A connection that is cut off when all of it takes too long: timeouts of sockets count from byte to byte."""

    limit = twin = None

    def _new_conn(self):
        connection = super()._new_conn()
        # A second handle on it, since TLS takes the first one away.
        self.twin = connection.dup()
        self.limit = Timer(LONGEST, self.cut)
        self.limit.daemon = True
        self.limit.start()
        return connection

    def cut(self):
        try:
            self.twin.shutdown(SHUT_RDWR)
        except OSError:
            # Closed in this moment.
            return

    def close(self):
        if self.limit:
            self.limit.cancel()
            self.twin.close()
        super().close()


class PublicConnection(Limited, HTTPSConnection):
    def _new_conn(self):
        connection = super()._new_conn()
        number = connection.getpeername()[0]
        if not is_public(number):
            connection.close()
            self.close()
            raise NewConnectionError(self, f"{self.host} leads to {number}, which is no public address")
        return connection


class InnerConnection(Limited, HTTPConnection):
    """To a push service of a test."""


class PublicPool(HTTPSConnectionPool):
    ConnectionCls = PublicConnection


class InnerPool(HTTPConnectionPool):
    ConnectionCls = InnerConnection


class Careful(HTTPAdapter):
    """Connects by these pools, by scheme, and does not try again by itself."""

    def __init__(self, pools):
        self.pools = pools
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *sizes, **options):
        super().init_poolmanager(*sizes, **options)
        self.poolmanager.pool_classes_by_scheme = self.pools
