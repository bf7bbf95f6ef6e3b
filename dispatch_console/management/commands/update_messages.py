from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Brings the catalogs in locale/ up to date with all that is marked for translation, and compiles them."

    def handle(self, **options):
        # Babel is a tool of developers, and not there where the product runs.
        from dispatch_console import catalogs

        for language, _ in settings.LANGUAGES:
            path = catalogs.path_of(language)
            if not path.exists():
                continue
            catalog = catalogs.updated(language)
            path.write_bytes(catalogs.as_text(catalog))
            path.with_suffix(".mo").write_bytes(catalogs.as_binary(catalog))
            missing = catalogs.untranslated(catalog, language)
            self.stdout.write(f"{language}: {len(catalog)} texts, {len(missing)} to be translated")
