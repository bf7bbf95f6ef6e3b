"""The background work and the time, in the hands of a test."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from accounts.models import AccessLink
from chat.models import Conversation, Delivery, Message, Participant, Presence, ReadMark
from chat.notices import missed
from dispatch_console import worker

MOMENTS = {
    AccessLink: ["made_at", "last_used_at"],
    Conversation: ["created_at", "last_activity_at", "waiting_since"],
    Delivery: ["created_at", "tried_at", "next_try_at", "sent_at"],
    Message: ["created_at"],
    Participant: ["added_at"],
    Presence: ["at"],
    ReadMark: ["at"],
    DBTaskResult: ["enqueued_at", "started_at", "finished_at", "run_after"],
}


def time_passes(**delta):
    """All that has happened has happened so much earlier: time_passes(minutes=3)."""
    passed = timedelta(**delta)
    for model, fields in MOMENTS.items():
        for field in fields:
            model.objects.filter(**{f"{field}__isnull": False}).update(**{field: F(field) - passed})


def work_off():
    """Do every task whose time has come, as the worker's threads do, and those that come of it."""
    done = 0
    for queue in settings.TASKS["default"]["QUEUES"]:
        while task := worker.claim(queue, "a test"):
            worker.run(task)
            done += 1
    return done


def look_and_work():
    """What a worker does every few seconds."""
    missed.look()
    return work_off()
