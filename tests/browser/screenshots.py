"""`make screenshots`: every page and state, light and dark, on a desk and a phone, into docs/screens/.

Not one of the tests, though it stands on their server, their browser and their people.
"""

import os
from pathlib import Path

import pytest
import pytest_asyncio

from .conftest import DESK
from .pictures import take
from .states import STATES

FOLDER = Path(os.environ.get("SCREENS", Path(__file__).parents[2] / "docs" / "screens"))
WINDOWS = {"desk": DESK["viewport"], "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session", autouse=True)
def folder():
    FOLDER.mkdir(parents=True, exist_ok=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def blank(browser):
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("name", STATES)
async def test_picture(stage, complaints, blank, name):
    state = STATES[name]
    complaints.expect(*state.expects)
    page = await state.show(stage)
    for window, size in WINDOWS.items():
        await page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
            await take(page, blank, FOLDER / f"{name}-{window}-{scheme}.png")
