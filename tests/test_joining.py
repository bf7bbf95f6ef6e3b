"""Sheets and scripts that only stand for others become one file, and what cannot be read stops it."""

import re

import pytest
from django.conf import settings

from dispatch_console.joining import CannotJoin, is_joined, join_scripts, join_sheets

CSS, JS = settings.ROOT / "static" / "css", settings.ROOT / "static" / "js"


def reader(**files):
    return lambda name: files[name.partition(".")[0]]


def joined(**files):
    return join_scripts("page.js", reader(**files))


def test_a_sheet_stands_for_its_parts_in_their_order():
    sheet = '/* All. */\n@import url("one.css");\n@import url("two.css") print;\n'
    assert is_joined("page.css", sheet)
    assert not is_joined("one.css", "a { color: red }")
    assert not is_joined("two.css", '@import url("one.css"); a { color: red }')
    text = join_sheets("page.css", reader(page=sheet, one="/* One */ a {\n  b: c;\n}", two="d { e: f }"))
    assert text == "a { b: c; }\n@media print{d { e: f }}\n"


def test_a_script_that_does_something_is_left_alone():
    assert is_joined("page.js", '// All.\nimport "./one.js";\n')
    assert not is_joined("one.js", 'import "./two.js";\nstart();\n')
    assert not is_joined("one.js", "start();\n")


def test_modules_run_once_each_after_what_they_import():
    files = joined(
        page='import "./b.js";\nimport "./c.js";\n',
        a="export const a = 1;\n",
        b='import { a } from "./a.js";\nexport function b() { return a; }\n',
        c='import * as all from "./b.js";\nimport { a as one } from "./a.js";\nexport { b as two } from "./b.js";\n',
    )
    text = files["page.js"]
    assert re.findall(r"^\$\['(\w+)'\]", text, re.MULTILINE) == ["a", "b", "c", "page"]
    for piece in ("const { a } = $['a'];", "const all = $['b'];", "const { a: one } = $['a'];", "two: $['b'].b"):
        assert piece in text
    assert "import" not in text.replace("all", "")
    assert "export" not in text


def test_every_way_to_export():
    (text,) = joined(
        page='import "./a.js";\n',
        a="export const { x, y: z } = get();\nexport async function f() {}\nexport class K {}\nconst v = 1;\n"
        "export { v, v as w };\n",
    ).values()
    assert "return { v: v, w: v, z: z, x: x, f: f, K: K };" in text or sorted(
        re.search(r"return \{ (v.*?) \};", text)[1].split(", ")
    ) == sorted(["v: v", "w: v", "x: x", "z: z", "f: f", "K: K"])


def test_what_is_loaded_later_has_the_modules_of_the_page():
    files = joined(
        page='import "./a.js";\n',
        a='import "./shared.js";\nconst open = () => import("./later.js");\n',
        shared="export const shared = {};\n",
        later='import { shared } from "./shared.js";\nimport { own } from "./own.js";\nexport const it = own(shared);',
        own="export const own = (it) => it;\n",
    )
    assert set(files) == {"page.js", "page--later.js"}
    assert "own = (it)" not in files["page.js"]
    assert "shared = {}" not in files["page--later.js"]
    assert 'import("./page--later.js").then((later) => later.default($))' in files["page.js"]


def test_what_two_later_files_need_the_page_has():
    files = joined(
        page='import "./a.js";\n',
        a='const one = () => import("./one.js");\nconst two = () => import("./two.js");\n',
        one='import { both } from "./both.js";\n',
        two='import { both } from "./both.js";\nconst three = () => import("./one.js");\n',
        both="export const both = new Map();\n",
    )
    assert [name for name, text in files.items() if "new Map()" in text] == ["page.js"]
    assert set(files) == {"page.js", "page--one.js", "page--two.js"}


@pytest.mark.parametrize(
    "source",
    [
        "export let a = 1;\n",
        "export default 1;\n",
        'import a from "./b.js";\n',
        'import a, { b } from "./b.js";\n',
        'export * from "./b.js";\n',
        "const here = import.meta.url;\n",
        "await start();\n",
    ],
)
def test_what_cannot_be_read_stops_it(source):
    with pytest.raises(CannotJoin, match=r"\w+"):
        joined(page='import "./a.js";\n', a=source, b="export const b = 1;\n")


def test_modules_that_import_each_other_stop_it():
    with pytest.raises(CannotJoin, match="a -> b -> a"):
        joined(page='import "./a.js";\n', a='import "./b.js";\n', b='import "./a.js";\n')


@pytest.mark.parametrize("name", ["guest-thread.js", "guest-list.js"])
def test_ours_can_be_joined(name):
    def read(one):
        return (JS / one).read_text()

    assert is_joined(name, read(name))
    assert len(join_scripts(name, read)[name]) > 10_000


def test_our_sheet_has_all_that_it_names():
    def read(one):
        return (CSS / one).read_text()

    assert is_joined("guest-page.css", read("guest-page.css"))
    assert "@media print{" in join_sheets("guest-page.css", read)
