"""Blocks and one contact's values become exactly what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.content import Audio, Button, Buttons, File, Image, QuickReplies, QuickReply, Template, Text, Video
from sequences.rules.blocks import check_blocks
from sequences.rules.payloads import ButtonAction, decode, encode
from sequences.rules.rendering import (
    ActionPart,
    MessagePart,
    PausePart,
    RenderingFailed,
    compile_blocks,
    render,
    render_template,
)

ANN = {"first_name": "Ann", "last_name": "Lee", "fields": {"order": "A 17/3", "empty": ""}}
HOST = "https://shop.example"
SUBSCRIBE = {"action": "subscribe", "sequence": "s-1"}

RENDERED: list[tuple[dict[str, Any], object]] = [
    # block, what Ann gets
    ({"type": "text", "text": "Hi {{ first_name }}"}, Text("Hi Ann")),
    ({"type": "image", "url": f"{HOST}/a.png", "caption": "For {{ first_name }}"}, Image(f"{HOST}/a.png", "For Ann")),
    ({"type": "image", "url": f"{HOST}/a.png", "caption": "{{ fields.empty }}"}, Image(f"{HOST}/a.png")),
    ({"type": "video", "url": f"{HOST}/a.mp4", "caption": None}, Video(f"{HOST}/a.mp4")),
    ({"type": "audio", "url": f"{HOST}/a.mp3"}, Audio(f"{HOST}/a.mp3")),
    ({"type": "file", "url": f"{HOST}/{{{{ fields.order }}}}.pdf"}, File(f"{HOST}/A%2017%2F3.pdf")),  # encoded
    (
        {"type": "buttons", "text": "{{ first_name }}?", "buttons": [{"label": "Go", "url": HOST}]},
        Buttons("Ann?", (Button("Go", url=HOST),)),
    ),
    (
        {"type": "buttons", "text": "?", "buttons": [{"label": "I am {{ first_name }}", "payload": "{{ me }}"}]},
        Buttons("?", (Button("I am Ann", payload="{{ me }}"),)),  # a payload is not filled
    ),
    (
        {"type": "buttons", "text": "?", "buttons": [{"label": "Go", "payload": "p", "action": SUBSCRIBE}]},
        Buttons("?", (Button("Go", payload="seq1:s3:s-1p"),)),  # the action travels in the payload
    ),
    (
        {"type": "buttons", "text": "?", "buttons": [{"label": "Go", "url": "", "payload": "p", "action": ""}]},
        Buttons("?", (Button("Go", payload="p"),)),  # a form sends empty values too
    ),
    (
        {"type": "quick_replies", "text": "?", "replies": [{"label": "Yes", "payload": "y"}]},
        QuickReplies("?", (QuickReply("Yes", "y"),)),
    ),
    (
        {"type": "quick_replies", "text": "?", "replies": [{"label": "Yes", "action": SUBSCRIBE}]},
        QuickReplies("?", (QuickReply("Yes", "seq1:s3:s-1"),)),
    ),
]


@pytest.mark.parametrize(("block", "content"), RENDERED)
def test_a_block_becomes_a_message(block: dict[str, Any], content: Any) -> None:
    assert render([block], ANN) == (MessagePart(content),)


def test_parts_keep_the_order_of_the_blocks() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "text", "text": "one"},
        {"type": "pause", "seconds": 5},
        {"type": "action", "action": "add_tag", "tag": "vip"},
        {"type": "action", "action": "unsubscribe", "sequence": "s-1"},
        {"type": "text", "text": "two"},
    ]
    assert render(blocks, ANN) == (
        MessagePart(Text("one")),
        PausePart(5),
        ActionPart("add_tag", tag="vip"),
        ActionPart("unsubscribe", sequence="s-1"),
        MessagePart(Text("two")),
    )


def test_blocks_that_live_elsewhere_render_to_nothing() -> None:
    assert render([], ANN) == ()


def test_compiled_blocks_serve_many_contacts() -> None:
    compiled = compile_blocks([{"type": "text", "text": "Hi {{ first_name }}"}])
    assert [compiled.render({"first_name": name}) for name in ("Ann", "Bob")] == [
        (MessagePart(Text("Hi Ann")),),
        (MessagePart(Text("Hi Bob")),),
    ]


FAILING: list[tuple[dict[str, Any], str]] = [
    # block, detail
    ({"type": "text", "text": "{{ fields.empty }}"}, "empty_text"),
    ({"type": "text", "text": " {{ fields.missing }}\n"}, "empty_text"),
    ({"type": "buttons", "text": "{{ fields.empty }}", "buttons": [{"label": "a", "payload": "b"}]}, "empty_text"),
    ({"type": "buttons", "text": "?", "buttons": [{"label": "{{ fields.empty }}", "payload": "b"}]}, "empty_label"),
    (
        {"type": "quick_replies", "text": "?", "replies": [{"label": "{{ fields.empty }}", "payload": "b"}]},
        "empty_label",
    ),
    ({"type": "carousel"}, "blocks.0.type: unknown_type"),  # was never checked
    ({"type": "text", "text": "{{ nope }}"}, "blocks.0.text: unknown_placeholder"),
    ({"type": "image", "url": "javascript:alert(1)"}, "blocks.0.url: invalid_url"),
]


@pytest.mark.parametrize(("block", "detail"), FAILING)
def test_what_cannot_be_sent_fails_with_its_reason(block: dict[str, Any], detail: str) -> None:
    with pytest.raises(RenderingFailed) as failure:
        render([block], ANN)
    assert failure.value.detail == detail


def test_an_address_that_grows_too_long_is_not_sent() -> None:
    with pytest.raises(RenderingFailed, match="invalid_url"):
        render([{"type": "file", "url": HOST + "/{{ first_name }}"}], {"first_name": "x" * 2000})


@pytest.mark.parametrize(
    "value", ["/../../evil", "?a=b&c", "#x", "@evil.example/", ".evil.example", "a\r\nb", "\\", "%2F"]
)
def test_no_value_moves_an_address(value: str) -> None:
    (part,) = render([{"type": "file", "url": HOST + "/a?b={{ first_name }}&c"}], {"first_name": value})
    assert isinstance(part, MessagePart)
    assert isinstance(part.content, File)
    start, inserted = part.content.url[: len(HOST) + 5], part.content.url[len(HOST) + 5 : -2]
    assert start == HOST + "/a?b="
    assert not set(inserted) & set("/?#&@\\\r\n =")


def test_a_bound_template_is_filled() -> None:
    bound = {"name": "order", "language": "fr", "parameters": ["{{ first_name }}", "{{ fields.empty }}"]}
    assert render_template(bound, ANN) == (MessagePart(Template("order", "fr", ("Ann", ""))),)


@pytest.mark.parametrize("bound", [{}, {"name": "order"}, {"name": "a", "language": "fr", "parameters": ["{{"]}])
def test_a_template_that_could_not_be_saved_is_not_sent(bound: dict[str, Any]) -> None:
    with pytest.raises(RenderingFailed):
        render_template(bound, ANN)


ACTIONS = st.builds(
    lambda verb, target: {"action": verb, ("tag" if verb.endswith("tag") else "sequence"): target},
    st.sampled_from(["subscribe", "unsubscribe", "add_tag", "remove_tag"]),
    st.text(min_size=1, max_size=64),
)


@given(ACTIONS, st.text(max_size=900))
def test_an_action_comes_back_from_its_payload(action: dict[str, str], payload: str) -> None:
    text = encode(action, payload)
    assert len(text) < 1000
    expected = ButtonAction(action["action"], action.get("sequence", ""), action.get("tag", ""))  # type: ignore[arg-type]
    assert decode(text) == (expected, payload)


FOREIGN = [
    "",
    "yes",
    "seq1:",
    "seq1:s",
    "seq1:x3:abc",  # no such verb
    "seq1:s0:",  # nobody
    "seq1:s4:abc",  # cut off
    "seq1:s99:" + "x" * 99,  # longer than we ever write
    "seq1:s٣:abc",  # digits of another alphabet
    " seq1:s3:abc",
    "SEQ1:s3:abc",
    "seq2:s3:abc",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_payload_that_is_not_ours_comes_back_untouched(text: str) -> None:
    assert decode(text) == (None, text)


@given(st.text() | st.text().map("seq1:s".__add__))
def test_no_payload_makes_decoding_raise(text: str) -> None:
    decode(text)


WORD = st.sampled_from(
    ["a", "{{ first_name }}", '{{ fields.x|default:"d" }}', "https://a.example/{{ fields.x }}", "", "p"]
)
BUTTON = st.fixed_dictionaries({"label": WORD}, optional={"url": WORD, "payload": WORD, "action": ACTIONS})
BLOCK = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": WORD}),
    st.fixed_dictionaries({"type": st.sampled_from(["image", "file"]), "url": WORD}, optional={"caption": WORD}),
    st.fixed_dictionaries({"type": st.just("buttons"), "text": WORD, "buttons": st.lists(BUTTON, max_size=2)}),
    st.fixed_dictionaries({"type": st.just("quick_replies"), "text": WORD, "replies": st.lists(BUTTON, max_size=2)}),
    st.fixed_dictionaries({"type": st.just("pause"), "seconds": st.integers(0, 61)}),
    ACTIONS.map(lambda action: {"type": "action", **action}),
)
VALUES = st.fixed_dictionaries(
    {"first_name": st.none() | st.text(), "fields": st.dictionaries(st.just("x"), st.text())}
)


SAVED_OUTCOMES = {"rendered", "empty_text", "empty_label", "invalid_url"}


@given(st.lists(BLOCK, min_size=1, max_size=3), VALUES)
def test_checked_blocks_render_or_fail_by_name(blocks: list[dict[str, Any]], values: dict[str, Any]) -> None:
    assert _outcome(blocks, values) in (SAVED_OUTCOMES if not check_blocks(blocks) else {"refused"})


def _outcome(blocks: list[dict[str, Any]], values: dict[str, Any]) -> str:
    try:
        return "rendered" if len(render(blocks, values)) == len(blocks) else "parts are missing"
    except RenderingFailed as failure:
        return "refused" if failure.detail.startswith("blocks.") else failure.detail
