import asyncio
import signal
import sys
import threading

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from prometheus_client import start_http_server

from chat import broadcasts
from dispatch_console.worker import Worker


class Command(BaseCommand):
    help = "Does the background work until it is told to stop (SIGTERM, or Ctrl-C): e-mail, SMS, notices."

    def handle(self, **options):
        if connection.vendor == "sqlite":
            sys.exit("DATABASE_URL: SQLite takes one process, and manage.py serve does this work too.")
        if settings.WORKER_METRICS_PORT:
            start_http_server(settings.WORKER_METRICS_PORT, addr=settings.HOST)
        told = threading.Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: told.set())
        # What has changed is told on a loop of its own, as in the server, so that no work waits for it.
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        broadcasts.speak_through(loop)
        worker = Worker()
        worker.start()
        self.stdout.write("The worker works")
        self.stdout.flush()
        told.wait()
        worker.stop()
