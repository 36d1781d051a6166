"""Tests and rehearsals from the pages: who may, for whom, and what is said."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import Contact
from sequencer.workspaces.models import Role
from sequences.models import Rehearsal, Sequence, Step, SubFlow, Subscription, Trial, TrialPart
from sequences.tasks import send_trial
from tests.admin.conftest import NOW, Shop
from tests.builders import a_contact
from tests.engine import texts_shown_to

TOKEN = "0123456789abcdef"


def page_of(shop: Shop) -> str:
    return reverse("admin:sequences_test", args=[shop.sequence.pk])


def sends(shop: Shop, role: Role = Role.EDITOR, **values):
    form = {"send": "1", "token": TOKEN, "contact": shop.lea.pk, "step": "", **values}
    return shop.as_(role).post(page_of(shop), form)


def play(shop: Shop, role: Role = Role.EDITOR, **values):
    form = {"wrote": "0", "speed": "0", "channel": shop.sandbox.pk, "first_name": "Zoé", **values}
    return shop.as_(role).post(reverse("admin:sequences_rehearse", args=[shop.sequence.pk]), form)


def test_a_test_is_asked_for_sent_and_told_of(shop: Shop):
    Contact.objects.filter(pk=shop.lea.pk).update(last_interaction_at="2999-01-01T00:00Z")
    answer = sends(shop)
    trial = Trial.objects.get()
    assert answer["Location"] == reverse("admin:sequences_trial", args=[trial.pk])
    browser = shop.as_(Role.EDITOR)
    assert "Waiting for a worker" in browser.get(answer["Location"]).content.decode()
    assert send_trial(trial.pk)
    assert texts_shown_to(shop.lea) == ["Hello!"]
    part = browser.get(answer["Location"], {"part": "1"}).content.decode()
    assert "Hello!" in part
    assert "data-unfinished" not in part
    assert Subscription.objects.count() == 1  # the one that was there


def test_why_not_is_said_in_words(shop: Shop):
    answer = sends(shop)
    send_trial(Trial.objects.get().pk)
    text = shop.as_(Role.EDITOR).get(answer["Location"]).content.decode()
    assert "This person has never written on this channel" in text
    assert texts_shown_to(shop.lea) == []


def test_whoever_can_receive_now_is_told_apart_and_the_others_say_why(shop: Shop):
    a_contact(shop.sandbox, first_name="Max", last_interaction_at=timezone.now() - timedelta(hours=1))
    a_contact(shop.sandbox, first_name="Old", last_interaction_at=timezone.now() - timedelta(hours=69))
    text = shop.as_(Role.EDITOR).get(page_of(shop)).content.decode()
    assert text.count("can receive now") == 1
    assert "last wrote 69 h ago" in text
    assert "never wrote" in text
    assert text.count("Write as them first") == 2


def test_a_rehearsal_begins_with_whom_the_panel_supposed(shop: Shop):
    page = reverse("admin:sequences_rehearse", args=[shop.sequence.pk])
    given = {"who-contact": str(shop.lea.pk), "who-zone": "Asia/Tokyo", "who-wrote": "1800"}
    initial = shop.as_(Role.EDITOR).get(page, given).context["form"].initial
    assert (initial["contact"], initial["time_zone"], initial["wrote"]) == (str(shop.lea.pk), "Asia/Tokyo", "30")
    nonsense = {"who-contact": "9" * 30, "who-zone": "Nowhere", "who-wrote": "what", "who-channel": "x"}
    assert shop.as_(Role.EDITOR).get(page, nonsense).status_code == 200


def test_a_double_click_is_one_test_and_says_so(shop: Shop):
    first = sends(shop)
    again = shop.as_(Role.EDITOR).post(
        page_of(shop), {"send": "1", "token": TOKEN, "contact": shop.lea.pk}, follow=True
    )
    assert again.redirect_chain[-1][0] == first["Location"]
    assert "it was not sent again" in again.content.decode()
    assert Trial.objects.count() == 1


def test_a_search_keeps_what_was_chosen(shop: Shop):
    bob = a_contact(shop.sandbox, first_name="Bob")
    values = {"find": "1", "q": "bob", "token": TOKEN, "step": shop.step.pk, "contact": shop.lea.pk}
    text = shop.as_(Role.EDITOR).post(page_of(shop), values).content.decode()
    offered = re.findall(r'name="contact" value="(\d+)"', text)
    assert offered == [str(shop.lea.pk), str(bob.pk)]  # who was chosen stays on the list
    assert f'<option value="{shop.step.pk}" selected>' in text
    assert f'name="token" value="{TOKEN}"' in text
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"contact": ""}, "Choose whom the test goes to."),
        ({"contact": "999999"}, "Choose whom the test goes to."),
        ({"contact": "x" * 30}, "Choose whom the test goes to."),
        ({"step": "999999"}, "This message is not there any more."),
        ({"token": ""}, "Open this page anew"),
    ],
)
def test_what_is_missing_is_named(shop: Shop, values, says):
    answer = sends(shop, **values)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not Trial.objects.exists()


def test_an_archived_message_or_sequence_is_not_tested(shop: Shop):
    Step.objects.filter(pk=shop.step.pk).update(archived_at=NOW)
    assert "not there any more" in sends(shop, step=shop.step.pk).content.decode()
    Sequence.objects.filter(pk=shop.sequence.pk).update(state="archived")
    assert "This sequence is archived" in sends(shop).content.decode()


def test_nobody_of_another_workspace_gets_a_test(shop: Shop, other: Shop):
    assert "Choose whom" in sends(shop, contact=other.lea.pk).content.decode()
    assert "not there any more" in sends(shop, step=other.step.pk).content.decode()
    foreign = reverse("admin:sequences_test", args=[other.sequence.pk])
    form = {"send": "1", "token": TOKEN, "contact": shop.lea.pk}
    assert shop.as_(Role.EDITOR).post(foreign, form).status_code == 404
    assert not Trial.objects.exists()
    sends(other)
    theirs = Trial.objects.get()
    assert shop.as_(Role.OWNER).get(reverse("admin:sequences_trial", args=[theirs.pk])).status_code == 404


def test_viewers_try_nothing(shop: Shop):
    assert sends(shop, Role.VIEWER).status_code == 403
    assert play(shop, Role.VIEWER).status_code == 403
    sends(shop)
    page = reverse("admin:sequences_trial", args=[Trial.objects.get().pk])
    assert shop.as_(Role.VIEWER).get(page).status_code == 403
    assert [model.objects.count() for model in (Rehearsal, TrialPart)] == [0, 0]


def test_a_rehearsal_shows_what_arrives_when_and_why(shop: Shop):
    SubFlow.objects.filter(pk=shop.sub_flow.pk).update(blocks=[{"type": "text", "text": "Hi {{ first_name }}"}])
    answer = play(shop, time_zone="Asia/Tokyo")
    page = shop.as_(Role.EDITOR).get(answer["Location"]).content.decode()
    assert "Hi Zoé" in page
    assert "Asia/Tokyo" in page
    assert "The sequence is over for this person" in page


def test_a_rehearsal_is_told_and_answered_without_a_reload(shop: Shop):
    Step.objects.filter(pk=shop.step.pk).update(outside_reply_window="hold")
    play(shop, wrote="never")
    number = Rehearsal.objects.get().pk
    browser = shop.as_(Role.EDITOR)
    feed = reverse("admin:rehearsal_lines", args=[number])
    told = browser.get(feed).json()
    assert "Held" in told["messages"][0]["html"]
    assert "as soon as the person writes" in told["status"]["why"]
    browser.post(reverse("admin:rehearsal_answer", args=[number]), {"text": "Here I am"})
    told = browser.get(feed, {"after": "1"}).json()
    assert "Here I am" in told["messages"][0]["html"]
    assert "Hello!" in told["messages"][2]["html"]
    assert told["status"]["is_over"] is True
    assert Contact.objects.get(pk=shop.lea.pk).last_interaction_at is None


def test_the_clock_is_put_forward_by_post_alone(shop: Shop):
    Step.objects.filter(pk=shop.step.pk).update(delay_amount=2, delay_unit="days", content_type="account_update")
    play(shop)
    row = Rehearsal.objects.get()
    clock = reverse("admin:rehearsal_clock", args=[row.pk])
    browser = shop.as_(Role.EDITOR)
    assert browser.get(clock).status_code == 405
    browser.post(clock, {"ahead": "hour"})
    browser.post(clock, {"ahead": "rubbish"})
    browser.post(clock, {"speed": "17"})
    row.refresh_from_db()
    assert ((row.virtual_at - row.started_at).total_seconds() // 3600, row.speed) == (1, 0)
    browser.post(clock, {"ahead": "next"})
    browser.post(clock, {"speed": "3600"})
    row.refresh_from_db()
    assert (row.ended_because, row.speed) == ("completed", 3600)


def test_a_contact_lends_name_fields_and_zone_but_hears_nothing(shop: Shop):
    Contact.objects.filter(pk=shop.lea.pk).update(fields={"cart": "tea"}, time_zone="Asia/Tokyo")
    text = "{{ first_name }}: {{ fields.cart }}"
    SubFlow.objects.filter(pk=shop.sub_flow.pk).update(blocks=[{"type": "text", "text": text}])
    answer = play(shop, contact=shop.lea.pk, first_name="")
    assert "Léa: tea" in shop.as_(Role.EDITOR).get(answer["Location"]).content.decode()
    assert texts_shown_to(shop.lea) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"wrote": "contact"}, "wrote"),
        ({"speed": "5"}, "speed"),
        ({"channel": "999999"}, "channel"),
        ({"contact": "999999"}, "contact"),
    ],
)
def test_what_is_wrong_with_a_rehearsal_stands_on_its_field(shop: Shop, values, field):
    answer = play(shop, **values)
    assert list(answer.context["form"].errors) == [field]
    assert 'value="Zoé"' in answer.content.decode()
    assert not Rehearsal.objects.exists()


def test_a_rehearsal_of_another_workspace_is_not_there(shop: Shop, other: Shop):
    play(other)
    theirs = Rehearsal.objects.get()
    for name in ("rehearsal", "rehearsal_lines", "rehearsal_answer", "rehearsal_clock"):
        page = reverse(f"admin:{name}", args=[theirs.pk])
        assert shop.as_(Role.OWNER).post(page, {"text": "Hi", "ahead": "day"}).status_code == 404
    assert "channel" in play(shop, channel=other.sandbox.pk).context["form"].errors
    assert "contact" in play(shop, contact=other.lea.pk).context["form"].errors
    assert Rehearsal.objects.count() == 1
