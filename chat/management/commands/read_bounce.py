import sys

from django.core.management.base import BaseCommand, CommandError

from chat import actions
from chat.models import Delivery
from chat.notices.bounces import bounce_in
from chat.refusals import OnItsWay
from chat.transactions import UNREACHABLE

# "Not now" in sysexits.h: a mail server that calls this keeps the e-mail and tries again.
NOT_NOW = 75


class Command(BaseCommand):
    help = (
        "Reads an e-mail from standard input, as a mail server hands it over. When it says that an e-mail of ours could"
        " not be delivered after all, that stands beside the person in the console. Any other e-mail changes nothing."
    )

    def handle(self, **options):
        bounce = bounce_in(sys.stdin.buffer.read())
        if bounce is None:
            return self.stdout.write("No report of an e-mail of ours that has failed: nothing is changed.")
        try:
            sent = Delivery.objects.filter(key=bounce.key).values_list("pk", flat=True)
            noted = [actions.note_bounce(delivery_id=pk, address=bounce.address, detail=bounce.detail) for pk in sent]
        except OnItsWay as error:
            raise CommandError("It is still being sent: try again in a minute.", returncode=NOT_NOW) from error
        except UNREACHABLE as error:
            words = f"The database does not answer, nothing is changed: {error}"
            raise CommandError(words, returncode=NOT_NOW) from error
        if any(noted):
            # Not why: the mail server logs this, and its words may quote the link.
            return self.stdout.write(f"Noted that {bounce.key} did not arrive.")
        return self.stdout.write(
            f"{bounce.key} is not known, was opened, or is known to have failed: nothing is changed."
        )
