"""A page of many messages begins folded; a card's settings become fields when somebody wants them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from sequences.models import Step
from tests.browser.conftest import Desk
from tests.browser.test_sequence_page import an_open_sequence, cards_on, open_form

pytestmark = pytest.mark.browser

NAMES = [f"m{number}" for number in range(10)]
SETTINGS = {"delay_amount": 3, "delay_unit": "days", "weekdays": 0b11}


def test_cards_that_nobody_opened_are_duplicated_moved_and_saved_with_all_they_say(desk: Desk):
    sequence = an_open_sequence(desk, *NAMES, **SETTINGS)
    page = open_form(desk, sequence)
    assert page.locator(".card-body").count() == 0
    expect(cards_on(page).nth(4).locator("[data-gist]")).to_have_text("3 days · Mo Tu · → Flow m4")
    cards_on(page).nth(4).locator("[data-menu] summary").click()
    cards_on(page).nth(4).get_by_text("Duplicate").click()
    expect(cards_on(page)).to_have_count(11)
    copied = cards_on(page).nth(5)
    assert copied.locator("[name$=delay_amount]").input_value() == "3"
    assert copied.locator("[name$=-days]:checked").count() == 2
    assert copied.locator("[name$=sub_flow] option:checked").text_content() == "Flow m4"
    cards_on(page).nth(8).locator("[name$='-name']").fill("Renamed")
    page.keyboard.press("Alt+ArrowUp")
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    rows = list(Step.objects.filter(sequence=sequence).in_order())
    assert [row.name for row in rows] == ["m0", "m1", "m2", "m3", "m4", "m4 (copy)", "m5", "Renamed", "m6", "m8", "m9"]
    assert {(row.delay_amount, row.delay_unit, row.weekdays) for row in rows} == {(3, "days", 0b11)}
    assert rows[5].sub_flow_id == rows[4].sub_flow_id


def test_opening_cards_changes_nothing_and_what_was_changed_elsewhere_is_known_to_them(desk: Desk):
    sequence = an_open_sequence(desk, *NAMES, **SETTINGS)
    page = open_form(desk, sequence)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    first, last = cards_on(page).nth(0), cards_on(page).nth(9)
    first.locator("button[data-fold]").click()
    expect(first.locator("[data-hours]")).to_be_hidden()
    first.locator("[name$=delay_amount]").fill("1")
    expect(first.locator("[data-gist]")).to_have_text("1 day · Mo Tu · → Flow m0")
    first.locator("[name$=delay_amount]").fill("3")
    page.reload()
    assert asked == []
    first.locator("button[data-fold]").click()
    first.locator("[data-new-sub-flow]").click()
    page.fill("[data-quick] [name=name]", "Brand new")
    page.fill("[data-quick] textarea", "Hello")
    page.click("[data-quick] .strong-button")
    expect(first.locator("[data-preview]")).to_contain_text("Hello")
    last.locator("button[data-fold]").click()
    last.locator("[name$=sub_flow]").select_option(label="Brand new")
    expect(last.locator("[data-gist]")).to_have_text("3 days · Mo Tu · → Brand new")
    page.locator("[data-fold-all]").click()
    expect(page.locator(".card-body:visible")).to_have_count(10)
    page.reload()
    assert asked == ["beforeunload"]


def test_without_the_script_all_of_it_is_there_and_saved(desk: Desk):
    sequence = an_open_sequence(desk, *NAMES, **SETTINGS)
    browser = desk.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=desk.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{desk.address}/admin/sequences/sequence/{sequence.pk}/change/")
    page.locator("[name=steps-9-delay_amount]").fill("5")
    with page.expect_navigation():
        page.click("button[name=_save]")
    rows = list(Step.objects.filter(sequence=sequence).in_order())
    assert [row.delay_amount for row in rows] == [3] * 9 + [5]
    context.close()
