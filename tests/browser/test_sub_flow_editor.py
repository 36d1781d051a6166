"""A sub-flow is written in a real browser: by mouse, by keyboard, on a phone, in the dark, in French."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from sequences.models import SubFlow
from tests.admin.test_sub_flow_form import page_of
from tests.browser.conftest import Desk
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow

pytestmark = pytest.mark.browser

ADD = "/admin/sequences/subflow/add/"
BLOCKS = "[data-block-list] > [data-block]"


def blocks(page: Page) -> Locator:
    return page.locator(BLOCKS)


def save(page: Page) -> None:
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/sequences/subflow/")


def stored(name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = SubFlow.objects.get(name=name).blocks
    return found


def test_buttons_with_an_action_are_made_by_mouse_and_seen_on_the_phone(desk: Desk):
    coupon = a_sequence(desk.workspace, name="Spring coupon")
    a_channel(desk.workspace, kind="messenger")
    page = desk.open(ADD)
    page.fill("#id_name", "Welcome")
    first = blocks(page).first
    first.locator("textarea").fill("Hello ")
    first.locator("[data-insert]:visible").first.click()
    page.fill("[data-fallback]", 'there "you"')
    page.click("[data-value=first_name]")
    first.locator("[data-becomes]").click()
    first.locator("[name$=-label]").fill("Our shop")
    first.locator("[data-tap] [name$=-url]").fill("https://shop.example/")
    first.locator("[data-add-tap]:visible").click()
    second = first.locator("[data-tap]").nth(1)
    second.locator("[name$=-label]").fill("Get the coupon")
    second.locator("[data-does]").select_option("subscribe")
    second.locator("[name$=-sequence]").select_option(coupon.public_id)
    page.click("[data-add-type=pause]")
    phone = page.locator("[data-phone]")
    expect(phone).to_contain_text("Hello Léa")
    expect(phone).to_contain_text("subscribes to “Spring coupon”")
    expect(phone).to_contain_text("waits 3 s")
    page.select_option("[data-preview-person]", "unknown")
    expect(phone).to_contain_text('Hello there "you"')
    save(page)
    assert stored("Welcome") == [
        {
            "type": "buttons",
            "text": 'Hello {{ first_name|default:"there \\"you\\"" }}',
            "buttons": [
                {"label": "Our shop", "url": "https://shop.example/"},
                {"label": "Get the coupon", "action": {"action": "subscribe", "sequence": coupon.public_id}},
            ],
        },
        {"type": "pause", "seconds": 3},
    ]


def test_a_sub_flow_is_written_by_keyboard_alone(desk: Desk):
    page = desk.open(ADD)
    page.focus("#id_name")
    page.keyboard.type("Keys")
    page.locator("[data-block-list] textarea").first.focus()
    page.keyboard.type("First")
    page.focus("[data-add-type=text]")
    page.keyboard.press("Enter")
    page.keyboard.type("Second")
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate("document.activeElement.value") == "Second"
    page.focus("[data-add-type=action]")
    page.keyboard.press("Enter")
    blocks(page).nth(2).locator("[name$=-action]").select_option("add_tag")
    blocks(page).nth(2).locator("[name$=-tag]").focus()
    page.keyboard.type("vip")
    blocks(page).nth(1).locator("[data-add-here]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('[data-add-here]')")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the first choice of the menu: a text
    page.keyboard.type("Between")
    save(page)
    texts = [block.get("text") or block["type"] for block in stored("Keys")]
    assert texts == ["Second", "Between", "First", "action"]


def test_a_block_is_dragged_duplicated_removed_and_brought_back(desk: Desk):
    flow = a_sub_flow(desk.workspace, name="Three", blocks=[{"type": "text", "text": word} for word in "abc"])
    page = desk.open(page_of(flow))
    handle, target = blocks(page).nth(2).locator("[data-handle]"), blocks(page).nth(0)
    handle.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 5, steps=8)
    page.mouse.up()
    expect(blocks(page).nth(0).locator("textarea")).to_have_value("c")
    blocks(page).nth(0).locator("[data-copy]").click()
    blocks(page).nth(1).locator("textarea").fill("copy of c")
    for place in (2, 3):
        blocks(page).nth(place).locator(".block-head .delete").click()
    expect(blocks(page).nth(2).locator("textarea")).to_be_hidden()
    blocks(page).nth(2).locator("[data-undo]:visible").click()
    save(page)
    assert [block["text"] for block in stored("Three")] == ["c", "copy of c", "a"]


def test_a_limit_is_counted_while_typing_and_an_unknown_placeholder_named(desk: Desk):
    a_channel(desk.workspace, kind="messenger")
    page = desk.open(ADD)
    text = blocks(page).first.locator("textarea")
    text.fill("x" * 1995)
    expect(page.locator("[data-notes=blocks-0-text]")).to_have_text("Facebook Messenger: 4 characters left")
    text.press_sequentially("12345")
    expect(page.locator("[data-notes=blocks-0-text]")).to_have_text("Facebook Messenger: 1 character too many")
    text.fill("Hi {{ nobody }}")
    expect(page.locator("[data-notes=blocks-0-text]")).to_have_text("There is no placeholder nobody.")


def test_the_phone_shows_what_a_real_contact_would_read(desk: Desk):
    a_contact(a_channel(desk.workspace, name="Sandbox"), first_name="Ines", address="ines-1")
    page = desk.open(ADD)
    blocks(page).first.locator("textarea").fill("Hello {{ first_name }}")
    page.select_option("[data-preview-person]", "search")
    expect(page.locator("#preview-people option")).to_have_count(1)
    page.fill("[data-preview-search]", "Ines · Sandbox")
    expect(page.locator("[data-phone]")).to_contain_text("Hello Ines")


def test_problems_of_a_refused_form_stand_on_their_rows_and_nothing_is_lost(desk: Desk):
    page = desk.open(ADD)
    page.fill("#id_name", "Broken")
    page.click("[data-add-type=buttons]")
    page.locator("[name$=-label]:visible").fill("Go")
    page.click("button[name=_save]")
    expect(blocks(page).nth(0).locator(".row-problem")).to_contain_text(["This value is needed.", "A button needs"])
    expect(page.locator("[data-tap] .row-problem")).to_have_text(
        "A button needs an address to open, a payload or an action."
    )
    assert page.locator("[name$=-label]:visible").input_value() == "Go"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out_and_the_editor_works(desk: Desk, scheme: str):
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = desk.open(ADD)
    page.fill("#id_name", "Small")
    for kind in ("buttons", "quick_replies", "image", "pause", "action"):
        page.click(f"[data-add-type={kind}]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, kind
    page.locator("[data-insert]:visible").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_editor_speaks_french(desk: Desk):
    desk.ann.language = "fr"
    desk.ann.save()
    page = desk.open(ADD)
    expect(page.locator("[data-add-type=quick_replies]")).to_contain_text("Texte avec réponses rapides")
    english = page.evaluate(
        """(words) => words.filter((word) => document.querySelector("#content-main").innerText.includes(word))""",
        ["What the person", "Add button", "Insert", "Somebody", "made up", "Write what", "Nothing yet"],
    )
    assert english == []
