"""The whole story by the keys alone: from the sign-in to the order, its chat, the driver's link, and the next one.

After each step the focus is somewhere, and seen: never on the page as a whole, from where one would begin anew.
"""

import re

import pytest
from playwright.async_api import expect

from .conftest import DESK
from .thread import composer, has_focus, is_live, line, shows_once

# What has the focus, unless nobody can see that it has: its outline may be its own or that of the box around it.
FOCUSED = """() => {
  const focused = document.activeElement;
  const around = [focused, focused.parentElement, focused.parentElement?.parentElement].filter(Boolean);
  const box = focused.getBoundingClientRect();
  const styles = around.map((one) => getComputedStyle(one));
  const isMarked = styles.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
  const isInSight = box.width && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return focused !== document.body && isMarked && isInSight ? "" : focused.outerHTML.slice(0, 200);
}"""


async def has_focus_in_sight(page):
    assert not await page.evaluate(FOCUSED)


async def tab_to(page, target, key="Tab"):
    """Goes on by this key until it is there: on the way, too, one sees where one is."""
    await expect(target).to_be_visible()
    for _ in range(120):
        await page.keyboard.press(key)
        await has_focus_in_sight(page)
        if await has_focus(target):
            return
    pytest.fail(f"{key} does not lead to {target}")


async def test_from_the_sign_in_to_the_next_conversation(visit, colleague, caller, order, unused_orders):
    other = await colleague.open_chat(next(unused_orders))
    await (await caller().join(await colleague.make_link(other, other.customer_id))).send(other, "Which gate?")

    page = await visit("/login/", **DESK)
    await has_focus_in_sight(page)
    await page.keyboard.type("dispatcher")
    await page.keyboard.press("Tab")
    await page.keyboard.type("demo")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login/" not in url)

    # To the order, and from its page into its chat.
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await page.wait_for_url("**/orders/")
    await page.keyboard.press("/")
    await has_focus_in_sight(page)
    await page.keyboard.type(order["reference"])
    await tab_to(page, page.get_by_role("link", name=order["reference"], exact=True))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/orders/{order['reference']}/")
    await tab_to(page, page.get_by_role("button", name="Open chat"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/chats/\d+/"))
    await is_live(page)
    await expect(composer(page)).to_be_focused()
    await has_focus_in_sight(page)
    await page.keyboard.type("It is on its way.")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, "It is on its way.")
    await expect(composer(page)).to_be_focused()

    # The driver comes in: what is added takes the place of the button that added it.
    people = page.get_by_role("region", name="People", exact=True)
    await tab_to(page, people.get_by_role("button", name="Add driver"))
    await page.keyboard.press("Enter")
    await expect(people.get_by_role("button", name=f"Remove {order['driver_name']}")).to_be_visible()
    await expect(people.get_by_role("button", name="Add driver")).to_have_count(0)
    await has_focus_in_sight(page)
    person = people.locator(".person").filter(has_text=order["driver_name"])
    await tab_to(page, person.get_by_role("button", name="Make link"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(person.get_by_role("textbox", name="Link", exact=True)).to_have_value(re.compile("/c/1"))
    await has_focus_in_sight(page)
    await tab_to(page, person.get_by_role("button", name="Copy", exact=True))

    # Back to the list and on, to the one who waits.
    await page.keyboard.press("r")
    await expect(composer(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#conversations-pane [aria-current=page]")).to_be_focused()
    await has_focus_in_sight(page)
    await page.keyboard.press("j")
    await expect(page.locator(f'[data-conversation="{other.id}"]')).to_be_focused()
    await has_focus_in_sight(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{other.path}*")
    await is_live(page)
    await expect(composer(page)).to_be_focused()

    await page.keyboard.type("/at the")
    await expect(page.get_by_role("option", selected=True)).to_have_attribute("data-name", "At the gate")
    await has_focus_in_sight(page)
    await page.keyboard.press("Enter")
    answer = f"Hello {other.customer}, our driver {other.driver} is at the gate. Can somebody open?"
    await expect(composer(page)).to_have_value(answer)
    await page.keyboard.press("Control+Enter")
    await shows_once(page, answer)
    await page.keyboard.press("Escape")
    async with page.expect_navigation():
        await page.keyboard.press("Shift+E")
    await expect(page.locator("#messages")).to_contain_text("Dispatcher 1 closed this chat.")
    await is_live(page)
    await expect(line(page, answer)).to_be_visible()
    await has_focus_in_sight(page)
