"""Every pair of colours that the components use can be read, light and dark: WCAG 2.2 AA, by the tokens themselves."""

import re

import pytest
from django.conf import settings

CSS = settings.ROOT / "static" / "css"
# The least ratio for words, and for lines and icons that carry a meaning.
WORDS, SHAPES = 4.5, 3

PAPERS = ["paper-sunk", "paper", "paper-raised", "paper-hover", "paper-selected"]
ROLES = ["customer", "driver", "support", "dispatcher"]
# What is drawn, on what.
PAIRS = {
    WORDS: [
        *((ink, paper) for ink in ("ink", "ink-soft", "ink-quiet") for paper in [*PAPERS, "mine"]),
        *((ink, paper) for ink in ROLES for paper in ("paper", "paper-raised", "paper-hover", "paper-selected")),
        *((role, f"{role}-soft") for role in ROLES),
        *(("wait-ink", paper) for paper in [*PAPERS, "wait-soft"]),
        *(("danger", paper) for paper in ("paper", "paper-raised", "paper-hover", "danger-soft")),
        ("on-wait", "wait"),
        ("on-ink", "ink"),
        ("on-ink", "ink-soft"),
        ("ink", "hit"),
    ],
    SHAPES: [
        *(("line-control", paper) for paper in ("paper-sunk", "paper", "paper-raised")),
        *((sign, paper) for sign in ("wait", "focus") for paper in ("paper", "paper-selected")),
        *(("here", paper) for paper in ("paper", "paper-raised")),
    ],
}


def tokens(name):
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-fA-F]{6})\b", (CSS / name).read_text()))


LIGHT = tokens("tokens.css")
SCHEMES = {"light": LIGHT, "dark": {**LIGHT, **tokens("tokens-dark.css")}}


def luminance(colour):
    """The relative luminance of `#rrggbb`, as WCAG defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everything_can_be_read(scheme):
    colours = SCHEMES[scheme]
    ratios = {
        (ink, paper, least): contrast(colours[ink], colours[paper]) for least in PAIRS for ink, paper in PAIRS[least]
    }
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < pair[2]} == {}


def test_dark_changes_every_colour_that_light_has():
    assert set(LIGHT) == set(tokens("tokens-dark.css"))
