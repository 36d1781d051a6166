"""A sequence in a real browser that is not ready yet, and a message that arrives in the sandbox chat."""

from __future__ import annotations

import pytest

from channels.content import QuickReplies, QuickReply, Text
from channels.messages import LocalMessage
from channels.models import Contact
from channels.sandbox import show_messages
from sequences.models import Sequence
from tests.admin.conftest import NOW
from tests.browser.conftest import Desk
from tests.builders import a_channel, a_contact, a_sub_flow

pytestmark = pytest.mark.browser


def test_a_message_moves_up_and_an_added_one_without_a_sub_flow_is_refused(desk: Desk):
    reminder = a_sub_flow(desk.workspace, name="Reminder")
    page = desk.open("/admin/sequences/sequence/add/")
    page.fill("[name=name]", "After a cart")
    cards = page.locator("[data-row-list] > [data-row]")
    cards.first.locator("[name$=sub_flow]").select_option(str(reminder.pk))
    page.click("text=Add message")
    cards.nth(1).locator("[data-menu] summary").click()
    cards.nth(1).get_by_text("Move up").click()
    page.click("button[name=_save]")
    cards.first.locator("text=This value is needed.").wait_for()
    assert cards.nth(1).locator("[name$=sub_flow]").input_value() == str(reminder.pk)
    assert not Sequence.objects.exists()


def test_a_message_arrives_without_a_reload_and_a_tap_answers(desk: Desk):
    lea = a_contact(a_channel(desk.workspace), first_name="Léa")
    page = desk.open(f"/admin/sandbox/{lea.pk}/")
    page.evaluate("window.stayed = true")
    show_messages([LocalMessage(lea.pk, lea.channel_id, "1.0", Text("Your basket is waiting."))], now=NOW)
    page.locator(".bubble >> text=Your basket is waiting.").wait_for()
    question = QuickReplies("How was it?", (QuickReply("Very good", "good"),))
    show_messages([LocalMessage(lea.pk, lea.channel_id, "1.1", question)], now=NOW)
    page.click("button:has-text('Very good')")
    page.locator(".is-answer >> text=Very good").wait_for()
    page.fill("[name=text]", "Thanks <b>you</b>")
    page.press("[name=text]", "Enter")
    page.locator(".is-answer >> text=Thanks <b>you</b>").wait_for()
    assert page.evaluate("window.stayed") is True
    assert Contact.objects.get(pk=lea.pk).last_interaction_at is not None
