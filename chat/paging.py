"""Pages of a list that is sorted by a moment, each from where the last one ended: the cost is the same anywhere."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def keyset_page(queryset, *, field, newest_first, cursor, size):
    """A page of `size` rows, and the cursor of the next one, "" at the end."""
    sign, compare = ("-", "lt") if newest_first else ("", "gt")
    if cursor:
        micros, pk = map(int, cursor.split("-"))
        at = EPOCH + min(micros, 10**17 - 1) * MICROSECOND
        queryset = queryset.filter(Q(**{f"{field}__{compare}": at}) | Q(**{field: at, f"pk__{compare}": pk}))
    rows = list(queryset.order_by(f"{sign}{field}", f"{sign}pk")[: size + 1])
    if len(rows) <= size:
        return rows, ""
    last = rows[size - 1]
    return rows[:size], f"{(getattr(last, field) - EPOCH) // MICROSECOND}-{last.pk}"
