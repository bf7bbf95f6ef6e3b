"""What is brought to a person, in the person's language, with names and titles that do no harm in a header."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.languages import language_of_messages_to

from ..files.wording import summary
from ..models import Delivery, ReadMark
from ..wording import one_line
from .channels import Letter
from .missed import unseen

# Characters of a preview, with the dots that stand for the rest.
PREVIEW = 80
# Characters of a name or title in a subject or a short message.
NAME = 60


def write_letter(delivery: Delivery, channel, url: str) -> Letter:
    """What this try brings."""
    person, conversation = delivery.person, delivery.conversation
    language = language_of_messages_to(person)
    with translation.override(language):
        letter = {
            "delivery": delivery,
            "person": person,
            "conversation": conversation,
            "language": language,
            "url": url,
            "about": about(conversation),
        }
    if delivery.kind != Delivery.Kind.NOTICE:
        return Letter(**letter)
    mark = ReadMark.objects.filter(conversation=conversation, person=person).first()
    missed = unseen(conversation, person, mark).select_related("author")
    last = missed.order_by("-number").first()
    with translation.override(language):
        preview = one_line(summary(last), PREVIEW) if last and settings.NOTICE_PREVIEW else ""
    return Letter(
        **letter,
        count=missed.count(),
        author=one_line(last.author.name, NAME) if last else "",
        preview=preview,
    )


@dataclass(frozen=True)
class Draft:
    """What a dispatcher sends by their own mail program or phone, in the person's language."""

    language: str
    subject: str
    text: str


def write_draft(person, conversation, url: str) -> Draft:
    language = language_of_messages_to(person)
    with translation.override(language):
        context = {"about": about(conversation), "url": url, "site_name": settings.SITE_NAME}
        return Draft(language, said("link_subject.txt", context), said("link_sms.txt", context))


def said(template: str, context: dict) -> str:
    """A text of one line, in the language that is active."""
    return " ".join(render_to_string(f"chat/letters/{template}", context).split())


def about(conversation) -> str:
    """What a guest knows this conversation by, in the language that is active."""
    if conversation.title:
        return one_line(conversation.title, NAME)
    if conversation.order:
        return _("Order %(reference)s") % {"reference": one_line(conversation.order.reference, NAME)}
    return _("Your chat with us")
