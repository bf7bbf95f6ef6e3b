"""Makes one file of many when the static files are collected, so that a phone on a slow network asks once and not
thirty times. Without collectstatic, as for developers, browsers load the parts by themselves.

A stylesheet that is to be joined has nothing but `@import` in it. A script that is to be joined has nothing but
`import`: it stands for all that a page loads. What is imported by `import()`, later and only when it is wanted, becomes
a file of its own that shares the modules of the page. Our modules are written plainly, and what this cannot read stops
it.
"""

import re
from pathlib import PurePosixPath

SHEET = re.compile(r'@import url\("([\w-]+\.css)"\)\s*([^;]*);')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

LINE_COMMENT = re.compile(r"^[ \t]*//.*\n?", re.MULTILINE)
IMPORT = re.compile(r'^import\s+(?:([^"\';]+?)\s+from\s+)?"\./([\w-]+)\.js";?[ \t]*$', re.MULTILINE)
LATER = re.compile(r'\bimport\("\./([\w-]+)\.js"\)')
EXPORT_FROM = re.compile(r'^export\s*\{([^}]*)\}\s*from\s*"\./([\w-]+)\.js";?[ \t]*$', re.MULTILINE)
EXPORT_LIST = re.compile(r"^export\s*\{([^}]*)\};?[ \t]*$", re.MULTILINE)
EXPORT = re.compile(r"^export\s+((?:async\s+)?function\*?|class|const)\s+(\{[^}]*\}|\w+)", re.MULTILINE)
# What a function in the place of a module cannot do, or what would need more of a reader than this is.
STRANGE = re.compile(r"^(?:export|import)\b.*|\bimport\.meta\b|^await\b.*", re.MULTILINE)


class CannotJoin(Exception):
    pass


# Stylesheets


def is_joined(name: str, source: str) -> bool:
    """Whether this file only stands for others."""
    if name.endswith(".css"):
        return "@import" in source and not SHEET.sub("", COMMENT.sub("", source)).strip()
    return "import" in source and not IMPORT.sub("", LINE_COMMENT.sub("", source)).strip()


def join_sheets(name: str, read) -> str:
    """All that this sheet imports, in one, without comments. `read` gives the text of a file of the same folder."""
    parts = []
    for part, media in SHEET.findall(COMMENT.sub("", read(name))):
        text = " ".join(COMMENT.sub(" ", read(part)).split())
        parts.append(f"@media {media.strip()}{{{text}}}" if media.strip() else text)
    return "\n".join(parts) + "\n"


# Scripts


class Modules:
    """The modules of a folder, as they import each other. `read` gives the text of a file."""

    def __init__(self, read):
        self.read, self.sources = read, {}

    def source(self, name):
        if name not in self.sources:
            self.sources[name] = LINE_COMMENT.sub("", self.read(f"{name}.js"))
        return self.sources[name]

    def imports(self, name):
        """What a module imports, in its order."""
        found = [
            (match.start(), match[2])
            for pattern in (IMPORT, EXPORT_FROM)
            for match in pattern.finditer(self.source(name))
        ]
        return [imported for _, imported in sorted(found)]

    def in_order(self, name, known=()):
        """A module and all that it imports, each after those that it needs. Those that are known are left out."""
        found, underway = [], []

        def visit(one):
            if one in found or one in known:
                return
            if one in underway:
                raise CannotJoin(f"{' -> '.join([*underway, one])}: these modules import each other")
            underway.append(one)
            for imported in self.imports(one):
                visit(imported)
            underway.remove(one)
            found.append(one)

        visit(name)
        return found

    def all_later(self, names):
        """What these modules load only when it is wanted, and what that loads then."""
        found, open_ones = [], list(names)
        while open_ones:
            for later in LATER.findall(self.source(open_ones.pop())):
                if later not in found:
                    found.append(later)
                    open_ones += self.in_order(later)
        return found


def join_scripts(name: str, read) -> dict[str, str]:
    """The file in which all modules of a page are, and those that it loads later: {name: text}."""
    entry = PurePosixPath(name).stem
    modules = Modules(read)
    shared = modules.in_order(entry)
    later = modules.all_later(shared)
    # A module is there once: what two of the later files need, the page has from the start.
    parts = {one: modules.in_order(one, known=shared) for one in later}
    for one in later:
        for part in parts[one]:
            if part not in shared and sum(part in others for others in parts.values()) > 1:
                shared += modules.in_order(part, known=shared)
    files = {name: f"const $ = {{}};\n{_parts(modules, shared, entry)}"}
    for one in later:
        own = [part for part in parts[one] if part not in shared]
        # Whoever asks again gets the same.
        made = f"{{\n{_parts(modules, own, entry)}return $[{one!r}];\n}}"
        files[f"{entry}--{one}.js"] = (
            f"let made;\nexport default (page) => (made ??= (($) => {made})({{ ...page }}));\n"
        )
    return files


def _parts(modules, names, entry):
    return "".join(
        f"$[{name!r}] = (() => {{\n{_as_function(modules.source(name), name, entry)}}})();\n" for name in names
    )


def _as_function(source, name, entry):
    """The body of a function that does what the module does and returns what it exports."""
    exported = {}

    def note_from(match):
        exported.update({outer: f"$[{match[2]!r}].{inner}" for inner, outer in _names(match[1])})
        return ""

    def note_list(match):
        exported.update({outer: inner for inner, outer in _names(match[1])})
        return ""

    def note(match):
        declared = [outer for _, outer in _names(match[2].strip("{}"), ":")]
        exported.update({one: one for one in declared})
        return f"{match[1]} {match[2]}"

    source = EXPORT_FROM.sub(note_from, source)
    source = EXPORT_LIST.sub(note_list, source)
    source = EXPORT.sub(note, source)
    source = IMPORT.sub(_import, source)
    source = LATER.sub(lambda match: f'import("./{entry}--{match[1]}.js").then((later) => later.default($))', source)
    strange = STRANGE.search(LATER.sub("", re.sub(r"\bimport\(", "", source)))
    if strange:
        raise CannotJoin(f"{name}.js: cannot be read: {strange[0]}")
    lines = "\n".join(line for line in source.splitlines() if line.strip())
    return f"{lines}\nreturn {{ {', '.join(f'{outer}: {inner}' for outer, inner in exported.items())} }};\n"


def _import(match):
    names, module = match[1], match[2]
    if names is None:
        return ""
    if whole := re.fullmatch(r"\*\s+as\s+(\w+)", names):
        return f"const {whole[1]} = $[{module!r}];"
    if not re.fullmatch(r"\{[^{}]*\}", names):
        raise CannotJoin(f"import {names} from {module}.js: cannot be read")
    inside = ", ".join(inner if inner == outer else f"{inner}: {outer}" for inner, outer in _names(names.strip("{}")))
    return f"const {{ {inside} }} = $[{module!r}];"


def _names(listed, separator=r"\s+as\s+"):
    """ "a, b as c" -> [("a", "a"), ("b", "c")]"""
    pairs = [re.split(separator, one.strip()) for one in listed.split(",") if one.strip()]
    return [(pair[0].strip(), pair[-1].strip()) for pair in pairs]
