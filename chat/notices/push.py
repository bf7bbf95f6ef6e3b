"""Pushes to the browsers in which a person has asked for them: see chat/pushes."""

import logging
import time

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AccessLink

from .. import actions
from ..models import Delivery, PushSubscription
from ..pushes.sending import Busy, Gone, NotPushed, Refused, TimedOut, Unreachable, push
from ..transactions import UNREACHABLE
from .channels import Channel, Letter, NotSent

logger = logging.getLogger(__name__)
Problem = Delivery.Problem
PROBLEMS = {
    Busy: Problem.BUSY,
    Unreachable: Problem.UNREACHABLE,
    TimedOut: Problem.TIMED_OUT,
    Refused: Problem.REFUSED,
}
# Seconds after which no further browser of one person is begun with.
ENOUGH = 15


class Push(Channel):
    """What it says shows on the phone at once. It carries no link: it opens nothing to who has not come in by one."""

    name = Delivery.Channel.PUSH
    carries_link = False

    @property
    def is_set_up(self):
        return bool(settings.VAPID_PRIVATE_KEY)

    def reaching(self):
        theirs = PushSubscription.objects.filter(link__person=OuterRef("person"))
        here = theirs.filter(Q(link__conversation=OuterRef("conversation")) | Q(link__conversation=None))
        return Q(Exists(here))

    def refusal(self, person):
        theirs = PushSubscription.objects.filter(link__person=person, link__in=AccessLink.objects.usable())
        return None if theirs.exists() else (Problem.NO_ADDRESS, "")

    def takes_notices(self, person):
        # Turned on and off in each browser.
        return True

    def address_of(self, person):
        theirs = PushSubscription.objects.filter(link__person=person)
        return " ".join(sorted({subscription.service for subscription in theirs}))

    def send(self, letter):
        """To each of the person's browsers that came into this conversation. One that takes it is enough."""
        try:
            subscriptions = list(PushSubscription.objects.of_person_in(letter.person, letter.conversation))
        except UNREACHABLE as error:
            raise NotSent(Problem.FAULT, again=True) from error
        taken, problems, began = 0, [], time.monotonic()
        for subscription in subscriptions:
            if time.monotonic() - began > ENOUGH:
                break
            try:
                push(subscription, said_to(subscription, letter), topic=f"chat {letter.conversation.pk}")
            except Gone:
                note(actions.forget_push, subscription=subscription)
            except NotPushed as problem:
                problems.append(problem)
                if not problem.again:
                    note(actions.note_push, subscription=subscription, failure=problem.detail)
            else:
                note(actions.note_push, subscription=subscription)
                taken += 1
        if not taken:
            raise problem_of(problems)
        return ""


def note(action, **given):
    """How a browser took it is not what became of the push: a database that is away changes nothing of that."""
    try:
        action(**given)
    except UNREACHABLE:
        logger.exception("How a browser took a push could not be noted")


def said_to(subscription, letter: Letter) -> dict:
    """What worker.js reads, in the person's language."""
    with translation.override(letter.language):
        return {
            "title": letter.about,
            "body": body_of(letter),
            "path": f"/g/{subscription.link.public_id}/chats/{letter.conversation.pk}/",
            # One notification a chat: the next takes its place.
            "tag": f"chat-{letter.conversation.pk}",
            "lang": letter.language,
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
        }


def body_of(letter):
    if letter.preview:
        return _("%(author)s: %(preview)s") % {"author": letter.author, "preview": letter.preview}
    return ngettext(
        "A new message from %(author)s", "%(count)d new messages, the last from %(author)s", letter.count
    ) % {"count": letter.count, "author": letter.author}


def problem_of(problems) -> NotSent:
    """What the browsers' services have against it: what may pass first of all, since that is waited for."""
    if not problems:
        return NotSent(Problem.NO_ADDRESS)
    worst = max(problems, key=lambda problem: (problem.again, problem.after))
    return NotSent(PROBLEMS[type(worst)], worst.detail, again=worst.again, after=worst.after)
