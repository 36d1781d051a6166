"""Nobody meets an untranslated text because the check could not see it."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from tests import catalogues


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('_("Sequence")', (None, "Sequence")),
        ('label = gettext_lazy("Sub-" "flow")', (None, "Sub-flow")),
        ('ngettext("one person", "many people", count)', (None, "one person")),
        ('pgettext("a verb", "Open")', ("a verb", "Open")),
    ],
)
def test_a_text_in_python_is_found(source: str, text: catalogues.Text) -> None:
    assert list(catalogues.texts_of_python(source)) == [text]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{% load i18n %}<p>{% translate "Add message" %}</p>', (None, "Add message")),
        ("{% translate 'It is \"on\"' %}", (None, 'It is "on"')),
        ('{% translate "It\'s on" %}', (None, "It's on")),
        ('{% translate "Open" context "a verb" %}', ("a verb", "Open")),
        ("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}", (None, "Hello %(name)s")),
        (
            "{% blocktranslate count n=n %}{{ n }} person (waits){% plural %}{{ n }} people{% endblocktranslate %}",
            (None, "%(n)s person (waits)"),
        ),
        ("{% blocktranslate trimmed %}\n  two\n  lines\n{% endblocktranslate %}", (None, "two lines")),
    ],
)
def test_a_text_in_a_template_is_found(source: str, text: catalogues.Text) -> None:
    assert list(catalogues.texts_of_template(source)) == [text]


def test_a_stale_compiled_catalogue_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Contact", msgstr="Contact"))
    catalogue.save(str(path))
    assert not catalogues.is_compiled(path, catalogue)
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    assert catalogues.is_compiled(path, catalogue)
    catalogue[0].msgstr = "Personne"
    assert not catalogues.is_compiled(path, catalogue)
