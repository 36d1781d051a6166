"""The frame's own parts in Chromium: by mouse, by keyboard, on a phone, and without any script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Desk
from tests.builders import a_channel, a_contact, a_sequence

pytestmark = pytest.mark.browser


def theme_of(page: Page) -> str:
    return str(page.locator("html").get_attribute("class"))


def test_the_user_menu_works_by_keyboard_and_the_theme_stays(desk: Desk) -> None:
    page = desk.open("/admin/")
    summary = page.locator(".user-menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    dark = page.get_by_role("button", name="Dark")
    expect(dark).to_be_visible()
    dark.focus()
    page.keyboard.press("Space")
    expect(page.locator("html")).to_have_class("dark")
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(dark).not_to_be_visible()
    expect(summary).to_be_focused()
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


def test_the_language_is_switched_where_one_is_and_stays_with_the_person(desk: Desk) -> None:
    page = desk.open("/admin/sequences/sequence/")
    page.click(".user-menu summary")
    page.get_by_role("button", name="Français").click()
    page.wait_for_url("**/admin/sequences/sequence/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    desk.ann.refresh_from_db()
    assert desk.ann.language == "fr"


def test_the_filters_open_and_close_by_keyboard(desk: Desk) -> None:
    a_sequence(desk.workspace, name="Welcome")
    page = desk.open("/admin/sequences/sequence/")
    drawer = page.locator("#changelist-filter")
    expect(drawer).not_to_be_visible()
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    page.get_by_role("button", name="Filters").click()
    drawer.get_by_role("link", name="Draft").click()
    page.wait_for_url("**state__exact=draft**")


def test_an_action_runs_on_the_chosen_rows(desk: Desk) -> None:
    a_sequence(desk.workspace, name="Welcome")
    page = desk.open("/admin/sequences/sequence/")
    page.locator("#result_list .action-select").first.check()
    page.locator("select[name=action]").select_option("pause")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#result_list")).to_contain_text("Paused")


def test_the_search_takes_the_focus_by_its_key(desk: Desk) -> None:
    a_sequence(desk.workspace, name="Welcome")
    page = desk.open("/admin/sequences/sequence/")
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()


def test_the_menu_of_a_chooser_opens_by_keyboard(desk: Desk) -> None:
    a_channel(desk.workspace)
    page = desk.open("/admin/channels/contact/add/")
    page.get_by_role("button", name="More actions").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#add_id_channel")).to_be_visible()
    page.mouse.click(700, 800)
    expect(page.locator("#add_id_channel")).not_to_be_visible()


def test_the_sidebar_folds_and_stays_folded(desk: Desk) -> None:
    page = desk.open("/admin/")
    fold = page.get_by_role("button", name="Menu")
    expect(fold).to_have_attribute("aria-expanded", "true")
    fold.click()
    expect(page.locator("#nav-sidebar")).not_to_be_visible()
    page.goto(desk.address + "/admin/you/")
    expect(page.locator("#nav-sidebar")).not_to_be_visible()


def test_on_a_phone_the_menu_opens_leads_on_and_closes(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    page = desk.open("/admin/")
    expect(page.locator("#nav-sidebar")).not_to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.locator("#nav-sidebar")).to_be_visible()
    page.get_by_role("button", name="Close the menu").click()
    expect(page.locator("#nav-sidebar")).not_to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.wait_for_url("**/admin/channels/contact/")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(desk: Desk) -> None:
    page = desk.open("/admin/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_without_any_script_pages_show_and_lead_on(desk: Desk) -> None:
    a_contact(a_channel(desk.workspace), first_name="Léa")
    a_sequence(desk.workspace, name="Welcome")
    browser = desk.page.context.browser
    assert browser is not None
    for width in (1366, 390):
        context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900}, locale="en")
        page = context.new_page()
        page.goto(desk.address + "/accounts/login/")
        page.fill("[name=login]", desk.ann.email)
        page.fill("[name=password]", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url("**/admin/")
        expect(page.locator("h1")).to_be_visible()
        page.locator("#nav-sidebar").get_by_role("link", name="Sequences").click()
        expect(page.get_by_role("link", name="Welcome")).to_be_visible()
        page.get_by_role("link", name="Draft").click()
        page.wait_for_url("**state__exact=draft**")
        page.locator(".user-menu summary").click()
        expect(page.get_by_role("button", name="Log out")).to_be_visible()
        context.close()
