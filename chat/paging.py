"""Pages of a list that is sorted by a moment, each from where the last one ended: the cost is the same anywhere."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# The cursor before everything, where the newest comes first.
START = f"{10**17 - 1}-0"


# Of what has no index, so many rows are looked at for one page: it is short, or empty, where few of them are right.
LOOKED_AT = 500


def keyset_page(queryset, *, field, newest_first, cursor, size, only=None):
    """A page of `size` rows, and the cursor of the next one, "" at the end.

    `only` is a condition that no index knows, as a function of the queryset. Of each page it is asked of LOOKED_AT rows
    at most, so that a page of a rare thing costs no more than one of a common thing. The next page goes on behind them.
    """
    sign, compare = ("-", "lt") if newest_first else ("", "gt")
    order = f"{sign}{field}", f"{sign}pk"
    if cursor:
        micros, pk = map(int, cursor.split("-"))
        at = EPOCH + min(micros, 10**17 - 1) * MICROSECOND
        queryset = queryset.filter(_beyond(field, compare, at, pk))
    end = ""
    if only:
        # The last row that is looked at, and whether there is one behind it.
        last = list(queryset.order_by(*order).values_list(field, "pk")[LOOKED_AT - 1 : LOOKED_AT + 1])
        if len(last) == 2:
            queryset = queryset.exclude(_beyond(field, compare, *last[0]))
            end = _cursor(*last[0])
        queryset = only(queryset)
    rows = list(queryset.order_by(*order)[: size + 1])
    if len(rows) <= size:
        return rows, end
    last = rows[size - 1]
    return rows[:size], _cursor(getattr(last, field), last.pk)


def _beyond(field, compare, at, pk):
    """The condition that a row stands behind this one."""
    return Q(**{f"{field}__{compare}": at}) | Q(**{field: at, f"pk__{compare}": pk})


def _cursor(at, pk):
    return f"{(at - EPOCH) // MICROSECOND}-{pk}"
