"""The list of conversations on an open page, and what its filters count, at most once in PACE seconds."""

import asyncio
import logging
import time

from django.template.loader import render_to_string
from django.utils import translation

from .calling import calls_for
from .inbox import Inbox
from .models import Conversation, Participant, QuickAnswer
from .threads import in_thread
from .transactions import UNREACHABLE

logger = logging.getLogger(__name__)

# Seconds
PACE = 1
# A list is refreshed for this part of the time at most.
EASE = 20


class LiveList:
    """Keeps one page's list fresh, in its language. `send` takes HTML. Alone it is where no conversation is open."""

    def __init__(self, viewer, language, send, is_alone=False):
        self.viewer, self.language, self.send, self.is_alone = viewer, language, send, is_alone
        self.changed, self.tasks, self.counts, self.waits = set(), set(), {}, None
        self.is_waiting, self.pause_until, self.took = False, 0, 0

    def refresh(self, conversation_id):
        """Show what this conversation's row says now, soon."""
        self.changed.add(conversation_id)
        if not self.is_waiting:
            self.is_waiting = True
            task = asyncio.create_task(self.send_rows())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def stop(self):
        for task in self.tasks:
            task.cancel()

    async def send_rows(self):
        await asyncio.sleep(max(0, self.pause_until - time.monotonic()))
        changed, self.changed = self.changed, set()
        # What changes from here on comes with the next ones.
        began = time.monotonic()
        self.is_waiting, self.pause_until = False, began + PACE
        try:
            html = await self.render_rows(changed)
        except UNREACHABLE as error:
            # Nothing else would show them again: they are tried until the page has them.
            logger.error("A list could not be read: %s", error)
            html, missed = "", changed
        else:
            missed = ()
        # Where that takes long, and not just once, much else is to be done: lists may wait, messages may not.
        took_before, self.took = self.took, time.monotonic() - began
        self.pause_until = began + max(PACE, EASE * min(took_before, self.took))
        for conversation_id in missed:
            self.refresh(conversation_id)
        if html:
            await self.send(html)

    @in_thread
    def render_rows(self, changed):
        with translation.override(self.language):
            return self.rows(changed)

    def rows(self, changed):
        visible = Conversation.objects.visible_to(self.viewer)
        rows = list(visible.for_rows(self.viewer).filter(pk__in=changed))
        template = "chat/_row.html" if self.viewer.is_team else "chat/_stop.html"
        shared = {"viewer": self.viewer}
        if not self.viewer.is_team:
            shared["answers"] = [answer.words for answer in QuickAnswer.objects.for_person(self.viewer.person)]
        html = [render_to_string(template, {"conversation": row, **shared}) for row in rows]
        # What the viewer was taken out of leaves the list. Of what was never the viewer's, nothing is said.
        hidden = changed - {row.pk for row in rows}
        if hidden:
            gone = Participant.objects.filter(person=self.viewer.person, conversation__in=hidden)
            html += [
                f'<li id="conversation-{pk}" data-gone></li>' for pk in gone.values_list("conversation", flat=True)
            ]
        if self.viewer.is_team:
            inbox = Inbox(self.viewer)
            html += self.render_counts(inbox)
            html += self.render_longest_wait(inbox)
            calls = {"calls": calls_for(self.viewer, inbox), "viewer": self.viewer}
            html.append(render_to_string("chat/_calls.html", calls))
        return "".join(html).strip()

    def render_longest_wait(self, inbox):
        """For the page on which no conversation is open, where it is another one than that page knows."""
        if not self.is_alone:
            return
        longest = inbox.longest_wait()
        waits = (longest and longest.pk, self.counts["waiting"])
        if waits != self.waits:
            self.waits = waits
            shown = {"longest": longest, "waiting": self.counts["waiting"], "viewer": self.viewer}
            yield render_to_string("chat/_waits.html", shown)

    def render_counts(self, inbox):
        """Those counts of the filters that the page does not know yet."""
        counts = inbox.counts()
        new = {show: count for show, count in counts.items() if self.counts.get(show) != count}
        self.counts = counts
        if "waiting" in new:
            yield render_to_string("chat/_waiting_count.html", {"count": new["waiting"]})
        yield render_to_string("chat/_counts.html", {"counts": new})
