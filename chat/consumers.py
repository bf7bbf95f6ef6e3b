"""The websocket of an open page: what is new, in order, each once.

A socket forwards a message when its number is the next one. Otherwise something was lost on the way, and what is
missing is read from the database. The channel layer is only the fast hint; the sweep makes good what it dropped.
"""

import asyncio
import contextlib
import json
import time
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.template.loader import render_to_string

from accounts.viewers import Viewer, viewer_of_socket
from dispatch_console.metrics import CAUGHT_UP, SOCKETS

from . import actions, broadcasts
from .models import Conversation
from .sweep import sweep
from .views.pages import CATCH_UP_PAGE

# Seconds
INBOX_PACE = 1
TYPING_PACE = 2

NOT_ALLOWED = 4401
NONSENSE = 4009
FRAME_LIMIT = 4096


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.groups_joined, self.tasks, self.changed = [], set(), set()
        self.refreshing, self.refreshed_at, self.typed_at = False, 0, 0
        self.in_order = asyncio.Lock()
        self.conversation_id, self.sent = None, 0
        SOCKETS.inc()

        self.viewer: Viewer | None = await self.find_viewer()
        if self.viewer is None:
            # Accepted first: refused before, it would look like a fault of the network and be tried for ever.
            await self.accept()
            await self.stop("not_allowed", NOT_ALLOWED)
        elif not self.read_query():
            await self.accept()
            await self.stop("nonsense", NONSENSE)
        else:
            await self.open()

    async def open(self):
        # Joined before it reads what was missed, so that nothing falls between the two.
        await self.join(broadcasts.person_group(self.viewer.person.pk))
        if self.viewer.is_team:
            await self.join(broadcasts.TEAM)
        await self.accept()
        if self.conversation_id is not None and await self.last_number() is None:
            await self.stop("not_allowed", NOT_ALLOWED)
        else:
            await self.catch_up()
            sweep().add(self)

    def read_query(self):
        """Take `chat` and `after` from the address. False when they are not what they should be."""
        query = parse_qs(self.scope["query_string"].decode("latin1"))
        chat, after = query.get("chat", [""])[0], query.get("after", ["0"])[0]
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return False
        if chat and not (chat.isascii() and chat.isdigit() and len(chat) < 19):
            return False
        self.conversation_id, self.sent = int(chat) if chat else None, int(after)
        return True

    async def disconnect(self, code):
        SOCKETS.dec()
        sweep().remove(self)
        for task in self.tasks:
            task.cancel()
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    # What the channel layer tells

    async def message_sent(self, event):
        if event["conversation"] == self.conversation_id:
            async with self.in_order:
                if event["number"] == self.sent + 1:
                    await self.forward(event["number"], event["html"])
            await self.catch_up(up_to=event["number"])
        self.refresh_inbox(event["conversation"])

    async def inbox_changed(self, event):
        self.refresh_inbox(event["conversation"])

    async def typing_seen(self, event):
        if event["conversation"] == self.conversation_id and event["person"] != self.viewer.person.pk:
            await self.control("typing", person=event["person"], name=event["name"])

    async def access_changed(self, event):
        await self.check_access()

    # What the page says

    async def receive(self, text_data=None, bytes_data=None):
        said = self.parse(text_data)
        match said:
            case {"type": "typing"}:
                await self.say_typing()
            case {"type": "read", "number": int(number)} if self.conversation_id and self.is_number(number):
                await self.mark_read(number)
            case {"type": "ack", "number": int(number)} if self.is_number(number):
                # What was sent is known by its number; nothing is kept of who has received it.
                pass
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

    async def say_typing(self):
        now = time.monotonic()
        if not self.conversation_id or now - self.typed_at < TYPING_PACE:
            return
        self.typed_at = now
        groups, event = await database_sync_to_async(broadcasts.typing)(self.conversation_id, self.viewer.person)
        # Nobody misses a lost hint that somebody is writing.
        with contextlib.suppress(Exception):
            await broadcasts.send(groups, event)

    # In order, each once

    async def forward(self, number, html):
        await self.send(text_data=html)
        self.sent = number

    async def catch_up(self, up_to=None):
        """Send what the database has after the last number that was sent. Does nothing when `up_to` was sent."""
        if not self.conversation_id:
            return
        async with self.in_order:
            while up_to is None or self.sent < up_to:
                missed = await self.read_missed()
                for number, html in missed:
                    await self.forward(number, html)
                CAUGHT_UP.inc(len(missed))
                if len(missed) < CATCH_UP_PAGE:
                    break

    @database_sync_to_async
    def read_missed(self):
        conversation = Conversation.objects.visible_to(self.viewer).filter(pk=self.conversation_id).first()
        if conversation is None:
            return []
        return [
            (message.number, render_to_string("chat/_message.html", {"message": message}))
            for message in conversation.messages.after(self.sent, CATCH_UP_PAGE)
        ]

    # The inbox: what changed, at most once in INBOX_PACE seconds, however much it was

    def refresh_inbox(self, conversation_id):
        if self.conversation_id and not self.viewer.is_team:
            return
        self.changed.add(conversation_id)
        if not self.refreshing:
            self.refreshing = True
            self.start(self.send_rows())

    async def send_rows(self):
        await asyncio.sleep(max(0, self.refreshed_at + INBOX_PACE - time.monotonic()))
        changed, self.changed = self.changed, set()
        self.refreshing, self.refreshed_at = False, time.monotonic()
        html = await self.render_rows(changed)
        if html:
            await self.send(text_data=html)

    @database_sync_to_async
    def render_rows(self, changed):
        visible = Conversation.objects.visible_to(self.viewer)
        rows = list(visible.for_rows(self.viewer).filter(pk__in=changed))
        template = "chat/_row.html" if self.viewer.is_team else "chat/_stop.html"
        html = [render_to_string(template, {"conversation": row, "viewer": self.viewer}) for row in rows]
        # What the viewer was taken out of leaves the list.
        gone = changed - {row.pk for row in rows}
        html += [f'<li id="conversation-{pk}" data-gone></li>' for pk in gone]
        if self.viewer.is_team:
            html.append(render_to_string("chat/_waiting_count.html", {"count": visible.waiting().count()}))
        return "".join(html).strip()

    # Still there, still allowed

    async def check_access(self):
        """Close when the viewer may no longer be here: signed out, revoked, deactivated, or taken out."""
        viewer = await self.find_viewer()
        if viewer and (not self.conversation_id or await self.last_number() is not None):
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

    @database_sync_to_async
    def find_viewer(self):
        return viewer_of_socket(self.scope["cookies"], self.scope["url_route"]["kwargs"].get("link"))

    @database_sync_to_async
    def last_number(self):
        visible = Conversation.objects.visible_to(self.viewer).filter(pk=self.conversation_id)
        return visible.values_list("last_number", flat=True).first()

    @database_sync_to_async
    def mark_read(self, number):
        conversation = Conversation.objects.visible_to(self.viewer).filter(pk=self.conversation_id).first()
        if conversation:
            actions.mark_read(conversation=conversation, person=self.viewer.person, number=number)

    # Small things

    async def join(self, group):
        await self.channel_layer.group_add(group, self.channel_name)
        self.groups_joined.append(group)

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
