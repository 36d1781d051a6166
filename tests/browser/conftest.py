"""A real Chromium on a live server; a test fails on any error that the browser's console shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, sync_playwright

from sequencer.workspaces.models import Role, User, Workspace
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.builders import a_member, a_workspace

PASSWORD = "a long password"

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


@pytest.fixture
def desk(transactional_db: None, live_server) -> Iterator[Desk]:
    workspace = a_workspace("Librairie Nord", time_zone="Europe/Paris")
    ann = a_member(workspace, Role.OWNER, "ann@example.com", PASSWORD)
    troubles: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda entry: troubles.append(entry.text) if entry.type == "error" else None)
        page.goto(live_server.url + "/admin/")
        page.fill("[name=login]", ann.email)
        page.fill("[name=password]", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url("**/admin/")
        yield Desk(page, live_server.url, workspace, ann)
        chromium.close()
    assert troubles == []
