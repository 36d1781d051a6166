"""A marketer writes blocks as bubbles, and buttons as rows with what they do."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from sequencer.workspaces.models import Role
from sequences.models import SubFlow
from tests.admin.conftest import Shop
from tests.as_a_browser import sent_by_browser
from tests.builders import a_sub_flow

ADD = "/admin/sequences/subflow/add/"
Block = dict[str, Any]


def a_form(*blocks: Block, **values: Any) -> dict[str, Any]:
    """What the page sends; the taps of a block are a list of rows."""
    form = {"name": "Welcome", **values}
    for number, block in enumerate(blocks):
        card = {"added": "1", "type": "text", "action": "subscribe", **block}
        for place, tap in enumerate(card.pop("taps", [])):
            row = {"added": "1", "does": "payload", **tap}
            form.update({f"blocks-{number}-taps-{place}-{name}": value for name, value in row.items()})
        form.update({f"blocks-{number}-{name}": value for name, value in card.items()})
    return form


def saved(shop: Shop, form: dict[str, Any], page: str = ADD) -> HttpResponse:
    return shop.as_(Role.EDITOR).post(page, form)  # type: ignore[return-value]


def page_of(sub_flow: SubFlow) -> str:
    return reverse("admin:sequences_subflow_change", args=[sub_flow.pk])


def sent_again(shop: Shop, sub_flow: SubFlow, *, has_script: bool = True) -> dict[str, str]:
    """The page of a sub-flow as a browser would send it without a change."""
    text = shop.as_(Role.EDITOR).get(page_of(sub_flow)).content.decode()
    return dict(sent_by_browser(text, has_script=has_script))


def test_every_kind_of_block_is_stored_as_the_contract_says(shop: Shop):
    sequence = shop.sequence.public_id
    blocks: list[Block] = [
        {"type": "text", "text": "Hello {{ first_name }}\r\nhow are you?"},
        {
            "type": "buttons",
            "text": "Look",
            "taps": [
                {"label": "Shop", "does": "url", "url": "https://example.com/"},
                {"label": "Ask", "payload": "ask"},
                {"label": "Yes please"},
                {"label": "In", "does": "subscribe", "sequence": sequence},
            ],
        },
        {
            "type": "quick_replies",
            "text": "Well?",
            "taps": [{"label": "Good", "does": "add_tag", "tag": "happy", "payload": "good"}],
        },
        {"type": "image", "url": "https://example.com/a.png", "text": "A picture"},
        {"type": "pause", "seconds": "5"},
        {"type": "action", "action": "add_tag", "tag": "vip"},
    ]
    response = saved(shop, a_form(*blocks))
    assert response.status_code == 302, response.content.decode()
    assert SubFlow.objects.get(name="Welcome").blocks == [
        {"type": "text", "text": "Hello {{ first_name }}\nhow are you?"},
        {
            "type": "buttons",
            "text": "Look",
            "buttons": [
                {"label": "Shop", "url": "https://example.com/"},
                {"label": "Ask", "payload": "ask"},
                {"label": "Yes please", "payload": "Yes please"},
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


PROBLEMS: list[tuple[Block, str]] = [
    ({"text": ""}, "This value is needed."),
    ({"text": "Hi {{ password }}"}, "There is no placeholder"),
    ({"text": "{{ settings.SECRET_KEY }}"}, "There is no placeholder settings.SECRET_KEY"),
    ({"text": "a\x00b"}, "a character that cannot be stored"),
    ({"text": "x" * 100_000}, "at most 10000 characters"),
    ({"type": "buttons", "text": "x", "taps": []}, "This value is needed."),
    ({"type": "buttons", "text": "x", "taps": [{"does": "url", "url": "https://example.com/"}]}, "value is needed"),
    ({"type": "buttons", "text": "x", "taps": [{"label": "Go", "does": "url"}]}, "A button needs an address"),
    ({"type": "buttons", "text": "x", "taps": [{"label": "Go", "does": "url", "url": "www.a.example"}]}, "not a web"),
    ({"type": "buttons", "text": "x", "taps": [{"label": "Go", "does": "subscribe"}]}, "This value is needed."),
    ({"type": "quick_replies", "text": "x", "taps": [{"label": "A", "does": "url", "url": "https://a.example/"}]},
     "cannot open an address"),
    ({"type": "image", "url": "javascript:alert(1)"}, "not a web address"),
    ({"type": "pause", "seconds": "61"}, "between 1 and 60"),
    ({"type": "pause", "seconds": "soon"}, "expected: a whole number"),
    ({"type": "action", "action": "add_tag"}, "This value is needed."),
    ({"type": "action", "action": "subscribe", "sequence": "seq_nonsense"}, "no such thing in this workspace"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "sentence"), PROBLEMS)
def test_what_is_wrong_with_a_block_stands_on_it_and_nothing_typed_is_lost(shop: Shop, block: Block, sentence: str):
    form = a_form(block)
    text = saved(shop, form).content.decode()
    shown = text[text.index("data-block-list") : text.index("data-block-pattern")]
    assert sentence in shown
    assert "has-problems" in shown
    assert not SubFlow.objects.filter(name="Welcome").exists()
    again = dict(sent_by_browser(text))
    kept = {name: value for name, value in form.items() if "\x00" not in value}
    assert {name: again.get(name) for name in kept} == kept


def test_a_sequence_of_another_workspace_is_refused_on_its_row(shop: Shop, other: Shop):
    tap = {"label": "In", "does": "subscribe", "sequence": other.sequence.public_id}
    text = saved(shop, a_form({"type": "buttons", "text": "x", "taps": [tap]})).content.decode()
    assert "no such thing in this workspace" in text
    assert other.sequence.name not in text


def test_two_hundred_blocks_are_refused_and_kept(shop: Shop):
    text = saved(shop, a_form(*[{"text": f"Number {n}"} for n in range(200)])).content.decode()
    assert "At most 50 are allowed." in text
    again = dict(sent_by_browser(text))
    assert [again[f"blocks-{n}-text"] for n in (0, 199)] == ["Number 0", "Number 199"]


def test_hostile_texts_are_texts(shop: Shop):
    texts = ["<script>alert(1)</script>", "{% load static %}", "</textarea><b>", "\u202eabc", "مرحبا 🌞"]
    saved(shop, a_form(*[{"text": text} for text in texts]))
    made = SubFlow.objects.get(name="Welcome")
    assert [block["text"] for block in made.blocks] == texts
    page = shop.as_(Role.EDITOR).get(page_of(made)).content.decode()
    assert "<script>alert" not in page
    assert "</textarea><b>" not in page


def test_a_sub_flow_without_blocks_is_refused(shop: Shop):
    text = saved(shop, a_form()).content.decode()
    assert "A sub-flow needs at least one block." in text


def test_the_banner_repeats_no_problem_of_a_card(shop: Shop):
    response: Any = saved(shop, a_form({"text": ""}))
    assert response.context["adminform"].form.non_field_errors() == ["Some blocks cannot be saved as they are."]


def test_blocks_and_buttons_come_in_the_order_of_the_page(shop: Shop):
    """With the script; places count where it does not run."""
    first, second = {"text": "First"}, {"text": "Second"}
    saved(shop, a_form(first, second, name="By the page"))
    saved(shop, a_form({**first, "place": "2"}, {**second, "place": "1"}, {"text": "Last"}, name="By number"))
    saved(shop, a_form(first, {**second, "DELETE": "on"}, name="One less"))
    texts = {flow.name: [block["text"] for block in flow.blocks] for flow in SubFlow.objects.all()}
    assert texts["By the page"] == ["First", "Second"]
    assert texts["By number"] == ["Second", "First", "Last"]
    assert texts["One less"] == ["First"]


def test_without_a_script_there_are_spare_rows_that_do_not_count_until_somebody_writes_in_them(shop: Shop):
    blocks = [{"type": "buttons", "text": "Look", "buttons": [{"label": "Yes", "payload": "yes"}]}]
    flow = a_sub_flow(shop.workspace, blocks=blocks)
    form = sent_again(shop, flow, has_script=False)
    saved(shop, form, page_of(flow))
    flow.refresh_from_db()
    assert flow.blocks == blocks
    form = sent_again(shop, flow, has_script=False)
    form |= {"blocks-0-taps-1-label": "No", "blocks-1-type": "pause", "blocks-1-seconds": "2"}
    saved(shop, form, page_of(flow))
    flow.refresh_from_db()
    more = [{"label": "Yes", "payload": "yes"}, {"label": "No", "payload": "No"}]
    assert flow.blocks == [{**blocks[0], "buttons": more}, {"type": "pause", "seconds": 2}]


def test_whoever_saves_an_old_page_is_told_and_overwrites_nothing(shop: Shop):
    flow = a_sub_flow(shop.workspace, text="As it was")
    old = sent_again(shop, flow)
    saved(shop, sent_again(shop, flow) | {"blocks-0-text": "Ed's"}, page_of(flow))
    text = saved(shop, old | {"blocks-0-text": "Ann's"}, page_of(flow)).content.decode()
    assert "Somebody changed this sub-flow after you opened it." in text
    assert "Ann&#x27;s" in text
    flow.refresh_from_db()
    assert flow.blocks == [{"type": "text", "text": "Ed's"}]


def test_a_sequence_that_was_archived_stays_shown_and_is_named_when_saving(shop: Shop):
    gone = {"type": "action", "action": "subscribe", "sequence": "seq_gone"}
    flow = a_sub_flow(shop.workspace, blocks=[gone])
    form = sent_again(shop, flow)
    assert form["blocks-0-sequence"] == "seq_gone"
    assert "no such thing in this workspace" in saved(shop, form, page_of(flow)).content.decode()


def test_an_external_sub_flow_is_shown_and_saved_without_damage(shop: Shop):
    flow = a_sub_flow(
        shop.workspace,
        blocks=[],
        external_channel=shop.sandbox,
        external_reference="content2025_1",
        external_name="Coupon",
    )
    assert "lives in" in shop.as_(Role.VIEWER).get(page_of(flow)).content.decode()
    response = saved(shop, sent_again(shop, flow) | {"name": "New name"}, page_of(flow))
    assert response.status_code == 302
    flow.refresh_from_db()
    assert (flow.name, flow.blocks, flow.external_channel) == ("New name", [], shop.sandbox)
    assert (flow.external_reference, flow.external_name) == ("content2025_1", "Coupon")


def test_a_template_for_after_24_hours_is_bound(shop: Shop):
    form = a_form(
        {"text": "Hello"}, utility_name="cart", utility_language="fr_FR", utility_parameters="{{ first_name }}\n"
    )
    saved(shop, form)
    bound = SubFlow.objects.get(name="Welcome").utility_template
    assert bound == {"name": "cart", "language": "fr_FR", "parameters": ["{{ first_name }}"]}


def test_a_channel_of_another_workspace_is_refused(shop: Shop, other: Shop):
    form = a_form({"text": "Hello"}, external_channel=other.sandbox.pk, external_reference="f1")
    assert "Select a valid choice" in saved(shop, form).content.decode()


def test_a_sub_flow_made_from_a_sequence_sends_people_back_to_it(shop: Shop, other: Shop):
    browser = shop.as_(Role.EDITOR)
    response = browser.post(f"{ADD}?from_sequence=1", a_form({"text": "Hello"}), follow=True)
    assert "go back to your sequence" in response.content.decode()
    choices = browser.get(reverse("admin:sequences_subflow_choices")).json()["choices"]
    made = SubFlow.objects.get(name="Welcome")
    assert {"id": str(made.pk), "name": "Welcome"} in choices
    assert str(other.sub_flow.pk) not in [choice["id"] for choice in choices]
