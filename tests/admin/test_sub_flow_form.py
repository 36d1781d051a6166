"""A marketer writes blocks as cards; buttons are lines of text."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from sequencer.workspaces.models import Role
from sequences.admin.block_lines import read_lines, write_lines
from sequences.models import SubFlow
from tests.admin.conftest import Shop
from tests.builders import a_sub_flow

ADD = "/admin/sequences/subflow/add/"


def a_form(*blocks: dict[str, Any], **values: Any) -> dict[str, Any]:
    form = {"name": "Welcome", "blocks-TOTAL_FORMS": str(len(blocks)), "blocks-INITIAL_FORMS": "0", **values}
    for number, block in enumerate(blocks):
        card = {"is_added": "1", "place": str(number + 1), "type": "text", "action": "subscribe", **block}
        form.update({f"blocks-{number}-{name}": value for name, value in card.items()})
    return form


def test_every_kind_of_block_is_stored_as_the_contract_says(shop: Shop):
    blocks = [
        {"type": "text", "text": "Hello {{ first_name }}\r\nhow are you?"},
        {
            "type": "buttons",
            "text": "Look",
            "taps": "Shop -> https://example.com/\nAsk -> ask\nIn => subscribe: Follow-up of Librairie Nord",
        },
        {"type": "quick_replies", "text": "Well?", "taps": "Good -> good => add tag: happy"},
        {"type": "image", "url": "https://example.com/a.png", "text": "A picture"},
        {"type": "pause", "seconds": "5"},
        {"type": "action", "action": "add_tag", "tag": "vip"},
    ]
    response = shop.as_(Role.EDITOR).post(ADD, a_form(*blocks))
    assert response.status_code == 302, response.content.decode()
    sequence = shop.sequence.public_id
    assert SubFlow.objects.get(name="Welcome").blocks == [
        {"type": "text", "text": "Hello {{ first_name }}\nhow are you?"},
        {
            "type": "buttons",
            "text": "Look",
            "buttons": [
                {"label": "Shop", "url": "https://example.com/"},
                {"label": "Ask", "payload": "ask"},
                {"label": "In", "action": {"action": "subscribe", "sequence": sequence}},
            ],
        },
        {
            "type": "quick_replies",
            "text": "Well?",
            "replies": [{"label": "Good", "payload": "good", "action": {"action": "add_tag", "tag": "happy"}}],
        },
        {"type": "image", "url": "https://example.com/a.png", "caption": "A picture"},
        {"type": "pause", "seconds": 5},
        {"type": "action", "action": "add_tag", "tag": "vip"},
    ]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"text": ""}, "This value is needed."),
        ({"text": "Hi {{ password }}"}, "There is no placeholder"),
        ({"type": "buttons", "text": "x", "taps": "-> https://example.com/"}, "Line 1: This value is needed."),
        ({"type": "buttons", "text": "x", "taps": "Fine -> a\nNothing ->"}, "Line 2: A button needs"),
        ({"type": "image", "url": "javascript:alert(1)"}, "not a web address"),
        ({"type": "pause", "seconds": "61"}, "between 1 and 60"),
        (
            {"type": "buttons", "text": "x", "taps": "In => subscribe: Follow-up of Zanzibar Motors"},
            "no sequence “Follow-up of Z",
        ),
        ({"type": "buttons", "text": "x", "taps": "Shop -> www.example.com"}, "Line 1: This is not a web address"),
        ({"type": "buttons", "text": "x", "taps": "Shop -> htp:/example.com"}, "Line 1: This is not a web address"),
    ],
)
def test_what_is_wrong_with_a_block_stands_on_its_card(shop: Shop, other: Shop, block: dict[str, Any], sentence: str):
    text = shop.as_(Role.EDITOR).post(ADD, a_form(block)).content.decode()
    assert sentence in text
    assert "row-problem" in text
    assert not SubFlow.objects.filter(name="Welcome").exists()


def test_a_sub_flow_without_blocks_is_refused(shop: Shop):
    response = shop.as_(Role.EDITOR).post(ADD, a_form())
    assert response.status_code == 200
    assert response.context["adminform"].form.errors


def test_a_template_for_after_24_hours_is_bound(shop: Shop):
    form = a_form(
        {"text": "Hello"}, utility_name="cart", utility_language="fr_FR", utility_parameters="{{ first_name }}\n"
    )
    shop.as_(Role.EDITOR).post(ADD, form)
    bound = SubFlow.objects.get(name="Welcome").utility_template
    assert bound == {"name": "cart", "language": "fr_FR", "parameters": ["{{ first_name }}"]}


def test_a_channel_of_another_workspace_is_refused(shop: Shop, other: Shop):
    form = a_form({"text": "Hello"}, external_channel=other.sandbox.pk, external_reference="f1")
    assert "Select a valid choice" in shop.as_(Role.EDITOR).post(ADD, form).content.decode()


def test_the_preview_of_another_workspaces_sub_flow_does_not_exist(shop: Shop, other: Shop):
    browser = shop.as_(Role.VIEWER)
    assert browser.get(reverse("admin:sequences_subflow_preview", args=[shop.sub_flow.pk])).status_code == 200
    assert browser.get(reverse("admin:sequences_subflow_preview", args=[other.sub_flow.pk])).status_code == 404


def test_lines_of_buttons_go_there_and_back():
    names = {"seq_1": "Spring coupon"}
    buttons = [
        {"label": "Shop", "url": "https://example.com/?a=1"},
        {"label": "Ask", "payload": "ask"},
        {"label": "Coupon", "payload": "c", "action": {"action": "subscribe", "sequence": "seq_1"}},
        {"label": "Tag", "action": {"action": "remove_tag", "tag": "vip"}},
    ]
    assert read_lines(write_lines(buttons, names), {"Spring coupon": "seq_1"}) == buttons


def test_a_label_alone_answers_with_itself():
    [button] = read_lines("Yes please", {})
    assert button == {"label": "Yes please", "payload": "Yes please"}
    assert write_lines([button], {}) == "Yes please"


def test_a_french_marketer_writes_french_words():
    buttons = [{"label": "Bon", "action": {"action": "unsubscribe", "sequence": "seq_1"}}]
    buttons += [{"label": "VIP", "action": {"action": "add_tag", "tag": "vip"}}]
    with translation.override("fr"):
        lines = write_lines(buttons, {"seq_1": "Bon de printemps"})
        assert lines == "Bon => désabonner: Bon de printemps\nVIP => ajouter l'étiquette: vip"
        for written in (lines, lines.replace("é", "e").replace("'", "’"), lines.replace("désabonner", "Unsubscribe")):
            assert read_lines(written, {"Bon de printemps": "seq_1"}) == buttons


def test_a_pasted_arrow_is_an_arrow():
    assert read_lines("Shop → https://example.com/", {}) == [{"label": "Shop", "url": "https://example.com/"}]


def test_a_sub_flow_in_use_stays_and_an_unused_one_is_archived(shop: Shop, other: Shop):
    unused, foreign = a_sub_flow(shop.workspace), a_sub_flow(other.workspace)
    chosen = {"action": "archive", "_selected_action": [shop.sub_flow.pk, unused.pk, foreign.pk]}
    shop.as_(Role.EDITOR).post("/admin/sequences/subflow/", chosen)
    archived = SubFlow.objects.exclude(archived_at=None)
    assert list(archived) == [unused]


def test_a_sub_flow_made_from_a_sequence_sends_people_back_to_it(shop: Shop, other: Shop):
    browser = shop.as_(Role.EDITOR)
    response = browser.post(f"{ADD}?from_sequence=1", a_form({"text": "Hello"}), follow=True)
    assert "go back to your sequence" in response.content.decode()
    choices = browser.get(reverse("admin:sequences_subflow_choices")).json()["choices"]
    made = SubFlow.objects.get(name="Welcome")
    assert {"id": str(made.pk), "name": "Welcome"} in choices
    assert str(other.sub_flow.pk) not in [choice["id"] for choice in choices]


def test_the_banner_repeats_no_problem_of_a_card(shop: Shop):
    response = shop.as_(Role.EDITOR).post(ADD, a_form({"text": ""}))
    assert response.context["adminform"].form.non_field_errors() == ["Some blocks cannot be saved as they are."]
