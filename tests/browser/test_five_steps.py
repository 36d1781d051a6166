"""The article's five steps under real hands: each of the five runs differs from every other in most of how it is done.

Every pair of hand, language, width and light is met in one of them.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from sequences.models import Sequence, SubFlow
from tests.browser.conftest import DESK, PHONE, Desk
from tests.builders import a_sub_flow

pytestmark = pytest.mark.browser

CARDS = "[data-row-list] > [data-row]"
SATURDAY, SUNDAY = "5", "6"
# As the article calls them.
WORDS = {
    "en": {"new": "New sequence", "add": "Add message", "save": "Save"},
    "fr": {"new": "Nouvelle séquence", "add": "Ajouter un message", "save": "Enregistrer"},
}


def tab_to(page: Page, selector: str, most: int = 90) -> None:
    """As somebody without a mouse gets there."""
    for _ in range(most):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} by keyboard")


def by_mouse(page: Page, words: dict[str, str], reminder: SubFlow, coupon: SubFlow) -> None:
    page.get_by_role("link", name=words["new"]).locator("visible=true").first.click()
    page.fill("[name=name]", "Relance panier")
    first = page.locator(CARDS).first
    first.locator("[name$=delay_unit]").select_option("hours")
    first.locator("[name$=delay_amount]").fill("2")
    first.locator("[name$=sending]").select_option("between")
    first.locator("[name$=window_end]").fill("17:30")
    for day in (SATURDAY, SUNDAY):
        first.locator(f"[name$=days][value='{day}']").uncheck(force=True)
    first.locator("[name$=sub_flow]").select_option(str(reminder.pk))
    expect(first.locator("[data-preview]")).to_contain_text("Hello!")
    page.get_by_role("button", name=words["add"], exact=True).click()
    page.locator(CARDS).nth(1).locator("[name$=sub_flow]").select_option(str(coupon.pk))
    page.get_by_role("button", name=words["save"], exact=True).click()


def by_keys(page: Page, words: dict[str, str], reminder: SubFlow, coupon: SubFlow) -> None:
    """Not one click: the choosers are gone through by arrows, as far as they need."""
    tab_to(page, "a[href='/admin/sequences/sequence/add/']")
    page.keyboard.press("Enter")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type("Relance panier")
    tab_to(page, "[name='steps-0-delay_unit']")
    for _ in range(3):
        page.keyboard.press("ArrowDown")  # seconds, minutes, hours
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("2")
    tab_to(page, "[name='steps-0-sending']")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name='steps-0-window_end']")
    page.keyboard.type("0530PM" if words is WORDS["en"] else "1730")
    for day in (SATURDAY, SUNDAY):
        tab_to(page, f"[name='steps-0-days'][value='{day}']")
        page.keyboard.press("Space")
    tab_to(page, "[name='steps-0-sub_flow']")
    choose(page, reminder)
    tab_to(page, "[data-add-row]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "steps-1-delay_unit"
    tab_to(page, "[name='steps-1-sub_flow']")
    choose(page, coupon)
    tab_to(page, "button[name=_save]")
    page.keyboard.press("Enter")


def choose(page: Page, flow: SubFlow) -> None:
    for _ in range(5):
        if page.evaluate("document.activeElement.value") == str(flow.pk):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{flow.name} is not offered")


@pytest.mark.parametrize(
    ("hand", "language", "size", "theme"),
    [
        (by_mouse, "en", DESK, "light"),
        (by_mouse, "fr", PHONE, "dark"),
        (by_keys, "en", PHONE, "dark"),
        (by_keys, "fr", DESK, "dark"),
        (by_keys, "fr", PHONE, "light"),
    ],
    ids=[
        "mouse-en-desk-light",
        "mouse-fr-phone-dark",
        "keys-en-phone-dark",
        "keys-fr-desk-dark",
        "keys-fr-phone-light",
    ],
)
def test_the_five_steps_make_a_sequence(desk: Desk, hand, language: str, size: ViewportSize, theme: str):
    desk.sits(language, theme, size)
    reminder, coupon = a_sub_flow(desk.workspace, name="A reminder"), a_sub_flow(desk.workspace, name="B coupon")
    page = desk.open("/admin/")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")
    hand(page, WORDS[language], reminder, coupon)
    page.wait_for_url("**/admin/sequences/sequence/")
    steps = list(Sequence.objects.get(name="Relance panier").steps.in_order())
    assert [(step.sub_flow, step.delay_amount, step.delay_unit) for step in steps] == [
        (reminder, 2, "hours"),
        (coupon, 0, "immediately"),
    ]
    assert (str(steps[0].window_start), str(steps[0].window_end), steps[0].weekdays) == ("09:00:00", "17:30:00", 31)
