"""Members, invitations, keys, channels, settings and the switch between workspaces."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from channels.models import Channel
from channels.secrets import unseal
from sequencer.workspaces.actions.api_keys import find_api_key
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.admin.audit_words import changes_of, kind_of, verb_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import ApiKey, AuditEvent, Invitation, Membership, Role, User, Workspace
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.models import Subscription
from tests.admin.conftest import NOW, Shop
from tests.builders import a_channel, a_member


def invite(shop: Shop, committing: Any, email: str = "new@example.com", role: str = "editor") -> str:
    """The link of the e-mail."""
    mail.outbox.clear()
    with committing(execute=True):
        response = shop.as_(Role.OWNER).post("/admin/workspaces/invitation/add/", {"email": email, "role": role})
    assert response.status_code == 302, response.content.decode()
    [letter] = mail.outbox
    assert letter.to == [email]
    found = re.search(r"/accounts/invitation/\S+/", str(letter.body))
    assert found
    return found.group()


def test_a_new_person_chooses_a_password_and_is_in(shop: Shop, django_capture_on_commit_callbacks):
    link = invite(shop, django_capture_on_commit_callbacks)
    assert Invitation.objects.get().token_hash not in link
    browser = Client()
    assert "new@example.com" in browser.get(link).content.decode()
    weak = browser.post(link, {"name": "Nina", "password": "password12"})
    assert weak.status_code == 200
    assert not User.objects.filter(email="new@example.com").exists()
    done = browser.post(link, {"name": "Nina", "password": "correct horse battery"}, follow=True)
    assert done.status_code == 200
    assert Membership.objects.get(user__email="new@example.com").role == "editor"
    assert Client().get(link).status_code == 404


def test_somebody_with_an_account_logs_in_and_joins(shop: Shop, other: Shop, django_capture_on_commit_callbacks):
    link = invite(shop, django_capture_on_commit_callbacks, other.owner.email, "viewer")
    stranger = Client()
    assert "Log in to join" in stranger.get(link).content.decode()
    stranger.post(link, {"name": "x", "password": "correct horse battery"})
    assert not Membership.objects.filter(workspace=shop.workspace, user=other.owner).exists()
    browser = other.as_(Role.OWNER)
    assert browser.post(link).status_code == 302
    assert Membership.objects.get(workspace=shop.workspace, user=other.owner).role == "viewer"


def test_the_link_is_good_for_its_address_only(shop: Shop, other: Shop, django_capture_on_commit_callbacks):
    link = invite(shop, django_capture_on_commit_callbacks)
    assert other.as_(Role.OWNER).post(link).status_code == 409
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404


def test_the_last_owner_stays(shop: Shop):
    mine = Membership.objects.get(user=shop.owner)
    page = reverse("admin:workspaces_membership_change", args=[mine.pk])
    response = shop.as_(Role.OWNER).post(page, {"role": "viewer"})
    assert response.context["adminform"].form.errors["role"]
    shop.as_(Role.OWNER).post("/admin/workspaces/membership/", {"action": "remove", "_selected_action": [mine.pk]})
    assert Membership.objects.get(pk=mine.pk).role == "owner"


def test_owners_change_roles_and_remove_people_of_their_workspace_only(shop: Shop, other: Shop):
    ed = Membership.objects.get(user=a_member(shop.workspace, Role.EDITOR))
    page = reverse("admin:workspaces_membership_change", args=[ed.pk])
    assert shop.as_(Role.OWNER).post(page, {"role": "owner"}).status_code == 302
    assert Membership.objects.get(pk=ed.pk).role == "owner"
    foreign = Membership.objects.get(user=other.owner)
    chosen = {"action": "remove", "_selected_action": [ed.pk, foreign.pk]}
    shop.as_(Role.OWNER).post("/admin/workspaces/membership/", chosen)
    assert not Membership.objects.filter(pk=ed.pk).exists()
    assert Membership.objects.filter(pk=foreign.pk).exists()


def test_a_key_is_shown_once_and_can_be_revoked(shop: Shop):
    browser = shop.as_(Role.OWNER)
    response = browser.post("/admin/workspaces/apikey/add/", {"name": "Bot", "scopes": ["read", "actions"]})
    found = re.search(r"seq_live_\w+", response.content.decode())
    assert found
    assert "no-store" in response["Cache-Control"]
    assert find_api_key(found.group(), now=timezone.now())
    assert found.group() not in browser.get("/admin/workspaces/apikey/").content.decode()
    browser.post("/admin/workspaces/apikey/", {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})
    assert find_api_key(found.group(), now=timezone.now()) is None


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("ends", ["0001-01-01T00:00", "1969-12-30T00:00", "2200-01-03T00:00", "9999-12-31T23:59"])
def test_a_key_that_ends_at_the_edge_of_the_calendar_is_refused(shop: Shop, zone: str, ends: str):
    Workspace.objects.update(time_zone=zone)
    browser = shop.as_(Role.OWNER)
    form = {"name": "Bot", "scopes": ["read"], "expires_at": ends}
    response = browser.post("/admin/workspaces/apikey/add/", form)
    assert response.status_code == 200
    assert "expires_at" in response.context["adminform"].form.errors
    assert not ApiKey.objects.exists()
    assert browser.post("/admin/workspaces/apikey/add/", {**form, "expires_at": "2199-12-30T00:00"}).status_code == 200
    assert ApiKey.objects.count() == 1
    assert browser.get("/admin/workspaces/apikey/").status_code == 200


def test_credentials_go_in_and_never_come_out(shop: Shop):
    browser = shop.as_(Role.OWNER)
    secrets = {"page_id": "1", "page_access_token": "tok-secret", "app_secret": "app-secret", "verify_token": "v"}
    form = {"name": "Page", **{f"credentials_{name}": value for name, value in secrets.items()}}
    answer = browser.post("/admin/channels/channel/add/?kind=messenger", form)
    channel = Channel.objects.get(name="Page")
    page = reverse("admin:channels_channel_change", args=[channel.pk])
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{page}?guide=open")
    assert '<details class="guide" open>' in browser.get(f"{page}?guide=open").content.decode()
    shown = browser.get(page).content.decode()
    assert not [value for value in ("tok-secret", "app-secret") if value in shown]
    assert browser.post(page, {"name": "Page 2", "settings_base_url": "ftp://x"}).status_code == 200
    assert browser.post(page, {"name": "Page 2", "settings_after_24_hours": "never"}).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.settings) == ("Page 2", {"after_24_hours": "never"})
    assert unseal(channel.credentials, workspace_id=shop.workspace.pk, channel_id=channel.pk) == secrets


def test_another_server_or_an_endless_pace_is_refused_on_the_form(shop: Shop):
    secrets = {"page_id": "1", "page_access_token": "t", "app_secret": "s", "verify_token": "v"}
    channel = a_channel(shop.workspace, "messenger", secrets)
    page, form = reverse("admin:channels_channel_change", args=[channel.pk]), {"name": "Page"}
    browser = shop.as_(Role.OWNER)
    answer = browser.post(page, {**form, "settings_base_url": "https://mine.example.net"})
    assert set(answer.context["adminform"].form.errors) == {f"credentials_{name}" for name in secrets}
    for pace in ("0.001", "20000", "1e400", "nan"):
        answer = browser.post(page, {**form, "settings_sends_per_second": pace})
        assert set(answer.context["adminform"].form.errors) == {"settings_sends_per_second"}
    channel.refresh_from_db()
    assert channel.settings == {}


def test_what_a_channel_lacks_is_said_on_its_field(shop: Shop):
    response = shop.as_(Role.OWNER).post("/admin/channels/channel/add/?kind=messenger", {"name": "Page"})
    assert "credentials_page_id" in response.context["adminform"].form.errors
    assert not Channel.objects.filter(name="Page").exists()


def test_owners_pause_and_resume_by_post(shop: Shop, other: Shop):
    page = reverse("admin:channels_channel_switch", args=[shop.sandbox.pk])
    assert shop.as_(Role.OWNER).get(page).status_code == 405
    assert shop.as_(Role.EDITOR).post(page, {"to": "paused"}).status_code == 404
    shop.as_(Role.OWNER).post(page, {"to": "paused"})
    assert Channel.objects.get(pk=shop.sandbox.pk).state == "paused"
    shop.as_(Role.OWNER).post(page, {"to": "active"})
    assert Channel.objects.get(pk=shop.sandbox.pk).state == "active"
    foreign = reverse("admin:channels_channel_switch", args=[other.sandbox.pk])
    assert shop.as_(Role.OWNER).post(foreign, {"to": "paused"}).status_code == 404


def test_owners_read_on_every_page_that_a_channel_paused_itself(shop: Shop, other: Shop):
    a_channel(shop.workspace, name="Our Page", state="paused", paused_because="credentials_refused")
    a_channel(other.workspace, name="Their Page", state="paused", paused_because="credentials_refused")
    text = shop.as_(Role.OWNER).get("/admin/sequences/sequence/").content.decode()
    assert "The channel Our Page paused itself" in text
    assert "Their Page" not in text
    assert "Our Page" not in shop.as_(Role.EDITOR).get("/admin/sequences/sequence/").content.decode()


def test_the_settings_are_the_owners_and_know_real_zones_only(shop: Shop):
    page = reverse("admin:workspace_settings")
    assert shop.as_(Role.EDITOR).get(page).status_code == 403
    wrong = shop.as_(Role.OWNER).post(page, {"name": "Nord", "time_zone": "Europe/Nowhere"})
    assert wrong.context["form"].errors["time_zone"]
    wrong = shop.as_(Role.OWNER).post(page, {"name": "No\x00rd", "time_zone": "Asia/Tokyo"})
    assert wrong.context["form"].errors["name"]
    shop.as_(Role.OWNER).post(page, {"name": "Nord", "time_zone": "Asia/Tokyo"})
    workspace = Workspace.objects.get(pk=shop.workspace.pk)
    assert (workspace.name, workspace.time_zone) == ("Nord", "Asia/Tokyo")


def test_people_switch_between_their_own_workspaces(shop: Shop, other: Shop):
    Membership.objects.create(workspace=other.workspace, user=shop.owner, role=Role.VIEWER, created_at=timezone.now())
    page, browser = reverse("admin:switch_workspace"), shop.as_(Role.OWNER)
    assert browser.get(page).status_code == 405
    browser.post(page, {"workspace": other.workspace.pk})
    text = browser.get("/admin/sequences/sequence/").content.decode()
    assert other.sequence.name in text
    assert shop.sequence.name not in text
    assert browser.get("/admin/sequences/sequence/add/").status_code == 403
    assert other.as_(Role.OWNER).post(page, {"workspace": shop.workspace.pk}).status_code == 404


def test_moments_are_shown_in_the_workspaces_zone(shop: Shop):
    text = (
        shop.as_(Role.VIEWER).get(reverse("admin:sequences_delivery_change", args=[shop.delivery.pk])).content.decode()
    )
    assert "2 Mar 2026, 13:00" in text


def test_no_page_of_another_app_is_registered():
    assert {model._meta.app_label for model in site._registry} == {"workspaces", "channels", "sequences"}


def test_people_choose_their_language(shop: Shop):
    browser = shop.as_(Role.VIEWER)
    browser.post(reverse("admin:profile"), {"name": "Vic", "language": "fr"})
    assert '<html lang="fr"' in browser.get("/admin/sequences/sequence/").content.decode()


def test_the_audit_log_speaks_the_readers_language(shop: Shop):
    event = AuditEvent(
        verb="subscribed", object_kind="sequence", changes={"people": [None, 2], "state": ["active", "paused"]}
    )
    with translation.override("fr"):
        assert verb_of(event) == "a abonné des personnes à"
        assert kind_of(event) == "séquence"
        assert changes_of(event) == ["personnes: – → 2", "état: Active → En pause"]


def test_the_audit_log_says_what_changed_of_a_message_and_of_a_key(shop: Shop):
    changes = {"steps": [2, 2], "steps.2.delay_amount": [3, 5], "steps.2.sub_flow_id": [7, 8]}
    edited = AuditEvent(verb="changed", object_kind="sequence", changes=changes)
    with translation.override("en"):
        assert changes_of(edited) == ["messages: 2 → 2", "message 2, wait: 3 → 5", "message 2, sub-flow changed"]
    content = AuditEvent(verb="changed", object_kind="subflow", changes={"blocks": ["[{'type'", "[{"]})
    with translation.override("en"):
        assert changes_of(content) == ["content changed"]
    key = AuditEvent(verb="created", object_kind="apikey", changes={"scopes": [None, "read,actions"]})
    with translation.override("fr"):
        assert changes_of(key) == ["portées: – → Lire, Actions d’un créateur de flux"]


def test_an_edit_of_a_message_is_told_in_the_log(shop: Shop):
    draft = draft_of(shop.sequence)
    later = dataclasses.replace(draft, steps=(dataclasses.replace(draft.steps[0], delay_amount=5, delay_unit="hours"),))
    save_sequence(shop.workspace, shop.sequence, later, now=NOW, actor=SYSTEM)
    changes = AuditEvent.objects.filter(object_kind="sequence").latest("id").changes
    assert changes["steps.1.delay_amount"][1] == 5


def test_the_page_of_a_subscription_is_headed_by_its_person(shop: Shop):
    row = Subscription.objects.get(sequence=shop.sequence)
    page = shop.as_(Role.VIEWER).get(reverse("admin:sequences_subscription_change", args=[row.pk])).content.decode()
    assert f"{row.contact} in “{shop.sequence}”" in page
    assert "Sub_" not in page


def test_a_state_has_its_colour_in_every_language(shop: Shop):
    page = reverse("admin:sequences_sequence_changelist")
    for language in ("en", "fr"):
        text = shop.as_(Role.OWNER).get(page, headers={"accept-language": language}).content.decode()
        assert "bg-green-100" in text
