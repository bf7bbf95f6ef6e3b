from django.core.management.base import BaseCommand

from chat import actions
from chat.models import MessageFile


class Command(BaseCommand):
    help = (
        "Erases files of deleted messages that the storage has not erased yet, and, after a day, what was stored for"
        " messages that were never sent. The worker does the same every minute."
    )

    def handle(self, **options):
        erased = 0
        while count := actions.collect_files():
            erased += count
        left = MessageFile.objects.due().count()
        self.stdout.write(f"{erased} erased, {left} left")
