"""What somebody does in another tab comes back, and what they have not saved is not lost by a click."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog

from channels.content import Image, Text
from channels.messages import LocalMessage
from channels.sandbox import show_messages
from sequences.models import SubFlow
from tests.admin.conftest import NOW
from tests.browser.conftest import Desk
from tests.builders import a_channel, a_contact, a_sub_flow

pytestmark = pytest.mark.browser


def test_a_sub_flow_made_in_another_tab_is_chosen_when_one_comes_back(desk: Desk):
    a_sub_flow(desk.workspace, name="Reminder")
    page = desk.open("/admin/sequences/sequence/add/")
    card = page.locator("[data-row-list] > [data-row]").first
    with page.context.expect_page() as opened:
        card.locator("[data-new-sub-flow]").click(modifiers=["ControlOrMeta"])
    tab = opened.value
    tab.fill("[name=name]", "Welcome")
    tab.locator("[name$=-text]").first.fill("Hello there")
    tab.click("button[name=_save]")
    tab.locator("text=go back to your sequence").wait_for()
    tab.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    card.locator("text=Hello there").wait_for()
    made = SubFlow.objects.get(name="Welcome")
    assert card.locator("[name$=sub_flow]").input_value() == str(made.pk)
    page.click("text=Add message")
    second = page.locator("[data-row-list] > [data-row]").nth(1)
    assert second.locator(f"[name$=sub_flow] option[value='{made.pk}']").count() == 1


def test_leaving_a_changed_form_asks_first(desk: Desk):
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    desk.page.on("dialog", leave)
    page = desk.open("/admin/sequences/sequence/add/")
    page.goto(desk.address + "/admin/sequences/subflow/add/")
    assert asked == []
    page.fill("[name=name]", "Welcome")
    page.goto(desk.address + "/admin/sequences/sequence/add/")
    assert asked == ["beforeunload"]
    page.fill("[name=name]", "Empty")
    page.click("button[name=_save]")
    page.locator("text=It has no message yet").wait_for()
    assert asked == ["beforeunload"]


def test_the_sandbox_opens_at_its_end(desk: Desk):
    sandbox = a_channel(desk.workspace)
    lea = a_contact(sandbox, first_name="Léa")
    picture = f"{desk.address}/static/sequences/demo/reading.png"
    contents = [Text(f"Line {number}\nand more") for number in range(20)] + [Image(picture)]
    for number, content in enumerate(contents):
        show_messages([LocalMessage(lea.pk, sandbox.pk, f"1.{number}", content)], now=NOW)
    page = desk.open(f"/admin/sandbox/{lea.pk}/")
    page.wait_for_function("Array.from(document.images).every((image) => image.complete)")
    page.wait_for_function(
        "(() => { const list = document.getElementById('bubbles');"
        " return list.scrollTop > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 5; })()"
    )
