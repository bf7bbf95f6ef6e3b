"""Which language somebody reads: their own, else the first of those that their browser asks for and we have."""

from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header


def language_for(viewer, accepted="") -> str:
    """The language of this viewer's pages. `accepted` is what the browser says in Accept-Language."""
    among = settings.CONSOLE_LANGUAGES if viewer.is_team else ALL
    return first_known([viewer.person.language, *asked_for(accepted)], among)


def language_of_messages_to(person) -> str:
    """The language in which we write to a person who is not on a page: by e-mail, text message, push."""
    among = settings.CONSOLE_LANGUAGES if person.is_team else ALL
    latest = person.links.exclude(language="").order_by("-last_used_at").values_list("language", flat=True).first()
    return first_known([person.language, latest or ""], among)


def language_of_browser(request) -> str:
    """For pages on which nobody is known yet."""
    return first_known(asked_for(request.headers.get("Accept-Language", "")), ALL)


def asked_for(accepted) -> list[str]:
    return [tag for tag, _ in parse_accept_lang_header(accepted)]


def first_known(tags, among) -> str:
    """The first of these tags, such as pt-BR, that is a language of ours or a variant of one."""
    for tag in tags:
        try:
            language = translation.get_supported_language_variant(tag.lower())
        except LookupError:
            continue
        if language in among:
            return language
    return settings.LANGUAGE_CODE


ALL = [code for code, _ in settings.LANGUAGES]
