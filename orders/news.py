"""Tells whoever has to do with orders that some have changed. Orders know nothing of them."""

from functools import partial

from django.db.transaction import on_commit
from django.dispatch import Signal

# Sent after the commit, with the ids of the orders as `ids`. A listener that fails is logged and stops nobody.
changed = Signal()


def tell_changed(orders):
    """Once this transaction is committed. An order that is new is no news: nothing is shown of it yet."""
    if ids := [order.pk for order in orders]:
        on_commit(partial(changed.send_robust, sender=None, ids=ids))
