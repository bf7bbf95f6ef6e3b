"""Every page and state of the product in one table: for its pictures, and for what must hold on each of them.

A state is a function that takes a Stage and returns the page on which it stands. A new page gets a line here, and with
that its pictures in both themes on a desk and a phone, and the checks of test_accessibility.py. Which pages have none,
test_permission_matrix.py finds.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.urls import resolve
from playwright.async_api import expect

from tests.callers import Caller

from .files import choose, document, is_ready, is_shown, photo, photos
from .thread import composer, is_live, line


class State(NamedTuple):
    show: Callable
    # The page that it is a state of, as the URL configuration writes it: None for what is answered to a form that was
    # sent, and for what is refused.
    path: str | None
    # The complaints of the browser that belong to it, as regular expressions.
    expects: list[str]


STATES: dict[str, State] = {}
CHAT, GUEST_CHAT = "chats/<int:pk>/", "g/<slug:link>/chats/<int:pk>/"
# The order of the demo with the longest conversation, and others: with a chat, without one, without a customer.
GATE = {"latitude": 43.615019, "longitude": -116.202313, "accuracy": 12}
LONG, OPEN, NONE, NOBODY = "11064", "11046", "11072", "11076"
# Longer than any line, without a place to break it; and one in which direction, joiners and marks matter.
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitän" * 4 + "Witwenversorgungskasse-Süd-West"
ARABIC_NAME = ("می\u200cخواهم عبد\u200dالرحمن بن محمّد " * 8)[:190].strip()


def state(name, path=None, expects=()):
    def add(show):
        STATES[name] = State(show, path, expects)
        return show

    return add


class Stage:
    """The demo's shift, with the people who come on: the dispatcher at a desk, guests by their links."""

    def __init__(self, server, visit, dispatcher, colleague, chat):
        self.server, self.visit, self.desk, self.colleague = server, visit, dispatcher, colleague
        # A chat of an order of one's own, for what would spoil that of the demo.
        self.chat = chat

    async def guest(self, reference, role):
        page = await self.visit(self.server.manage("mint_link", reference, role).splitlines()[-1])
        await page.wait_for_url("**/g/**")
        await is_live(page)
        return page

    async def conversation(self, reference=LONG):
        page = await self.desk(f"/orders/{reference}/")
        await page.get_by_role("button", name="Chat").click()
        await expect(composer(page)).to_be_visible()
        await is_live(page)
        return page

    async def own_chat(self):
        page = await self.desk(self.chat.path)
        await is_live(page)
        return page

    async def customer(self):
        """The customer of one's own chat."""
        page = await self.visit(await self.colleague.make_link(self.chat, self.chat.customer_id))
        await page.wait_for_url(f"**/g/*{self.chat.path}")
        await is_live(page)
        return page

    def deliver(self, days):
        """As if the order of one's own chat had been delivered so many days ago, and its links made before."""
        code = (
            "from datetime import timedelta\n"
            "from django.utils import timezone\n"
            "from accounts.models import AccessLink\n"
            "from orders.models import Order\n"
            f"at = timezone.now() - timedelta(days={days})\n"
            f"Order.objects.filter(reference={self.chat.reference!r}).update(status='delivered', delivered_at=at)\n"
            f"AccessLink.objects.filter(conversation={self.chat.id}).update(made_at=at)\n"
        )
        self.shell(code)

    def fail_to_tell(self):
        """As if the customer's address had refused what was to tell of a message."""
        code = (
            "from chat.models import Delivery\n"
            f"Delivery.objects.create(conversation_id={self.chat.id}, person_id={self.chat.customer_id}, kind='notice',"
            " channel='email', status='failed', problem='refused', detail='550 5.1.1 No such user')"
        )
        self.shell(code)

    async def newcomer(self, url, is_staff=False):
        """Somebody who is of the team since today, at this address."""
        name = f"newcomer-{self.chat.reference}"
        code = (
            "from accounts.models import User\n"
            f"User.objects.create_user({name!r}, 'demo', name='Robin Newcomb', role='support', is_staff={is_staff})"
        )
        self.shell(code)
        caller = await Caller(self.server.url).sign_in(name)
        return await self.visit(url, storage_state=caller.kept())

    async def written(self, page, text):
        """The address of a message of one's own, written here."""
        await composer(page).fill(text)
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(line(page, text)).to_be_visible()
        return f"{page.url}messages/{await line(page, text).get_attribute('data-number')}/"

    @contextmanager
    def held(self):
        """While somebody else has the chat's row, or all of the database, in hand."""
        if self.server.database.url:
            with psycopg.connect(self.server.database.url) as connection:
                connection.execute("SELECT id FROM chat_conversation WHERE id = %s FOR UPDATE", [self.chat.id])
                yield
        else:
            with closing(sqlite3.connect(self.server.folder / "dispatch.sqlite3", isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield

    def shell(self, code):
        """What these lines of Python print, run beside the server."""
        return self.server.manage("shell", "--no-imports", "-c", code)

    async def shut_out(self):
        """That customer, after the link has ended."""
        page = await self.customer()
        left = page.url
        # An open one goes to the door by itself.
        await page.goto("about:blank")
        self.deliver(8)
        await page.goto(left)
        await expect(page.get_by_role("button", name="Ask for a new link")).to_be_visible()
        return page


def route_of(url):
    """The path of the URL configuration that answers at this address."""
    return resolve(urlsplit(url).path).route


def page_of_the_console(name, url):
    @state(name, route_of(url))
    async def show(stage):
        return await stage.desk(url)


# The team's pages

page_of_the_console("inbox", "/chats/")
page_of_the_console("inbox-waiting", "/chats/?show=waiting")
page_of_the_console("inbox-closed", "/chats/?show=closed")
page_of_the_console("inbox-search", "/chats/?q=dock")
page_of_the_console("inbox-nothing-found", "/chats/?q=nobody+has+this+name")
page_of_the_console("inbox-reach", "/chats/?reach=no_link")
page_of_the_console("inbox-reach-nobody", "/chats/?reach=quiet")
page_of_the_console("conversation-new", "/chats/new/")
page_of_the_console("orders", "/orders/")
page_of_the_console("orders-nothing-found", "/orders/?q=nobody")
page_of_the_console("order-with-chat", f"/orders/{LONG}/")
page_of_the_console("order-without-customer", f"/orders/{NOBODY}/")
page_of_the_console("notifications", "/notifications/")
page_of_the_console("settings", "/settings/")
page_of_the_console("quick-replies", "/replies/")
page_of_the_console("quick-answers", "/answers/")


@state("inbox-mine-none", "chats/")
async def inbox_mine_none(stage):
    return await stage.newcomer("/chats/?show=mine")


@state("inbox-unread-none", "chats/")
async def inbox_unread_none(stage):
    page = await stage.newcomer("/chats/?show=unread")
    code = (
        "from accounts.models import User\n"
        "from chat import actions\n"
        "from chat.models import Conversation\n"
        "newest = User.objects.latest('pk')\n"
        "for one in Conversation.objects.all():\n"
        "    actions.mark_read(conversation=one, person=newest, number=one.last_number)\n"
    )
    stage.shell(code)
    await page.reload()
    await expect(page.get_by_role("heading", name="All read")).to_be_visible()
    return page


# What browsers put in the place of half a character. It is not what was written, and refused.
BROKEN = "Dock 4 \N{REPLACEMENT CHARACTER}"


@state("conversation-new-refused", expects=["status of 422"])
async def conversation_new_refused(stage):
    page = await stage.desk("/chats/new/")
    await page.get_by_role("textbox", name="Title").fill(BROKEN)
    await page.get_by_role("button", name="Open conversation").click()
    await expect(page.get_by_role("alert")).to_have_count(2)
    return page


@state("conversation", CHAT)
async def conversation(stage):
    return await stage.conversation()


@state("conversation-menu", CHAT)
async def conversation_menu(stage):
    page = await stage.own_chat()
    await page.get_by_label("More", exact=True).click()
    return page


@state("conversation-muted", CHAT)
async def conversation_muted(stage):
    await stage.colleague.send(stage.chat, "Where is it?", "The yard closes at six.")
    page = await stage.own_chat()
    await page.get_by_label("More", exact=True).click()
    await page.get_by_role("button", name="Mute for me").click()
    await expect(page.locator("#muted")).to_be_visible()
    return page


@state("conversation-link", CHAT)
async def conversation_link(stage):
    page = await stage.own_chat()
    toggle = page.get_by_role("button", name="Order and people")
    if await toggle.is_visible():
        await toggle.click()
    await page.get_by_role("button", name="Make link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    return page


@state("conversation-link-asked", CHAT, expects=["status of 404"])
async def conversation_link_asked(stage):
    phone = await stage.shut_out()
    await phone.get_by_role("button", name="Ask for a new link").click()
    await expect(phone.get_by_role("status")).to_be_visible()
    page = await stage.own_chat()
    toggle = page.get_by_role("button", name="Order and people")
    if await toggle.is_visible():
        await toggle.click()
    await expect(page.get_by_role("region", name="People", exact=True)).to_contain_text("Asked for a new link")
    return page


@state("inbox-reach-menu", "chats/")
async def inbox_reach_menu(stage):
    page = await stage.desk("/chats/")
    await page.get_by_label("Who was reached").first.click()
    await expect(page.get_by_role("link", name="Gone quiet")).to_be_visible()
    return page


@state("conversation-panel", CHAT)
async def conversation_panel(stage):
    page = await stage.own_chat()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("button", name="Order and people").click()
    await expect(page.get_by_role("region", name="Order and people")).to_be_visible()
    return page


@state("conversation-not-sent", CHAT)
async def conversation_not_sent(stage):
    stage.fail_to_tell()
    page = await stage.own_chat()
    await expect(page.get_by_text("Not told of missed messages by e-mail.")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    return page


@state("conversation-people", CHAT)
async def conversation_people(stage):
    page = await stage.own_chat()
    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("switch", name="Include customers").check()
    await page.get_by_role("searchbox", name="Search people").press_sequentially("nan", delay=50)
    await page.get_by_role("checkbox", name="Nancy Davolio").check()
    await expect(page.get_by_text("Nancy Davolio will see")).to_be_visible()
    return page


@state("conversation-closed", CHAT)
async def conversation_closed(stage):
    await stage.colleague.send(stage.chat, "Done.")
    await stage.colleague.post(f"{stage.chat.path}closure/")
    page = await stage.own_chat()
    await expect(page.get_by_text("closed this chat.").first).to_be_visible()
    return page


@state("conversation-title", "chats/<int:pk>/title/")
async def conversation_title(stage):
    return await stage.desk(f"{stage.chat.path}title/")


@state("conversation-title-refused", expects=["status of 422"])
async def conversation_title_refused(stage):
    page = await conversation_title(stage)
    await page.get_by_role("textbox", name="Title").fill(BROKEN)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    return page


@state("participants", "chats/<int:pk>/participants/")
async def participants(stage):
    """As a page of its own, for who has no script or opens it in another tab."""
    page = await stage.desk(f"{stage.chat.path}participants/?customers=1&q=nan")
    await page.get_by_role("checkbox", name="Nancy Davolio").check()
    await expect(page.get_by_text("Nancy Davolio will see")).to_be_visible()
    return page


@state("participants-none", "chats/<int:pk>/participants/")
async def participants_none(stage):
    return await stage.desk(f"{stage.chat.path}participants/?q=nobody+has+this+name")


@state("links", "chats/<int:pk>/participants/<int:person>/links/")
async def links(stage):
    for _ in range(2):
        await stage.colleague.make_link(stage.chat, stage.chat.customer_id)
    return await stage.desk(f"{stage.chat.path}participants/{stage.chat.customer_id}/links/")


@state("links-not-sent", "chats/<int:pk>/participants/<int:person>/links/")
async def links_not_sent(stage):
    stage.fail_to_tell()
    page = await stage.desk(f"{stage.chat.path}participants/{stage.chat.customer_id}/links/")
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    return page


@state("links-made", "chats/<int:pk>/participants/<int:person>/links/")
async def links_made(stage):
    page = await stage.desk(f"{stage.chat.path}participants/{stage.chat.customer_id}/links/")
    await page.get_by_role("button", name="Make a new link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    return page


@state("message-change", "chats/<int:pk>/messages/<int:number>/")
async def message_change(stage):
    page = await stage.own_chat()
    await page.goto(await stage.written(page, "At the gate in ten minutes."))
    return page


@state("message-change-late", "chats/<int:pk>/messages/<int:number>/", expects=["status of 409"])
async def message_change_late(stage):
    page = await stage.own_chat()
    address = await stage.written(page, "At the gate in ten minutes.")
    code = (
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from chat.models import Message\n"
        "at = timezone.now() - timedelta(days=1)\n"
        f"Message.objects.filter(conversation={stage.chat.id}).update(created_at=at)"
    )
    stage.shell(code)
    await page.goto(address)
    return page


@state("quick-reply", "replies/<int:reply>/")
async def quick_reply(stage):
    page = await stage.desk("/replies/")
    name = f"On the way {stage.chat.reference}"
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("textbox", name="Text").fill("Order {order} is on its way, {customer}.")
    await page.get_by_role("button", name="Add").click()
    await page.get_by_role("link", name=f"Change {name}").click()
    await expect(page.get_by_role("heading", name="Change a quick reply")).to_be_visible()
    return page


@state("quick-reply-refused", expects=["status of 422"])
async def quick_reply_refused(stage):
    page = await quick_reply(stage)
    await page.get_by_role("textbox", name="Name").fill("N" * 41)
    await page.get_by_role("textbox", name="Text").fill("Order {number} is on its way.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_have_count(2)
    return page


@state("quick-answer", "answers/<int:answer>/")
async def quick_answer(stage):
    page = await stage.desk("/answers/")
    await page.get_by_role("link", name="Change").first.click()
    await expect(page.get_by_role("heading", name="Change an answer")).to_be_visible()
    return page


@state("quick-answer-refused", expects=["status of 422"])
async def quick_answer_refused(stage):
    page = await quick_answer(stage)
    await page.get_by_role("textbox", name="Answer").fill("At the gate, and nobody opens. " * 3)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    return page


@state("conversation-changing", CHAT)
async def conversation_changing(stage):
    page = await stage.own_chat()
    await composer(page).fill("At the gate in ten minutes.")
    await page.keyboard.press("Control+Enter")
    await expect(line(page, "At the gate in ten minutes.")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("textbox", name="New text")).to_be_focused()
    return page


@state("conversation-reply", CHAT)
async def conversation_reply(stage):
    await stage.colleague.send(stage.chat, "Which dock is it, and who opens the gate?")
    page = await stage.own_chat()
    await line(page, "Which dock is it, and who opens the gate?").hover()
    await line(page, "Which dock is it, and who opens the gate?").get_by_label("Reply").click()
    await composer(page).fill("Dock 4. Ring twice.")
    await page.keyboard.press("Control+Enter")
    await expect(line(page, "Dock 4. Ring twice.")).to_be_visible()
    return page


@state("conversation-files-chosen", CHAT)
async def conversation_files_chosen(stage):
    page = await stage.own_chat()
    await choose(page, photo("dock.jpg"), photo("The gate at the back of the yard, seen from the road.jpg"), document())
    await choose(page, {"name": "prices.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"})
    await is_ready(page, 3)
    return page


@state("conversation-files-dropping", CHAT)
async def conversation_files_dropping(stage):
    page = await stage.own_chat()
    carried = await page.evaluate_handle(
        "() => { const all = new DataTransfer(); all.items.add(new File(['x'], 'a.jpg')); return all; }"
    )
    await page.dispatch_event("#scroll", "dragover", {"dataTransfer": carried})
    await expect(page.locator("#drop")).to_be_visible()
    return page


@state("conversation-files-sending", CHAT, expects=["ERR_FAILED", "ERR_ABORTED"])
async def conversation_files_sending(stage):
    page = await stage.own_chat()
    await page.route("**/messages/", lambda route: None)
    await choose(page, photo("dock.jpg"), document())
    await is_ready(page, 2)
    await composer(page).fill("Is this the gate?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("progressbar")).to_be_visible()
    return page


@state("conversation-files-refused", CHAT, expects=["status of 4(15|22)"])
async def conversation_files_refused(stage):
    page = await stage.own_chat()
    await choose(page, photo("dock.jpg"), {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"})
    await is_ready(page, 2)
    await composer(page).fill("Is this the gate?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".file-error")).to_be_visible()
    return page


async def with_photos(stage):
    page = await stage.own_chat()
    for text, *files in (
        ("", photo("dock.jpg", width=1200, height=900)),
        (
            "Three of the yard, and the note.",
            *(photo(f"{n}.jpg", colour=(90 * n, 120, 90)) for n in (0, 1, 2)),
            document(),
        ),
        ("", document("تسليم البضاعة " * 8 + ".pdf")),
    ):
        await choose(page, *files)
        await is_ready(page, len(files))
        await composer(page).fill(text)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#messages > li.message--sending")).to_have_count(0)
    for link in await photos(page).all():
        await is_shown(link)
    return page


@state("conversation-files", CHAT)
async def conversation_files(stage):
    return await with_photos(stage)


@state("conversation-photo", CHAT)
async def conversation_photo(stage):
    page = await with_photos(stage)
    await photos(page).nth(1).click()
    await expect(page.get_by_role("dialog", name="Photos").get_by_role("img")).to_have_js_property("complete", True)
    return page


@state("conversation-photo-lost", CHAT, expects=["ERR_FAILED"])
async def conversation_photo_lost(stage):
    page = await with_photos(stage)
    await page.route(re.compile("size=thumbnail"), lambda route: route.abort())
    await page.reload()
    await expect(photos(page).last).to_contain_text("Photo not loaded")
    return page


@state("conversation-quick-replies", CHAT)
async def conversation_quick_replies(stage):
    page = await stage.own_chat()
    await composer(page).press_sequentially("/at the")
    await expect(page.get_by_role("option", name="At the gate")).to_be_visible()
    return page


@state("conversation-missing", CHAT)
async def conversation_missing(stage):
    page = await stage.own_chat()
    await composer(page).fill("Hello [driver?], " + "where are you? " * 20 + "[promised?]")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Not known here")
    return page


@state("conversation-offer", CHAT)
async def conversation_offer(stage):
    page = await stage.own_chat()
    await composer(page).fill("Nobody opens. What shall we do?")
    await page.get_by_label("Offer answers").click()
    await page.get_by_role("checkbox", name="Leave it with a neighbour").check()
    await expect(page.locator("#offering")).to_be_visible()
    return page


@state("shortcuts", "chats/")
async def shortcuts(stage):
    page = await stage.desk("/chats/")
    await page.locator(".you > summary").click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return page


@state("person", "people/<int:person>/")
async def person(stage):
    return await stage.desk(f"/people/{stage.chat.customer_id}/")


@state("conversation-offline", CHAT, expects=["ERR_INTERNET_DISCONNECTED", "WebSocket connection"])
async def conversation_offline(stage):
    page = await stage.own_chat()
    await page.context.set_offline(True)
    await composer(page).fill("Kept.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    return page


@state("notifications-tested", "notifications/")
async def notifications_tested(stage):
    page = await stage.desk("/notifications/")
    await is_live(page)
    await page.get_by_role("button", name="Test each step").click()
    await expect(page.locator("#result")).not_to_have_text("", timeout=15_000)
    return page


# What is not to be had


@state("not-found", expects=["status of 404"])
async def not_found(stage):
    return await stage.desk("/chats/999999/")


@state("not-understood", expects=["status of 400", "^server: "])
async def not_understood(stage):
    """By a name that is not this server's."""
    page = await stage.visit()
    await page.goto(stage.server.url.replace("127.0.0.1", "localhost"))
    await expect(page.get_by_role("heading", name="Not understood")).to_be_visible()
    return page


@state("not-allowed", expects=["status of 403", "^server: "])
async def not_allowed(stage):
    page = await stage.newcomer("/admin/accounts/user/", is_staff=True)
    await expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    return page


@state("form-too-old", expects=["status of 403"])
async def form_too_old(stage):
    page = await stage.visit("/login/")
    await page.context.clear_cookies()
    await page.get_by_label("Name").fill("dispatcher")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Not sent")).to_be_visible()
    return page


@state("too-large", expects=["status of 413"])
async def too_large(stage):
    """Turned away before any view is asked."""
    page = await stage.desk("/replies/")
    await page.get_by_role("textbox", name="Name").fill("All of it")
    text = page.get_by_role("textbox", name="Text")
    await text.evaluate("(box, length) => (box.value = 'x'.repeat(length))", settings.REQUEST_BODY_LIMIT)
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", name="Not sent")).to_be_visible()
    return page


@state("failed", expects=["status of 500", "^500 ", "^server: "])
async def failed(stage):
    """At a message that is kept as none should be, and for no longer than it takes to ask for it."""
    page = await stage.own_chat()
    address = await stage.written(page, "At the gate in ten minutes.")
    code = (
        "from chat.models import Message\n"
        f"Message.objects.filter(conversation={stage.chat.id}, body__startswith='At the gate').update(facts=%s)"
    )
    stage.shell(code % "[]")
    await page.goto(address)
    stage.shell(code % "{}")
    await expect(page.get_by_role("heading", name="Something failed here")).to_be_visible()
    return page


@state("unavailable", expects=["status of 503", "^503 ", "^server: "])
async def unavailable(stage):
    """The answer to a form that the browser has sent by itself: where there are scripts, they try again."""
    page = await stage.desk(None)
    await page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(stage.chat.path)
    await composer(page).fill("Is the gate at the back open?")
    with stage.held():
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("heading", name="Not now")).to_be_visible()
    return page


# The doors


@state("sign-in", "login/")
async def sign_in(stage):
    return await stage.visit("/login/")


@state("sign-in-wrong", expects=["status of 422"])
async def sign_in_wrong(stage):
    page = await stage.visit("/login/")
    await page.get_by_label("Name").fill("dispatcher")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    return page


@state("join", "c/<str:token>/")
async def join(stage):
    page = await stage.visit()
    await page.route("**/join*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(await stage.colleague.make_link(stage.chat, stage.chat.customer_id))
    return page


@state("home-screen-opened", "h/<str:token>/")
async def home_screen_opened(stage):
    """Where the app on a home screen begins, before it goes on by itself."""
    page = await stage.visit()
    await page.route("**/join*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(f"/h/1{'A' * 32}/")
    return page


@state("turn-off", "u/<str:token>/")
async def turn_off(stage):
    code = (
        "from accounts.models import User\n"
        "from accounts.turning_off import turn_off_url\n"
        f"print(turn_off_url(User.objects.get(pk={stage.chat.customer_id})))"
    )
    page = await stage.visit(stage.shell(code).strip())
    await expect(page.get_by_role("button", name="Turn them off")).to_be_visible()
    return page


@state("link-gone", expects=["status of 404"])
async def link_gone(stage):
    page = await stage.visit("/g/nobodys-link/chats/")
    await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    return page


@state("link-ask", expects=["status of 404"])
async def link_ask(stage):
    return await stage.shut_out()


@state("link-asked", expects=["status of 404"])
async def link_asked(stage):
    page = await stage.shut_out()
    await page.get_by_role("button", name="Ask for a new link").click()
    await expect(page.get_by_role("status")).to_be_visible()
    return page


@state("open-elsewhere", expects=["status of 403"])
async def open_elsewhere(stage):
    page = await stage.visit()
    link = await stage.colleague.make_link(stage.chat, stage.chat.customer_id)
    # A form that comes back without its cookie.
    await page.route("**/join*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(link)
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Join chat").click()
    await expect(page.get_by_role("heading", name="Open in your browser")).to_be_visible()
    return page


# The guests' pages


async def guest_of(stage):
    page = await stage.visit(await stage.colleague.make_link(stage.chat, stage.chat.customer_id))
    await page.wait_for_url("**/g/**")
    await is_live(page)
    return page


@state("guest-files", GUEST_CHAT)
async def guest_files(stage):
    await with_photos(stage)
    page = await guest_of(stage)
    await choose(page, photo("dock.jpg"))
    await is_ready(page, 1)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(photos(page)).to_have_count(5)
    for link in await photos(page).all():
        await is_shown(link)
    return page


@state("guest-files-chosen", GUEST_CHAT)
async def guest_files_chosen(stage):
    page = await guest_of(stage)
    await choose(page, photo("dock.jpg"), document())
    await choose(page, {"name": "prices.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"})
    await is_ready(page, 2)
    return page


@state("guest", GUEST_CHAT)
async def guest(stage):
    return await stage.guest(LONG, "customer")


@state("guest-people", GUEST_CHAT)
async def guest_people(stage):
    page = await stage.guest(LONG, "customer")
    await page.get_by_label("Who is here").click()
    await expect(page.get_by_role("heading", name="Who is here")).to_be_visible()
    return page


@state("guest-offer", GUEST_CHAT)
async def guest_offer(stage):
    await stage.colleague.send(stage.chat, "It is on its way to you.")
    page = await stage.visit(await stage.colleague.make_link(stage.chat, stage.chat.customer_id))
    await page.wait_for_url("**/g/**")
    await page.context.grant_permissions(["notifications"])
    await is_live(page)
    await composer(page).fill("Will it come before six?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("button", name="Tell me when there is an answer")).to_be_visible()
    await page.mouse.move(0, 0)
    return page


@state("guest-notifications", GUEST_CHAT)
async def guest_notifications(stage):
    page = await guest_offer(stage)
    await page.get_by_role("button", name="Not now").click()
    await page.get_by_label("Who is here").click()
    await expect(page.get_by_role("button", name="Tell me when there is an answer")).to_be_visible()
    return page


@state("home-screen")
async def home_screen(stage):
    """How an iPhone, which pushes to apps only, puts the chat on its home screen."""
    page = await guest(stage)
    await page.add_init_script("delete window.PushManager; navigator.standalone = false;")
    await page.reload()
    await is_live(page)
    await page.get_by_label("Who is here").click()
    await page.locator("#who").get_by_role("button", name="Show me how").click()
    await expect(page.get_by_role("heading", name="To the home screen")).to_be_visible()
    return page


@state("offline", "offline/")
async def offline(stage):
    return await stage.visit("/offline/")


@state("driver", "g/<slug:link>/chats/")
async def driver(stage):
    page = await stage.guest(LONG, "driver")
    async with page.expect_navigation():
        await page.get_by_role("link", name="All chats").click()
    await is_live(page)
    await expect(page.locator("a[data-conversation]").first).to_be_visible()
    return page


@state("driver-no-chats", "g/<slug:link>/chats/")
async def driver_no_chats(stage):
    driver = await stage.colleague.find(stage.chat.driver)
    await stage.colleague.add(stage.chat, driver)
    page = await stage.visit(await stage.colleague.make_link(stage.chat, driver))
    await page.wait_for_url("**/g/**")
    home = f"{page.url.partition('/chats/')[0]}/chats/"
    # Not from the chat: its page is asked for again when its person is taken out.
    await page.goto("about:blank")
    await stage.colleague.post(f"{stage.chat.path}participants/{driver}/", "DELETE")
    await page.goto(home)
    return page


@state("guest-message-change", "g/<slug:link>/chats/<int:pk>/messages/<int:number>/")
async def guest_message_change(stage):
    page = await stage.customer()
    await page.goto(await stage.written(page, "The gate at the back is open."))
    return page


@state("guest-read-only", GUEST_CHAT)
async def guest_read_only(stage):
    page = await stage.customer()
    await stage.colleague.send(stage.chat, "Delivered at the back door. Have a good day.")
    stage.deliver(4)
    await page.reload()
    await expect(page.get_by_text("this chat can only be read now")).to_be_visible()
    return page


@state("driver-chat", GUEST_CHAT)
async def driver_chat(stage):
    page = await stage.guest(LONG, "driver")
    await expect(page.get_by_role("button", name="On my way")).to_be_visible()
    return page


@state("driver-not-sent", "g/<slug:link>/chats/", expects=["ERR_INTERNET_DISCONNECTED", "WebSocket connection"])
async def driver_not_sent(stage):
    page = await driver(stage)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Nobody there").first.click()
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    return page


@state("guest-offered", GUEST_CHAT)
async def guest_offered(stage):
    link = await stage.colleague.make_link(stage.chat, stage.chat.customer_id)
    page = await stage.visit(link, permissions=["geolocation"], geolocation=GATE)
    await page.wait_for_url("**/g/**")
    await is_live(page)
    await page.get_by_role("button", name="Share my location once").click()
    await expect(page.locator(".message__location")).to_be_visible()
    offer = ["I’m home", "Leave it with a neighbour"]
    await stage.colleague.post(f"{stage.chat.path}messages/", body="Are you there?", offer=offer)
    await expect(page.get_by_role("button", name="Leave it with a neighbour")).to_be_visible()
    return page


@state("guest-no-location", GUEST_CHAT)
async def guest_no_location(stage):
    link = await stage.colleague.make_link(stage.chat, stage.chat.customer_id)
    page = await stage.visit(link)
    await page.wait_for_url("**/g/**")
    await is_live(page)
    await page.get_by_role("button", name="Share my location once").click()
    await expect(page.locator("#located")).to_contain_text("may not know where you are")
    return page


# At the end, since what they leave behind stands at the top of the lists.


@state("conversation-unsent-elsewhere", CHAT)
async def conversation_unsent_elsewhere(stage):
    page = await stage.conversation()
    await page.evaluate(
        """(chat) => {
            const { person } = document.querySelector("meta[name=live]").dataset;
            const message = { body: "At the gate.", place: 1, at: new Date().toISOString(), refused: true };
            localStorage.setItem(`unsent:${person}:${chat}:a-key`, JSON.stringify(message));
        }""",
        stage.chat.id,
    )
    await page.reload()
    await is_live(page)
    await expect(page.get_by_role("status").filter(has_text="1 message is not sent yet.")).to_be_visible()
    return page


@state("conversation-long-names", CHAT)
async def conversation_long_names(stage):
    # Not called as anybody else is.
    arabic = ARABIC_NAME.replace("می\u200cخواهم ", "")
    code = (
        "from accounts.models import User\n"
        f"for pk, name in (({stage.chat.customer_id}, {LONG_NAME[:200]!r}), ({{driver}}, {arabic!r})):\n"
        "    person = User.objects.get(pk=pk)\n"
        "    person.name = person.company = name\n"
        "    person.save()\n"
    )
    driver = await stage.colleague.find(stage.chat.driver)
    stage.shell(code.format(driver=driver))
    await stage.colleague.add(stage.chat, driver)
    await stage.colleague.send(stage.chat, "Two with long names.")
    return await stage.own_chat()
