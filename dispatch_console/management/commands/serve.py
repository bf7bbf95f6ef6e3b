import fcntl
import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Serves the site on HOST and PORT until it is told to stop (SIGTERM, or Ctrl-C)."

    def handle(self, **options):
        if not settings.DEBUG and not settings.STATIC_ROOT.is_dir():
            sys.exit("STATIC_ROOT: there are no static files yet; run manage.py collectstatic first")
        lock = lock_database()
        # Imported late, so that a refused start loads no server and no application.
        from dispatch_console.asgi import application
        from dispatch_console.server import Server
        from dispatch_console.worker import Worker

        worker = Worker() if settings.WORKER else None

        def on_listening():
            self.say(f"Dispatch Console is at {settings.BASE_URL}")
            if worker:
                worker.start()

        server = Server(application=application, host=settings.HOST, port=settings.PORT, on_listening=on_listening)
        server.run()
        if worker:
            worker.stop()
        if lock:
            lock.close()
        if server.problem:
            sys.exit(server.problem)

    def say(self, line):
        self.stdout.write(line)
        # Who started this reads it through a pipe, maybe.
        self.stdout.flush()


def lock_database():
    """SQLite and the channel layer in memory belong to one process: a second one would not see the first one's news.

    The lock lasts as long as the file that is returned is open, so nothing is left behind when a process dies.
    """
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    path = f"{settings.DATABASES['default']['NAME']}.lock"
    try:
        file = open(path, "a+")  # noqa: SIM115
    except OSError as error:
        sys.exit(f"DATABASE_URL: {path} cannot be written: {error.strerror}")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        process = file.read().strip() or "unknown"
        sys.exit(
            f"DATABASE_URL: {path.removesuffix('.lock')} is served by process {process} already."
            " SQLite takes one server; PostgreSQL takes many."
        )
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
