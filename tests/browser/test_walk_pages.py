"""Every page in Chromium, in both languages, light and dark, at a desk and on a phone: nobody is shut out.

A page is visited in English at a desk and in French on a phone, with opposite lights; which has which changes from page
to page. With JOURNEYS=full both ways are gone for each page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from sequencer.workspaces.models import Role
from tests.browser.conftest import DESK, PHONE
from tests.browser.looking import OF_THE_LOOK, Complaints, barriers, overflow, set_theme, texts, untranslated
from tests.browser.same_words import is_the_same_in_french
from tests.browser.walk import MARK, Stop, a_filled_business, pages_of
from tests.isolation.world import PASSWORD, Business

pytestmark = pytest.mark.browser

# Swagger's own page: English by nature, and its barriers are not ours to remove.
NOT_OURS = {"/api/docs/"}


@dataclass
class Visitor:
    """A browser window with a language and a theme, at the door or inside."""

    context: BrowserContext
    page: Page
    complaints: Complaints
    home: str
    theme: str

    def visit(self, stop: Stop) -> list[str]:
        """Open it; what the browser complained of."""
        self.page.goto(self.home + stop.address)
        if stop.name in NOT_OURS:
            self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
        return [told for told in self.complaints.taken() if not (stop.name == "404" and "404" in told)]

    def log_in(self, email: str) -> None:
        self.page.goto(self.home + "/accounts/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("#login-form button[type=submit]")
        self.page.wait_for_url("**/admin/**")


def a_visitor(browser: Browser, home: str, language: str, theme: str, window: ViewportSize) -> Visitor:
    context = browser.new_context(viewport=window, locale=language, reduced_motion="reduce")
    set_theme(context, theme)
    complaints = Complaints(home)
    complaints.listen(context)
    page = context.new_page()
    page.set_default_timeout(30_000)
    return Visitor(context, page, complaints, home, theme)


@pytest.fixture
def business(transactional_db: None) -> Business:
    return a_filled_business()


Pair = tuple[Visitor, Visitor]


@pytest.fixture
def pairs(chromium: Browser, live_server) -> Iterator[tuple[Pair, Pair]]:
    """Twice somebody English at a desk and somebody French on a phone: the one light, the other dark."""
    opened = [
        (
            a_visitor(chromium, live_server.url, "en", at_desk, DESK),
            a_visitor(chromium, live_server.url, "fr", on_phone, PHONE),
        )
        for at_desk, on_phone in (("light", "dark"), ("dark", "light"))
    ]
    yield opened[0], opened[1]
    for visitor in (*opened[0], *opened[1]):
        visitor.context.close()


def test_every_page_is_whole_for_everybody(business: Business, pairs: tuple[Pair, Pair]) -> None:
    stops = sorted(pages_of(business), key=lambda stop: not stop.is_open_to_all)
    assert len(stops) > 45
    found: list[str] = []
    is_inside = False
    for number, stop in enumerate(stops):
        if not stop.is_open_to_all and not is_inside:
            let_in(pairs, business.people[Role.OWNER].email)
            is_inside = True
        for pair in pairs if os.environ.get("JOURNEYS") == "full" else (pairs[number % 2],):
            found += [f"{stop.name}: {one}" for one in _looked_at(stop, *pair)]
    found += [told for pair in pairs for visitor in pair for told in visitor.complaints.taken()]
    assert not found, "\n" + "\n".join(found)


def let_in(pairs: tuple[Pair, Pair], email: str) -> None:
    """The first one logs in at the door; the others are the same person."""
    first, *others = [visitor for pair in pairs for visitor in pair]
    first.log_in(email)
    inside = [cookie for cookie in first.context.cookies() if cookie["name"] == "sessionid"]
    assert inside
    for visitor in others:
        visitor.context.add_cookies(inside)  # type: ignore[arg-type]  # what was read is what may be set
    first.complaints.taken()


def _looked_at(stop: Stop, english: Visitor, french: Visitor) -> list[str]:
    found = [*english.visit(stop), *french.visit(stop)]
    if stop.name in NOT_OURS:
        return found
    found += [f"at the desk, {english.theme}: {one}" for one in [*barriers(english.page), *overflow(english.page)]]
    of_the_look = [*barriers(french.page, OF_THE_LOOK), *overflow(french.page)]
    found += [f"on the phone, {french.theme}: {one}" for one in of_the_look]
    same = untranslated(texts(english.page), texts(french.page))
    return found + [f"not in French: {text}" for text in sorted(same) if not is_the_same_in_french(text, MARK)]
