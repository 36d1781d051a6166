"""What may be saved as the content of a sub-flow, and how everything else is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.rules.blocks import Code, Problem, check_blocks, check_utility_template, references

TEXT = {"type": "text", "text": "Hello"}
CALL = {"label": "Shop", "url": "https://shop.example/"}
TAP = {"label": "Yes", "payload": "yes"}
SUBSCRIBE = {"action": "subscribe", "sequence": "s-1"}


def buttons(*given: object) -> dict[str, object]:
    return {"type": "buttons", "text": "Choose", "buttons": list(given)}


def replies(*given: object) -> dict[str, object]:
    return {"type": "quick_replies", "text": "Choose", "replies": list(given)}


def image(url: object) -> dict[str, object]:
    return {"type": "image", "url": url}


ACCEPTED = [
    TEXT,
    {"type": "text", "text": 'Hi {{ first_name|default:"there" }}, {{ fields.anything }}\nsecond line 🌞'},
    {"type": "image", "url": "https://shop.example/a.png"},
    {"type": "image", "url": "https://shop.example/a.png", "caption": "{{ first_name }}"},
    {"type": "image", "url": "https://shop.example/a.png", "caption": None},  # optional: null is not given
    {"type": "video", "url": "http://shop.example:8080/a.mp4", "caption": ""},
    {"type": "audio", "url": "https://shop.example/a.mp3"},
    {"type": "file", "url": "https://shop.example/a.pdf?who={{ first_name }}#{{ fields.page }}"},
    image("https://élan.example/{{ fields.picture|default:“none” }}.png"),
    image("https://[2001:db8::1]/a.png"),
    buttons(CALL),
    buttons(TAP, {"label": "{{ first_name }}", "url": "", "payload": "p"}),  # a form sends the empty one too
    buttons({"label": "Yes", "payload": "{{ stays as it is"}),  # payloads are nobody's text
    buttons({"label": "Follow", "action": {"type": "action", **SUBSCRIBE}}),
    buttons({"label": "Follow", "action": SUBSCRIBE, "payload": "yes"}),
    buttons({"label": "Tag", "action": {"action": "add_tag", "tag": "vip"}}),
    buttons(*[TAP] * 20),
    replies(TAP, {"label": "Stop", "action": {"action": "remove_tag", "tag": "vip"}}),
    {"type": "pause", "seconds": 1},
    {"type": "pause", "seconds": 60},
    {"type": "action", "action": "unsubscribe", "sequence": "s-1"},
    {"type": "action", "action": "add_tag", "tag": "x" * 64},
]


@pytest.mark.parametrize("block", ACCEPTED)
def test_a_block_of_the_contract_is_accepted(block: dict[str, object]) -> None:
    assert check_blocks([block]) == []


REFUSED: list[tuple[object, str, str, dict[str, Any]]] = [
    # block, field below blocks.0, code, params
    (None, "", "invalid_type", {"expected": "object"}),
    ("text", "", "invalid_type", {"expected": "object"}),
    ({}, ".type", "required", {}),
    ({"type": None}, ".type", "required", {}),
    ({"type": "carousel"}, ".type", "unknown_type", {"type": "carousel"}),
    ({"type": ["text"]}, ".type", "unknown_type", {"type": "list"}),  # not even a word
    ({"type": "x" * 500}, ".type", "unknown_type", {"type": "x" * 64}),  # an answer does not carry a flood
    ({**TEXT, "colour": "red"}, ".colour", "unknown_field", {}),
    ({**TEXT, "url": "https://a.example/"}, ".url", "unknown_field", {}),  # known elsewhere, not here
    ({"type": "text"}, ".text", "required", {}),
    ({"type": "text", "text": " \n "}, ".text", "required", {}),
    ({"type": "text", "text": 7}, ".text", "invalid_type", {"expected": "text"}),
    ({"type": "text", "text": []}, ".text", "invalid_type", {"expected": "text"}),
    ({"type": "text", "text": "x" * 10_001}, ".text", "too_long", {"max": 10_000}),
    ({"type": "text", "text": "a\x00b"}, ".text", "invalid_character", {}),  # PostgreSQL refuses it
    ({"type": "text", "text": "a\ud800b"}, ".text", "invalid_character", {}),  # UTF-8 refuses it
    ({"type": "text", "text": "{{ nope }}"}, ".text", "unknown_placeholder", {"placeholder": "nope"}),
    ({"type": "text", "text": "{{ nope"}, ".text", "malformed_placeholder", {"placeholder": "{{ nope"}),
    ({"type": "image"}, ".url", "required", {}),
    (
        {**image("https://a.example/"), "caption": "{{ nope }}"},
        ".caption",
        "unknown_placeholder",
        {"placeholder": "nope"},
    ),
    ({**image("https://a.example/"), "caption": []}, ".caption", "invalid_type", {"expected": "text"}),
    (image("https://a.example/{{ nope }}"), ".url", "unknown_placeholder", {"placeholder": "nope"}),
    (image("https://a.example/" + "x" * 2000), ".url", "too_long", {"max": 2000}),
    (image("ftp://a.example/"), ".url", "invalid_url", {}),
    (image("javascript:alert(1)"), ".url", "invalid_url", {}),
    (image("data:image/png;base64,AAAA"), ".url", "invalid_url", {}),
    (image("//a.example/a.png"), ".url", "invalid_url", {}),
    (image("a.example/a.png"), ".url", "invalid_url", {}),
    (image("https://"), ".url", "invalid_url", {}),
    (image("https:///a.png"), ".url", "invalid_url", {}),
    (image("https://:443/"), ".url", "invalid_url", {}),
    (image("https://[::1/"), ".url", "invalid_url", {}),
    (image("https://a.example:99999/"), ".url", "invalid_url", {}),
    (image("https://a.example:port/"), ".url", "invalid_url", {}),
    (image("https://a.example/a b.png"), ".url", "invalid_url", {}),
    (image("https://a.example/a\nb.png"), ".url", "invalid_url", {}),
    (image(" https://a.example/"), ".url", "invalid_url", {}),
    (image("https://a.example\\@b.example/"), ".url", "invalid_url", {}),  # programs disagree about the host
    (image("https://me:secret@a.example/"), ".url", "invalid_url", {}),
    (image("{{ fields.picture }}"), ".url", "placeholder_in_host", {}),  # a value may not choose the host
    (image("https://{{ fields.shop }}.example/"), ".url", "placeholder_in_host", {}),
    (image("https://a.example{{ fields.path }}"), ".url", "placeholder_in_host", {}),  # ".evil.example" would fit
    (buttons(), ".buttons", "required", {}),
    (buttons(*[TAP] * 21), ".buttons", "too_many", {"max": 20}),
    ({**buttons(TAP), "buttons": "Yes"}, ".buttons", "invalid_type", {"expected": "list"}),
    ({**buttons(TAP), "buttons": {"0": TAP}}, ".buttons", "invalid_type", {"expected": "list"}),
    ({**buttons(TAP), "text": ""}, ".text", "required", {}),
    (buttons(TAP, "Yes"), ".buttons.1", "invalid_type", {"expected": "object"}),
    (buttons({**TAP, "label": ""}), ".buttons.0.label", "required", {}),
    (buttons(TAP, {"payload": "p"}), ".buttons.1.label", "required", {}),
    (buttons({**TAP, "label": "x" * 101}), ".buttons.0.label", "too_long", {"max": 100}),
    (buttons({**TAP, "label": "{{ nope }}"}), ".buttons.0.label", "unknown_placeholder", {"placeholder": "nope"}),
    (buttons({**TAP, "style": "big"}), ".buttons.0.style", "unknown_field", {}),
    (buttons({"label": "Yes"}), ".buttons.0.url", "url_or_payload", {}),
    (buttons({**CALL, "payload": "p"}), ".buttons.0.payload", "url_and_payload", {}),
    (buttons({**CALL, "action": SUBSCRIBE}), ".buttons.0.url", "url_with_action", {}),
    (buttons({**CALL, "url": "mailto:a@b.example"}), ".buttons.0.url", "invalid_url", {}),
    (buttons({**TAP, "payload": "x" * 901}), ".buttons.0.payload", "too_long", {"max": 900}),
    (buttons({**TAP, "payload": 1}), ".buttons.0.payload", "invalid_type", {"expected": "text"}),
    (buttons({**TAP, "payload": "seq1:s1:x"}), ".buttons.0.payload", "reserved_payload", {"prefix": "seq1:"}),
    (buttons({**TAP, "action": "subscribe"}), ".buttons.0.action", "invalid_type", {"expected": "object"}),
    (buttons({**TAP, "action": {}}), ".buttons.0.action.action", "required", {}),
    (buttons({**TAP, "action": {"action": "subscribe"}}), ".buttons.0.action.sequence", "required", {}),
    (buttons({**TAP, "action": {**SUBSCRIBE, "type": "x"}}), ".buttons.0.action.type", "unknown_type", {"type": "x"}),
    (
        replies({**TAP, "url": "https://a.example/"}),
        ".replies.0.url",
        "unknown_field",
        {},
    ),  # a quick reply opens nothing
    (replies({"label": "Yes"}), ".replies.0.payload", "required", {}),
    (replies({"payload": "yes"}), ".replies.0.label", "required", {}),
    ({"type": "quick_replies", "text": "Choose"}, ".replies", "required", {}),
    ({"type": "pause"}, ".seconds", "required", {}),
    ({"type": "pause", "seconds": 0}, ".seconds", "out_of_range", {"min": 1, "max": 60}),
    ({"type": "pause", "seconds": 61}, ".seconds", "out_of_range", {"min": 1, "max": 60}),
    ({"type": "pause", "seconds": "5"}, ".seconds", "invalid_type", {"expected": "number"}),
    ({"type": "pause", "seconds": True}, ".seconds", "invalid_type", {"expected": "number"}),  # 1 to Python
    ({"type": "pause", "seconds": 1.5}, ".seconds", "invalid_type", {"expected": "number"}),
    ({"type": "action"}, ".action", "required", {}),
    ({"type": "action", "action": "explode"}, ".action", "unknown_action", {"action": "explode"}),
    ({"type": "action", "action": ["subscribe"]}, ".action", "unknown_action", {"action": "list"}),
    ({"type": "action", "action": "explode", "tag": "x"}, ".action", "unknown_action", {"action": "explode"}),
    ({"type": "action", "action": "subscribe"}, ".sequence", "required", {}),
    ({"type": "action", "action": "subscribe", "sequence": 7}, ".sequence", "invalid_type", {"expected": "text"}),
    ({"type": "action", **SUBSCRIBE, "tag": "x"}, ".tag", "unknown_field", {}),
    ({"type": "action", "action": "add_tag", "tag": " "}, ".tag", "required", {}),
    ({"type": "action", "action": "add_tag", "tag": "x" * 65}, ".tag", "too_long", {"max": 64}),
]


@pytest.mark.parametrize(("block", "field", "code", "params"), REFUSED)
def test_whatever_else_is_refused_by_the_name_of_its_field(
    block: object, field: str, code: str, params: dict[str, Any]
) -> None:
    assert check_blocks([block]) == [Problem(f"blocks.0{field}", code, params)]


LISTS: list[tuple[object, bool, list[str]]] = [
    # blocks, may be empty, codes
    ([], False, ["required"]),
    (None, False, ["required"]),
    ([], True, []),  # the content lives elsewhere
    (None, True, []),
    ("text", True, ["invalid_type"]),
    ({}, True, ["invalid_type"]),
    ([TEXT] * 50, False, []),
    ([TEXT] * 51, False, ["too_many"]),
    ([{}] * 100_000, False, ["too_many"]),  # not one problem for each
    ([[[[[]]]]], False, ["invalid_type"]),
    ([{"type": "text", **{f"key{n}": 1 for n in range(5000)}}], False, ["unknown_field"] * 10 + ["required"]),
]


@pytest.mark.parametrize(("blocks", "may_be_empty", "codes"), LISTS, ids=range(len(LISTS)))
def test_the_list_itself_is_checked(blocks: object, may_be_empty: bool, codes: list[str]) -> None:
    assert [problem.code for problem in check_blocks(blocks, may_be_empty=may_be_empty)] == codes


def test_every_problem_is_reported_at_once() -> None:
    problems = check_blocks([TEXT, {"type": "text"}, buttons({"label": "", "url": "nowhere"})])
    assert [problem.field for problem in problems] == [
        "blocks.1.text",
        "blocks.2.buttons.0.label",
        "blocks.2.buttons.0.url",
    ]


TEMPLATE = {"name": "order_update", "language": "fr", "parameters": ["{{ first_name }}", "A-17"]}
TEMPLATES: list[tuple[object, list[tuple[str, str]]]] = [
    # template, (field, code) of each problem
    (None, []),  # none is bound
    (TEMPLATE, []),
    ({**TEMPLATE, "parameters": []}, []),
    ({"name": "n", "language": "en_US"}, []),
    ({}, [("utility_template.name", "required"), ("utility_template.language", "required")]),
    ("order_update", [("utility_template", "invalid_type")]),
    ({**TEMPLATE, "name": 1}, [("utility_template.name", "invalid_type")]),
    ({**TEMPLATE, "body": "x"}, [("utility_template.body", "unknown_field")]),
    ({**TEMPLATE, "parameters": "x"}, [("utility_template.parameters", "invalid_type")]),
    ({**TEMPLATE, "parameters": ["a", 1]}, [("utility_template.parameters.1", "invalid_type")]),
    ({**TEMPLATE, "parameters": ["{{ nope }}"]}, [("utility_template.parameters.0", "unknown_placeholder")]),
    ({**TEMPLATE, "parameters": ["x"] * 51}, [("utility_template.parameters", "too_many")]),
]


@pytest.mark.parametrize(("template", "expected"), TEMPLATES)
def test_a_bound_template_is_checked(template: object, expected: list[tuple[str, str]]) -> None:
    assert [(problem.field, problem.code) for problem in check_utility_template(template)] == expected


def test_every_named_sequence_is_found() -> None:
    blocks = [
        {"type": "action", "action": "subscribe", "sequence": "of a block"},
        {"type": "action", "action": "add_tag", "tag": "not a sequence"},
        buttons({"label": "a", "action": {"action": "unsubscribe", "sequence": "of a button"}}),
        replies({"label": "a", "action": {"action": "subscribe", "sequence": "of a reply"}}),
        {"type": "text", "text": "a", "sequence": "of nothing"},
        {"type": "action", "sequence": ["rubbish"]},
        buttons("rubbish", {"action": 1}),
        7,
    ]
    assert references(blocks) == {"of a block", "of a button", "of a reply"}


KINDS = ["text", "image", "buttons", "quick_replies", "pause", "action", "subscribe", "add_tag"]
NAMES = [
    "type",
    "text",
    "url",
    "caption",
    "buttons",
    "replies",
    "label",
    "payload",
    "action",
    "sequence",
    "tag",
    "seconds",
]
KEYS = st.sampled_from(NAMES)
WORDS = [*KINDS, "{{ first_name }}", "{{", "\x00"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


@given(JSON | st.lists(JSON))
def test_no_json_whatever_makes_the_checks_raise(value: object) -> None:
    for problem in [*check_blocks(value), *check_utility_template(value)]:
        assert problem.code in set(Code)
        problem.field.encode()
    references(value)
