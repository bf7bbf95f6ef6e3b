import os

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from chat.demo import SIGN_INS, make_people, make_shift
from chat.demo_replies import make_replies
from chat.linking import ensure_link
from orders.demo import load_demo_orders
from orders.models import Order

SHOWN_ORDER = "11064"


class Command(BaseCommand):
    help = "Loads a demo shift: orders, people, conversations, and sign-ins. Running it again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off")
        parser.add_argument("--if-fresh", action="store_true", help="only into a database without anything else")

    def handle(self, *, force, if_fresh, **options):
        if not settings.DEBUG and not force:
            raise CommandError("DEBUG is off, so this may be a real installation. --force loads the demo all the same.")
        if if_fresh and self.is_in_use():
            return
        password = os.environ.get("DEMO_PASSWORD", "demo")
        people = make_people(password)
        load_demo_orders(timezone.localdate())
        make_shift(people)
        make_replies(people)
        self.describe(password)

    def is_in_use(self):
        """Somebody else's people or orders are here, and the demo is not."""
        demo_is_here = User.objects.filter(reference="demo-dispatcher-2").exists()
        return not demo_is_here and (User.objects.exists() or Order.objects.exists())

    def describe(self, password):
        self.stdout.write(f"\n  Dispatch Console   {settings.BASE_URL}")
        for username, _, role, more in SIGN_INS:
            note = "admin" if more else role.label.lower()
            self.stdout.write(f"  Sign in as         {username} / {password}   ({note})")
        order = Order.objects.filter(reference=SHOWN_ORDER).first()
        for role in ("customer", "driver"):
            if order and getattr(order, role):
                url = ensure_link(order=order, role=role)
                self.stdout.write(
                    f"  {f'As the {role}':<18} {url}   ({getattr(order, role).name}, order {order.reference})"
                )
        self.stdout.write("")
