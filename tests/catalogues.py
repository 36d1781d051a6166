"""`python -m tests.catalogues [--write]`: is every text of the product in the French catalogue, and compiled?

gettext's own programs are not on every machine, so texts are found by Python here: in .py files by their syntax tree,
in templates by Django's own translation to such a file. `--write` compiles the catalogues.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
APPS = ("sequencer", "channels", "sequences")
# The name of a call: where its context, its text and its plural stand.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
IN_TEMPLATE = re.compile(r"\b(?:n?p?gettext|_)\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\)")
Text = tuple[str | None, str]


def texts_of_python(source: str) -> Iterator[Text]:
    """(context, text) of every call that marks one."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in CALLS:
            continue
        context_at, text_at, _plural_at = CALLS[name]
        words = [text_of(argument) for argument in node.args]
        text = words[text_at] if len(words) > text_at else None
        if text is not None:
            yield (words[context_at] if context_at is not None else None), text


def text_of(argument: ast.expr) -> str | None:
    """The text that stands there literally, or None."""
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def texts_of_template(source: str) -> Iterator[Text]:
    """The same for a template: Django rewrites it as calls, which are read one by one."""
    for call in IN_TEMPLATE.findall(templatize(source)):
        yield from texts_of_python(call)


def texts_of_the_product() -> dict[Text, str]:
    """Every text, and one file that shows it."""
    found: dict[Text, str] = {}
    for path in (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts):
        found.update(dict.fromkeys(texts_of_python(path.read_text()), str(path.relative_to(ROOT))))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            found.update(dict.fromkeys(texts_of_template(path.read_text()), str(path.relative_to(ROOT))))
    return found


def faults(path: Path) -> Iterator[str]:
    """Everything wrong with one catalogue, a line each."""
    catalogue = polib.pofile(str(path))
    entries = [entry for entry in catalogue if not entry.obsolete]
    for entry in entries:
        if entry.fuzzy:
            yield f"fuzzy: {entry.msgid!r}"
        elif not entry.translated():
            yield f"not translated: {entry.msgid!r}"
        elif not entry.msgid_plural and placeholders(entry.msgid) != placeholders(entry.msgstr):
            yield f"other placeholders than the English text: {entry.msgid!r}"
    known = {(entry.msgctxt, entry.msgid) for entry in entries}
    for (context, text), where in texts_of_the_product().items():
        if (context, text) not in known:
            yield f"missing: {text!r} ({where})"
    if not is_compiled(path, catalogue):
        yield "the .mo file beside it says something else: make messages"


def placeholders(text: str) -> list[str]:
    """What the program fills in: %(name)s, %s, {name}."""
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))


def is_compiled(path: Path, catalogue: polib.POFile) -> bool:
    """Whether the .mo beside it says the same."""
    compiled = path.with_suffix(".mo")
    return compiled.exists() and meanings(polib.mofile(str(compiled))) == meanings(catalogue)


def meanings(catalogue: polib.POFile | polib.MOFile) -> dict[Text, object]:
    """What each text is turned into; a compiled catalogue holds only what is translated and not fuzzy."""
    entries = catalogue.translated_entries() if isinstance(catalogue, polib.POFile) else catalogue
    return {(entry.msgctxt, entry.msgid): entry.msgstr_plural or entry.msgstr for entry in entries}


def main(arguments: list[str]) -> int:
    """Zero when every catalogue is complete and compiled."""
    if "--write" in arguments:
        for path in CATALOGUES:
            polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
        return 0
    if not CATALOGUES:
        sys.stderr.write("locale/ holds no catalogue.\n")
        return 1
    lines = [f"{path.relative_to(ROOT)}: {fault}" for path in CATALOGUES for fault in faults(path)]
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
