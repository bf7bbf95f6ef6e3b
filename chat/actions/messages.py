from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from django.db.models import BigAutoField, UUIDField
from django.utils import timezone

from accounts.models import AccessLink, User
from dispatch_console.prepared import Given, Prepared

from .. import broadcasts
from ..models import Conversation, Message
from ..refusals import (
    ChangedMeanwhile,
    ChatClosed,
    KeyReused,
    MessageDeleted,
    NothingToReplyTo,
    NotToBeChanged,
    ReplyToDeleted,
    TooLate,
    TooManyEdits,
)
from ..transactions import in_turn
from ..writes import (
    after_commit,
    append,
    append_event,
    change,
    check_link,
    check_pace,
    check_present,
    held,
    let_go_of_files,
    locked,
    put_in,
    reopen,
    waiting_since,
)
from .files import drop_files


@dataclass(frozen=True)
class Sent:
    message: Message
    created: bool


@in_turn
def send_message(
    *,
    conversation: Conversation,
    author: User,
    body: str,
    client_id=None,
    reply_to: int | None = None,
    files=(),
    link: AccessLink | None = None,
    offer: list[str] = (),
    location: dict | None = None,
) -> Sent:
    """Store what `author` wrote, as an answer to the message with the number `reply_to` if there is one.

    `link` is the one by which a guest writes.

    It takes the `files`, which are stored already. With it go the answers that it offers customers to give by one tap,
    for everybody to see, and where `author` is now, as {"lat", "lon", "accuracy"} in degrees and metres. A second call
    with the same `client_id` and all the rest finds the first one's message, and takes no files: the caller drops what
    no message has taken.

    Sending joins: who of the team was not in the conversation is in it from now on, with a line that all see. A
    closed conversation is open again. Raises KeyReused, ReadOnly, TooManyMessages, NothingToReplyTo, OtherChatOpen, and
    Participant.DoesNotExist or AccessLink.DoesNotExist for a guest who has been put out since the page was opened.
    """
    conversation = locked(conversation)
    check_present(conversation, author)
    facts = {name: value for name, value in (("answers", list(offer)), ("location", location)) if value}
    if client_id:
        sent = sent_before.first(conversation=conversation.pk, author=author.pk, client_id=client_id)
        # Of one that was deleted since, nothing is left to compare with: it is what this key has sent.
        if sent and (sent.deleted_at or _is_same(sent, body, reply_to, files, facts)):
            # The process of the first try may have died between the commit and the news of it.
            after_commit(broadcasts.message_sent, sent)
            return Sent(sent, created=False)
        if sent:
            raise KeyReused(with_files=bool(files or sent.file_list))
    check_link(link)
    check_pace(author)
    original = _original(conversation, reply_to)
    if not conversation.is_open:
        reopen(conversation, author)
    if author.is_team and put_in(conversation, [author], author):
        append_event(conversation, Message.Event.JOINED, author)
    fields = {"author": author, "body": body, "client_id": client_id or uuid4(), "reply_to": original, "facts": facts}
    return Sent(append(conversation, files=files, **fields), created=True)


@Prepared
def sent_before():
    keys = {name: Given(name, BigAutoField()) for name in ("conversation", "author")}
    return Message.objects.for_fragments().filter(client_id=Given("client_id", UUIDField()), **keys)


def _is_same(sent, body, reply_to, files, facts):
    said = sent.first_body, sent.reply_to and sent.reply_to.number, [file.digest for file in sent.file_list], sent.facts
    return said == (body, reply_to, [file.digest for file in files], facts)


def _original(conversation, number):
    """The text with this number, which is to be answered; None for no number."""
    if number is None:
        return None
    texts = conversation.messages.filter(kind=Message.Kind.TEXT)
    original = texts.select_related("author").prefetch_related("files").filter(number=number).first()
    if original is None:
        raise NothingToReplyTo
    if original.deleted_at:
        raise ReplyToDeleted
    return original


@in_turn
def edit_message(*, message: Message, body: str, version: int, link: AccessLink | None = None) -> Message:
    """Let a message say something else, for its author, who saw `version` of it. All see that, and the earlier text.

    `link` is the one by which a guest writes.

    Asked for what it says already, it changes nothing, so that a lost answer can be asked for again. Raises
    MessageDeleted, ReadOnly, TooLate, ChatClosed, ChangedMeanwhile, TooManyEdits, Participant.DoesNotExist,
    AccessLink.DoesNotExist.
    """
    conversation, message = held(message)
    if message.deleted_at:
        raise MessageDeleted
    if message.body == body:
        return message
    check_link(link)
    if message.facts.get("location"):
        raise NotToBeChanged
    if not message.is_changeable:
        raise TooLate
    if not conversation.is_open:
        # Nobody looks there any more, and a new message brings it back.
        raise ChatClosed
    if message.version != version:
        raise ChangedMeanwhile
    if len(message.earlier) >= Message.EDIT_LIMIT:
        raise TooManyEdits
    said = {"body": message.body, "at": (message.changed_at or message.created_at).isoformat()}
    return change(conversation, message, body=body, earlier=[*message.earlier, said])


@in_turn
def delete_message(*, message: Message, link: AccessLink | None = None) -> Message:
    """Take back a message, for its author: the text is gone, and everybody sees that there was one.

    `link` is the one by which a guest writes. Deleting twice is deleting once. Raises ReadOnly, TooLate,
    Participant.DoesNotExist, AccessLink.DoesNotExist.
    """
    conversation, message = held(message)
    if message.deleted_at:
        return message
    check_link(link)
    if not message.is_changeable:
        raise TooLate
    files = let_go_of_files(message)
    change(conversation, message, body="", facts={}, earlier=[], reply_to=None, deleted_at=timezone.now())
    # An answer that was taken back is no answer.
    if conversation.is_open:
        conversation.waiting_since = waiting_since(conversation)
        conversation.save(update_fields=["waiting_since"])
    if files:
        # Nobody gets them from now on, and here they go. What the storage keeps is tried again.
        after_commit(partial(drop_files, files=files))
    return message
