"""The pictures of the documentation, made anew: `make screenshots`.

    python -m tests.launch --with sqlite -- python -m tests.browser.pictures docs/images

Makes the demonstration in an empty database, lets its messages arrive, and takes each page once a variant.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.browser.looking import set_theme

PORT = 8229
HOME = f"http://localhost:{PORT}"
DESK, PHONE = (1280, 860), (390, 844)
# Until the first messages of the demonstration have reached the sandbox.
ARRIVE = 20


@dataclass(frozen=True, slots=True)
class Variant:
    language: str
    theme: str
    size: tuple[int, int]
    ending: str


VARIANTS = (
    Variant("en", "light", DESK, ""),
    Variant("fr", "dark", DESK, "-fr-dark"),
    Variant("en", "light", PHONE, "-phone"),
)
# name of the picture -> from which list one goes into its first row; a page of its own otherwise.
PAGES = {
    "overview": "/admin/",
    "sequence": "/admin/sequences/sequence/ > tbody th a",
    "sub-flow": "/admin/sequences/subflow/ > tbody th a",
    "sandbox": "/admin/sandbox/",
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with demonstration() as (email, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for variant in VARIANTS:
            page = logged_in(browser, variant, email, password)
            for name, where in PAGES.items():
                go(page, where)
                page.screenshot(path=folder / f"{name}{variant.ending}.png")
            page.context.close()
        browser.close()


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """A running installation with the demonstration in it: its login."""
    manage = [sys.executable, "manage.py"]
    os.environ["PUBLIC_URL"] = HOME
    subprocess.run([*manage, "migrate", "--verbosity", "0"], check=True)
    made = subprocess.run([*manage, "demo", "--port", str(PORT)], check=True, capture_output=True, text=True)
    login = re.findall(r"(?:E-mail|Password)\s+(\S+)", made.stdout)
    serving = subprocess.Popen([*manage, "serve", "--port", str(PORT)])
    try:
        wait_for_answer()
        time.sleep(ARRIVE)
        yield login[0], login[1]
    finally:
        serving.terminate()
        serving.wait(40)


def wait_for_answer() -> None:
    for _ in range(60):
        try:
            requests.get(f"{HOME}/accounts/login/", timeout=30)
            return
        except requests.RequestException:
            time.sleep(0.5)
    raise TimeoutError("the server does not answer")


def logged_in(browser: Browser, variant: Variant, email: str, password: str) -> Page:
    width, height = variant.size
    context = browser.new_context(viewport={"width": width, "height": height}, locale=variant.language)
    set_theme(context, variant.theme)
    page = context.new_page()
    page.goto(f"{HOME}/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_url("**/admin/**")
    return page


def go(page: Page, where: str) -> None:
    address, _, row = where.partition(" > ")
    page.goto(HOME + address)
    if row:
        page.locator(f"#result_list {row}").first.click()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
