from django.core.management.base import BaseCommand, CommandError

from chat.linking import ensure_link
from chat.refusals import Refused
from orders.models import Order


class Command(BaseCommand):
    help = "Makes sure that the order's chat is there with that person in it, and prints a new web chat link."

    def add_arguments(self, parser):
        parser.add_argument("reference")
        parser.add_argument("role", choices=["customer", "driver"])

    def handle(self, *, reference, role, **options):
        order = Order.objects.select_related("customer", "driver").filter(reference=reference).first()
        if order is None:
            raise CommandError(f"There is no order {reference}.")
        try:
            self.stdout.write(ensure_link(order=order, role=role))
        except Refused as refused:
            raise CommandError(refused.reason) from None
