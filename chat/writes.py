"""What the actions are made of. Each of these is a part of somebody's transaction, and most need the row held."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db.models import BigAutoField, Q
from django.db.transaction import on_commit
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AccessLink, LinkTimes, User
from dispatch_console.metrics import MESSAGES
from dispatch_console.places import place_lent
from dispatch_console.prepared import Given, Prepared
from orders.models import Order, OrderEvent

from . import broadcasts, locations, search
from .models import Conversation, Message, MessageFile, Participant, ReadMark
from .refusals import OtherChatOpen, PersonInactive, ReadOnly, TooManyMessages
from .wording import comma_list


def locked(conversation):
    try:
        return free_row.get(pk=conversation.pk)
    except Conversation.DoesNotExist:
        # Somebody holds it. As many of those as there are places would keep everybody waiting.
        with place_lent():
            return locked_row.get(pk=conversation.pk)


@Prepared
def free_row():
    return lock(skip_locked=True)


@Prepared
def locked_row():
    return lock()


def lock(**how):
    # no_key: what only refers to the row, such as a read mark, need not wait for it.
    rows = Conversation.objects.select_for_update(of=["self"], no_key=True, **how)
    return rows.select_related("order").filter(pk=Given("pk", BigAutoField()))


def held(message):
    """The message as it is now, with its conversation, whose row is held. For its author, who must still be there."""
    conversation = locked(message.conversation)
    message = conversation.messages.for_fragments().get(pk=message.pk)
    check_present(conversation, message.author)
    return conversation, message


def check_present(conversation, author):
    """The team may write everywhere, a guest where the guest takes part. Raises Participant.DoesNotExist."""
    if not author.is_team:
        present.get(conversation=conversation.pk, person=author.pk)


@Prepared
def present():
    keys = {name: Given(name, BigAutoField()) for name in ("conversation", "person")}
    return Participant.objects.present().filter(**keys)


def check_link(link):
    """A guest writes by a link, as long as one may. Raises ReadOnly, and AccessLink.DoesNotExist when it is gone."""
    if link and not usable_link.get(pk=link.pk, **LinkTimes.now()._asdict()).is_writable:
        raise ReadOnly


@Prepared
def usable_link():
    times = LinkTimes.given()
    return AccessLink.objects.usable(times).with_writable(times).filter(pk=Given("pk", BigAutoField()))


def check_active(people):
    inactive = [person.name for person in people if not person.is_active]
    if inactive:
        names = comma_list(inactive, str.format)
        raise PersonInactive(_("{names} cannot be added: no longer active.").format(names=names))


def check_pace(author):
    if not settings.RATE_LIMITS:
        return
    limit = settings.TEAM_MESSAGES_PER_MINUTE if author.is_team else settings.GUEST_MESSAGES_PER_MINUTE
    lately = timezone.now() - timedelta(minutes=1)
    if Message.objects.filter(author=author, created_at__gt=lately, kind=Message.Kind.TEXT).count() >= limit:
        raise TooManyMessages


def put_in(conversation, people, actor):
    """Make these people participants and return those who were not. Once each, since the conversation is locked."""
    rows = {row.person_id: row for row in conversation.participants.filter(person__in=people)}
    added = []
    for person in dict.fromkeys(people):
        row = rows.get(person.pk)
        if row is None:
            Participant.objects.create(conversation=conversation, person=person, added_by=actor)
        elif row.removed_at:
            row.removed_at, row.added_at, row.added_by = None, timezone.now(), actor
            row.save()
        else:
            continue
        added.append(person)
    return added


def reopen(conversation, actor):
    if conversation.order_id:
        # Holding the order keeps a new chat from being opened between this look and the commit.
        Order.objects.select_for_update(no_key=True).get(pk=conversation.order_id)
        newer = Conversation.objects.open().filter(order=conversation.order_id).first()
        if newer:
            raise OtherChatOpen(newer)
    conversation.closed_at = conversation.closed_by = None
    conversation.save(update_fields=["closed_at", "closed_by"])
    append_event(conversation, Message.Event.REOPENED, actor)
    note_at_order(conversation, OrderEvent.Kind.CHAT_REOPENED, actor)


def append_event(conversation, event, actor, people=(), **facts):
    if people:
        facts["people"] = [{"name": person.name, "role": person.role} for person in people]
    return append(conversation, author=actor, kind=Message.Kind.EVENT, event=event, facts=facts)


def append(conversation, *, author, files=(), **fields):
    """The next line of a conversation whose row is held. It takes these files, which belonged to none yet."""
    now = timezone.now()
    human = fields.get("kind") != Message.Kind.EVENT
    conversation.last_number += 1
    conversation.human_count += human
    message = Message.objects.create(
        conversation=conversation,
        number=conversation.last_number,
        human_count=conversation.human_count,
        author=author,
        created_at=now,
        search_text=search.search_text_of(searched_text(fields.get("body", ""), files, fields.get("facts", {}))),
        **fields,
    )
    search.index(message)
    take_files(message, files)
    conversation.last_activity_at = now
    if human:
        conversation.last_message = message
        if not author.is_team:
            conversation.waiting_since = conversation.waiting_since or now
        elif conversation.waiting_since:
            # Who asks for a link does not read this.
            conversation.waiting_since = asked_since(conversation)
        move_read_mark(message, author)
        after_commit(MESSAGES.inc)
    conversation.save(update_fields=["last_number", "human_count", "last_activity_at", "last_message", "waiting_since"])
    after_commit(broadcasts.message_sent, message)
    return message


def searched_text(body, files, facts):
    """What a message is found by: its text, the names of its files, and that it is a location, in every language."""
    where = locations.names() if facts.get("location") else []
    return "\n".join([body, *(file.name for file in files), *where])


def change(conversation, message, **fields):
    """Change a message of a conversation whose row is held, with the next version and revision, and all that quote it.

    Each of those has a revision of its own, so that who catches up page by page misses none.
    """
    replies = list(message.replies.for_fragments().order_by("number"))
    conversation.revision += 1 + len(replies)
    conversation.save(update_fields=["revision"])
    fields |= {
        "version": message.version + 1,
        "revision": conversation.revision - len(replies),
        "changed_at": timezone.now(),
    }
    found_by = message.search_text
    if "body" in fields:
        searched = searched_text(fields["body"], message.file_list, fields.get("facts", message.facts))
        fields["search_text"] = search.search_text_of(searched)
    for name, value in fields.items():
        setattr(message, name, value)
    message.save(update_fields=list(fields))
    search.index(message, before=found_by)
    after_commit(broadcasts.message_changed, message)
    for revision, reply in enumerate(replies, start=message.revision + 1):
        # What they say has not changed, so that the form of who is just changing one stays good: their version is kept.
        reply.revision, reply.reply_to = revision, message
        after_commit(broadcasts.message_changed, reply)
    Message.objects.bulk_update(replies, ["revision"], batch_size=200)
    return message


def show_anew(conversation, messages):
    """Let these lines, in their order, be read anew by all that have them: what they show has changed, not their text.

    For a conversation whose row is held. Each has a revision of its own, so that who catches up page by page misses
    none, and who hears of the last one knows of all.
    """
    if not messages:
        return
    for revision, message in enumerate(messages, start=conversation.revision + 1):
        message.revision = revision
    conversation.revision += len(messages)
    conversation.save(update_fields=["revision"])
    Message.objects.bulk_update(messages, ["revision"], batch_size=200)
    after_commit(broadcasts.message_changed, messages[-1])


def take_files(message, files):
    for place, file in enumerate(files):
        # Once: who else holds it by then has no message either.
        free = MessageFile.objects.filter(pk=file.pk, message=None)
        if not free.update(message=message, place=place, kept_until=None):
            raise MessageFile.DoesNotExist(f"file {file.pk} is not there to be taken")
        file.message, file.place, file.kept_until = message, place, None
    message.file_list = list(files)


def let_go_of_files(message):
    """From now on the files of a message are nobody's, and may be erased: those."""
    files = list(message.file_list)
    message.files.update(message=None)
    message.file_list = []
    return files


def waiting_since(conversation, after=None):
    """Since when the guests wait for us by what is written now: their first word after the last one of ours.

    Or since one of them asked for a link, if that was earlier. With `after` only words from that moment on count.
    """
    is_word = Q(kind=Message.Kind.TEXT, deleted_at__isnull=True)
    is_ours = Q(author__role__in=User.TEAM_ROLES)
    ours = conversation.messages.filter(is_word & is_ours | Q(event=Message.Event.ANSWERED))
    last = ours.order_by("-number").values_list("number", flat=True).first() or 0
    theirs = conversation.messages.filter(is_word & ~is_ours, number__gt=last)
    if after:
        theirs = theirs.filter(created_at__gte=after)
    word = theirs.order_by("number").values_list("created_at", flat=True).first()
    return min(filter(None, [word, asked_since(conversation)]), default=None)


def asked_since(conversation):
    """Since when one of the guests has waited for a new link, or None."""
    return conversation.link_requests.open().order_by("asked_at").values_list("asked_at", flat=True).first()


def answer_link_requests(conversation, actor, person=None):
    """Nobody waits for a link any more, or this person alone does not. For a conversation whose row is held."""
    requests = conversation.link_requests.open()
    if person:
        requests = requests.filter(person=person)
    asked_at = requests.order_by("asked_at").values_list("asked_at", flat=True).first()
    if asked_at is None:
        return False
    requests.update(answered_at=timezone.now(), answered_by=actor)
    # Where they have waited for more than that, or since before that, the wait goes on.
    if conversation.waiting_since and conversation.waiting_since >= asked_at:
        conversation.waiting_since = waiting_since(conversation, after=asked_at)
        conversation.save(update_fields=["waiting_since"])
    after_commit(broadcasts.people_changed, conversation.pk)
    return True


def move_read_mark(message, person):
    """Let the person have read up to this message: whether there was anybody's word among that, and not only events."""
    fields = {"number": message.number, "human_count": message.human_count, "at": timezone.now()}
    marks = ReadMark.objects.filter(conversation=message.conversation_id, person=person)
    if marks.filter(human_count__lt=message.human_count).update(**fields):
        return True
    # The time stays that of the last word, since it is shown with what somebody said.
    if marks.filter(number__lt=message.number).update(number=message.number) or marks.exists():
        return False
    mark = ReadMark(conversation_id=message.conversation_id, person=person, **fields)
    # Two tabs may report at once: the constraint lets one of them in.
    return bool(ReadMark.objects.bulk_create([mark], ignore_conflicts=True)) and message.human_count > 0


def move_read_mark_back(conversation, person, number):
    """Let the person have read only what stands before this number; False when that is so already."""
    before = conversation.messages.filter(number__lt=number).order_by("-number").first()
    fields = {"number": before.number, "human_count": before.human_count} if before else {"number": 0, "human_count": 0}
    marks = ReadMark.objects.filter(conversation=conversation, person=person)
    # By its moment the inbox finds what has become unread without a word of anybody's.
    return bool(marks.filter(number__gte=number).update(**fields, at=timezone.now()))


def note_at_order(conversation, kind, actor):
    if conversation.order_id:
        OrderEvent.objects.create(order_id=conversation.order_id, kind=kind, actor=actor)


def after_commit(tell, *arguments):
    # robust: that the news cannot be told must not make a stored message look as if it had failed.
    on_commit(partial(tell, *arguments), robust=True)
