"""The page of a sequence under real hands: by mouse, by keys, on a phone, and without its script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from channels.models import ExternalSubFlow
from sequences.models import Sequence, Step, SubFlow, Subscription
from tests.browser.conftest import PHONE, Desk
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow

pytestmark = pytest.mark.browser

CARDS = "[data-row-list] > [data-row]"


def cards_on(page: Page) -> Locator:
    return page.locator(CARDS)


def names_on(page: Page) -> list[str]:
    return [card.locator("[name$='-name']").input_value() for card in cards_on(page).all()]


def an_open_sequence(desk: Desk, *names: str, **fields: object) -> Sequence:
    steps = [{"name": name, "sub_flow": a_sub_flow(desk.workspace, name=f"Flow {name}"), **fields} for name in names]
    return a_sequence(desk.workspace, steps, name="Coupon after a cart")


def open_form(desk: Desk, sequence: Sequence) -> Page:
    page = desk.open(f"/admin/sequences/sequence/{sequence.pk}/change/")
    expect(page.locator("[data-timeline][aria-busy=false] .timeline li").first).to_be_visible()
    return page


def test_messages_are_moved_by_dragging_and_by_keys(desk: Desk):
    sequence = an_open_sequence(desk, "one", "two", "three")
    page = open_form(desk, sequence)
    handle = cards_on(page).nth(0).locator("[data-row-handle]").bounding_box()
    assert handle is not None
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    for step in range(1, 24):
        page.mouse.move(handle["x"] + 8, handle["y"] + 8 + step * 15)
        page.wait_for_timeout(15)
    page.mouse.up()
    expect(page.locator("[data-row-news]")).to_have_text("Moved to place 2")
    assert names_on(page) == ["two", "one", "three"]
    cards_on(page).nth(2).locator("[name$='-name']").focus()
    page.keyboard.press("Alt+ArrowUp")
    assert names_on(page) == ["two", "three", "one"]
    assert page.evaluate("document.activeElement.value") == "three"
    cards_on(page).nth(1).locator("[data-row-handle]").focus()
    page.keyboard.press("ArrowUp")
    assert names_on(page) == ["three", "two", "one"]
    expect(page.locator("[data-row-news]")).to_have_text("Moved to place 1")
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    assert [step.name for step in sequence.steps.in_order()] == ["three", "two", "one"]


def test_a_message_is_duplicated_with_all_it_says_and_put_away_and_taken_back(desk: Desk):
    sequence = an_open_sequence(desk, "one", "two", delay_amount=3, delay_unit="days", weekdays=0b11)
    page = open_form(desk, sequence)
    cards_on(page).nth(0).locator("[data-menu] summary").click()
    cards_on(page).nth(0).get_by_text("Duplicate").click()
    expect(cards_on(page)).to_have_count(3)
    expect(page.locator("[data-effect]")).to_have_text("1 change")
    cards_on(page).nth(2).locator("[data-menu] summary").click()
    cards_on(page).nth(2).get_by_text("Archive the message").click()
    expect(page.locator("[data-effect]")).to_have_text("2 changes · 1 message is archived")
    expect(cards_on(page).nth(2).get_by_text("will be archived when you save")).to_be_visible()
    cards_on(page).nth(2).get_by_text("Keep it").click()
    expect(page.locator("[data-effect]")).to_have_text("1 change")
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    first, copied, _last = sequence.steps.in_use().in_order()
    assert (first.name, copied.name) == ("one", "one (copy)")
    kept = ("delay_amount", "delay_unit", "weekdays", "sub_flow_id", "is_enabled", "content_type")
    assert [getattr(first, name) for name in kept] == [getattr(copied, name) for name in kept]


def test_the_timeline_and_the_effect_follow_every_change(desk: Desk):
    """And what is large is asked about before it is saved, with the choice to spread it."""
    channel = a_channel(desk.workspace, settings={"reply_window": False})
    sequence = an_open_sequence(desk, "one", delay_amount=1, delay_unit="weeks")
    now = timezone.now()
    for _ in range(30):
        Subscription.objects.create(
            workspace=desk.workspace,
            sequence=sequence,
            contact=a_contact(channel, first_name="Mia"),
            channel=channel,
            subscribed_at=now,
            countdown_started_at=now,
            next_step=sequence.steps.get(),
            next_send_at=now + timedelta(weeks=1),
            next_because="countdown",
        )
    page = open_form(desk, sequence)
    page.fill("[name='steps-0-name']", "Sooner")
    expect(page.locator("[data-timeline]")).to_contain_text("1 Sooner")
    page.select_option("[name='steps-0-delay_unit']", "immediately")
    expect(page.locator("[data-effect]")).to_have_text("1 change · 30 would be due at once")
    page.click("button[name=_save]")
    dialog = page.locator("[data-confirm]")
    expect(dialog).to_contain_text("30 would be due at once")
    assert Step.objects.get(sequence=sequence).delay_unit == "weeks"
    page.select_option("[data-confirm-over]", "2")
    page.click("[data-confirm-save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    moments = sorted(Subscription.objects.filter(sequence=sequence).values_list("next_send_at", flat=True))
    assert timedelta(hours=1) < moments[-1] - moments[0] < timedelta(hours=2)


def test_a_contact_is_found_while_typing(desk: Desk):
    mia = a_contact(a_channel(desk.workspace), first_name="Mia", last_name="Tanaka", time_zone="Asia/Tokyo")
    for _ in range(9):
        a_contact(mia.channel, first_name="Somebody")
    page = open_form(desk, an_open_sequence(desk, "one"))
    page.fill("[data-who-search]", "tanaka")
    expect(page.locator("[data-timeline]")).to_contain_text("Asia/Tokyo")
    assert page.locator("[data-who-contact]").input_value() == str(mia.pk)


def test_a_sub_flow_is_made_and_edited_without_leaving_the_page(desk: Desk):
    page = desk.open("/admin/sequences/sequence/add/")
    page.fill("[name=name]", "After a cart")
    card = cards_on(page).first
    card.locator("[data-new-sub-flow]").click()
    page.fill("[data-quick] [name=name]", "Welcome")
    page.click("[data-quick] .strong-button")
    expect(page.locator("[data-quick] .row-problem")).to_have_text("This value is needed.")
    page.fill("[data-quick] textarea", "Hello there")
    page.click("[data-quick] .strong-button")
    expect(card.locator("[data-preview]")).to_contain_text("Hello there")
    card.locator("[data-edit-sub-flow]").click()
    page.fill("[data-quick] textarea", "Hello again")
    page.keyboard.press("Tab")
    page.click("[data-quick] .strong-button")
    expect(card.locator("[data-preview]")).to_contain_text("Hello again")
    assert card.locator("[name$=sub_flow]").input_value() == str(SubFlow.objects.get(name="Welcome").pk)
    assert page.input_value("[name=name]") == "After a cart"


def test_an_error_lands_on_its_field_the_card_opens_and_nothing_typed_is_lost(desk: Desk):
    sequence = an_open_sequence(desk, *(f"m{number}" for number in range(10)))
    page = open_form(desk, sequence)
    last = cards_on(page).nth(9)
    assert not last.locator("[name$=delay_unit]").is_visible()
    last.locator("button[data-fold]").click()
    last.locator("[name$='-name']").fill("Typed")
    last.locator("[name$=sending]").select_option("between")
    last.locator("[name$=window_end]").fill("09:00")
    page.click("button[name=_save]")
    problem = page.locator(".row-problem")
    expect(problem).to_contain_text("two different times")
    expect(problem).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "steps-9-window_start"
    assert cards_on(page).nth(9).locator("[name$='-name']").input_value() == "Typed"
    assert not cards_on(page).nth(3).locator("[name$=delay_unit]").is_visible()


def test_a_long_list_of_sub_flows_is_there_when_a_card_asks_for_it(desk: Desk):
    flows = [a_sub_flow(desk.workspace, name=f"Choice {number:03}") for number in range(150)]
    sequence = an_open_sequence(desk, *(f"m{number}" for number in range(6)))
    page = open_form(desk, sequence)
    chooser = cards_on(page).nth(2).locator("[name$=sub_flow]")
    assert chooser.locator("option").count() == 2
    chooser.focus()
    assert chooser.locator("option").count() > 150
    chooser.select_option(str(flows[77].pk))
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    assert list(sequence.steps.in_order())[2].sub_flow == flows[77]


def test_without_its_script_a_sequence_is_still_built_looked_at_and_saved(desk: Desk):
    flow = a_sub_flow(desk.workspace, name="Reminder")
    browser = desk.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=desk.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{desk.address}/admin/sequences/sequence/add/")
    page.fill("[name=name]", "By hand")
    page.select_option("[name='steps-0-delay_unit']", "hours")
    page.fill("[name='steps-0-delay_amount']", "2")
    page.select_option("[name='steps-0-sub_flow']", str(flow.pk))
    with page.expect_navigation():
        page.click("button[name=_timeline]")
    expect(page.locator(".timeline li")).to_have_count(2)
    assert not Sequence.objects.filter(name="By hand").exists()
    with page.expect_navigation():
        page.click("button[name=_continue]")
    made = Sequence.objects.get(name="By hand")
    assert [(step.sub_flow, step.delay_amount) for step in made.steps.all()] == [(flow, 2)]
    with page.expect_navigation():
        page.locator("noscript a, a:has-text('Add message')").first.click()
    page.select_option("[name='steps-1-sub_flow']", str(flow.pk))
    page.fill("[name='steps-1-place']", "1")
    page.fill("[name='steps-0-place']", "2")
    with page.expect_navigation():
        page.click("button[name=_save]")
    steps = list(made.steps.in_order())
    assert [step.delay_amount for step in steps] == [0, 2]
    context.close()


def test_nothing_is_wider_than_a_phone(desk: Desk):
    sequence = an_open_sequence(
        desk, "a very long name of a message that somebody wrote without thinking of phones", "two"
    )
    desk.page.set_viewport_size(PHONE)
    page = open_form(desk, sequence)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_throwing_changes_away_asks_nothing_and_leaves_what_is_stored(desk: Desk):
    sequence = an_open_sequence(desk, "one")
    page = open_form(desk, sequence)
    page.fill("[name=name]", "Something else")
    page.click("[data-discard]")
    expect(page.locator("[name=name]")).to_have_value("Coupon after a cart")


def test_a_sub_flow_that_lives_at_uchat_is_searched_and_picked_on_the_card(desk: Desk):
    channel = a_channel(desk.workspace, "uchat", name="Our UChat")
    own = {"workspace": desk.workspace, "channel": channel}
    for number, name in enumerate(("Welcome", "Coupon", "Coupon, last call")):
        ExternalSubFlow.objects.create(**own, reference=f"f1s{number}", name=name)
    page = open_form(desk, an_open_sequence(desk, "one"))
    cards_on(page).nth(0).get_by_text("From UChat").click()
    dialog = page.locator("dialog[data-quick]")
    expect(dialog.locator(".elsewhere button")).to_have_count(3)
    dialog.locator("[type=search]").fill("last")
    page.keyboard.press("Enter")
    expect(dialog.locator(".elsewhere button")).to_have_count(1)
    dialog.get_by_role("button", name="Coupon, last call").click()
    expect(dialog).not_to_be_visible()
    picked = SubFlow.objects.get(name="Coupon, last call")
    expect(cards_on(page).nth(0).locator("[data-content] select")).to_have_value(str(picked.pk))
    expect(cards_on(page).nth(0).locator("[data-preview]")).to_contain_text("This sub-flow exists in another tool")
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/sequence/")
    assert (picked.external_channel, picked.external_reference) == (channel, "f1s2")
    assert Step.objects.get().sub_flow == picked


def test_a_refused_field_and_what_is_wrong_with_it_are_not_behind_the_bar(desk: Desk):
    page = open_form(desk, an_open_sequence(desk, "one", "two"))
    for day in cards_on(page).nth(1).locator("label.day").all():
        day.click()
    page.click("button[name=_save]")
    refused = page.locator("[name$=-days]:focus")
    expect(refused).to_be_in_viewport()
    box = refused.bounding_box()
    assert box is not None
    # In a window that ends there, the bar would lie over the field.
    page.set_viewport_size({"width": 1366, "height": round(box["y"] + page.evaluate("scrollY") + box["height"])})
    page.click("button[name=_save]")
    expect(page.locator("[data-timeline][aria-busy=false]")).to_be_visible()
    page.wait_for_load_state()
    bar = page.locator(".save-bar").bounding_box()
    for seen in (page.locator(".row-problem").bounding_box(), refused.bounding_box()):
        assert bar is not None
        assert seen is not None
        assert seen["y"] + seen["height"] <= bar["y"]
