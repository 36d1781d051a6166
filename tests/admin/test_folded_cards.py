"""On a page of many messages, cards that nobody opened send no settings; what they mean stays as it is stored."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django.forms.models import model_to_dict
from django.test import Client

from sequencer.workspaces.models import Role
from sequences.admin.folded_cards import UNFOLDED_AT_MOST
from sequences.models import Sequence, Step
from tests.admin.conftest import Shop
from tests.builders import a_channel, a_sequence, a_sub_flow

MANY = UNFOLDED_AT_MOST + 2
SETTINGS: dict[str, Any] = {
    "delay_amount": 3,
    "delay_unit": "days",
    "window_start": time(10, 30),
    "window_end": time(20),
    "weekdays": 0b1010,
    "content_type": "account_update",
    "notification_type": "silent_push",
    "outside_reply_window": "stop",
    "fall_back_to": "telegram,sandbox",
}


def a_page_of(shop: Shop, count: int, flow: str = "Half <price>") -> Sequence:
    for kind in ("sandbox", "telegram"):
        a_channel(shop.workspace, kind)
    sub_flow = a_sub_flow(shop.workspace, name=flow)
    return a_sequence(
        shop.workspace, [{"name": f"m{number}", "sub_flow": sub_flow, **SETTINGS} for number in range(count)]
    )


def sent_by(sequence: Sequence, **values: str) -> dict[str, str]:
    """What a browser sends of cards that nobody opened, with what else was done to them."""
    steps = list(sequence.steps.in_use().in_order())
    form = {"name": sequence.name, "state": "active", "reentry": "on"}
    form |= {"steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": str(len(steps))}
    for number, step in enumerate(steps):
        card = {"id": str(step.pk), "is_added": "", "place": str(number + 1), "name": step.name, "is_enabled": "on"}
        form |= {f"steps-{number}-{field}": value for field, value in card.items()}
    return {**form, **values}


def stored(sequence: Sequence) -> list[dict[str, Any]]:
    rows = sequence.steps.in_use().in_order()
    return [model_to_dict(step, exclude=["name", "position", "updated_at"]) for step in rows]


def test_their_settings_travel_as_text_that_is_a_form_without_the_script(shop: Shop):
    sequence = a_page_of(shop, MANY)
    page = shop.as_(Role.EDITOR).get(f"/admin/sequences/sequence/{sequence.pk}/change/").content.decode()
    later = re.findall(r"<noscript data-later>(.*?)</noscript>", page, re.DOTALL)
    assert len(later) == MANY
    assert all(f'name="steps-{number}-delay_unit"' in text for number, text in enumerate(later))
    assert "3 days · 10:30–20:00 · Tu Th · → Half &lt;price&gt;" in page
    few = a_page_of(shop, UNFOLDED_AT_MOST, "Another")
    page = shop.as_(Role.EDITOR).get(f"/admin/sequences/sequence/{few.pk}/change/").content.decode()
    assert "data-later" not in page


def test_one_is_not_many(shop: Shop):
    sequence = a_sequence(shop.workspace, [{"delay_amount": 1, "delay_unit": "hours"}] * MANY)
    page = shop.as_(Role.EDITOR).get(f"/admin/sequences/sequence/{sequence.pk}/change/").content.decode()
    assert page.count(">1 hour · ") == MANY
    assert 'data-one-of-hours="hour"' in page


def test_what_nobody_opened_stays_as_it_is_stored(shop: Shop):
    sequence = a_page_of(shop, MANY)
    before = stored(sequence)
    form = sent_by(sequence, **{"steps-4-name": "Renamed"})
    response = shop.as_(Role.EDITOR).post(f"/admin/sequences/sequence/{sequence.pk}/change/", form)
    assert response.status_code == 302, response.content
    assert stored(sequence) == before
    assert [step.name for step in sequence.steps.in_order()][3:6] == ["m3", "Renamed", "m5"]


def test_they_are_foreseen_moved_switched_off_and_archived_like_others(shop: Shop):
    sequence = a_page_of(shop, MANY)
    ids = [step.pk for step in sequence.steps.in_order()]
    form = sent_by(sequence, **{"steps-0-place": "2", "steps-1-place": "1", "steps-3-DELETE": "on"})
    del form["steps-2-is_enabled"]
    editor = shop.as_(Role.EDITOR)
    foreseen = editor.post(f"/admin/sequences/sequence/{sequence.pk}/foresee/", form).json()
    assert foreseen["effect"].startswith("3 changes · 1 message is archived"), foreseen["effect"]
    assert editor.post(f"/admin/sequences/sequence/{sequence.pk}/change/", form).status_code == 302
    rows = list(Step.objects.filter(sequence=sequence).in_use().in_order())
    assert [row.pk for row in rows] == [ids[1], ids[0], ids[2], *ids[4:]]
    assert [row.is_enabled for row in rows[:3]] == [True, True, False]


def test_a_refused_page_opens_the_card_with_the_problem_and_sends_the_others_later_again(shop: Shop):
    sequence = a_page_of(shop, MANY)
    opened = {"delay_amount": "1", "delay_unit": "hours", "sending": "any_time", "sub_flow": ""}
    form = sent_by(sequence, **{f"steps-5-{name}": value for name, value in opened.items()})
    response = shop.as_(Role.EDITOR).post(f"/admin/sequences/sequence/{sequence.pk}/change/", form)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<noscript data-later>") == MANY - 1
    assert page.count("has-problems") == 1
    assert "3 days · 10:30–20:00 · Tu Th" in page


def test_another_business_gives_no_settings(shop: Shop, other: Shop):
    mine, theirs = a_page_of(shop, MANY), a_page_of(other, 1)
    before, foreign = stored(mine), theirs.steps.get()
    form = sent_by(mine, **{"steps-2-id": str(foreign.pk)})
    editor: Client = shop.as_(Role.EDITOR)
    response = editor.post(f"/admin/sequences/sequence/{mine.pk}/change/", form)
    assert (response.status_code, stored(mine)) == (200, before)
    assert Step.objects.get(pk=foreign.pk).sequence_id == theirs.pk
