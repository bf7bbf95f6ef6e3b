"""No word that somebody reads stands in a template or a script without being marked for translation."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType

from dispatch_console import words

TEMPLATES = sorted(path for path in (settings.ROOT / "templates").rglob("*.*"))
SCRIPTS = sorted(words.FOLDER.glob("*.js"))
READ_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "hx-confirm", "data-copied", "data-underway"}
# What is the same in every language: keys, and what is typed as it stands.
NAMES = {"kbd", "code", "script", "style"}
LETTER = re.compile(r"[^\W\d_]")
# What goes into a page by a variable: `default` and the like may bring words along.
CONSTANT = re.compile(r"""\|(\w+):["']([^"']+)["']""")
WORDLESS_FILTERS = {"date", "slice", "urlencode", "join", "cut", "stringformat", "yesno"}


class Reader(HTMLParser):
    """Collects what a reader of a page reads: its text, and the attributes that are shown or spoken."""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], []

    def handle_starttag(self, tag, attributes):
        if tag in NAMES:
            self.inside.append(tag)
        self.found += [value for name, value in attributes if name in READ_ATTRIBUTES and value]

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, text):
        if not self.inside:
            self.found.append(text)


def unmarked_in(source):
    """What a template says by itself, without what it has from variables and from the catalogs."""
    reader, said, skipping = Reader(), [], None
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if skipping:
            skipping = None if name == skipping else skipping
        elif name in ("blocktranslate", "blocktrans", "comment"):
            skipping = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            said.append(token.contents)
        elif token.token_type == TokenType.VAR:
            reader.found += [
                text for filter, text in CONSTANT.findall(token.contents) if filter not in WORDLESS_FILTERS
            ]
    reader.feed("".join(said))
    reader.close()
    return [" ".join(text.split()) for text in reader.found if LETTER.search(text)]


def test_it_finds_what_is_not_marked():
    source = """{% load i18n %}{% translate "Marked" %}<p title="{{ x }}">Bare {{ name }}</p><kbd>Ctrl</kbd>
        <b aria-label="Spoken">{{ y|default:"By a filter" }}</b>{% comment %}Not read{% endcomment %}
        {% blocktranslate %}Marked too{% endblocktranslate %}<a{% if x %} data-x{% endif %} href="words">·</a>"""
    assert unmarked_in(source) == ["By a filter", "Bare", "Spoken"]


# The name of the product and of a format, and attributes that a block puts into a tag of another template.
ALLOWED = {"Dispatch Console", "PDF ·", """hx-headers='{"X-CSRFToken": ""}'"""}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(settings.ROOT).as_posix())
def test_a_template_says_nothing_that_is_not_marked(path):
    assert set(unmarked_in(path.read_text(encoding="utf-8"))) - ALLOWED == set()


# Scripts

STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`")
# A sentence or the beginning of one, "Not sent", "Loading…", "3 new" as `${count} new`.
SENTENCE = re.compile(r"^[\"`][A-Z][a-z’]+[ .,:…][^<>/=]*[\"`]$")
COUNTED = re.compile(r"^`\$\{[^}]*\} [a-z ]+[.…]?`$")
SHOWN = re.compile(r"(?:textContent|ariaLabel|placeholder|\.title|innerText)\s*=\s*(\"[^\"]*[A-Za-z]{2}[^\"]*\")")


def unmarked_words_in(source):
    source = words.COMMENT.sub("", source)
    source = words.CALL.sub("", source)
    texts = STRING.findall(source)
    return [text for text in texts if SENTENCE.match(text) or COUNTED.match(text)] + SHOWN.findall(source)


def test_it_finds_what_a_script_says_by_itself():
    source = 'a.textContent = "sending"; say("Not sent. Try again."); say(`${n} new`); b(word("Marked. Indeed."));'
    assert unmarked_words_in(source) == ['"Not sent. Try again."', "`${n} new`", '"sending"']


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_that_is_not_marked(path):
    assert unmarked_words_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(settings.ROOT).as_posix())
def test_scripts_are_named_by_the_tag_that_brings_their_words(path):
    assert 'type="module"' not in path.read_text(encoding="utf-8")
