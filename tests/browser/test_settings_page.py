"""Theme, density and what sends: as each of the team wants them."""

import pytest
from playwright.async_api import expect

from .thread import composer, is_live, shows_once

LIGHT, DARK = "rgb(246, 243, 238)", "rgb(25, 24, 22)"


async def paper_is(page, colour):
    await expect(page.locator("body")).to_have_css("background-color", colour)


@pytest.mark.parametrize(
    ("theme", "under_light", "under_dark"),
    [("system", LIGHT, DARK), ("light", LIGHT, LIGHT), ("dark", DARK, DARK)],
)
async def test_a_theme_holds_under_either_system(dispatcher, choose, theme, under_light, under_dark):
    await choose(theme=theme)
    for scheme, colour in (("light", under_light), ("dark", under_dark)):
        page = await dispatcher("/chats/", color_scheme=scheme)
        await paper_is(page, colour)
        # Also what the browser itself draws: scroll bars, date pickers.
        expected = "dark" if colour == DARK else "light"
        await expect(page.locator("html")).to_have_css("color-scheme", expected)


async def test_a_dark_theme_is_not_printed(dispatcher, choose):
    await choose(theme="dark")
    page = await dispatcher("/chats/")
    await page.emulate_media(media="print")
    await paper_is(page, "rgb(255, 255, 255)")


async def test_it_is_chosen_on_its_page_and_holds_at_once(dispatcher, choose):
    page = await dispatcher("/settings/")
    await paper_is(page, LIGHT)
    await page.get_by_role("radio", name="Dark").check()
    await page.get_by_role("radio", name="Compact").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await paper_is(page, DARK)

    await page.goto("/chats/")
    row = page.locator("[data-conversation]").first
    await expect(row).to_have_css("padding-top", "6px")
    await expect(row.locator(".row__order")).to_be_hidden()
    await choose()
    await page.reload()
    await expect(row).to_have_css("padding-top", "8px")
    await expect(row.locator(".row__order")).to_be_visible()


async def test_without_javascript(visit, signed_in, choose):
    page = await visit("/settings/", storage_state=signed_in, java_script_enabled=False)
    await page.get_by_role("radio", name="Dark").check()
    await page.get_by_role("button", name="Save").click()
    await paper_is(page, DARK)


async def test_enter_sends_where_that_was_chosen(dispatcher, chat, choose):
    await choose(sends_with="enter")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.keyboard.press("Enter")
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await expect(composer(page)).to_have_value("One\ntwo")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message__body").filter(has_text="One")).to_have_text("One\ntwo", use_inner_text=True)
    await page.keyboard.type("And so does this.")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, "And so does this.")


async def test_on_glass_enter_begins_a_line(dispatcher, chat, choose):
    await choose(sends_with="enter")
    page = await dispatcher(chat.path, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    await is_live(page)
    await composer(page).press_sequentially("One")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await expect(composer(page)).to_have_value("One\ntwo")
