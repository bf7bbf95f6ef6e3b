"""The background tasks. Their arguments are stored with them, so there is nothing in them but numbers of rows."""

from django.tasks import task


@task
def deliver(delivery_id: int) -> None:
    """One try of a delivery, if it is due and nobody else has it."""
    from .sending import try_delivery

    try_delivery(delivery_id)


def wake(delivery) -> None:
    """Have a waiting delivery tried at its time. Within the transaction that writes it."""
    deliver.using(queue_name=delivery.channel, run_after=delivery.next_try_at).enqueue(delivery.pk)
