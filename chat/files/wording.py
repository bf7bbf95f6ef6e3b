"""What a message with files or a location is called where it has one line: in rows, quotes and notifications."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..wording import comma_list


def summary(message) -> str:
    """Its text, what goes with it, or both: "The gate", "Photo", "Location", "Photo: The gate"."""
    files = message.file_list
    parts = [_("Location")] if message.facts.get("location") else []
    parts += [_sent(files)] if files else []
    parts += [removed(message)] if not files and not message.body and removed(message) else []
    if not parts:
        return message.body
    sent = comma_list(parts, str.format)
    return _("{files}: {text}").format(files=sent, text=message.body) if message.body else sent


def removed(message) -> str:
    """What is left of files that were erased with the person who sent them; nothing where there were none."""
    count = message.facts.get("removed_files")
    return ngettext("File removed", "{count} files removed", count).format(count=count) if count else ""


def _sent(files):
    if all(file.is_image for file in files):
        if len(files) == 1:
            return _("Photo")
        return ngettext("{count} photo", "{count} photos", len(files)).format(count=len(files))
    if len(files) == 1:
        return files[0].name
    names = comma_list([file.name for file in files if not file.is_image], str.format)
    facts = {"count": len(files), "names": names}
    return ngettext("{count} file: {names}", "{count} files: {names}", len(files)).format(**facts)


def searched(message) -> str:
    """All that a message is found by."""
    where = [_("Location")] if message.facts.get("location") else []
    return "\n".join([*where, message.body, *(file.name for file in message.file_list)])
