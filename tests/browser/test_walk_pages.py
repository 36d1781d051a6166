"""Every page in Chromium, in both languages, light and dark, at a desk and on a phone: nobody is shut out.

A page is visited twice: in English on a light desk, and in French on a dark phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from sequencer.workspaces.models import Role
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.browser.looking import OF_THE_LOOK, Complaints, barriers, overflow, set_theme, texts, untranslated
from tests.browser.same_words import is_the_same_in_french
from tests.browser.walk import MARK, Stop, a_filled_business, pages_of
from tests.isolation.world import PASSWORD, Business

pytestmark = pytest.mark.browser

DESK = ViewportSize(width=1366, height=900)
PHONE = ViewportSize(width=390, height=844)
# Swagger's own page: English by nature, and its barriers are not ours to remove.
NOT_OURS = {"/api/docs/"}


@dataclass
class Visitor:
    """A browser window with a language and a theme, at the door or inside."""

    context: BrowserContext
    page: Page
    complaints: Complaints
    home: str

    def visit(self, stop: Stop) -> list[str]:
        """Open it; what the browser complained of."""
        self.page.goto(self.home + stop.address)
        self.page.wait_for_load_state("networkidle") if stop.name in NOT_OURS else self.page.wait_for_timeout(60)
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
    return Visitor(context, page, complaints, home)


@pytest.fixture
def business(transactional_db: None) -> Business:
    return a_filled_business()


@pytest.fixture
def visitors(live_server) -> Iterator[tuple[Visitor, Visitor]]:
    """Somebody English at a light desk, somebody French on a dark phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        home = live_server.url
        yield a_visitor(browser, home, "en", "light", DESK), a_visitor(browser, home, "fr", "dark", PHONE)
        browser.close()


def test_every_page_is_whole_for_everybody(business: Business, visitors: tuple[Visitor, Visitor]) -> None:
    english, french = visitors
    found: list[str] = []
    stops = pages_of(business)
    assert len(stops) > 45
    for stop in sorted(stops, key=lambda stop: not stop.is_open_to_all):
        if not stop.is_open_to_all and "sessionid" not in {cookie["name"] for cookie in english.context.cookies()}:
            for visitor in visitors:
                visitor.log_in(business.people[Role.OWNER].email)
                visitor.complaints.taken()
        found += [f"{stop.name}: {one}" for one in _looked_at(stop, english, french)]
    assert not found, "\n" + "\n".join(found)


def _looked_at(stop: Stop, english: Visitor, french: Visitor) -> list[str]:
    found = [*english.visit(stop), *french.visit(stop)]
    if stop.name in NOT_OURS:
        return found
    found += [f"at the desk: {one}" for one in [*barriers(english.page), *overflow(english.page)]]
    found += [f"on the phone: {one}" for one in [*barriers(french.page, OF_THE_LOOK), *overflow(french.page)]]
    same = untranslated(texts(english.page), texts(french.page))
    return found + [f"not in French: {text}" for text in sorted(same) if not is_the_same_in_french(text, MARK)]
