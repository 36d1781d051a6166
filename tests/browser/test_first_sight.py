"""The form of a sequence is shown before the theme's own script has run: in the colours that somebody chose."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Desk
from tests.browser.test_sequence_page import an_open_sequence, cards_on, open_form

pytestmark = pytest.mark.browser

DARK, LIGHT = re.compile(r"\bdark\b"), re.compile(r"^((?!\bdark\b).)*$")


def choose(page: Page, key: str, value: str) -> None:
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, value])


def test_it_is_used_in_the_dark_before_alpine_has_come_and_made_light_afterwards(desk: Desk):
    page = open_form(desk, an_open_sequence(desk, "one", "two"))
    choose(page, "adminTheme", '"dark"')
    held: list[Route] = []
    page.route("**/alpine-csp-*.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_class(DARK)
    cards_on(page).nth(0).locator("[data-menu] summary").click()
    cards_on(page).nth(0).locator("[data-row-down]").click()
    expect(page.locator("[data-row-news]")).to_have_text("Moved to place 2")
    assert page.evaluate("() => window.Alpine ?? null") is None
    page.wait_for_timeout(100)
    held[0].continue_()
    page.wait_for_function("() => window.Alpine")
    expect(page.locator("html")).to_have_class(DARK)
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_class(LIGHT)


def test_a_sidebar_that_was_put_away_is_never_seen(desk: Desk):
    page = open_form(desk, an_open_sequence(desk, "one"))
    choose(page, "sidebarDesktopOpen", "0")
    held: list[Route] = []
    page.route("**/alpine-csp-*.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.wait_for_function("() => document.readyState === 'interactive' && document.querySelector('.has-script')")
    page.wait_for_timeout(300)
    assert not page.locator("#nav-sidebar").is_visible()
    assert not cards_on(page).nth(0).is_visible()
    held[0].continue_()
    expect(cards_on(page).nth(0)).to_be_visible()
    assert not page.locator("#nav-sidebar").is_visible()
