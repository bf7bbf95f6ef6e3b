import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from orders.importing import import_orders
from orders.reading import Unreadable


class Command(BaseCommand):
    help = "Creates or updates orders, customers and drivers by their reference, from a CSV file."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE.csv")

    def handle(self, *, file, **options):
        try:
            outcome = import_orders(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except Unreadable as error:
            raise CommandError(f"{file}: {error}") from error
        if outcome.unknown_columns:
            names = ", ".join(repr(name) for name in outcome.unknown_columns)
            self.stderr.write(f"Unknown columns, ignored: {names}", self.style.WARNING)
        for line, reason in outcome.rejected:
            self.stderr.write(f"line {line}: {reason}")
        self.stdout.write(f"{outcome.created} created, {outcome.updated} updated, {len(outcome.rejected)} rejected")
        if outcome.rejected:
            sys.exit(1)
