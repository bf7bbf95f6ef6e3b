"""A shift to look at: the orders of Northwind, with their dates moved to around today."""

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from django.db import transaction
from django.utils import timezone

from .importing import import_orders
from .models import Order, OrderEvent

NORTHWIND = Path(__file__).parent / "northwind" / "northwind-orders.csv"
# How long ago the late ones of today were promised, in minutes.
LATE = (18, 47, 130)
TOUR_BEGINS, TOUR_ENDS, NIGHT = 9 * 60, 19 * 60, 22 * 60 + 30


@transaction.atomic
def load_demo_orders(today: date) -> int:
    """Import Northwind's orders as if `today` were in the middle of their time; the number of orders made.

    What is on its way is promised for around the present time of day. Does nothing where there are orders already.
    The same day and minute give the same orders.
    """
    if Order.objects.exists():
        return 0
    now = timezone.localtime().replace(year=today.year, month=today.month, day=today.day, second=0, microsecond=0)
    rows = list(csv.DictReader(io.StringIO(NORTHWIND.read_text(encoding="utf-8"), newline="")))
    _move_dates(rows, now)
    created = import_orders(_as_csv(rows)).created
    _tell_what_happened(now)
    return created


def _move_dates(rows, now):
    """The newest order was placed yesterday, so that its driver could be assigned last evening and set off today."""
    newest = max(date.fromisoformat(row["placed_at"]) for row in rows)
    shift = now.date() - timedelta(days=1) - newest
    for row in rows:
        for name in ("placed_at", "promised_for", "shipped_at"):
            if row[name]:
                row[name] = (date.fromisoformat(row[name]) + shift).isoformat()
        chance = Random(row["reference"])
        row["placed_at"] += f"T{chance.randrange(8, 16):02}:{chance.randrange(60):02}"
    in_transit = [row for row in rows if row["status"] == Order.Status.IN_TRANSIT]
    for row in in_transit:
        row["shipped_at"] = _set_off(row, now).isoformat(timespec="minutes")
        row["promised_for"] = _promise(row, now, days_ahead=[0, 0, 0, 1])
    # The newest of all is on the first page, where one looks.
    for row, minutes in zip(in_transit[-1::-4], LATE, strict=False):
        row["promised_for"] = _late_promise(now, minutes)
    for row in rows:
        if row["status"] == Order.Status.ASSIGNED:
            row["promised_for"] = _promise(row, now, days_ahead=[0, 1, 1, 2, 3])


def _promise(row, now, days_ahead):
    """A quarter of an hour of the tour that is still to come, or a day without a time when it is further away."""
    chance = Random("promised " + row["reference"])
    ahead = chance.choice(days_ahead)
    begin, end = TOUR_BEGINS, TOUR_ENDS
    if ahead == 0:
        # Whoever looks in the evening finds an evening tour, and late at night tomorrow's.
        begin = max(TOUR_BEGINS, _minutes(now) + 20)
        end = max(TOUR_ENDS, min(begin + 3 * 60, NIGHT))
    if begin > end - 30:
        ahead, begin, end = 1, TOUR_BEGINS, TOUR_ENDS
    day = now.date() + timedelta(days=ahead)
    if ahead > 1:
        return day.isoformat()
    return _at(day, chance.randrange(-(-begin // 15), end // 15 + 1) * 15).isoformat(timespec="minutes")


def _late_promise(now, minutes):
    promised = now - timedelta(minutes=minutes)
    if _minutes(now) - minutes < TOUR_BEGINS:
        # So early in the day, what is late is late since last evening.
        promised = _at(now.date() - timedelta(days=1), TOUR_ENDS - minutes)
    return promised.replace(tzinfo=None).isoformat(timespec="minutes")


def _set_off(row, now):
    """This morning, or last evening for some, and for all when this morning is still to come."""
    chance = Random("set off " + row["reference"])
    this_morning = _at(now.date(), chance.randrange(7 * 60, 8 * 60 + 45))
    last_evening = _at(now.date() - timedelta(days=1), chance.randrange(18 * 60, 20 * 60))
    return last_evening if chance.random() < 0.2 or this_morning > now.replace(tzinfo=None) else this_morning


def _minutes(moment):
    return moment.hour * 60 + moment.minute


def _at(day, minutes):
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _as_csv(rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _tell_what_happened(now):
    """Each order was imported soon after it was placed; what is not delivered yet has more to tell."""
    imported = list(OrderEvent.objects.select_related("order__driver"))
    for event in imported:
        event.at = event.order.placed_at + timedelta(minutes=12)
    OrderEvent.objects.bulk_update(imported, ["at"], batch_size=200)
    yesterday = timezone.make_aware(_at(now.date() - timedelta(days=1), 17 * 60 + 5))
    more = []
    for order in (event.order for event in imported):
        if order.status == Order.Status.DELIVERED:
            continue
        more.append(
            OrderEvent(order=order, kind=OrderEvent.Kind.DRIVER_ASSIGNED, detail=order.driver.name, at=yesterday)
        )
        if order.status == Order.Status.IN_TRANSIT:
            detail = order.get_status_display()
            more.append(
                OrderEvent(order=order, kind=OrderEvent.Kind.STATUS_CHANGED, detail=detail, at=order.shipped_at)
            )
    OrderEvent.objects.bulk_create(more)
