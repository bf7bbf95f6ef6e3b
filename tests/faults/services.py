"""A PostgreSQL and a Redis of the tests' own, which they may stop, freeze and empty as they like."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import redis

from tests.server import free_port
from tests.services import postgres_program, run_as_postgres

# Seconds. Recovery after an immediate stop replays what was written since the last checkpoint.
PATIENCE = 60


def wait_until(is_so, what, patience=PATIENCE):
    """What `is_so` says as soon as it is true of anything."""
    deadline = time.monotonic() + patience
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.02)
    return found


class Postgres:
    """One PostgreSQL server on loopback. Its settings are those of the package but for what a test asks for."""

    def __init__(self):
        # Not one of pytest's folders, which only root may enter: PostgreSQL refuses to be run by root.
        self.folder = Path(tempfile.mkdtemp(prefix="dispatch-postgres-"))
        self.port = free_port()
        self.process = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        # --no-sync is about the files of initdb. What the server writes later is as durable as in production.
        self._run("initdb", "-D", self.data, "-U", "dispatch", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        with self.connect("postgres") as connection:
            connection.execute("CREATE DATABASE dispatch")

    @property
    def data(self):
        return str(self.folder / "data")

    @property
    def url(self):
        return f"postgres://dispatch@127.0.0.1:{self.port}/dispatch"

    def _run(self, program, *arguments):
        command = [postgres_program(program), *arguments]
        subprocess.run(command, cwd="/", check=True, capture_output=True, timeout=PATIENCE, **run_as_postgres())

    def connect(self, database="dispatch"):
        return psycopg.connect(
            f"postgres://dispatch@127.0.0.1:{self.port}/{database}", autocommit=True, connect_timeout=2
        )

    def start(self, **settings):
        """Start it if it does not run, and wait until it answers. `settings` are PostgreSQL's own, for this start."""
        if self.process and self.process.poll() is None:
            return
        settings = {"listen_addresses": "127.0.0.1", "max_connections": 200, **settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [postgres_program("postgres"), "-D", self.data, "-p", str(self.port), "-k", str(self.folder), *options],
                cwd="/",
                stdout=log,
                stderr=log,
                **run_as_postgres(),
            )
        wait_until(self.answers, "PostgreSQL to answer")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        with suppress(psycopg.OperationalError), self.connect("postgres"):
            return True
        return False

    def stop_immediately(self):
        """What `pg_ctl stop -m immediate` does: nothing is finished and nothing is written any more."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=PATIENCE)

    def hold_commits(self):
        """From now on a commit is written, and its answer waits for a standby that there is not."""
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            connection.execute("SELECT pg_reload_conf()")

    def let_commits_go(self):
        """To be called before `start`, while it is stopped."""
        (self.folder / "data" / "postgresql.auto.conf").write_text("")

    def commits_under_way(self, *, held=False):
        """How many connections are between their COMMIT and its answer, or only those that `hold_commits` holds."""
        condition = "wait_event = 'SyncRep'" if held else "state = 'active' AND query = 'COMMIT'"
        with self.connect() as connection:
            return connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {condition}").fetchone()[0]

    def remove(self):
        if self.process.poll() is None:
            self.stop_immediately()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """One Redis server on loopback, which keeps nothing on disk."""

    def __init__(self):
        self.port = free_port()
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        """Start it if it does not run, and wait until it answers."""
        if self.process and self.process.poll() is None:
            return
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "Redis to answer")

    def answers(self):
        assert self.process.poll() is None
        with suppress(redis.ConnectionError), self.connect() as client:
            return client.ping()
        return False

    def connect(self):
        return redis.Redis(port=self.port, socket_timeout=2)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=PATIENCE)

    def pause(self):
        """It keeps its connections, and answers nobody."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def flush(self):
        with self.connect() as client:
            client.flushall()

    def cut_subscribers(self):
        """Close the connections that wait for news. The number of them."""
        with self.connect() as client:
            return client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=PATIENCE)
