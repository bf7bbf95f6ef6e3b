"""Every template compiles, so that a slip in one that is rarely shown is found before somebody needs it."""

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

FOLDER = settings.ROOT / "templates"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))


def test_there_are_templates():
    assert "base.html" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(name):
    get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_extends_and_includes_exists(name):
    template = engines["django"].get_template(name).template
    for node in template.nodelist.get_nodes_by_type(object):
        other = getattr(node, "parent_name", None) or getattr(node, "template", None)
        # A name that is worked out while rendering is for the tests of the page.
        if isinstance(getattr(other, "var", None), str):
            get_template(other.var)
