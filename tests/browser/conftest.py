"""A real Chromium on a live server; a test fails on any error that the browser's console shows.

One browser and one window serve the whole run: what it fetched once stays in its cache, and nobody types a password
where the login is not what a test is about. Each test has its own page, person and workspace.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from sequencer.workspaces.models import Role, User, Workspace
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.builders import a_member, a_workspace

PASSWORD = "a long password"
DESK = ViewportSize(width=1366, height=900)
PHONE = ViewportSize(width=390, height=844)
# As long as the slowest machine may need that runs two browsers at once; whoever is done sooner waits for nothing.
PATIENCE = 30_000

# Playwright's own loop runs in this thread; the ORM is called between its steps, never inside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@dataclass
class Desk:
    """Ann's browser, logged in, and where she works."""

    page: Page
    address: str
    workspace: Workspace
    ann: User

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def sits(self, language: str, theme: str, window: ViewportSize) -> None:
        """From now on pages come in this language, by this light, at this size."""
        self.ann.language = language
        self.ann.save()
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        self.page.set_viewport_size(window)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(chromium: Browser) -> BrowserContext:
    """What pages of the run share: the cache. Cookies and what pages store go with each test."""
    context = chromium.new_context(viewport=DESK)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def desk(transactional_db: None, live_server, window: BrowserContext) -> Iterator[Desk]:
    workspace = a_workspace("Librairie Nord", time_zone="Europe/Paris")
    ann = a_member(workspace, Role.OWNER, "ann@example.com", PASSWORD)
    troubles: list[str] = []
    window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(ann), "url": live_server.url}])
    page = window.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda entry: troubles.append(entry.text) if entry.type == "error" else None)
    page.on(
        "request", lambda request: None if is_at_home(request.url, live_server.url) else troubles.append(request.url)
    )
    yield Desk(page, live_server.url, workspace, ann)
    forget(window, live_server.url)
    assert troubles == []


def is_at_home(url: str, home: str) -> bool:
    return url.startswith((home, "data:", "blob:", "about:"))


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def forget(window: BrowserContext, address: str) -> None:
    """Nothing of a test meets the next one: no page, no cookie, nothing stored."""
    for page in window.pages:
        page.close()
    window.clear_cookies()
    last = window.new_page()
    session = window.new_cdp_session(last)
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "local_storage,session_storage"})
    last.close()
