"""Trying a sequence in a real browser: a test to a sandbox contact, and a rehearsal that is answered."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sequences.models import Rehearsal, Sequence, Trial
from sequences.tasks import send_trial
from tests.browser.conftest import Desk
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow

pytestmark = pytest.mark.browser


def a_sequence_to_try(desk: Desk) -> Sequence:
    question = [
        {
            "type": "quick_replies",
            "text": "How was it, {{ first_name }}?",
            "replies": [
                {"label": "Very good", "action": {"action": "add_tag", "tag": "happy"}},
                {"label": "So so", "payload": "so"},
            ],
        }
    ]
    steps = [
        {"name": "Question", "sub_flow": a_sub_flow(desk.workspace, blocks=question)},
        {
            "name": "Coupon",
            "sub_flow": a_sub_flow(desk.workspace, "Here is your coupon."),
            "delay_amount": 30,
            "delay_unit": "hours",
            "outside_reply_window": "hold",
        },
    ]
    return a_sequence(desk.workspace, steps, name="After a talk")


def test_a_test_is_sent_and_the_page_says_so_by_itself(desk: Desk):
    sequence = a_sequence_to_try(desk)
    channel = a_channel(desk.workspace, name="Sandbox")
    a_contact(channel, first_name="Léa", last_interaction_at=timezone.now())
    a_contact(channel, first_name="Bob")
    page = desk.open(f"/admin/sequences/sequence/{sequence.pk}/test/")
    page.fill("[name=q]", "léa")
    page.press("[name=q]", "Enter")
    expect(page.locator("[name=contact]")).to_have_count(1)
    page.check("[name=contact]")
    page.click("text=Send the test")
    page.locator("text=Waiting for a worker").wait_for()
    assert send_trial(Trial.objects.get().pk)
    page.locator("text=How was it, Léa?").wait_for()
    expect(page.locator(".pill.is-good")).to_have_count(2)
    page.click("text=Sandbox chat >> nth=-1")
    page.locator(".bubble >> text=Here is your coupon.").wait_for()


def test_a_rehearsal_is_played_answered_and_ends(desk: Desk):
    sequence = a_sequence_to_try(desk)
    a_channel(desk.workspace, name="Sandbox")
    page = desk.open(f"/admin/sequences/sequence/{sequence.pk}/rehearse/")
    page.fill("[name=first_name]", "Zoé")
    page.select_option("[name=speed]", "0")
    page.click("button:has-text('Play'):visible >> nth=-1")
    page.wait_for_url(re.compile(r"/rehearsal/\d+/"))
    page.evaluate("window.stayed = true")
    page.click("button:has-text('Very good')")
    page.locator(".happened >> text=Tag added: happy").wait_for()
    page.click("text=To the next message")
    page.locator(".happened >> text=Held: Coupon").wait_for()
    expect(page.locator("[data-status=why]")).to_contain_text("as soon as the person writes")
    page.fill("[name=text]", "I am back")
    page.press("[name=text]", "Enter")
    page.locator(".bubble >> text=Here is your coupon.").wait_for()
    expect(page.locator("[data-status=why]")).to_have_text("All messages of the sequence are done.")
    expect(page.locator("[data-until-over]")).to_be_hidden()
    assert page.evaluate("window.stayed") is True


def test_the_clock_runs_by_itself_while_the_page_is_open(desk: Desk):
    sequence = a_sequence(desk.workspace, [{"delay_amount": 2, "delay_unit": "hours"}])
    a_channel(desk.workspace)
    page = desk.open(f"/admin/sequences/sequence/{sequence.pk}/rehearse/")
    page.select_option("[name=speed]", "3600")
    page.click("button:has-text('Play'):visible >> nth=-1")
    page.locator(".bubble >> text=Hello!").wait_for()
    assert Rehearsal.objects.get().ended_because == "completed"
