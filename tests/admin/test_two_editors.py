"""Two people change one thing: the second one is told, loses nothing typed, and overwrites nothing."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from sequencer.workspaces.refusals import Refused
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.actions.save_sub_flow import save_sub_flow, sub_flow_draft_of
from sequences.admin import quick_sub_flow, sequences, sub_flows
from sequences.models import Sequence, SubFlow
from tests.admin.conftest import NOW, Shop
from tests.admin.test_foresight import page_of, stored_cards
from tests.admin.test_sequence_form import a_form
from tests.builders import a_sub_flow

pytestmark = pytest.mark.django_db


def needs_two_connections(test: Any) -> Any:
    """PostgreSQL only: SQLite lets one write, and none look on, at a time."""
    return pytest.mark.django_db(transaction=True)(pytest.mark.postgresql(test))


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def dialog_of(flow: SubFlow) -> str:
    return reverse("admin:sequences_sequence_sub_flow", args=[flow.pk])


def test_texts_of_an_old_dialog_land_in_no_block_and_still_stand_there(shop: Shop):
    """The second text was put away meanwhile: by its place the third one's would be overwritten."""
    flow = a_sub_flow(shop.workspace, name="Old", blocks=[text("One"), text("Two"), text("Three")])
    opened = shop.as_(Role.EDITOR).get(dialog_of(flow)).content.decode()
    seen_at = flow.updated_at.isoformat()
    assert f'name="seen_at" value="{seen_at}"' in opened
    SubFlow.objects.filter(pk=flow.pk).update(blocks=[text("One"), text("Three")], updated_at=timezone.now())
    typed = {"name": "Mine", "text_0": "One", "text_1": "Two, by me", "text_2": "Three, by me", "seen_at": seen_at}
    for tried in ("at first", "and once more"):
        shown = shop.as_(Role.EDITOR).post(dialog_of(flow), typed).content.decode()
        assert "Somebody changed this sub-flow after you opened it." in shown, tried
        assert all(words in shown for words in ("Mine", "Two, by me", "Three, by me")), tried
        assert f'name="seen_at" value="{seen_at}"' in shown, tried
    flow.refresh_from_db()
    assert (flow.name, flow.blocks) == ("Old", [text("One"), text("Three")])


def test_an_action_refuses_what_was_made_from_an_older_edit(shop: Shop):
    now = timezone.now()
    draft = dataclasses.replace(draft_of(shop.sequence), name="Mine")
    content = dataclasses.replace(sub_flow_draft_of(shop.sub_flow), name="Mine")
    with pytest.raises(Refused, match="seen_at: conflict"):
        save_sequence(shop.workspace, shop.sequence, draft, now=now, actor=SYSTEM, seen_at=NOW)
    with pytest.raises(Refused, match="seen_at: conflict"):
        save_sub_flow(shop.workspace, shop.sub_flow, content, now=now, actor=SYSTEM, seen_at=NOW)
    assert not Sequence.objects.filter(name="Mine").exists()
    assert not SubFlow.objects.filter(name="Mine").exists()
    seen_at = shop.sequence.updated_at
    save_sequence(shop.workspace, shop.sequence, draft, now=now, actor=SYSTEM, seen_at=seen_at)
    assert Sequence.objects.get(pk=shop.sequence.pk).name == "Mine"


def stored_by_somebody_else(row: Sequence | SubFlow) -> None:
    """On a connection of its own."""
    try:
        type(row)._default_manager.filter(pk=row.pk).update(name="Theirs", updated_at=timezone.now())
    finally:
        connection.close()


def quicker(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, row: Sequence | SubFlow) -> None:
    """Somebody else stores between the look of the form and the lock of the action, once."""
    save, left = getattr(module, name), [True]

    def after_somebody_else(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.clear()
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(stored_by_somebody_else, row).result()
        return save(*args, **kwargs)

    monkeypatch.setattr(module, name, after_somebody_else)


@needs_two_connections
def test_of_two_saves_of_a_sequence_at_one_moment_one_passes(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    quicker(monkeypatch, sequences, "save_sequence", shop.sequence)
    (card,) = stored_cards(shop.sequence)
    form = a_form(card | {"steps-0-name": "Typed"}, stored=1, name="Mine", seen_at=shop.sequence.updated_at.isoformat())
    answer = shop.as_(Role.EDITOR).post(page_of(shop.sequence), form)
    assert answer.status_code == 200
    assert not Sequence.objects.filter(name="Mine").exists()
    assert 'value="Mine"' in answer.content.decode()
    assert 'value="Typed"' in answer.content.decode()


@needs_two_connections
def test_of_two_saves_of_a_dialog_at_one_moment_one_passes(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    quicker(monkeypatch, quick_sub_flow, "save_sub_flow", shop.sub_flow)
    typed = {"name": "Mine", "text_0": "Typed", "seen_at": shop.sub_flow.updated_at.isoformat()}
    shown = shop.as_(Role.EDITOR).post(dialog_of(shop.sub_flow), typed).content.decode()
    assert "Somebody changed this sub-flow" in shown
    assert "Typed" in shown
    assert SubFlow.objects.get(pk=shop.sub_flow.pk).name == "Theirs"


@needs_two_connections
def test_of_two_saves_of_a_sub_flow_at_one_moment_one_passes(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    quicker(monkeypatch, sub_flows, "save_sub_flow", shop.sub_flow)
    page = reverse("admin:sequences_subflow_change", args=[shop.sub_flow.pk])
    typed = {
        "name": "Mine",
        "seen_at": shop.sub_flow.updated_at.isoformat(),
        "blocks-0-type": "text",
        "blocks-0-text": "Typed",
    }
    shown = shop.as_(Role.EDITOR).post(page, typed).content.decode()
    assert not SubFlow.objects.filter(name="Mine").exists()
    assert 'value="Mine"' in shown


def test_a_name_taken_at_this_very_moment_is_said_on_the_name(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    def too_late(*args: Any, **kwargs: Any) -> Any:
        raise IntegrityError

    monkeypatch.setattr(quick_sub_flow, "save_sub_flow", too_late)
    new = reverse("admin:sequences_sequence_new_sub_flow")
    shown = shop.as_(Role.EDITOR).post(new, {"name": "Mine", "text_0": "Typed"}).content.decode()
    assert "Another one has this name already." in shown
    assert "Typed" in shown
