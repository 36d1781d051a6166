"""The form of a sequence in Chromium: until somebody can use it, and what travels for it."""

from __future__ import annotations

import gzip
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests
from django.conf import settings
from playwright.sync_api import BrowserContext, Response, sync_playwright

from benchmarks.pages import Place
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.journeys.web_server import WebServer

LOOKS = 7
# What the admin theme brings, on this page as on every other.
THEME = ("/static/unfold/", "/static/workspaces/vendor/alpine")
# Milliseconds since the address was asked for, once the condition holds. Asking costs the page time, too: it is not
# asked while the page is still being read, when it cannot be usable yet.
USABLE = """() => {
    if (document.readyState === 'loading') return false;
    const first = document.querySelector('[data-row-list] [data-row] [name$="-name"]');
    const isSeen = first && first.checkVisibility({visibilityProperty: true, opacityProperty: true});
    const isFilled = document.querySelector('[data-timeline] .timeline li');
    // Cards can be opened, moved and duplicated as soon as their script has run.
    const isAtWork = document.querySelector('[data-rows].has-script');
    return isSeen && !first.matches(':disabled') && isFilled && isAtWork && performance.now();
}"""
# The share of each message and the effect come by a call of the page's own.
ALL_SAID = """() => {
    const asked = performance.getEntriesByType('resource').find((one) => one.name.includes('/foresee/'));
    const isQuiet = document.querySelector('[data-timeline][aria-busy=false]');
    return asked && asked.responseEnd && isQuiet && performance.now();
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """One opening of the page: milliseconds from the request, and bytes that travelled."""

    usable: float
    all_said: float
    ours: int
    theme: int


@dataclass(frozen=True, slots=True)
class Form:
    """The first visit of a browser, and those that come back with what it kept."""

    first: Look
    again: list[Look]


def look_at_form(place: Place) -> Form:
    """Opened by the product's own web server, as `make run` starts it."""
    with tempfile.TemporaryDirectory(prefix="sequencer-bench-") as folder:
        server = WebServer(os.environ, Path(folder) / "web.log")
        try:
            return _looks(f"http://127.0.0.1:{server.port}", place)
        finally:
            server.end()


def _looks(home: str, place: Place) -> Form:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": place.browser.cookies[name].value, "url": home}])
        # The server's processes have read their code and templates before anybody looks at a clock.
        for _ in range(4):
            requests.get(home + place.form, cookies={name: place.browser.cookies[name].value}, timeout=60)
        first, *again = [_look(context, home + place.form) for _ in range(1 + LOOKS)]
        browser.close()
    return Form(first, again)


def _look(context: BrowserContext, address: str) -> Look:
    page, responses = context.new_page(), list[Response]()
    page.on("response", lambda response: responses.append(response))
    page.goto(address, wait_until="commit")
    usable = page.wait_for_function(USABLE, polling="raf").json_value()
    all_said = page.wait_for_function(ALL_SAID, polling="raf").json_value()
    page.wait_for_load_state("networkidle")
    weights = [(any(part in one.url for part in THEME), _weight(one)) for one in responses]
    page.close()
    return Look(
        usable,
        all_said,
        ours=sum(weight for is_theme, weight in weights if not is_theme),
        theme=sum(weight for is_theme, weight in weights if is_theme),
    )


def _weight(response: Response) -> int:
    """Compressed as a web server in front would do it; fonts and pictures already are."""
    if response.status != 200:
        return 0
    body = response.body()
    is_packed = response.url.endswith((".woff2", ".png"))
    return len(body) if is_packed else len(gzip.compress(body, 6))
