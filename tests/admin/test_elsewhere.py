"""Sub-flows that live at UChat: on the channel's page, in a sequence's dialog, on their form, and doubted aloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from channels.actions.refresh_sub_flows import refresh_sub_flows
from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Role
from sequences.actions.elsewhere import take_over
from sequences.actions.forecast import Person
from sequences.actions.save_sequence import draft_of
from sequences.admin.foresight import panel_of, stored_cards
from sequences.admin.who_form import Who
from sequences.content_warnings import warnings_of
from sequences.models import SubFlow
from sequences.rules.policy import ReplyRule
from sequences.rules.zones import pick_zone
from tests.admin.conftest import Shop
from tests.admin.test_sub_flow_form import ADD, a_form
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_step, a_sub_flow
from tests.doubles.uchat import ANN, CREDENTIALS, UChatDouble

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DIALOG = "admin:sequences_sequence_elsewhere"


@pytest.fixture
def uchat() -> Iterator[UChatDouble]:
    with UChatDouble() as double:
        double.sub_flows = {f"f190385s{number}": f"Coupon {number}" for number in range(130)} | {"f190385s900": "Avis"}
        yield double


@pytest.fixture
def channel(shop: Shop, uchat: UChatDouble) -> Channel:
    return a_channel(shop.workspace, "uchat", CREDENTIALS, name="Ma marque", settings={"base_url": uchat.base_url})


@pytest.fixture
def read(channel: Channel) -> Channel:
    refresh_sub_flows(channel, now=NOW, actor=SYSTEM)
    return channel


def dialog(shop: Shop, role: Role = Role.EDITOR, **posted: Any) -> Any:
    browser = shop.as_(role)
    return browser.post(reverse(DIALOG), posted) if posted else browser.get(reverse(DIALOG))


def test_an_editor_reads_the_list_on_the_channels_page(shop: Shop, other: Shop, channel: Channel) -> None:
    address = reverse("admin:channels_channel_sub_flows", args=[channel.pk])
    text = shop.as_(Role.EDITOR).post(address, follow=True).content.decode()
    assert "131 sub-flows were read." in text
    assert "f190385s129" in text
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.changes) == ("sub_flows_read", {"sub_flows": [None, 131]})
    assert shop.as_(Role.VIEWER).post(address).status_code == 404
    assert other.as_(Role.OWNER).post(address).status_code == 404
    assert shop.as_(Role.OWNER).get(address).status_code == 405
    assert shop.as_(Role.OWNER).post(address.replace(f"/{channel.pk}/", f"/{shop.sandbox.pk}/")).status_code == 404


def test_why_there_is_no_list_is_said_and_what_was_read_stays(shop: Shop, read: Channel, uchat: UChatDouble) -> None:
    uchat.will_answer(401, {"message": "Unauthenticated."})
    assert "The token was refused" in dialog(shop, refresh=read.pk).content.decode()
    assert ExternalSubFlow.objects.count() == 131
    uchat.sub_flows = {}
    assert "No sub-flow lives there yet." in dialog(shop, refresh=read.pk).content.decode()


def test_the_guide_shows_the_two_requests_that_work_as_they_are(shop: Shop, channel: Channel) -> None:
    page = reverse("admin:channels_channel_change", args=[channel.pk])
    text = shop.as_(Role.OWNER).get(page).content.decode()
    assert text.count(channel.public_id) >= 2
    assert "/api/v1/interactions/" in text
    person = {"channel": channel.public_id, "address": ANN, "first_name": "Léa", "last_name": "Martin"}
    flow = Program(shop.workspace, ("actions",))
    assert flow.post("interactions/", {"contact": person, "kind": "message"}).status_code == 200
    told = flow.post("actions/subscribe-to-sequence/", {"sequence": shop.sequence.name, "contact": person})
    assert told.status_code == 201


def test_the_dialog_searches_reads_anew_and_takes_over(shop: Shop, read: Channel, uchat: UChatDouble) -> None:
    shown = dialog(shop).content.decode()
    assert shown.count('name="take"') == 50
    assert "There are more" in shown
    assert dialog(shop, q="coupon 12").content.decode().count('name="take"') == 12
    assert dialog(shop, q="f190385s900").content.decode().count('name="take"') == 1
    assert "Nothing has this name." in dialog(shop, q="nobody").content.decode()
    uchat.sub_flows["f190385s901"] = "Bienvenue"
    assert "132 sub-flows were read." in dialog(shop, refresh=read.pk, q="Bienvenue").content.decode()
    there = ExternalSubFlow.objects.get(reference="f190385s901")
    made = dialog(shop, take=there.pk).json()
    flow = SubFlow.objects.get(name="Bienvenue")
    assert made == {"id": str(flow.pk), "name": "Bienvenue"}
    assert (flow.external_channel, flow.external_reference, flow.blocks) == (read, "f190385s901", [])
    assert dialog(shop, take=there.pk).json() == made


def test_nobody_takes_what_is_not_theirs(shop: Shop, other: Shop, read: Channel) -> None:
    there = ExternalSubFlow.objects.first()
    assert there is not None
    assert dialog(other, take=there.pk).status_code == 404
    assert dialog(other, refresh=read.pk).status_code == 404
    assert "Coupon" not in dialog(other, q="coupon").content.decode()
    assert dialog(shop, Role.VIEWER).status_code == 403
    assert dialog(shop, take="nonsense").status_code == 404
    assert not SubFlow.objects.exclude(external_channel=None).exists()


def test_the_cards_offer_it_only_where_such_a_channel_is(shop: Shop, other: Shop, read: Channel) -> None:
    add = reverse("admin:sequences_sequence_add")
    assert "From UChat" in shop.as_(Role.EDITOR).get(add).content.decode()
    assert "data-elsewhere-sub-flow" not in other.as_(Role.EDITOR).get(add).content.decode()


def test_on_its_own_form_it_is_picked_from_the_list_or_written(shop: Shop, read: Channel) -> None:
    picked = f"{read.pk}|f190385s900"
    shop.as_(Role.EDITOR).post(ADD, a_form({"text": ""}, external_choice=picked))
    flow = SubFlow.objects.get(name="Welcome")
    assert (flow.external_reference, flow.external_name, flow.blocks) == ("f190385s900", "Avis", [])
    page = reverse("admin:sequences_subflow_change", args=[flow.pk])
    assert f'<option value="{picked}" selected>' in shop.as_(Role.EDITOR).get(page).content.decode()
    phone = "Sub-flow that lives elsewhere: Avis"
    assert phone in shop.as_(Role.EDITOR).get(f"{page}?preview_kind=uchat").content.decode()
    assert phone not in shop.as_(Role.EDITOR).get(f"{page}?preview_kind=sandbox").content.decode()
    draft = {**a_form({"text": "typed"}), "sub_flow": flow.pk, "preview_kind": "uchat"}
    assert phone in shop.as_(Role.EDITOR).post(reverse("admin:sequences_subflow_draft"), draft).json()["phone"]
    form = a_form({"text": "Mine"}, external_choice="", external_channel="", external_reference="")
    shop.as_(Role.EDITOR).post(page, form)
    flow.refresh_from_db()
    assert (flow.external_channel, flow.external_reference) == (None, "")
    written = {"external_choice": "typed", "external_channel": read.pk, "external_reference": " f190385s77777 "}
    shop.as_(Role.EDITOR).post(page, a_form({"text": ""}, **written))
    flow.refresh_from_db()
    assert flow.external_reference == "f190385s77777"


def test_where_no_sub_flow_can_live_none_is_bound(shop: Shop) -> None:
    messenger = a_channel(shop.workspace, "messenger")
    form = a_form({"text": "x"}, external_channel=messenger.pk, external_reference="f1s1")
    assert "No sub-flows live on this kind of channel." in shop.as_(Role.EDITOR).post(ADD, form).content.decode()
    external = {"channel": messenger.public_id, "reference": "f1s1"}
    program = Program(shop.workspace)
    refused = program.refused(program.post("sub-flows/", {"name": "A", "external": external}))
    assert refused == [("external.channel", "no_sub_flows_there")]


def _stale(shop: Shop, read: Channel, uchat: UChatDouble) -> SubFlow:
    flow = take_over(ExternalSubFlow.objects.get(reference="f190385s900"), now=NOW, actor=SYSTEM)
    del uchat.sub_flows["f190385s900"]
    refresh_sub_flows(read, now=NOW.replace(hour=13), actor=SYSTEM)
    return flow


def test_one_that_is_gone_there_is_said_in_every_preview_and_when_saving(
    shop: Shop, read: Channel, uchat: UChatDouble
) -> None:
    flow, browser = _stale(shop, read, uchat), shop.as_(Role.EDITOR)
    gone = "It is not in the list there any more"
    assert gone in browser.get(reverse("admin:sequences_subflow_preview", args=[flow.pk])).content.decode()
    page = reverse("admin:sequences_subflow_change", args=[flow.pk])
    assert gone in browser.get(page).content.decode()
    a_step(shop.sequence, sub_flow=flow)
    sequence = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    assert gone in browser.get(sequence).content.decode()
    assert _why_it_would_fail(shop, shop.sandbox) == "the sub-flow lives in another channel and has no blocks"
    assert _why_it_would_fail(shop, read) == "the sub-flow is not in the list there any more"
    form = a_form(name="Avis", external_choice="typed", external_channel=read.pk, external_reference="f190385s900")
    said = [str(one) for one in browser.post(page, form, follow=True).context["messages"]]
    assert "It cannot go out through “Ma marque”: the sub-flow is not in the list there any more." in said
    elsewhere = "the sub-flow lives in another channel and has no blocks"
    assert f"It cannot go out through “Sandbox of Librairie Nord”: {elsewhere}." in said


def _why_it_would_fail(shop: Shop, channel: Channel) -> str:
    """What the timeline says of the last message for somebody on this channel."""
    cards = stored_cards(draft_of(shop.sequence).steps)
    person = Person(pick_zone("", None, "UTC"), ReplyRule(None), channel_id=channel.pk)
    who = Who(person, NOW, "Léa")
    line = panel_of(cards, who, shop.sequence, shop.workspace, now=NOW).lines[-1]
    assert [badge.text for badge in line.badges] == ["would fail"]
    return line.why


def test_blocks_that_uchat_cannot_take_are_named_with_their_message_and_channel(shop: Shop, channel: Channel) -> None:
    a_contact(channel, ANN)
    picture = [{"type": "text", "text": "Look"}, {"type": "image", "url": "https://e.com/a.png"}]
    flow = a_sub_flow(shop.workspace, blocks=picture)
    assert [(one.channel, one.block, one.code) for one in warnings_of(flow, [channel])] == [(channel, 2, "unsupported")]


def test_a_program_reads_what_lives_there_page_by_page(shop: Shop, other: Shop, read: Channel) -> None:
    program = Program(shop.workspace)
    address = f"channels/{read.public_id}/external-sub-flows/"
    first = program.get(address, limit=100).json()
    assert first["results"][0] == {"reference": "f190385s0", "name": "Coupon 0", "folder": ""}
    assert len(program.get(first["next"]).json()["results"]) == 31
    assert Program(other.workspace).get(address).status_code == 404
