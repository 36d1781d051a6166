"""The pages in docs/ say what is so: variables, commands, states, words, examples and links."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polib
import pytest
from django.core.management import get_commands
from django.urls import resolve

from channels import errors
from channels.models import ChannelState
from sequencer.env import VARIABLES
from sequences.api.views import NotFoundView
from sequences.models import DeliveryState, SubscriptionState
from sequences.rules.reasons import Because, EndedBecause

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
APPS = {"sequencer", "sequencer.workspaces", "channels", "sequences"}
OURS = {name for name, app in get_commands().items() if app in APPS}


def text_of(page: str) -> str:
    return (DOCS / page).read_text()


def first_cells(text: str) -> list[str]:
    """The first cell of every row of every table."""
    return re.findall(r"^\| (.+?) \|", text, re.MULTILINE)


def test_every_variable_is_listed_once_and_no_other() -> None:
    table = text_of("running.md").partition("## Environment variables")[2].partition("\n## ")[0]
    assert sorted(cell.strip("`") for cell in first_cells(table) if cell.startswith("`")) == sorted(VARIABLES)


def test_every_command_is_listed_and_every_listed_one_exists() -> None:
    assert {"demo", "worker", "serve", "create_workspace", "create_api_key"} <= OURS
    assert set(re.findall(r"^\| `manage\.py (\w+)", text_of("running.md"), re.MULTILINE)) == OURS


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert {"run", "test", "check"} <= named <= targets


@pytest.mark.parametrize(
    "codes",
    [DeliveryState.values, SubscriptionState.values, ChannelState.values, list(Because), list(EndedBecause)],
    ids=["deliveries", "subscriptions", "channels", "waits", "ends"],
)
def test_the_lifecycle_knows_every_state_and_reason(codes: list[str]) -> None:
    named = set(re.findall(r"\w+", text_of("lifecycle.md")))
    assert set(codes) <= named


def test_every_error_has_its_consequence() -> None:
    bases = {"ChannelError", "MessageError", "WebhookRejected"}
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert kinds - bases <= set(re.findall(r"\w+", text_of("architecture.md")))


def test_the_glossary_speaks_the_french_of_the_product() -> None:
    catalogue = polib.pofile(str(ROOT / "locale/fr/LC_MESSAGES/django.po"))
    french = {entry.msgid: entry.msgstr for entry in catalogue if not entry.msgctxt}
    rows = re.findall(r"^\|.*\| ([^|]+) \| ([^|]+) \|$", text_of("glossary.md"), re.MULTILINE)
    known = [(english, words) for english, words in rows if english in french]
    assert len(known) >= 15
    assert [(english, french[english]) for english, _ in known] == known


def test_links_inside_the_project_lead_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#]+)", page.read_text())]
    dead = [(page.name, link) for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


def test_files_that_the_architecture_names_exist() -> None:
    named = re.findall(
        r"(?<!tests/)\b((?:actions|rules)/\w+\.py)", text_of("architecture.md") + text_of("lifecycle.md")
    )
    assert len(named) > 8
    assert [name for name in named if not (ROOT / "sequences" / name).exists()] == []


def test_the_examples_of_the_api_can_be_read_and_their_addresses_exist() -> None:
    page = text_of("api.md")
    examples = re.findall(r"```json\n(.*?)```", page, re.DOTALL) + re.findall(r"-d '(\{.*?\})'\n", page, re.DOTALL)
    assert len(examples) >= 6
    assert all(json.loads(example) for example in examples)
    paths = re.findall(r"/api/v1/[\w/-]+/", page) + [f"/api/v1{path}" for path in re.findall(r"\$API(/[\w/-]+)", page)]
    assert len(paths) >= 8
    # What the API does not know is answered by a view of its own.
    views = [getattr(resolve(path).func, "cls", None) for path in paths]
    assert NotFoundView not in views
    assert None not in views


def test_no_page_names_a_place_on_somebodys_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users)/")
    assert [page.name for page in PAGES if places.search(page.read_text())] == []
