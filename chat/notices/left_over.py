"""What workers that died have left over: tries of which nobody knows the end, and deliveries whose alarm is gone."""

from datetime import timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from .. import actions
from ..models import Delivery

# No try takes so long.
LONGEST_TRY = timedelta(minutes=5)
# How long a delivery may be late before somebody looks whether its task is still there.
LATE = timedelta(minutes=2)
PAGE = 200


def clear() -> None:
    now = timezone.now()
    on_their_way = Delivery.objects.on_their_way()
    stopped = on_their_way.filter(status=Delivery.Status.SENDING, tried_at__lt=now - LONGEST_TRY)
    for pk in stopped.values_list("pk", flat=True)[:PAGE]:
        actions.note_stopped(delivery_id=pk)
    late = on_their_way.filter(status=Delivery.Status.WAITING, next_try_at__lt=now - LATE).order_by("next_try_at")
    for pk, channel, at in late.values_list("pk", "channel", "next_try_at")[:PAGE]:
        # Where the queue has not come so far, it is only late, and its task waits like all others.
        if not DBTaskResult.objects.ready().filter(queue_name=channel, run_after__lte=at).exists():
            actions.wake_again(delivery_id=pk)
