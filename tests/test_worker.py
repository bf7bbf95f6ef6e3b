"""The background work: each task done once, by whichever worker, and nothing left over."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat import actions
from chat.models import Delivery
from chat.notices import missed
from chat.notices.tasks import deliver
from dispatch_console import logs, worker
from dispatch_console.metrics import DELIVERIES

from .background import time_passes, work_off
from .server import Server


@pytest.fixture
def person(cast):
    cast.customer.email = "jose@customer.example"
    cast.customer.save()
    return cast.customer


def send(cast, chat, person):
    return actions.send_link(conversation=chat, person=person, channel="email", key=uuid4(), actor=cast.dispatcher)


def test_old_tasks_are_removed_and_those_of_dead_workers_are_ended(db):
    for status, days in [("SUCCESSFUL", 2), ("SUCCESSFUL", 0), ("FAILED", 15), ("FAILED", 2), ("RUNNING", 1)]:
        result = deliver.using(run_after=timezone.now()).enqueue(0)
        at = timezone.now() - timedelta(days=days)
        DBTaskResult.objects.filter(pk=result.id).update(
            status=TaskResultStatus[status], started_at=at, finished_at=None if status == "RUNNING" else at
        )
    worker.prune()
    left = DBTaskResult.objects.order_by("status").values_list("status", flat=True)
    assert list(left) == ["FAILED", "FAILED", "SUCCESSFUL"]


def test_a_task_that_fails_is_noted_without_the_tokens_in_its_trace(db, monkeypatch, caplog):
    def fail(delivery_id):
        raise ValueError("https://chat.example.com/c/1TheToken is no good")

    monkeypatch.setattr("chat.notices.sending.try_delivery", fail)
    deliver.using(run_after=timezone.now()).enqueue(1)
    assert work_off() == 1
    row = DBTaskResult.objects.get()
    assert row.status == "FAILED"
    assert "/c/[token] is no good" in row.traceback
    assert "TheToken" not in row.traceback

    (record,) = [record for record in caplog.records if record.exc_info]
    written = logs.formatter().format(record)
    assert "/c/[token] is no good" in written
    assert "TheToken" not in written


def test_what_is_given_up_and_sent_is_counted(cast, chat, person, mail):
    def count(outcome):
        return DELIVERIES.labels("email", outcome)._value.get()

    before = {outcome: count(outcome) for outcome in ("sent", "retried", "failed")}
    mail.to_recipient = "451 Later"
    with pytest.MonkeyPatch.context() as patch:
        # The counters count what was committed, and a test commits nothing.
        patch.setattr("chat.actions.deliveries.after_commit", lambda call, *given: call(*given))
        send(cast, chat, person)
        work_off()
        mail.to_recipient = "250 OK"
        time_passes(minutes=1)
        work_off()
    assert {name: count(name) - before[name] for name in before} == {"sent": 1, "retried": 1, "failed": 0}


@pytest.mark.django_db(transaction=True)
class TestSeveralWorkers:
    """Threads with connections of their own, as processes have them."""

    def all_at_once(self, call, count=4):
        faults, start = [], threading.Barrier(count)

        def run():
            try:
                start.wait()
                call()
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert faults == []

    def test_send_each_delivery_once(self, cast, chat, person, mail):
        for _ in range(6):
            delivery, _ = send(cast, chat, person)
            # A second alarm for each, as after a crash.
            deliver.using(queue_name="email", run_after=timezone.now()).enqueue(delivery.pk)
            Delivery.objects.filter(pk=delivery.pk).update(kind="link", channel="email")
            self.all_at_once(work_off)
        assert len(mail.messages) == 6
        assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}

    def test_tell_of_what_was_missed_once(self, cast, chat, person, mail):
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Late.")
        time_passes(minutes=4)
        self.all_at_once(missed.look)
        assert Delivery.objects.count() == 1
        self.all_at_once(work_off)
        assert len(mail.messages) == 1


class TestThreads:
    def test_they_work_and_stop(self, db, monkeypatch):
        done = []
        monkeypatch.setattr(worker, "CHORES", {"tests.test_worker.chore": 60})
        monkeypatch.setattr(worker, "PACE", 0.01)
        monkeypatch.setattr(worker, "claim", lambda queue, _: done.append(queue))
        chore_done.clear()
        working = worker.Worker()
        working.start()
        assert chore_done.wait(10)
        until = time.monotonic() + 10
        while set(done) != set(settings.TASKS["default"]["QUEUES"]):
            assert time.monotonic() < until, done
            time.sleep(0.01)
        working.stop()
        assert not any(thread.is_alive() for thread in working.threads)

    def test_a_database_that_is_away_is_waited_for_and_told_once(self, monkeypatch, caplog):
        tries = threading.Semaphore(0)

        def away(queue, worker_id):
            tries.release()
            raise OperationalError("no connection\nto it")

        monkeypatch.setattr(worker, "CHORES", {})
        monkeypatch.setattr(worker, "PACE", 0.01)
        monkeypatch.setattr(worker, "claim", away)
        working = worker.Worker()
        working.start()
        for _ in range(20):
            assert tries.acquire(timeout=10)
        working.stop()
        assert [record.getMessage() for record in caplog.records] == [
            "The worker waits for the database: no connection to it"
        ]

    def test_a_chore_that_fails_is_told_and_done_again(self, db, monkeypatch, caplog):
        monkeypatch.setattr(worker, "CHORES", {"tests.test_worker.broken": 0})
        monkeypatch.setattr(worker, "PACE", 0.01)
        monkeypatch.setattr(worker, "claim", lambda queue, _: None)
        working = worker.Worker()
        working.start()
        for _ in range(2):
            assert tries.acquire(timeout=10)
        working.stop()
        told = [record for record in caplog.records if record.getMessage() == "Background work failed"]
        assert told
        assert {record.exc_info[0] for record in told} == {ZeroDivisionError}


chore_done = threading.Event()
tries = threading.Semaphore(0)


def chore():
    chore_done.set()


def broken():
    tries.release()
    return 1 / 0


class TestProcesses:
    @pytest.fixture
    def server(self, tmp_path):
        server = Server(tmp_path, database_url="", redis_url="")
        (tmp_path / "static").mkdir()
        server.manage("migrate", "--verbosity", "0")
        yield server
        server.remove()

    def test_the_server_works_off_tasks_by_itself_and_ends_cleanly(self, server):
        server.manage(
            "shell",
            "--no-imports",
            "-c",
            "from chat.notices.tasks import deliver; from django.utils import timezone;"
            "deliver.using(run_after=timezone.now()).enqueue(1)",
        )
        # Tests that a shell has started in the background ignore it, and so would the server.
        ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
        server.start()
        signal.signal(signal.SIGINT, ignored)
        asked = "from django_tasks_db.models import DBTaskResult; print(DBTaskResult.objects.get().status)"
        until = time.monotonic() + 30
        while (status := server.manage("shell", "--no-imports", "-c", asked).strip()) != "SUCCESSFUL":
            assert time.monotonic() < until, status
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=30) == 0
        assert server.log.read_text() == ""

    def test_a_worker_of_its_own_is_refused_on_sqlite(self, server):
        done = subprocess.run(
            [sys.executable, "manage.py", "worker"],
            cwd=settings.ROOT,
            env=server.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("DATABASE_URL: SQLite takes one process")


@pytest.mark.postgres
def test_a_worker_of_its_own_works_and_stops_at_a_signal(tmp_path):
    server = Server(tmp_path)
    try:
        server.manage("migrate", "--verbosity", "0")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=settings.ROOT,
            env={**os.environ, **server.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            assert process.stdout.readline() == "The worker works\n"
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, "")
        finally:
            process.kill()
            process.communicate()
    finally:
        server.remove()
