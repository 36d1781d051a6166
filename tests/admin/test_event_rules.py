"""The page "Rules" of a sequence."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sequencer.workspaces.models import Role
from sequences.actions.save_event_rules import rules_of
from sequences.models import ContactEvent, SequenceState
from tests.builders import LONG_AGO, a_channel, a_contact, a_member, a_sequence, a_workspace

pytestmark = pytest.mark.django_db


def posted(*rows: tuple[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {"rules-TOTAL_FORMS": str(len(rows)), "rules-INITIAL_FORMS": "0"}
    for index, (event, verb) in enumerate(rows):
        values |= {f"rules-{index}-event": event, f"rules-{index}-verb": verb}
    return values


def a_visitor(workspace: Any, role: Role) -> Client:
    client = Client()
    client.force_login(a_member(workspace, role))
    return client


def test_rules_are_written_changed_and_emptied_away() -> None:
    sequence = a_sequence()
    ann, page = a_visitor(sequence.workspace, Role.EDITOR), f"/admin/sequences/sequence/{sequence.pk}/rules/"
    assert ann.post(page, posted(("cart", "start"), ("", "start"), ("paid", "stop"))).status_code == 302
    assert [(rule.event, rule.verb) for rule in rules_of(sequence)] == [("cart", "start"), ("paid", "stop")]
    shown = ann.get(page).content.decode()
    assert 'value="cart"' in shown
    assert ann.post(page, posted(("", "start"), ("paid", "restart"))).status_code == 302
    assert [(rule.event, rule.verb) for rule in rules_of(sequence)] == [("paid", "restart")]


def test_a_wrong_row_is_told_beside_it_and_nothing_typed_is_lost() -> None:
    sequence = a_sequence()
    ann, page = a_visitor(sequence.workspace, Role.EDITOR), f"/admin/sequences/sequence/{sequence.pk}/rules/"
    shown = ann.post(page, posted(("", "start"), ("Cart Abandoned", "stop"), ("paid", "stop"), ("paid", "start")))
    formset = shown.context["formset"]
    assert [bool(form.errors) for form in formset] == [False, True, False, True]
    assert 'value="Cart Abandoned"' in shown.content.decode()
    assert rules_of(sequence) == []


@pytest.mark.parametrize("page", ["rules", "history", "people", "numbers"])
def test_every_page_of_a_sequence_has_the_same_head(page: str) -> None:
    sequence = a_sequence(name="Cart reminder")
    shown = a_visitor(sequence.workspace, Role.EDITOR).get(f"/admin/sequences/sequence/{sequence.pk}/{page}/").content
    assert '<h1 class="sequence-name">Cart reminder <span class="pill">' in shown.decode()
    assert shown.decode().count('aria-current="page"') >= 1
    assert shown.decode().count('<nav class="tabs"') == 1


def test_names_that_came_lately_are_offered_those_of_others_are_not() -> None:
    sequence = a_sequence()
    for workspace, name in ((sequence.workspace, "came_by"), (a_workspace(), "their_secret")):
        contact = a_contact(a_channel(workspace))
        ContactEvent.objects.create(workspace=workspace, contact=contact, name=name, at=LONG_AGO, received_at=LONG_AGO)
    shown = a_visitor(sequence.workspace, Role.VIEWER).get(f"/admin/sequences/sequence/{sequence.pk}/rules/")
    offered = [value for value, _words in shown.context["formset"].forms[0].fields["what"].choices]
    assert offered == ["", "message_received", "button_tapped", "came_by", "?"]


def test_what_is_known_is_chosen_in_words_and_another_event_wants_its_name() -> None:
    sequence = a_sequence()
    ann, page = a_visitor(sequence.workspace, Role.EDITOR), f"/admin/sequences/sequence/{sequence.pk}/rules/"
    assert "the person writes" in ann.get(page).content.decode()
    chosen = posted(("", "restart"), ("shop_visited", "stop")) | {
        "rules-0-what": "message_received",
        "rules-1-what": "?",
    }
    assert ann.post(page, chosen).status_code == 302
    stored = [("message_received", "restart"), ("shop_visited", "stop")]
    assert [(rule.event, rule.verb) for rule in rules_of(sequence)] == stored
    nameless = ann.post(page, posted(("", "start")) | {"rules-0-what": "?"})
    assert [form.errors.get("event") for form in nameless.context["formset"]] == [["Write the name of the event."]]
    assert [(rule.event, rule.verb) for rule in rules_of(sequence)] == stored


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_viewers_and_archived_sequences_only_show(role: Role) -> None:
    sequence = a_sequence(state=SequenceState.ARCHIVED if role == Role.EDITOR else SequenceState.ACTIVE)
    visitor, page = a_visitor(sequence.workspace, role), f"/admin/sequences/sequence/{sequence.pk}/rules/"
    assert visitor.get(page).status_code == 200
    assert visitor.post(page, posted(("cart", "start"))).status_code == 403
    assert rules_of(sequence) == []


def test_a_sequence_of_somebody_else_is_not_there() -> None:
    stranger = a_visitor(a_workspace(), Role.OWNER)
    page = f"/admin/sequences/sequence/{a_sequence().pk}/rules/"
    assert [stranger.get(page).status_code, stranger.post(page, posted(("cart", "start"))).status_code] == [404, 404]
