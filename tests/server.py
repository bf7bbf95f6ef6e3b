"""The product as a process of its own, on a fresh database, started as in production."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from copy import copy
from urllib.parse import urlsplit

import psycopg
from django.conf import settings


class Server:
    """`manage.py serve` on a free port. `folder` is for its data, and for nobody else's."""

    def __init__(self, folder, database_url=None, redis_url=None):
        """The services are those of the run, unless others are named; "" stands for none."""
        self.folder = folder
        self.database = Database(os.environ.get("DATABASE_URL", "") if database_url is None else database_url)
        self.process = None
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "dispatch_console.settings",
            "DATA_DIR": str(folder),
            "STATIC_ROOT": str(folder / "static"),
            "DATABASE_URL": self.database.url,
            "REDIS_URL": os.environ.get("REDIS_URL", "") if redis_url is None else redis_url,
            "DEBUG": "off",
            "HOST": "127.0.0.1",
            "ALLOWED_HOSTS": "",
            "CSRF_TRUSTED_ORIGINS": "",
            "RATE_LIMITS": "off",
            "DEMO_PASSWORD": "demo",
        }
        self._take_port()

    def _take_port(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / f"server-{self.port}.log"
        self.environment = {**self.environment, "PORT": str(self.port), "BASE_URL": self.url}

    def another(self):
        """One more process of the same installation, on a port of its own."""
        other = copy(self)
        other.process = None
        other._take_port()
        return other

    def manage(self, *arguments):
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            # Compressing the static files takes its time on a busy machine.
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=settings.ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self.process.stdout.readline()
        assert self.url in line, self.log.read_text()

    def stop(self):
        """As a new version or a restart of the machine does it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
            self.process.stdout.close()

    def kill(self):
        """As the power, the kernel or an impatient admin does it: from one instruction to the next."""
        self.process.kill()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def remove(self):
        self.stop()
        self.database.remove()


class Database:
    """A database that only this run uses: beside the given one where that is PostgreSQL, or else a file in DATA_DIR."""

    def __init__(self, url):
        self.beside = url if url.startswith("postgres") else ""
        self.name = f"dispatch_{secrets.token_hex(4)}"
        self.url = urlsplit(url)._replace(path=f"/{self.name}").geturl() if self.beside else ""
        self._say("CREATE DATABASE {}")

    def remove(self):
        self._say("DROP DATABASE {} WITH (FORCE)")

    def _say(self, sentence):
        if self.beside:
            with psycopg.connect(self.beside, autocommit=True) as connection:
                connection.execute(psycopg.sql.SQL(sentence).format(psycopg.sql.Identifier(self.name)))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
