"""Pages of a list that is sorted by a moment, each from where the last one ended: the cost is the same anywhere."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# The cursor before everything, where the newest comes first.
START = f"{10**17 - 1}-0"


# Of what has no index, so many rows are looked at for one page: it is short, or empty, where few of them are right.
LOOKED_AT = 500
# So far down a list a page may reach for the sake of one row.
FAR = 200


def keyset_page(queryset, *, field, newest_first, cursor, size, only=None, through=None):
    """A page of `size` rows, and the cursor of the next one, "" at the end.

    `only` is a condition that no index knows, as a function: of these keys, those for which it holds. For each page it
    is asked of LOOKED_AT rows at most, so that a page of a rare thing costs no more than one of a common thing. The
    next page goes on behind them.

    A page that would end before the row with the key `through` goes on until it, and `size` rows from there, where that
    is among the first FAR.
    """
    sign, compare = ("-", "lt") if newest_first else ("", "gt")
    order = f"{sign}{field}", f"{sign}pk"
    if cursor:
        micros, pk = map(int, cursor.split("-"))
        at = EPOCH + min(micros, 10**17 - 1) * MICROSECOND
        queryset = queryset.filter(_beyond(field, compare, at, pk))
    end = ""
    if only:
        keys = list(queryset.order_by(*order).values_list(field, "pk")[: LOOKED_AT + 1])
        if len(keys) > LOOKED_AT:
            end = _cursor(*keys[LOOKED_AT - 1])
        queryset = queryset.filter(pk__in=only([pk for _, pk in keys[:LOOKED_AT]]))
    queryset = queryset.order_by(*order)
    rows = list(queryset[: size + 1])
    if through and len(rows) > size and all(row.pk != through for row in rows[:size]):
        keys = list(queryset.values_list("pk", flat=True)[:FAR])
        if through in keys:
            size += keys.index(through)
            rows = list(queryset[: size + 1])
    if len(rows) <= size:
        return rows, end
    last = rows[size - 1]
    return rows[:size], _cursor(getattr(last, field), last.pk)


def _beyond(field, compare, at, pk):
    """The condition that a row stands behind this one."""
    return Q(**{f"{field}__{compare}": at}) | Q(**{field: at, f"pk__{compare}": pk})


def _cursor(at, pk):
    return f"{(at - EPOCH) // MICROSECOND}-{pk}"
