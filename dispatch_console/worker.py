"""The background work: tasks that wait in the database, and what is done again and again.

django-tasks-db's own worker is a process of its own that does one task after the other and writes whenever it likes.
Here each queue has a thread, so that a provider who does not answer holds up no other, and who writes lines up with
everybody else, since on SQLite the worker is a part of the one server. Any number of workers may run on PostgreSQL.
"""

import logging
import threading
import time
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import close_old_connections
from django.tasks import TaskResultStatus
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from chat.transactions import UNREACHABLE, transaction

from .logs import redact

logger = logging.getLogger(__name__)

# Seconds between two looks into a queue that was empty.
PACE = 1
# Seconds between two lines in the log while the database is away.
LOG_PACE = 60
# What is done again and again: every so many seconds.
CHORES = {
    "chat.notices.missed.look": 15,
    "chat.notices.left_over.clear": 60,
    "chat.actions.forget_dead_pushes": 600,
    "chat.actions.collect_files": 60,
    "chat.actions.erase_old_conversations": 600,
    "dispatch_console.worker.prune": 3600,
}
# How long what is done is kept, and what failed, to be looked at.
KEPT, FAILED_KEPT = timedelta(days=1), timedelta(days=14)
# No task takes so long. Whose worker died is done with after it.
LONGEST = timedelta(hours=1)


class Worker:
    def __init__(self):
        self.id = f"worker-{uuid4()}"
        self.stopping = threading.Event()
        self.silent_until = 0
        queues = settings.TASKS["default"]["QUEUES"]
        loops = [(self.empty, (queue,)) for queue in queues] + [(self.do_chores, ())]
        self.threads = [
            # A daemon: what does not end in time is left as it is, and is known to have been under way.
            threading.Thread(target=self.loop, args=loop, name=f"work-{number}", daemon=True)
            for number, loop in enumerate(loops)
        ]
        self.due = dict.fromkeys(CHORES, 0)

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self, patience=5):
        """Begin nothing more, and give what is under way this many seconds to end."""
        self.stopping.set()
        until = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(0, until - time.monotonic()))

    def loop(self, work, arguments):
        while not self.stopping.is_set():
            try:
                work(*arguments)
            except UNREACHABLE as error:
                self.note_away(error)
            except Exception:
                logger.exception("Background work failed")
            finally:
                close_old_connections()
            self.stopping.wait(PACE)

    def empty(self, queue):
        """Do all that is ready in this queue."""
        while not self.stopping.is_set() and (task := claim(queue, self.id)):
            run(task)
            close_old_connections()

    def do_chores(self):
        for path, pace in CHORES.items():
            if self.stopping.is_set() or time.monotonic() < self.due[path]:
                continue
            self.due[path] = time.monotonic() + pace
            import_string(path)()

    def note_away(self, error):
        if time.monotonic() >= self.silent_until:
            self.silent_until = time.monotonic() + LOG_PACE
            logger.error("The worker waits for the database: %s", " ".join(str(error).split()))


def claim(queue, worker_id):
    """The task whose turn it is, which no other worker has; or None."""
    ready = DBTaskResult.objects.ready().filter(backend_name="default", queue_name=queue)
    # Looking costs no turn to write.
    if not ready.exists():
        return None
    with transaction():
        task = ready.get_locked()
        if task:
            task.claim(worker_id)
    return task


def run(row):
    """Do a task that was claimed, and note its end. What it has to be done again by, it has enqueued itself."""
    try:
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except UNREACHABLE:
        # Nobody can note that now. It stays as it is, like that of a worker that died.
        raise
    except Exception as error:
        logger.exception("Task %s failed", row.task_path)
        with transaction():
            row.set_failed(error)
            DBTaskResult.objects.filter(pk=row.pk).update(traceback=redact(row.traceback))
        return
    with transaction():
        row.set_successful(None)


def prune():
    """Tasks are alarm clocks, and what they did is written elsewhere: old ones are of use to nobody."""
    now = timezone.now()
    done = DBTaskResult.objects.filter(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=now - KEPT)
    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED, finished_at__lt=now - FAILED_KEPT)
    dead = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=now - LONGEST)
    with transaction():
        dead.update(status=TaskResultStatus.FAILED, finished_at=now)
        (done | failed).delete()
