"""The sequence form stores through its action, and shows every refusal on its field."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from sequencer.workspaces.models import AuditEvent, Role
from sequences.actions import save_sequence
from sequences.models import Sequence, Step
from tests.admin.conftest import Shop
from tests.builders import a_step, a_sub_flow

ADD = "/admin/sequences/sequence/add/"


def a_card(number: int, **values: Any) -> dict[str, Any]:
    """What the browser sends for one card."""
    card = {
        "id": "",
        "is_added": "1",
        "place": str(number + 1),
        "name": "",
        "delay_amount": "2",
        "delay_unit": "hours",
        "sending": "between",
        "window_start": "09:00",
        "window_end": "18:00",
        "days": ["0", "1", "2", "3", "4"],
        "sub_flow": "",
        "is_enabled": "on",
        "content_type": "default",
        "notification_type": "regular",
        "outside_reply_window": "skip",
        **values,
    }
    return {f"steps-{number}-{name}": value for name, value in card.items() if value is not None}


def a_form(*cards: dict[str, Any], stored: int = 0, **values: Any) -> dict[str, Any]:
    form = {
        "name": "Coupon",
        "state": "active",
        "reentry": "on",
        "steps-TOTAL_FORMS": str(len(cards)),
        "steps-INITIAL_FORMS": str(stored),
        **values,
    }
    for card in cards:
        form.update(card)
    return form


def problems_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_editor_makes_a_sequence_with_two_messages_in_their_order(shop: Shop):
    first, second = a_sub_flow(shop.workspace), a_sub_flow(shop.workspace)
    form = a_form(
        a_card(0, sub_flow=second.pk, place="2", sending="any_time", delay_unit="immediately"),
        a_card(1, sub_flow=first.pk, place="1"),
    )
    response = shop.as_(Role.EDITOR).post(ADD, form)
    assert response.status_code == 302, response.content
    made = Sequence.objects.get(name="Coupon")
    assert made.workspace == shop.workspace
    steps = list(made.steps.in_use().in_order())
    assert [step.sub_flow for step in steps] == [first, second]
    assert (steps[0].weekdays, str(steps[0].window_start), steps[0].delay_amount) == (31, "09:00:00", 2)
    assert (steps[1].window_start, steps[1].delay_amount, steps[1].delay_unit) == (None, 0, "immediately")
    assert not LogEntry.objects.exists()
    assert AuditEvent.objects.filter(object_kind="sequence", object_id=made.pk, verb="created").exists()


def test_an_untouched_empty_card_is_no_message(shop: Shop):
    card = a_card(0, is_added="", place="1", delay_amount="0", delay_unit="immediately", sending="any_time")
    card["steps-0-days"] = list("0123456")
    response = shop.as_(Role.EDITOR).post(ADD, a_form(card), follow=True)
    assert "It has no message yet" in response.content.decode()
    assert Sequence.objects.get(name="Coupon").steps.count() == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sub_flow": ""}, "This value is needed."),
        ({"window_end": "09:00"}, "two different times"),
        ({"window_end": ""}, "both a start and an end"),
        ({"days": []}, "at least one weekday"),
        ({"delay_amount": "-1"}, "negative"),
        ({"delay_amount": "366", "delay_unit": "days"}, "365 days"),
        ({"delay_amount": "9" * 30, "delay_unit": "weeks"}, "365 days"),
        ({"sub_flow": "9" * 5000}, "Select a valid choice"),  # more digits than Python makes a number of
        ({"content_type": "promotion"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_with_a_message_stands_on_its_card(shop: Shop, values: dict[str, Any], sentence: str):
    card = a_card(0, **{"sub_flow": shop.sub_flow.pk, **values})
    response = shop.as_(Role.EDITOR).post(ADD, a_form(card))
    assert sentence in problems_of(response)
    assert "row-problem" in problems_of(response)
    assert not Sequence.objects.filter(name="Coupon").exists()


def test_a_sub_flow_of_another_workspace_is_refused_on_the_field(shop: Shop, other: Shop):
    response = shop.as_(Role.EDITOR).post(ADD, a_form(a_card(0, sub_flow=other.sub_flow.pk)))
    assert "Select a valid choice" in problems_of(response)
    assert not Sequence.objects.filter(name="Coupon").exists()


def test_a_channel_of_another_workspace_is_refused_on_the_field(shop: Shop, other: Shop):
    response = shop.as_(Role.EDITOR).post(ADD, a_form(channels=[other.sandbox.pk]))
    assert "Select a valid choice" in problems_of(response)


def test_a_name_that_is_taken_is_refused_on_the_name(shop: Shop):
    response = shop.as_(Role.EDITOR).post(ADD, a_form(name=shop.sequence.name))
    assert response.context["adminform"].form.errors["name"] == ["Another one has this name already."]


def test_deleting_a_card_archives_the_message(shop: Shop):
    second = a_step(shop.sequence)
    cards = [
        a_card(0, id=shop.step.pk, sub_flow=shop.step.sub_flow_id, DELETE="on"),
        a_card(1, id=second.pk, sub_flow=second.sub_flow_id),
    ]
    page = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    form = a_form(*cards, stored=2, name=shop.sequence.name)
    assert shop.as_(Role.EDITOR).post(page, form).status_code == 302
    assert Step.objects.get(pk=shop.step.pk).archived_at is not None
    assert list(shop.sequence.steps.in_use()) == [second]


def test_a_card_with_the_id_of_a_foreign_message_changes_nothing(shop: Shop, other: Shop):
    page = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    card = a_card(0, id=other.step.pk, sub_flow=shop.sub_flow.pk, name="stolen")
    shop.as_(Role.EDITOR).post(page, a_form(card, stored=1, name=shop.sequence.name))
    assert not Step.objects.filter(name="stolen", sequence=other.sequence).exists()
    assert Step.objects.get(pk=other.step.pk).name == ""


def test_an_old_page_overwrites_nobodys_edit(shop: Shop):
    page = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    form = a_form(name="changed", seen_at="2025-01-01T00:00:00+00:00")
    assert "Somebody changed this sequence" in problems_of(shop.as_(Role.EDITOR).post(page, form))
    assert shop.sequence.steps.in_use().count() == 1


def test_a_viewer_changes_nothing(shop: Shop):
    page = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    assert shop.as_(Role.VIEWER).post(page, a_form(name="changed")).status_code == 403
    assert Sequence.objects.get(pk=shop.sequence.pk).name != "changed"


def test_another_workspaces_sequence_is_not_written(shop: Shop, other: Shop):
    page = reverse("admin:sequences_sequence_change", args=[other.sequence.pk])
    shop.as_(Role.OWNER).post(page, a_form(name="changed"))
    assert Sequence.objects.get(pk=other.sequence.pk).name != "changed"


@pytest.mark.parametrize(("action", "state"), [("pause", "paused"), ("archive", "archived")])
def test_the_list_pauses_and_archives_ours_only(shop: Shop, other: Shop, action: str, state: str):
    chosen = {"action": action, "_selected_action": [shop.sequence.pk, other.sequence.pk], "confirm": "1"}
    shop.as_(Role.EDITOR).post("/admin/sequences/sequence/", chosen)
    assert Sequence.objects.get(pk=shop.sequence.pk).state == state
    assert Sequence.objects.get(pk=other.sequence.pk).state == "active"


def test_the_list_duplicates_as_a_draft(shop: Shop):
    chosen = {"action": "duplicate", "_selected_action": [shop.sequence.pk]}
    shop.as_(Role.EDITOR).post("/admin/sequences/sequence/", chosen)
    copied = Sequence.objects.get(name=f"{shop.sequence.name} (copy 1)")
    assert (copied.state, copied.steps.count()) == ("draft", 1)


def test_list_and_form_take_a_constant_number_of_queries(shop: Shop, django_assert_max_num_queries):
    for _ in range(10):
        a_step(shop.sequence)
    browser = shop.as_(Role.EDITOR)
    pages = [
        reverse("admin:sequences_sequence_changelist"),
        reverse("admin:sequences_sequence_change", args=[shop.sequence.pk]),
    ]
    for page in pages:
        with django_assert_max_num_queries(28):
            assert browser.get(page).status_code == 200


def test_a_name_that_was_taken_meanwhile_is_said_on_its_field(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    """Both looked and found it free, and the other one was quicker: only a second look finds it taken."""
    look, looks = save_sequence._check_stored, itertools.count()
    monkeypatch.setattr(save_sequence, "_check_stored", lambda *given: look(*given) if next(looks) else [])
    form = a_form(a_card(0, sub_flow=shop.step.sub_flow.pk), name=shop.sequence.name)
    response = shop.as_(Role.EDITOR).post(ADD, form)
    assert "Another one has this name already" in problems_of(response)
    assert response.context["adminform"].form.errors["name"]
    assert Sequence.objects.filter(name=shop.sequence.name).count() == 1


def test_what_can_never_be_stored_turns_people_away_with_a_message(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(save_sequence, "_check_stored", lambda *given: [])
    form = a_form(a_card(0, sub_flow=shop.step.sub_flow.pk), name=shop.sequence.name)
    response = shop.as_(Role.EDITOR).post(ADD, form, follow=True)
    assert "at the same moment" in response.content.decode()
