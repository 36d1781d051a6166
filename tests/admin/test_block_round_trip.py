"""Whatever a sub-flow can hold comes back from its form as it was, although a browser had its hands on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sequences.admin.block_list import BlockList, posted_list, stored_list
from sequences.rules.blocks import check_blocks
from tests.as_a_browser import sent_by_browser

Block = dict[str, Any]
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
PIECES = st.one_of(
    st.text(LETTERS, min_size=1, max_size=12),
    st.sampled_from(["{{ first_name }}", '{{ fields.x|default:"a\nb" }}', "\r\n", "\r", "\n"]),
    st.sampled_from(["<b>", "&amp;", '"', "é", "🌞"]),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=5).map("".join)
BLANKS = st.sampled_from([None, "", "  "])
ADDRESSES = st.sampled_from(
    [
        "https://shop.example/",
        "https://shop.example/{{ fields.page }}?a=1&b=\"'",
        'http://shop.example/{{ first_name|default:"two\r\nlines " }}',
    ]
)
TARGETS = st.text(LETTERS, min_size=1, max_size=20)
ACTIONS = st.one_of(
    st.fixed_dictionaries({"action": st.sampled_from(["subscribe", "unsubscribe"]), "sequence": TARGETS}),
    st.fixed_dictionaries(
        {"action": st.sampled_from(["add_tag", "remove_tag"]), "tag": TARGETS},
        optional={"type": st.just("action")},
    ),
)
ANSWERS = st.fixed_dictionaries({"label": TEXTS, "payload": TEXTS}, optional={"action": ACTIONS})
DEEDS = st.fixed_dictionaries({"label": TEXTS, "action": ACTIONS}, optional={"payload": BLANKS})
LINKS = st.fixed_dictionaries({"label": TEXTS, "url": ADDRESSES}, optional={"payload": BLANKS, "action": BLANKS})
REPEATED = TEXTS.map(lambda text: {"label": text, "payload": text})
BUTTONS = st.lists(st.one_of(ANSWERS, DEEDS, LINKS, REPEATED), min_size=1, max_size=2)
REPLIES = st.lists(st.one_of(ANSWERS, DEEDS, REPEATED), min_size=1, max_size=2)
MEDIA = st.sampled_from(["image", "video", "audio", "file"])
BLOCKS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    st.fixed_dictionaries({"type": MEDIA, "url": ADDRESSES}, optional={"caption": st.one_of(TEXTS, BLANKS)}),
    st.fixed_dictionaries({"type": st.just("buttons"), "text": TEXTS, "buttons": BUTTONS}),
    st.fixed_dictionaries({"type": st.just("quick_replies"), "text": TEXTS, "replies": REPLIES}),
    st.fixed_dictionaries({"type": st.just("pause"), "seconds": st.integers(1, 60)}),
    ACTIONS.map(lambda action: {"type": "action", **action}),
)
LISTS = st.lists(BLOCKS, min_size=1, max_size=2)


def page_of(shown: BlockList) -> str:
    sequences = {"seq_1": "Spring"}
    context = {"block_list": shown, "sequences": list(sequences.items()), "sequence_ids": sequences}
    return render_to_string("sequences/blocks.html", context)


def sent(shown: BlockList, *, has_script: bool) -> dict[str, str]:
    pairs = sent_by_browser(page_of(shown), has_script=has_script)
    # The script sends no place numbers: the order of the page counts.
    return {name: value for name, value in pairs if not (has_script and name.endswith("-place"))}


@pytest.mark.parametrize("has_script", [True, False])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(blocks=LISTS)
@example(blocks=[{"type": "image", "url": "https://a.example/", "caption": None}])
@example(blocks=[{"type": "text", "text": "\n\r\n first line empty"}])
@example(blocks=[{"type": "buttons", "text": "x", "buttons": [{"label": " a\nb ", "payload": " a\nb "}] * 5}])
def test_a_form_that_is_only_saved_again_changes_nothing(has_script: bool, blocks: list[Block]) -> None:
    assume(check_blocks(blocks) == [])
    posted = posted_list(sent(stored_list(blocks), has_script=has_script), blocks)
    assert posted.blocks() == blocks


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(blocks=LISTS, more=LISTS)
def test_what_was_refused_is_shown_as_it_was_written(blocks: list[Block], more: list[Block]) -> None:
    """Two rounds through the page, the second with blocks that are not stored yet."""
    assume(check_blocks(blocks) == [] == check_blocks(more))
    first = posted_list(sent(stored_list([*blocks, *more]), has_script=True), blocks)
    again = posted_list(sent(first, has_script=True), blocks)
    assert again.blocks() == first.blocks()
    assert again.blocks()[: len(blocks)] == blocks


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(blocks=LISTS)
def test_a_change_in_one_block_leaves_the_others_alone(blocks: list[Block]) -> None:
    assume(check_blocks(blocks) == [])
    form = sent(stored_list(blocks), has_script=True)
    form |= {"blocks-0-type": "text", "blocks-0-text": "Something else"}
    assert posted_list(form, blocks).blocks() == [{"type": "text", "text": "Something else"}, *blocks[1:]]
