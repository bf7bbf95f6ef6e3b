"""The words of scripts: found by reading them, and brought along by the pages that use them."""

import pytest
from django.utils import translation

from dispatch_console import words
from dispatch_console.words import FOLDER, translations_for, words_in

SCRIPT = """
import { word, words } from "./words.js";
// word("not this")
say(word("Not sent: {reason}", { reason }));
const others = words("{count} new", "{count} new ones", count);
"""


def test_texts_are_found_with_their_lines():
    assert words_in(SCRIPT) == [("Not sent: {reason}", "", 4), ("{count} new", "{count} new ones", 5)]


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """Two modules, of which one imports the other."""
    (tmp_path / "page.js").write_text('import "./part.js";\nsay(word("Today"));\n')
    (tmp_path / "part.js").write_text('export const all = (n) => words("{count} new", "{count} new", n);\n')
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    words.modules_of.cache_clear()
    words._words_of.cache_clear()
    yield
    words.modules_of.cache_clear()
    words._words_of.cache_clear()


def test_a_module_brings_what_its_imports_say(scripts, monkeypatch):
    monkeypatch.setattr(words, "gettext", lambda text: f"[{text}]")
    monkeypatch.setattr(words, "ngettext", lambda one, other, n: {1: "un", 2: "dos"}.get(n, "más"))
    assert translations_for(["page"]) == {
        "Today": "[Today]",
        "{count} new": {"one": "un", "two": "dos", "other": "más"},
    }
    assert translations_for(["part"]) == {"{count} new": {"one": "un", "two": "dos", "other": "más"}}


def test_english_needs_none(scripts):
    with translation.override("en"):
        assert translations_for(["page"]) == {}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_every_text_of_a_script_is_written_out(path):
    source = words.COMMENT.sub("", path.read_text(encoding="utf-8"))
    calls = words.re.findall(r"(?<!function )\bwords?\(", source)
    assert len(calls) == len(words_in(source))
