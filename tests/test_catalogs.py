"""The translations are all there, are what the product reads, and say the same as the English."""

import re
from collections import Counter
from gettext import GNUTranslations, c2py
from io import BytesIO

import pytest
from babel import Locale
from django.conf import settings

from dispatch_console import catalogs
from dispatch_console.words import NUMBERS

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
AGAIN = "Run `make messages`, and translate what is new."
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-z][^>]*>")


def texts_of(message):
    """Each translation beside the English that it stands for."""
    if not message.pluralizable:
        return [(message.id, message.string)]
    return [(message.id[1], string) for string in message.string]


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def catalog(language):
    return catalogs.read(language)


def messages_in(catalog):
    return [message for message in catalog if message.id]


def test_there_is_something_to_translate():
    found = catalogs.extracted()
    places = {name for message in found for name, _ in message.locations}
    assert {"chat/wording.py", "templates/accounts/join.html", "static/js/banner.js"} <= places
    assert catalogs.is_for_guests(found.get("This link no longer works"))
    assert not catalogs.is_for_guests(found.get("Keyboard shortcuts"))


def test_everything_that_is_marked_is_in_the_catalog(language):
    assert catalogs.path_of(language).read_bytes() == catalogs.as_text(catalogs.updated(language)), AGAIN


def test_everything_that_must_be_is_translated(language, catalog):
    assert [message.id for message in catalogs.untranslated(catalog, language)] == [], AGAIN


def test_what_the_product_reads_is_the_catalog(language, catalog):
    with catalogs.path_of(language).with_suffix(".mo").open("rb") as compiled:
        known = GNUTranslations(compiled)._catalog
    wanted = GNUTranslations(BytesIO(catalogs.as_binary(catalog)))._catalog
    # The header says which Babel wrote it.
    assert len(wanted) > 100
    assert {**known, "": ""} == {**wanted, "": ""}, AGAIN


def test_a_translation_has_the_names_of_what_goes_into_it(language, catalog):
    wrong = []
    for message in messages_in(catalog):
        for english, translation in texts_of(message):
            if not translation:
                continue
            wanted, given = Counter(PLACEHOLDER.findall(english)), Counter(PLACEHOLDER.findall(translation))
            # "Two messages" needs no number, where a form is of one number alone.
            lost, more = wanted - given, set(given) - set(wanted)
            if more or (lost and not (message.pluralizable and set(lost) <= COUNTS)):
                wrong.append((english, translation))
    assert wrong == []


COUNTS = {"%(count)s", "%(count)d", "%(minutes)s", "{count}"}


def test_only_a_form_of_one_number_goes_without_it(language, catalog):
    """Of the forms that several numbers share, each says the number, or nobody could know it."""
    # In French none is said as one is.
    shared = [form for form in range(catalog.num_plurals) if len(set(numbers_of(catalog, form)) - {0}) > 1]
    assert shared
    silent = [
        message.id
        for message in messages_in(catalog)
        if message.pluralizable
        for form in shared
        if message.string[form] and COUNTS & set(PLACEHOLDER.findall(message.id[1]))
        if not COUNTS & set(PLACEHOLDER.findall(message.string[form]))
    ]
    assert silent == []


def numbers_of(catalog, form):
    return [number for number in range(200) if form_of(catalog, number) == form]


def form_of(catalog, number):
    return c2py(catalog.plural_expr)(number)


def test_a_translation_has_the_markup_of_the_english(language, catalog):
    wrong = [
        (english, translation)
        for message in messages_in(catalog)
        for english, translation in texts_of(message)
        if translation and Counter(TAG.findall(english)) != Counter(TAG.findall(translation))
    ]
    assert wrong == []


def test_it_shouts_at_nobody(language, catalog):
    shouting = [translation for message in messages_in(catalog) for _, translation in texts_of(message)]
    assert [text for text in shouting if re.search(r"[!¡！]", text)] == []


def test_scripts_and_server_choose_the_same_form_for_every_number(language, catalog):
    """Browsers have the rules of CLDR by names, the catalogs have them as an expression."""
    rule = Locale.parse(language).plural_form
    for number in range(1, 1000):
        assert form_of(catalog, number) == form_of(catalog, NUMBERS[rule(number)]), number


def test_no_text_is_both_one_text_and_the_first_of_several():
    found = [message.id for message in catalogs.extracted() if message.id]
    alone = {text for text in found if isinstance(text, str)}
    # A script would find the forms where it looks for the text.
    assert alone & {text[0] for text in found if isinstance(text, tuple)} == set()
