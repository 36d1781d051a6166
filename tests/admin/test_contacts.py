"""Contacts: their own values, their life in sequences, and what is done with many at once."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import Channel, Contact
from sequencer.workspaces.models import AuditEvent, Role
from sequences.models import Sequence, Subscription
from tests.admin.conftest import Shop
from tests.builders import a_channel, a_contact, a_sequence, a_step

LIST = "/admin/channels/contact/"


def words_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_page_shows_the_next_message_and_why(shop: Shop):
    text = shop.as_(Role.VIEWER).get(reverse("admin:channels_contact_change", args=[shop.lea.pk])).content.decode()
    assert shop.sequence.name in text
    # The first message is late and this person never wrote: it will not go, and the page says so beforehand.
    assert "will not go" in text
    assert "More than 24 hours have passed" in text


def test_an_editor_changes_what_is_known_of_a_person(shop: Shop):
    Contact.objects.filter(pk=shop.lea.pk).update(fields={"order": 7, "gone": "x"}, tags=["old"])
    form = {
        "first_name": "Léonie",
        "last_name": "",
        "language": "fr",
        "time_zone": "Asia/Tokyo",
        "utc_offset_minutes": "",
        "shown_tags": "vip, new",
        "shown_fields": "order: 7\nsize: L",
    }
    page = reverse("admin:channels_contact_change", args=[shop.lea.pk])
    assert shop.as_(Role.EDITOR).post(page, form).status_code == 302
    lea = Contact.objects.get(pk=shop.lea.pk)
    assert (lea.first_name, lea.time_zone, lea.tags) == ("Léonie", "Asia/Tokyo", ["vip", "new"])
    assert lea.fields == {"order": 7, "size": "L"}


def test_a_zone_nobody_knows_is_refused_on_its_field(shop: Shop):
    page = reverse("admin:channels_contact_change", args=[shop.lea.pk])
    response = shop.as_(Role.EDITOR).post(page, {"time_zone": "Europe/Nowhere"})
    assert "time_zone" in response.context["adminform"].form.errors


def test_a_new_contact_on_a_foreign_channel_is_refused(shop: Shop, other: Shop):
    response = shop.as_(Role.EDITOR).post(f"{LIST}add/", {"channel": other.sandbox.pk, "address": "x"})
    assert "channel" in response.context["adminform"].form.errors
    assert shop.as_(Role.EDITOR).post(f"{LIST}add/", {"channel": shop.sandbox.pk, "address": "x"}).status_code == 302


def test_a_new_contact_never_overwrites_somebody(shop: Shop):
    form = {"channel": shop.sandbox.pk, "address": f" {shop.lea.address} ", "first_name": "Mallory"}
    response = shop.as_(Role.EDITOR).post(f"{LIST}add/", form)
    assert response.context["adminform"].form.errors["address"] == [
        "Somebody has this address on this channel already: Léa"
    ]
    assert Contact.objects.get(pk=shop.lea.pk).first_name == "Léa"
    assert not AuditEvent.objects.filter(object_kind="contact", object_id=shop.lea.pk).exists()


def test_many_are_subscribed_at_once_with_the_counts_and_the_reasons(shop: Shop, other: Shop):
    bob = a_contact(shop.sandbox)
    cleo = a_contact(shop.sandbox, blocked_at="2026-01-01T00:00Z")
    chosen = {"action": "subscribe", "_selected_action": [shop.lea.pk, bob.pk, cleo.pk, other.lea.pk]}
    browser = shop.as_(Role.EDITOR)
    page = browser.post(LIST, chosen)
    assert "3 contacts are chosen" in page.content.decode()
    assert other.sequence.name not in page.content.decode()
    done = browser.post(LIST, {**chosen, "apply": "1", "sequence": shop.sequence.pk}, follow=True)
    assert words_of(done) == [
        f"1 person entered {shop.sequence}.",
        "1 person has not written within 24 hours: the first message is Default / Other and will not go.",
        "1 × This person is in the sequence already.",
        "1 × This person opted out or blocked the channel.",
    ]
    assert Subscription.objects.filter(contact=bob).exists()
    assert Subscription.objects.filter(contact=other.lea).count() == 1


def test_a_foreign_sequence_is_no_choice(shop: Shop, other: Shop):
    chosen = {"action": "subscribe", "_selected_action": [shop.lea.pk], "apply": "1", "sequence": other.sequence.pk}
    assert "Select a valid choice" in shop.as_(Role.EDITOR).post(LIST, chosen).content.decode()
    assert not Subscription.objects.filter(sequence=other.sequence, contact=shop.lea).exists()


def test_many_leave_at_once(shop: Shop):
    chosen = {"action": "unsubscribe", "_selected_action": [shop.lea.pk], "apply": "1", "sequence": shop.sequence.pk}
    shop.as_(Role.EDITOR).post(LIST, chosen)
    assert Subscription.objects.get(pk=shop.subscription.pk).ended_because == "unsubscribed"


def test_viewers_subscribe_nobody(shop: Shop):
    fresh = a_sequence(shop.workspace)
    chosen = {"action": "subscribe", "_selected_action": [shop.lea.pk], "apply": "1", "sequence": fresh.pk}
    shop.as_(Role.VIEWER).post(LIST, chosen)
    assert not Subscription.objects.filter(sequence=fresh).exists()


def test_only_owners_decide_about_consent(shop: Shop):
    chosen = {"action": "opt_out", "_selected_action": [shop.lea.pk]}
    shop.as_(Role.EDITOR).post(LIST, chosen)
    assert Contact.objects.get(pk=shop.lea.pk).opted_out_at is None
    shop.as_(Role.OWNER).post(LIST, chosen)
    assert Contact.objects.get(pk=shop.lea.pk).opted_out_at is not None
    assert Subscription.objects.get(pk=shop.subscription.pk).ended_because == "opted_out"


def test_stopping_a_subscription_from_the_list(shop: Shop, other: Shop):
    chosen = {"action": "stop", "_selected_action": [shop.subscription.pk, other.subscription.pk]}
    page = "/admin/sequences/subscription/"
    shop.as_(Role.VIEWER).post(page, chosen)
    assert Subscription.objects.get(pk=shop.subscription.pk).state == "active"
    shop.as_(Role.EDITOR).post(page, chosen)
    assert Subscription.objects.get(pk=shop.subscription.pk).state == "stopped"
    assert Subscription.objects.get(pk=other.subscription.pk).state == "active"


def test_filters_by_a_foreign_id_show_nothing_foreign(shop: Shop, other: Shop):
    for page in ("/admin/sequences/subscription/", "/admin/sequences/delivery/"):
        for name in ("sequence__id__exact", "subscription__sequence__id__exact", "channel__id__exact"):
            text = shop.as_(Role.VIEWER).get(page, {name: other.sequence.pk}, follow=True).content.decode()
            assert "Zanzibar" not in text
            assert "Zacharias" not in text


def test_autocomplete_finds_only_ours(shop: Shop, other: Shop):
    query = {"app_label": "sequences", "model_name": "subscription", "field_name": "contact", "term": ""}
    answer = shop.as_(Role.VIEWER).get("/admin/autocomplete/", query)
    assert [result["text"] for result in answer.json()["results"]] == ["Léa"]
    users = {"app_label": "workspaces", "model_name": "membership", "field_name": "user", "term": ""}
    assert shop.as_(Role.OWNER).get("/admin/autocomplete/", users).status_code == 403


def test_the_future_is_what_the_engine_would_do(shop: Shop):
    """Message by message: one in the window, one that waits for its hours, one that will have to wait for a word."""
    now = timezone.now()
    Contact.objects.filter(pk=shop.lea.pk).update(last_interaction_at=now, time_zone="Asia/Tokyo")
    shop.sequence.steps.update(name="First", delay_amount=1, delay_unit="hours")
    a_step(shop.sequence, name="Second", delay_amount=30, delay_unit="hours", outside_reply_window="hold")
    a_step(shop.sequence, name="Third")
    Subscription.objects.update(countdown_started_at=now, next_send_at=now + timedelta(hours=1))
    page = shop.as_(Role.VIEWER).get(reverse("admin:channels_contact_change", args=[shop.lea.pk]))
    [ahead] = page.context["futures"]
    assert [(line["message"], line["is_sent"], str(line["word"])) for line in ahead.lines] == [
        ("First", True, ""),
        ("Second", False, "will wait"),
    ]
    tokyo = (now + timedelta(hours=1)).astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{tokyo:%H:%M}" in ahead.lines[0]["moment"]
    assert "Asia/Tokyo" in page.content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sequence": {"state": "paused"}}, "The sequence is paused"),
        ({"channel": {"state": "paused"}}, "The channel is paused"),
        ({"row": {"next_send_at": None, "next_because": "reply_window_closed"}}, "holds the next message"),
    ],
)
def test_the_page_says_what_stands_in_the_way(shop: Shop, change, says):
    Sequence.objects.filter(pk=shop.sequence.pk).update(**change.get("sequence", {"name": "x"}))
    Channel.objects.filter(pk=shop.sandbox.pk).update(**change.get("channel", {"name": "x"}))
    Subscription.objects.filter(pk=shop.subscription.pk).update(**change.get("row", {"next_because": "countdown"}))
    text = shop.as_(Role.VIEWER).get(reverse("admin:channels_contact_change", args=[shop.lea.pk])).content.decode()
    assert says in text


def test_one_sequence_is_stopped_from_the_page_of_a_person(shop: Shop, other: Shop):
    page = reverse("admin:channels_contact_stop", args=[shop.lea.pk])
    ours, theirs = {"subscription": shop.subscription.pk}, {"subscription": other.subscription.pk}
    assert shop.as_(Role.VIEWER).post(page, ours).status_code == 403
    assert shop.as_(Role.EDITOR).get(page).status_code == 405
    shop.as_(Role.EDITOR).post(page, theirs)
    assert set(Subscription.objects.values_list("state", flat=True)) == {"active"}
    shop.as_(Role.EDITOR).post(page, ours)
    assert Subscription.objects.get(pk=shop.subscription.pk).ended_because == "unsubscribed"
    foreign = reverse("admin:channels_contact_stop", args=[other.lea.pk])
    assert shop.as_(Role.EDITOR).post(foreign, theirs).status_code == 404


def test_an_owner_opts_somebody_out_and_in_with_a_note(shop: Shop, other: Shop):
    page = reverse("admin:channels_contact_consent", args=[shop.lea.pk])
    assert shop.as_(Role.EDITOR).post(page, {"consent": "out"}).status_code == 403
    shop.as_(Role.OWNER).post(page, {"consent": "out", "note": "She called us"})
    assert Contact.objects.get(pk=shop.lea.pk).opted_out_at is not None
    assert Subscription.objects.get(pk=shop.subscription.pk).ended_because == "opted_out"
    life = reverse("admin:channels_contact_change", args=[shop.lea.pk])
    assert "She called us" in shop.as_(Role.VIEWER).get(life).content.decode()
    shop.as_(Role.OWNER).post(page, {"consent": "in", "note": "She asked for it"})
    assert Contact.objects.get(pk=shop.lea.pk).opted_out_at is None
    event = AuditEvent.objects.get(verb="opted_in")
    assert event.changes == {"note": [None, "She asked for it"]}
    foreign = reverse("admin:channels_contact_consent", args=[other.lea.pk])
    assert shop.as_(Role.OWNER).post(foreign, {"consent": "out"}).status_code == 404


@pytest.mark.once("sqlite")
def test_the_same_person_elsewhere_is_linked_and_unlinked_on_the_page(shop: Shop, other: Shop):
    mail = a_contact(a_channel(shop.workspace, name="Mail"), "lea@e.com")
    page = reverse("admin:channels_contact_change", args=[shop.lea.pk])
    links = reverse("admin:channels_contact_links", args=[shop.lea.pk])
    wish = {"link": "one", "channel": mail.channel_id, "address": " lea@e.com "}
    assert shop.as_(Role.VIEWER).post(links, wish).status_code == 403
    assert other.as_(Role.OWNER).post(links, wish).status_code == 404
    assert words_of(shop.as_(Role.EDITOR).post(links, {**wish, "address": "x"}, follow=True)) == [
        "Nobody has this address on that channel."
    ]
    foreign = {**wish, "channel": other.sandbox.pk, "address": other.lea.address}
    assert words_of(shop.as_(Role.EDITOR).post(links, foreign, follow=True)) == [
        "Nobody has this address on that channel."
    ]
    assert words_of(shop.as_(Role.EDITOR).post(links, wish, follow=True)) == ["Linked: both are one person."]
    assert "lea@e.com" in shop.as_(Role.VIEWER).get(page).content.decode()
    assert words_of(shop.as_(Role.EDITOR).post(links, {"link": "none"}, follow=True)) == [
        "This contact stands alone again."
    ]
    assert not Contact.objects.exclude(person=None).exists()
