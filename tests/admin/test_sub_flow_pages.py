"""What the editor and other pages ask of sub-flows beside the form."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from sequencer.workspaces.models import Role
from sequences.models import SequenceState, SubFlow
from tests.admin.conftest import Shop
from tests.admin.test_sub_flow_form import a_form, page_of
from tests.builders import a_channel, a_contact, a_sub_flow
from tests.page_queries import opened

DRAFT = "/admin/sequences/subflow/preview/"


def told(shop: Shop, *blocks: dict[str, Any], **choice: Any) -> dict[str, Any]:
    answer: dict[str, Any] = shop.as_(Role.EDITOR).post(DRAFT, a_form(*blocks, **choice)).json()
    return answer


def notes_of(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(note["field"], note["level"], note["words"]) for note in answer["notes"]]


def test_the_phone_shows_an_unsaved_form_to_a_chosen_person_and_stores_nothing(shop: Shop):
    before = SubFlow.objects.count()
    block = {"text": 'Hello {{ first_name|default:"you" }} & <b>co</b>'}
    assert "Hello Léa &amp; &lt;b&gt;co&lt;/b&gt;" in told(shop, block)["phone"]
    assert "Hello you &amp;" in told(shop, block, preview_person="unknown")["phone"]
    ines = a_contact(shop.sandbox, first_name="Inès")
    assert "Hello Inès &amp;" in told(shop, block, preview_person=ines.pk)["phone"]
    assert SubFlow.objects.count() == before


def test_a_person_of_another_workspace_is_nobody_here(shop: Shop, other: Shop):
    answer = told(shop, {"text": "Hello {{ first_name }}"}, preview_person=other.lea.pk)
    assert "Zacharias" not in answer["phone"]
    found = shop.as_(Role.VIEWER).get("/admin/sequences/subflow/people/", {"q": "za"}).json()
    assert found == {"people": []}


def test_people_are_found_by_name_or_address(shop: Shop):
    found = shop.as_(Role.EDITOR).get("/admin/sequences/subflow/people/", {"q": "lé"}).json()["people"]
    assert found in ([{"id": str(shop.lea.pk), "name": "Léa", "channel": shop.sandbox.name}], [])  # SQLite: ASCII only
    found = shop.as_(Role.EDITOR).get("/admin/sequences/subflow/people/", {"q": shop.lea.address}).json()["people"]
    assert found == [{"id": str(shop.lea.pk), "name": "Léa", "channel": shop.sandbox.name}]
    assert shop.as_(Role.EDITOR).get("/admin/sequences/subflow/people/", {"q": "\x00"}).json() == {"people": []}


def test_what_is_left_is_counted_as_the_channel_counts_and_for_the_person(shop: Shop):
    a_channel(shop.workspace, kind="messenger")
    assert notes_of(told(shop, {"text": "x" * 1990 + "{{ first_name }}"})) == [
        ("blocks-0-text", "near", "Facebook Messenger: 6 characters left")
    ]
    assert notes_of(told(shop, {"text": "x" * 1997 + "{{ first_name }}"})) == [
        ("blocks-0-text", "bad", "Facebook Messenger: 1 character too many")
    ]
    taps = [{"label": "x" * 21}, {"label": "short"}]
    answer = told(shop, {"type": "buttons", "text": "x" * 641, "taps": taps})
    assert notes_of(answer) == [
        ("blocks-0-taps-0-label", "bad", "Facebook Messenger: 1 character too many"),
        ("blocks-0-taps-1-label", "quiet", "Facebook Messenger: 15 characters left"),
        ("blocks-0-text", "bad", "Facebook Messenger: 1 character too many"),
    ]


def test_what_is_paid_for_by_the_segment_is_counted_at_the_text_and_on_the_phone(shop: Shop):
    a_channel(shop.workspace, kind="sms")
    answer = told(shop, {"text": "Café à 5 €, {{ first_name }}"}, preview_kind="sms")
    plain = "SMS (Twilio): 1 segment, room for 144 characters more"
    assert notes_of(answer)[1:] == [("blocks-0-text", "quiet", plain)]
    assert plain in answer["phone"]
    dear = "SMS (Twilio): 2 segments, “ê” makes a segment hold 67 characters instead of 153"
    assert notes_of(told(shop, {"text": "ê" * 71}))[1:] == [("blocks-0-text", "near", dear)]


def test_what_a_channel_cannot_show_stands_at_its_block_and_on_its_phone(shop: Shop):
    picture = {"type": "image", "url": "https://a.example/a.png", "text": "A caption"}
    assert notes_of(told(shop, picture)) == []
    a_channel(shop.workspace, kind="messenger")
    sentence = "Facebook Messenger: a caption is not possible; write it as a text of its own."
    assert notes_of(told(shop, picture)) == [("blocks-0-text", "bad", sentence)]
    assert sentence in told(shop, picture, preview_kind="messenger")["phone"]
    assert sentence not in told(shop, picture, preview_kind="sandbox")["phone"]
    four = {"type": "buttons", "text": "x", "taps": [{"label": str(n)} for n in range(4)]}
    assert ("blocks-0-taps", "bad", "Facebook Messenger: there may be 1 to 3 buttons.") in notes_of(told(shop, four))


def test_an_unknown_placeholder_is_named_while_typing_and_what_is_only_missing_is_not(shop: Shop):
    assert notes_of(told(shop, {"text": "Hi {{ nobody }}"})) == [
        ("blocks-0-text", "bad", "There is no placeholder nobody.")
    ]
    assert notes_of(told(shop, {"text": ""}, {"type": "image"}, {"type": "buttons", "text": "x"})) == []


def test_every_kind_of_block_has_its_look(shop: Shop):
    answer = told(
        shop,
        {"type": "image", "url": "https://elsewhere.example/pictures/night%20train.png"},
        {"type": "image", "url": "http://testserver/static/own.png"},
        {"type": "pause", "seconds": "5"},
        {"type": "action", "action": "subscribe", "sequence": shop.sequence.public_id},
        {"type": "quick_replies", "text": "Well?", "taps": [{"label": "Good", "does": "add_tag", "tag": "happy"}]},
        {"type": "text", "text": "{{ last_name }}"},
        preview_person="unknown",
    )["phone"]
    assert "night train.png" in answer
    assert answer.count("<img") == 1  # nothing is loaded from a foreign host
    assert "waits 5 s" in answer
    assert f"subscribes to “{shop.sequence.name}”" in answer
    assert "adds the tag “happy”" in answer
    assert "For this person the text is empty" in answer


def test_a_sub_flow_of_another_workspace_lends_nothing_to_the_phone(shop: Shop, other: Shop):
    form = a_form({"text": "x", "stored": "0"}, sub_flow=other.sub_flow.pk)
    assert shop.as_(Role.EDITOR).post(DRAFT, form).status_code == 404


@pytest.mark.parametrize("page", [DRAFT, "duplicate", "archive"])
def test_only_editors_and_only_by_post(shop: Shop, page: str):
    address = page if page.startswith("/") else reverse(f"admin:sequences_subflow_{page}", args=[shop.sub_flow.pk])
    assert shop.as_(Role.VIEWER).post(address, {"name": "x", "text": "y"}).status_code == 403
    assert shop.as_(Role.EDITOR).get(address).status_code == 405
    assert SubFlow.objects.in_use().count() == 1


@pytest.mark.parametrize(
    ("many", "named"),
    [
        ({f"blocks-{number}-type": "text" for number in range(121)}, "50"),
        ({f"blocks-0-taps-{number}-label": "x" for number in range(61)}, "20"),
        ({"blocks-0-type": "text", "blocks-0-text": "\r" * 100_000}, "10000"),
    ],
)
def test_what_no_sub_flow_can_hold_is_not_drawn_but_said(shop: Shop, many: dict[str, str], named: str):
    answer = shop.as_(Role.EDITOR).post(DRAFT, many)
    assert answer.status_code == 422
    assert named in answer.json()["error"]


def test_a_sub_flow_is_duplicated_under_a_free_name(shop: Shop, other: Shop):
    flow = a_sub_flow(shop.workspace, name="Welcome", text="Hello")
    browser = shop.as_(Role.EDITOR)
    for _time in range(2):
        browser.post(reverse("admin:sequences_subflow_duplicate", args=[flow.pk]))
    copies = SubFlow.objects.in_workspace(shop.workspace).filter(name__startswith="Welcome (copy").order_by("name")
    assert [(copy.name, copy.blocks) for copy in copies] == [
        ("Welcome (copy 1)", flow.blocks),
        ("Welcome (copy 2)", flow.blocks),
    ]
    assert browser.post(reverse("admin:sequences_subflow_duplicate", args=[other.sub_flow.pk])).status_code == 404


def test_a_sub_flow_knows_where_it_is_used_and_is_archived_when_nothing_sends_it(shop: Shop):
    browser, flow = shop.as_(Role.EDITOR), shop.sub_flow
    page = browser.get(page_of(flow)).content.decode()
    assert reverse("admin:sequences_sequence_change", args=[shop.sequence.pk]) in page
    archive = reverse("admin:sequences_subflow_archive", args=[flow.pk])
    assert archive not in page
    assert "This is still in use." in browser.post(archive, follow=True).content.decode()
    assert "1" in browser.get("/admin/sequences/subflow/").content.decode()
    shop.sequence.state = SequenceState.ARCHIVED
    shop.sequence.save()
    assert "No message sends it yet." in browser.get(page_of(flow)).content.decode()
    browser.post(archive)
    flow.refresh_from_db()
    assert flow.archived_at is not None


def test_from_the_list_what_is_in_use_stays_and_what_is_unused_is_archived(shop: Shop, other: Shop):
    unused, foreign = a_sub_flow(shop.workspace), a_sub_flow(other.workspace)
    chosen = {"action": "archive", "_selected_action": [shop.sub_flow.pk, unused.pk, foreign.pk]}
    shop.as_(Role.EDITOR).post("/admin/sequences/subflow/", chosen)
    assert list(SubFlow.objects.exclude(archived_at=None)) == [unused]


def test_the_preview_of_another_workspaces_sub_flow_does_not_exist(shop: Shop, other: Shop):
    browser = shop.as_(Role.VIEWER)
    assert browser.get(reverse("admin:sequences_subflow_preview", args=[shop.sub_flow.pk])).status_code == 200
    assert browser.get(reverse("admin:sequences_subflow_preview", args=[other.sub_flow.pk])).status_code == 404


def test_known_fields_and_tags_are_offered_of_this_workspace_only(shop: Shop, other: Shop):
    a_contact(shop.sandbox, fields={"order_number": "7", "not a name": "x"}, tags=["vip"])
    a_contact(other.sandbox, fields={"secret_field": "7"}, tags=["secret_tag"])
    page = shop.as_(Role.EDITOR).get("/admin/sequences/subflow/add/").content.decode()
    assert 'data-value="fields.order_number"' in page
    assert '<option value="vip">' in page
    assert "secret" not in page.replace("csrf", "")
    assert "fields.not a name" not in page


def test_the_editor_reads_no_more_for_many_people_and_blocks(shop: Shop):
    flow = a_sub_flow(shop.workspace, blocks=[{"type": "text", "text": "x"}])
    browser = shop.as_(Role.EDITOR)
    alone = opened(browser, page_of(flow))
    for number in range(350):
        a_contact(shop.sandbox, fields={f"field_{number}": 1})
    flow.blocks = [{"type": "text", "text": "x"}] * 50
    flow.save()
    crowded = opened(browser, page_of(flow))
    assert crowded.count == alone.count
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
        assert crowded.full_scans() == set()
