from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dispatch_console.vapid import SUBJECT, make_private_key


class Command(BaseCommand):
    help = "Prints new keys for push notifications, as lines for the environment. It changes nothing."

    def add_arguments(self, parser):
        parser.add_argument(
            "--subject", help="mailto:you@example.com: whom push services write to when something is wrong."
        )

    def handle(self, *, subject, **options):
        subject = subject or (settings.BASE_URL if SUBJECT.fullmatch(settings.BASE_URL) else "mailto:you@example.com")
        if not SUBJECT.fullmatch(subject):
            raise CommandError("--subject must look like mailto:you@example.com or https://chat.example.com.")
        self.stdout.write(f"VAPID_PRIVATE_KEY={make_private_key()}")
        self.stdout.write(f"VAPID_SUBJECT={subject}")
        if settings.VAPID_PRIVATE_KEY:
            # Each browser that was asked is tied to the public half of the old one.
            self.stderr.write("There is a key already. After a change, pushes reach who has opened a chat again.")
