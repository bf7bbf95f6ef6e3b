"""What a message with files is called where it has one line: in rows, quotes and notifications."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..wording import comma_list


def summary(message) -> str:
    """Its text, its files, or both: "The gate", "Photo", "2 files: a.pdf, b.pdf", "Photo: The gate"."""
    files = message.file_list
    if not files:
        return message.body
    sent = _sent(files)
    return _("{files}: {text}").format(files=sent, text=message.body) if message.body else sent


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
    return "\n".join([message.body, *(file.name for file in message.file_list)])
