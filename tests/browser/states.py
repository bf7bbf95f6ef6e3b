"""Every page and state of the product in one table: for its pictures, and for what must hold on each of them.

A state is a function that takes a Stage and returns the page on which it stands. A new page gets a line here, and with
that its pictures in both themes on a desk and a phone, and the checks of test_accessibility.py.
"""

import re

from playwright.async_api import expect

from .files import choose, document, is_ready, is_shown, photo, photos
from .thread import composer, is_live, line

STATES = {}
# The order of the demo with the longest conversation, and others: with a chat, without one, without a customer.
GATE = {"latitude": 43.615019, "longitude": -116.202313, "accuracy": 12}
LONG, OPEN, NONE, NOBODY = "11064", "11046", "11072", "11076"


def state(name, expects=()):
    """`expects` are the complaints of the browser that belong to it, as regular expressions."""

    def add(show):
        STATES[name] = (show, expects)
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
        self.server.manage("shell", "--no-imports", "-c", code)

    async def shut_out(self):
        """That customer, after the link has ended."""
        page = await self.customer()
        self.deliver(8)
        await page.reload()
        await expect(page.get_by_role("button", name="Ask for a new link")).to_be_visible()
        return page


def page_of_the_console(name, path, expects=()):
    @state(name, expects)
    async def show(stage):
        return await stage.desk(path)


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
page_of_the_console("not-found", "/chats/999999/", expects=["status of 404"])


@state("conversation")
async def conversation(stage):
    return await stage.conversation()


@state("conversation-menu")
async def conversation_menu(stage):
    page = await stage.own_chat()
    await page.get_by_label("More").click()
    return page


@state("conversation-muted")
async def conversation_muted(stage):
    await stage.colleague.send(stage.chat, "Where is it?", "The yard closes at six.")
    page = await stage.own_chat()
    await page.get_by_label("More").click()
    await page.get_by_role("button", name="Mute for me").click()
    await expect(page.locator("#muted")).to_be_visible()
    return page


@state("conversation-link")
async def conversation_link(stage):
    page = await stage.own_chat()
    toggle = page.get_by_role("button", name="Order and people")
    if await toggle.is_visible():
        await toggle.click()
    await page.get_by_role("button", name="Make link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    return page


@state("conversation-link-asked", expects=["status of 404"])
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


@state("inbox-reach-menu")
async def inbox_reach_menu(stage):
    page = await stage.desk("/chats/")
    await page.get_by_label("Who was reached").first.click()
    await expect(page.get_by_role("link", name="Gone quiet")).to_be_visible()
    return page


@state("conversation-panel")
async def conversation_panel(stage):
    page = await stage.own_chat()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("button", name="Order and people").click()
    await expect(page.get_by_role("region", name="Order and people")).to_be_visible()
    return page


@state("conversation-not-sent")
async def conversation_not_sent(stage):
    code = (
        "from chat.models import Delivery\n"
        f"Delivery.objects.create(conversation_id={stage.chat.id}, person_id={stage.chat.customer_id}, kind='notice',"
        " channel='email', status='failed', problem='refused', detail='550 5.1.1 No such user')"
    )
    stage.server.manage("shell", "--no-imports", "-c", code)
    page = await stage.own_chat()
    await expect(page.get_by_text("Not told of missed messages by e-mail.")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    return page


@state("conversation-people")
async def conversation_people(stage):
    page = await stage.own_chat()
    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("switch", name="Include customers").check()
    await page.get_by_role("searchbox", name="Search people").press_sequentially("nan", delay=50)
    await page.get_by_role("checkbox", name="Nancy Davolio").check()
    await expect(page.get_by_text("Nancy Davolio will see")).to_be_visible()
    return page


@state("conversation-closed")
async def conversation_closed(stage):
    await stage.colleague.send(stage.chat, "Done.")
    await stage.colleague.post(f"{stage.chat.path}closure/")
    page = await stage.own_chat()
    await expect(page.get_by_text("closed this chat.").first).to_be_visible()
    return page


@state("conversation-title")
async def conversation_title(stage):
    return await stage.desk(f"{stage.chat.path}title/")


@state("conversation-changing")
async def conversation_changing(stage):
    page = await stage.own_chat()
    await composer(page).fill("At the gate in ten minutes.")
    await page.keyboard.press("Control+Enter")
    await expect(line(page, "At the gate in ten minutes.")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("textbox", name="New text")).to_be_focused()
    return page


@state("conversation-reply")
async def conversation_reply(stage):
    await stage.colleague.send(stage.chat, "Which dock is it, and who opens the gate?")
    page = await stage.own_chat()
    await line(page, "Which dock is it, and who opens the gate?").hover()
    await line(page, "Which dock is it, and who opens the gate?").get_by_label("Reply").click()
    await composer(page).fill("Dock 4. Ring twice.")
    await page.keyboard.press("Control+Enter")
    await expect(line(page, "Dock 4. Ring twice.")).to_be_visible()
    return page


@state("conversation-files-chosen")
async def conversation_files_chosen(stage):
    page = await stage.own_chat()
    await choose(page, photo("dock.jpg"), photo("The gate at the back of the yard, seen from the road.jpg"), document())
    await choose(page, {"name": "prices.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"})
    await is_ready(page, 3)
    return page


@state("conversation-files-dropping")
async def conversation_files_dropping(stage):
    page = await stage.own_chat()
    carried = await page.evaluate_handle(
        "() => { const all = new DataTransfer(); all.items.add(new File(['x'], 'a.jpg')); return all; }"
    )
    await page.dispatch_event("#scroll", "dragover", {"dataTransfer": carried})
    await expect(page.locator("#drop")).to_be_visible()
    return page


@state("conversation-files-sending", expects=["ERR_FAILED", "ERR_ABORTED"])
async def conversation_files_sending(stage):
    page = await stage.own_chat()
    await page.route("**/messages/", lambda route: None)
    await choose(page, photo("dock.jpg"), document())
    await is_ready(page, 2)
    await composer(page).fill("Is this the gate?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("progressbar")).to_be_visible()
    return page


@state("conversation-files-refused", expects=["status of 4(15|22)"])
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


@state("conversation-files")
async def conversation_files(stage):
    return await with_photos(stage)


@state("conversation-photo")
async def conversation_photo(stage):
    page = await with_photos(stage)
    await photos(page).nth(1).click()
    await expect(page.get_by_role("dialog", name="Photos").get_by_role("img")).to_have_js_property("complete", True)
    return page


@state("conversation-photo-lost", expects=["ERR_FAILED"])
async def conversation_photo_lost(stage):
    page = await with_photos(stage)
    await page.route(re.compile("size=thumbnail"), lambda route: route.abort())
    await page.reload()
    await expect(photos(page).last).to_contain_text("Photo not loaded")
    return page


@state("conversation-quick-replies")
async def conversation_quick_replies(stage):
    page = await stage.own_chat()
    await composer(page).press_sequentially("/at the")
    await expect(page.get_by_role("option", name="At the gate")).to_be_visible()
    return page


@state("conversation-missing")
async def conversation_missing(stage):
    page = await stage.own_chat()
    await composer(page).fill("Hello [driver?], " + "where are you? " * 20 + "[promised?]")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Not known here")
    return page


@state("conversation-offer")
async def conversation_offer(stage):
    page = await stage.own_chat()
    await composer(page).fill("Nobody opens. What shall we do?")
    await page.get_by_label("Offer answers").click()
    await page.get_by_role("checkbox", name="Leave it with a neighbour").check()
    await expect(page.locator("#offering")).to_be_visible()
    return page


@state("shortcuts")
async def shortcuts(stage):
    page = await stage.desk("/chats/")
    await page.locator(".you > summary").click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return page


@state("person")
async def person(stage):
    return await stage.desk(f"/people/{stage.chat.customer_id}/")


@state("conversation-offline", expects=["ERR_INTERNET_DISCONNECTED", "WebSocket connection"])
async def conversation_offline(stage):
    page = await stage.own_chat()
    await page.context.set_offline(True)
    await composer(page).fill("Kept.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    return page


@state("notifications-tested")
async def notifications_tested(stage):
    page = await stage.desk("/notifications/")
    await is_live(page)
    await page.get_by_role("button", name="Test each step").click()
    await expect(page.locator("#result")).not_to_have_text("", timeout=15_000)
    return page


# The doors


@state("sign-in")
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


@state("join")
async def join(stage):
    page = await stage.visit()
    await page.route("**/join*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(await stage.colleague.make_link(stage.chat, stage.chat.customer_id))
    return page


@state("turn-off")
async def turn_off(stage):
    code = (
        "from accounts.models import User\n"
        "from accounts.turning_off import turn_off_url\n"
        f"print(turn_off_url(User.objects.get(pk={stage.chat.customer_id})))"
    )
    page = await stage.visit(stage.server.manage("shell", "--no-imports", "-c", code).strip())
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


@state("guest-files")
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


@state("guest-files-chosen")
async def guest_files_chosen(stage):
    page = await guest_of(stage)
    await choose(page, photo("dock.jpg"), document())
    await choose(page, {"name": "prices.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"})
    await is_ready(page, 2)
    return page


@state("guest")
async def guest(stage):
    return await stage.guest(LONG, "customer")


@state("guest-people")
async def guest_people(stage):
    page = await stage.guest(LONG, "customer")
    await page.get_by_label("Who is here").click()
    await expect(page.get_by_role("heading", name="Who is here")).to_be_visible()
    return page


@state("guest-offer")
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


@state("guest-notifications")
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


@state("offline")
async def offline(stage):
    return await stage.visit("/offline/")


@state("driver")
async def driver(stage):
    page = await stage.guest(LONG, "driver")
    await page.get_by_role("link", name="All chats").click()
    await expect(page.locator("a[data-conversation]").first).to_be_visible()
    return page


@state("guest-read-only")
async def guest_read_only(stage):
    page = await stage.customer()
    await stage.colleague.send(stage.chat, "Delivered at the back door. Have a good day.")
    stage.deliver(4)
    await page.reload()
    await expect(page.get_by_text("this chat can only be read now")).to_be_visible()
    return page


@state("driver-chat")
async def driver_chat(stage):
    page = await stage.guest(LONG, "driver")
    await expect(page.get_by_role("button", name="On my way")).to_be_visible()
    return page


@state("driver-not-sent", expects=["ERR_INTERNET_DISCONNECTED", "WebSocket connection"])
async def driver_not_sent(stage):
    page = await driver(stage)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Nobody there").first.click()
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    return page


@state("guest-offered")
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


@state("guest-no-location")
async def guest_no_location(stage):
    link = await stage.colleague.make_link(stage.chat, stage.chat.customer_id)
    page = await stage.visit(link)
    await page.wait_for_url("**/g/**")
    await is_live(page)
    await page.get_by_role("button", name="Share my location once").click()
    await expect(page.locator("#located")).to_contain_text("may not know where you are")
    return page
