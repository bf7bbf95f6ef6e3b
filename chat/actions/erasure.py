"""One person is taken out of all that is kept, at their own request: who they were, and not what happened.

It takes several transactions, one for each conversation, and can be begun anew after any of them. Who they were is
erased between two rounds: before it, their name is looked for; after it, all that has shown it is shown anew.
"""

from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import OrderEvent

from .. import broadcasts, search
from ..models import Conversation, Delivery, Message, MessageFile
from ..transactions import in_turn, transaction
from ..writes import (
    after_commit,
    answer_link_requests,
    change,
    let_go_of_files,
    locked,
    searched_text,
    show_anew,
    waiting_since,
)
from .files import drop_files
from .links import revoke_links


@dataclass
class Erased:
    conversations: int = 0
    messages: int = 0
    files: int = 0


def erase_person(*, person: User, messages: bool = False) -> Erased:
    """Erase who this customer or driver was: name, company, addresses, links, files, and where they were.

    Their messages stay, since the others have answered them; with `messages` they are deleted too, which all see.
    """
    assert not person.is_team, "one of the team has written in the company's name"
    _shut_out(person)
    conversations = Conversation.objects.filter(participants__person=person).order_by("pk")
    for conversation in conversations:
        _erase_name(conversation=conversation, person=person)
    _erase_facts(person)
    erased = Erased()
    for conversation in conversations:
        deleted, files = _erase_in(conversation=conversation, person=person, with_texts=messages)
        erased.conversations += 1
        erased.messages += deleted
        erased.files += len(files)
    return erased


def nobody(role):
    """Who an erased person is called, in the language of the installation, since a name is shown as it is."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("Erased driver") if role == User.Role.DRIVER else _("Erased customer")


@transaction()
def _shut_out(person):
    """From here on nobody writes as this person, adds them, or reaches them."""
    User.objects.filter(pk=person.pk).update(is_active=False)
    revoke_links(links=person.links.all())


@in_turn
def _erase_name(*, conversation, person):
    """In what happened people are named as they were then."""
    changed = []
    for event in _naming(locked(conversation), person.name, person.role):
        for one in event.facts["people"]:
            if (one["name"], one["role"]) == (person.name, person.role):
                one["name"] = nobody(person.role)
        changed.append(event)
    Message.objects.bulk_update(changed, ["facts"], batch_size=200)


def _naming(conversation, name, role):
    """The events that name a person like this."""
    events = conversation.messages.filter(kind=Message.Kind.EVENT, facts__has_key="people").for_fragments()
    return [event for event in events if {"name": name, "role": role} in event.facts["people"]]


@transaction()
def _erase_facts(person):
    person = User.objects.select_for_update().get(pk=person.pk)
    name, person.name = person.name, nobody(person.role)
    if person.role == User.Role.DRIVER:
        OrderEvent.objects.filter(kind=OrderEvent.Kind.DRIVER_ASSIGNED, detail=name).update(detail=person.name)
    person.company = person.phone = person.email = person.language = person.time_zone = ""
    person.reference = person.quiet_from = person.quiet_until = None
    person.save()
    person.links.update(language="")
    Delivery.objects.filter(person=person).update(address="", detail="", earlier=[], provider_id="")
    MessageFile.objects.filter(uploader=person, message=None).update(kept_until=None)
    logged = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    logged.update(object_repr=person.name)


@in_turn
def _erase_in(*, conversation, person, with_texts):
    """What the person has sent here; answers how many messages were deleted, and the files."""
    conversation, person = locked(conversation), User.objects.get(pk=person.pk)
    answer_link_requests(conversation, None, person)
    deleted, files, shown = 0, [], {}
    for message in conversation.messages.filter(author=person).for_fragments().order_by("number"):
        gone = let_go_of_files(message) if message.file_list else []
        files += gone
        is_word = message.kind == Message.Kind.TEXT and not message.deleted_at
        if is_word and (with_texts or message.facts.get("location")):
            change(conversation, message, body="", facts={}, earlier=[], reply_to=None, deleted_at=timezone.now())
            deleted += 1
            continue
        if gone:
            _note_removed(message, len(gone))
        shown[message.number] = message
    quoting = conversation.messages.filter(reply_to__author=person).for_fragments()
    shown |= {line.number: line for line in [*quoting, *_naming(conversation, person.name, person.role)]}
    show_anew(conversation, [shown[number] for number in sorted(shown)])
    if deleted and conversation.is_open:
        conversation.waiting_since = waiting_since(conversation)
        conversation.save(update_fields=["waiting_since"])
    if files:
        after_commit(partial(drop_files, files=files))
    after_commit(broadcasts.people_changed, conversation.pk)
    return deleted, files


def _note_removed(message, count):
    found_by = message.search_text
    message.facts["removed_files"] = message.facts.get("removed_files", 0) + count
    message.search_text = search.search_text_of(searched_text(message.body, [], message.facts))
    message.save(update_fields=["facts", "search_text"])
    search.index(message, before=found_by)
