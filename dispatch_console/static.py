from io import BytesIO

from django.core.files.base import File
from whitenoise.storage import CompressedManifestStaticFilesStorage

from .joining import is_joined, join_scripts, join_sheets


class Joined:
    """In the place of a storage: what was made of several of its files."""

    def __init__(self, texts):
        self.texts = texts

    def open(self, name):
        return File(BytesIO(self.texts[name].encode()), name)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names that change with the content: browsers keep files for ever, and modules import each other by them.

    Files that only stand for others are these others in one.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            joined = self.joined(paths)
            for path in joined.keys() - paths.keys():
                # What no file of ours is called: whoever refers to it must find it.
                storage, name = joined[path]
                self.delete(path)
                self._save(path, storage.open(name))
            paths = {**paths, **joined}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def joined(self, paths):
        """{path: (storage, name)} of the files that are made of others, and of those that they load later."""
        found = {}
        for folder, extension, join in (("css/", ".css", self.sheet), ("js/", ".js", join_scripts)):

            def read(name, folder=folder):
                storage, path = paths[f"{folder}{name}"]
                with storage.open(path) as file:
                    return file.read().decode()

            names = [
                path.removeprefix(folder) for path in paths if path.startswith(folder) and path.endswith(extension)
            ]
            for name in names:
                if "/" not in name and is_joined(name, read(name)):
                    texts = {f"{folder}{made}": text for made, text in join(name, read).items()}
                    found |= {path: (Joined(texts), path) for path in texts}
        return found

    @staticmethod
    def sheet(name, read):
        return {name: join_sheets(name, read)}
