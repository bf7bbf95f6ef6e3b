from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from accounts.models import User
from chat import actions


class Command(BaseCommand):
    help = (
        "Erases who a customer or driver was, at their own request: name, company, addresses, links, files and"
        " locations, everywhere. Their messages stay, unless --messages is given. There is no way back."
    )

    def add_arguments(self, parser):
        parser.add_argument("person", help="the person's reference, or the id in the admin")
        parser.add_argument("--yes", action="store_true", help="erase; without it the command says whom it would erase")
        parser.add_argument("--messages", action="store_true", help="delete the person's messages too")

    def handle(self, *, person, yes, messages, **options):
        found = self.find(person)
        if not yes:
            raise CommandError(
                f"{found.name} ({found.get_role_display()}, id {found.pk}) would be erased for good."
                " Nothing was done: say --yes."
            )
        erased = actions.erase_person(person=found, messages=messages)
        self.stdout.write(
            f"{erased.files} files and {erased.messages} messages erased, in {erased.conversations} conversations"
        )

    def find(self, named):
        people = User.objects.filter(Q(reference=named) | Q(pk=named if named.isascii() and named.isdigit() else None))
        if len(people) != 1:
            said = " and ".join(f"{one.name} (id {one.pk})" for one in people) or "nobody"
            raise CommandError(f"{named} is {said}.")
        if people[0].is_team:
            raise CommandError(f"{people[0].name} is of the team: take away the sign-in in the admin.")
        return people[0]
