"""The websocket of an open page: what is new, in order, each once.

A socket forwards a message when its number is the next one. Otherwise something was lost on the way, and what is
missing is read from the database. The channel layer is only the fast hint; the sweep makes good what it dropped.
"""

import asyncio
import contextlib
import json
import logging
import time

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch
from django.conf import settings

from accounts.languages import language_for
from accounts.models import AccessLink
from accounts.viewers import Viewer, viewer_of_socket
from dispatch_console.metrics import CAUGHT_UP, SOCKETS

from . import actions, broadcasts, spoken
from .catching_up import Position, catch_up_page
from .fanout import fan_out
from .fragments import render_message
from .live_list import LiveList
from .models import Conversation
from .presence import attendance
from .socket_query import parse_socket_query
from .sweep import sweep
from .threads import in_thread
from .transactions import UNREACHABLE

logger = logging.getLogger(__name__)

# Seconds
TYPING_PACE = 2
# Our pages say what was read every 0.5 s: theirs is noted at once, and a flood costs no more than they do.
READ_PACE = 0.3
# What two processes have sent at the same moment may arrive in the other order. So long a gap may close by itself.
TO_OVERTAKE = 0.5
# For which a page of what was missed may be sent on after it was read.
FRESH = 5

# News that waits for one socket while that waits for the database or its page, and messages that wait for earlier ones.
# All sockets of a process keep the same objects, so that this many cost little.
NEWS_LIMIT = 2000
EARLY_LIMIT = 200

NOT_ALLOWED = 4401
TOO_SLOW = 4008
NONSENSE = 4009
FRAME_LIMIT = 4096


class ChatConsumer(AsyncWebsocketConsumer):
    async def __call__(self, scope, receive, send):
        # As channels does, without its own way to the channel layer for every socket: see fanout.py.
        self.scope, self.base_send = scope, send
        self.news, self.groups_joined, self.is_counted = asyncio.Queue(NEWS_LIMIT), [], False
        self.falling_behind = None
        try:
            await await_many_dispatch([receive, self.news.get], self.dispatch)
        except StopConsumer:
            pass
        finally:
            # Here and not in `disconnect`, which is left out when a fault of the database or of the server ends this.
            # Who stayed behind would be here for good, and be told of nothing that they miss.
            self.leave()

    async def connect(self):
        self.typed_at = 0
        # Messages that arrived before the ones that they follow, by number, and what waits for those.
        self.early, self.filling = {}, None
        self.in_order = asyncio.Lock()
        # The number up to which it was read and not yet noted, and what notes it.
        self.read, self.noting = 0, None
        self.conversation_id, self.sent, self.revision, self.list, self.language = None, 0, None, None, None
        self.is_ahead = False
        SOCKETS.inc()
        self.is_counted = True

        try:
            self.viewer: Viewer | None = await self.find_viewer()
        except UNREACHABLE as error:
            # Refused, which to the page is the network's fault and tried again: who it is, nobody knows yet.
            logger.error("The database did not answer for a websocket: %s", error)
            await self.close()
            return
        asked = parse_socket_query(self.scope["query_string"])
        # Accepted first: refused before, it would look like a fault of the network and be tried for ever.
        if self.viewer is None:
            await self.accept()
            await self.stop("not_allowed", NOT_ALLOWED)
        elif asked is None:
            await self.accept()
            await self.stop("nonsense", NONSENSE)
        elif asked.person not in (None, self.viewer.person.pk):
            # Somebody else has signed in since the page was made, which reads and writes as the one whom it shows.
            await self.accept()
            await self.stop("not_allowed", NOT_ALLOWED)
        else:
            await self.open(asked)

    async def open(self, asked):
        self.conversation_id, self.sent, self.revision = asked.chat, asked.after, asked.revision
        self.language = language_for(self.viewer, self.header(b"accept-language"))
        spoken.opened(self.language)
        self.list = LiveList(self.viewer, self.language, self.send_html, is_alone=self.conversation_id is None)
        # Joined before it reads what was missed, so that nothing falls between the two.
        self.groups_joined = [broadcasts.person_group(self.viewer.person.pk)]
        if self.viewer.is_team:
            self.groups_joined.append(broadcasts.TEAM)
        fan_out().join(self.hear, self.groups_joined)
        await fan_out().ready()
        await self.accept()
        if self.conversation_id is not None:
            position = await self.position()
            if position is None:
                await self.stop("not_allowed", NOT_ALLOWED)
                return
            if self.revision is None:
                # A page that does not know of changes hears of those from now on.
                self.revision = position.revision
            # As after a restore of the database: what such a page has is not what is here.
            self.is_ahead = self.sent > position.number
            await self.catch_up(position)
        if asked.person:
            # A page of ours believes a connection that speaks, and not one that is merely open.
            await self.control("heartbeat", last_number=self.sent)
        sweep().add(self)
        if self.conversation_id is not None:
            attendance().enter(self)

    def hear(self, event):
        if not self.news.full():
            self.news.put_nowait(event)
        elif self.falling_behind is None:
            # The page comes back, and the database has what it missed.
            self.falling_behind = asyncio.create_task(self.close(TOO_SLOW))

    async def dispatch(self, message):
        # As channels does, without its way through a thread for every message to every socket: what asks the database
        # here looks after its connection itself.
        await getattr(self, get_handler_name(message))(message)

    def leave(self):
        if not self.is_counted:
            return
        SOCKETS.dec()
        if self.language:
            spoken.closed(self.language)
        fan_out().leave(self.hear, self.groups_joined)
        sweep().remove(self)
        attendance().leave(self)
        if self.list:
            self.list.stop()
        if self.filling:
            self.filling.cancel()

    # What the channel layer tells

    async def message_sent(self, event):
        sweep().note(event["conversation"], event["number"])
        if event["conversation"] == self.conversation_id:
            await self.take_message(event["number"], event["html"].get(self.language))
        self.refresh_inbox(event["conversation"])

    async def message_changed(self, event):
        if event["conversation"] == self.conversation_id:
            html = event["html"].get(self.language)
            async with self.in_order:
                if html and event["revision"] == self.revision + 1 and event["number"] <= self.sent:
                    await self.send(text_data=html)
                    await self.reach(event["revision"])
            await self.catch_up(Position(event["number"], event["revision"]))
        self.refresh_inbox(event["conversation"])

    async def inbox_changed(self, event):
        self.refresh_inbox(event["conversation"])

    async def typing_seen(self, event):
        if event["conversation"] == self.conversation_id and event["person"] != self.viewer.person.pk:
            await self.control("typing", person=event["person"], name=event["name"])

    async def read_marks(self, event):
        if event["conversation"] == self.conversation_id:
            await self.control("seen", marks=event["marks"])

    async def notification_tested(self, event):
        await self.control("test", key=event["key"])

    async def people_changed(self, event):
        if event["conversation"] == self.conversation_id:
            await self.control("people")
        self.refresh_inbox(event["conversation"])

    async def orders_changed(self, event):
        if self.conversation_id in event["conversations"]:
            await self.control("people")
        for conversation in event["conversations"]:
            self.refresh_inbox(conversation)

    async def access_changed(self, event):
        await self.check_access()

    # What the page says

    async def receive(self, text_data=None, bytes_data=None):
        said = self.parse(text_data)
        match said:
            case {"type": "typing"}:
                await self.say_typing()
            case {"type": "read", "number": int(number)} if self.is_number(number):
                if self.conversation_id:
                    self.note_read(number)
            case {"type": "looking", "looking": bool(looks)} if self.conversation_id:
                attendance().look(self, looks)
            case {"type": "ack", "number": int(number)} if self.is_number(number):
                # Of what was never sent to it, a page cannot say that it has it.
                if self.conversation_id and not self.is_ahead:
                    attendance().receive(self.conversation_id, self.viewer.person.pk, min(number, self.sent))
            case _:
                await self.stop("nonsense", NONSENSE)

    @staticmethod
    def is_number(number):
        # True is an int in Python, and no number in JSON.
        return type(number) is int and 0 <= number < 2**31

    @staticmethod
    def parse(text):
        if text is None or len(text) > FRAME_LIMIT:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    def note_read(self, number):
        self.read = max(self.read, number)
        if self.noting is None:
            self.noting = asyncio.create_task(self.mark_all_read())

    async def mark_all_read(self):
        # It goes on when the page has gone, so that what was said last is noted as well.
        try:
            while self.read:
                number, self.read = self.read, 0
                await self.mark_read(number)
                await asyncio.sleep(READ_PACE)
        except UNREACHABLE as error:
            # The page comes back, and then says it again.
            logger.error("The database did not note what was read: %s", error)
            await self.close()
        finally:
            self.noting = None

    async def say_typing(self):
        now = time.monotonic()
        if not self.conversation_id or now - self.typed_at < TYPING_PACE:
            return
        self.typed_at = now
        groups, event = await self.typing()
        # Nobody misses a lost hint that somebody is writing.
        with contextlib.suppress(Exception):
            await broadcasts.send(groups, event)

    # In order, each once

    async def take_message(self, number, html):
        if html is None:
            # It was not rendered in this language, which only this process knows that somebody reads.
            await self.catch_up(Position(number, self.revision))
            return
        async with self.in_order:
            self.early[number] = html
            await self.forward_in_order()
            if len(self.early) > EARLY_LIMIT:
                # The database has it. The last one stays, which tells up to where that is read.
                del self.early[min(self.early)]
        if self.early and self.filling is None:
            self.filling = asyncio.create_task(self.fill_gap())

    async def forward(self, number, html):
        await self.send(text_data=html)
        self.sent = number

    async def forward_in_order(self):
        """Of what has arrived early, send what has its turn now."""
        self.early = {number: html for number, html in self.early.items() if number > self.sent}
        while html := self.early.pop(self.sent + 1, None):
            await self.forward(self.sent + 1, html)

    async def fill_gap(self):
        try:
            before = None
            # While it reads, more may arrive early. Where reading does not help, the sweep tries again.
            while self.early and before != self.sent:
                before = self.sent
                await asyncio.sleep(TO_OVERTAKE)
                await self.catch_up(Position(max(self.early, default=0), self.revision))
                async with self.in_order:
                    await self.forward_in_order()
        except Exception:
            logger.exception("A gap could not be read: the sweep will")
        finally:
            self.filling = None

    async def reach(self, revision):
        # Said apart from the messages: a page may get a later change first, as the answer to its own.
        if revision > self.revision:
            self.revision = revision
            await self.control("revision", revision=revision)

    def has(self, position):
        return self.sent >= position.number and self.revision >= position.revision

    async def catch_up(self, position):
        """Send what the database has of messages and changes, unless all up to this position has been sent."""
        async with self.in_order:
            while not self.has(position):
                missed = await self.read_missed()
                if missed is None:
                    break
                if await self.forward_missed(missed) and not missed.more:
                    break

    async def forward_missed(self, missed):
        """Send this page as fast as it is taken. False where that took so long that the rest must be read anew."""
        read_at = time.monotonic()
        for _, html in missed.changes:
            await self.send(text_data=html)
            await self.drained()
        CAUGHT_UP.inc(len(missed.changes))
        is_whole = True
        for number, html in missed.messages:
            # Who may see it may have changed by now.
            is_whole = time.monotonic() - read_at < FRESH
            if not is_whole:
                break
            await self.forward(number, html)
            await self.drained()
            CAUGHT_UP.inc()
        await self.reach(missed.revision)
        return is_whole

    async def drained(self):
        # Of a server that is not ours nobody knows.
        if wait := self.scope.get("drained"):
            await wait()

    @in_thread
    def read_missed(self):
        """The next page of what was missed, as numbers and elements, or None for who may not see it."""
        conversation = Conversation.visible_one(self.viewer, self.conversation_id)
        if conversation is None:
            return None
        page = catch_up_page(conversation, after=self.sent, revision=self.revision)
        return page._replace(changes=self.render(page.changes), messages=self.render(page.messages))

    def render(self, messages):
        return [(line.number, render_message(line, self.language)) for line in messages]

    def refresh_inbox(self, conversation_id):
        # The page of a guest's conversation has no list.
        if self.viewer.is_team or not self.conversation_id:
            self.list.refresh(conversation_id)

    # Still there, still allowed

    async def check_access(self):
        """Close when the viewer may no longer be here: signed out, revoked, deactivated, or taken out."""
        viewer = await self.find_viewer()
        if viewer and (not self.conversation_id or await self.position() is not None):
            return True
        await self.stop("not_allowed", NOT_ALLOWED)
        return False

    async def stop(self, reason, code):
        await self.control("stop", reason=reason)
        await self.close(code)

    async def control(self, kind, **fields):
        await self.send(text_data=json.dumps({"type": kind, **fields}))

    @property
    def session_key(self):
        """By which session of the team this socket was opened, or None for a guest's."""
        return None if self.viewer.link else self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)

    # The database

    @in_thread
    def find_viewer(self):
        return viewer_of_socket(self.scope["cookies"], self.scope["url_route"]["kwargs"].get("link"))

    @in_thread
    def position(self) -> Position | None:
        conversation = Conversation.visible_one(self.viewer, self.conversation_id)
        return Position(conversation.last_number, conversation.revision) if conversation else None

    @in_thread
    def typing(self):
        """Who is told that the viewer is writing, and what: nobody, of who can only read."""
        link = self.viewer.link
        groups, event = broadcasts.typing(self.conversation_id, self.viewer.person)
        may_write = link is None or AccessLink.objects.writable().filter(pk=link.pk).exists()
        return (groups if may_write else []), event

    @in_thread
    def mark_read(self, number):
        conversation = Conversation.visible_one(self.viewer, self.conversation_id)
        if conversation:
            actions.mark_read(conversation=conversation, person=self.viewer.person, number=number)

    # Small things

    def header(self, name):
        return dict(self.scope["headers"]).get(name, b"").decode("latin1")

    async def send_html(self, html):
        await self.send(text_data=html)
