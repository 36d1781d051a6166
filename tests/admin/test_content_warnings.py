"""What a channel in use cannot send is said when it is saved, by message and channel; it is saved all the same."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Channel
from sequencer.workspaces.models import Role
from sequences.channels_in_use import channels_of_sequence, channels_of_sub_flow
from sequences.models import SequenceChannel, SubFlow
from tests.admin.conftest import Shop
from tests.admin.test_sequence_form import a_card
from tests.admin.test_sequence_form import a_form as a_sequence_form
from tests.admin.test_sub_flow_form import ADD, a_form
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow


@pytest.fixture
def page(shop: Shop) -> Channel:
    page = a_channel(shop.workspace, "messenger", name="My Page")
    a_contact(page)
    return page


def said_after(shop: Shop, *blocks: dict[str, Any]) -> list[str]:
    shown = shop.as_(Role.EDITOR).post(ADD, a_form(*blocks), follow=True)
    assert SubFlow.objects.filter(name="Welcome").exists()
    return [str(message) for message in shown.context["messages"] if message.level_tag == "warning"]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (
            {"type": "image", "url": "https://e.com/a.png", "text": "A caption"},
            "a caption is not possible; write it as a text of its own.",
        ),
        ({"text": "x" * 2000}, "the text is longer than 1999 characters."),
        (
            {"type": "buttons", "text": "x", "taps": [{"label": letter} for letter in "ABCD"]},
            "there may be 1 to 3 buttons.",
        ),
        ({"type": "buttons", "text": "x" * 641, "taps": [{"label": "A"}]}, "the text is longer than 640 characters."),
        (
            {"type": "buttons", "text": "x", "taps": [{"label": "A label of twenty-one!"}]},
            "a button's label is longer than 20 characters.",
        ),
        (
            {"type": "quick_replies", "text": "x", "taps": [{"label": letter} for letter in "ABCDEFGHIJKLMN"]},
            "there may be 1 to 13 quick replies.",
        ),
    ],
)
def test_what_messenger_cannot_show_is_said(shop: Shop, page: Channel, block: dict[str, Any], sentence: str) -> None:
    assert said_after(shop, {"text": "fine"}, block) == [f"Block 2 cannot go out through “My Page”: {sentence}"]


def test_what_every_channel_can_send_is_not_mentioned(shop: Shop, page: Channel) -> None:
    assert said_after(shop, {"text": "Hello {{ first_name }}"}, {"text": "{{ fields.only_some_have_this }}"}) == []


def test_a_workspace_without_such_a_channel_is_told_nothing(shop: Shop) -> None:
    assert said_after(shop, {"text": "x" * 2000}) == []


def test_a_sequence_names_the_message_and_the_channel(shop: Shop, page: Channel) -> None:
    captioned = a_sub_flow(
        shop.workspace, name="Photo", blocks=[{"type": "image", "url": "https://e.com/a.png", "caption": "Look"}]
    )
    fine = a_sub_flow(shop.workspace)
    form = a_sequence_form(a_card(0, sub_flow=fine.pk), a_card(1, sub_flow=captioned.pk))
    shown = shop.as_(Role.EDITOR).post("/admin/sequences/sequence/add/", form, follow=True)
    assert "Message 2, “Photo”: Block 1 cannot go out through “My Page”" in shown.content.decode()


def test_only_the_channels_that_a_sequence_is_for_count(shop: Shop, page: Channel) -> None:
    sub_flow, quiet = a_sub_flow(shop.workspace), a_channel(shop.workspace)
    sequence = a_sequence(shop.workspace, [{"sub_flow": sub_flow}])
    assert set(channels_of_sequence(sequence)) == set(channels_of_sub_flow(sub_flow)) == {shop.sandbox, page}
    SequenceChannel.objects.create(workspace=shop.workspace, sequence=sequence, channel=quiet)
    assert channels_of_sequence(sequence) == channels_of_sub_flow(sub_flow) == [quiet]
    a_sequence(shop.workspace, [{"sub_flow": sub_flow}])
    assert set(channels_of_sub_flow(sub_flow)) == {shop.sandbox, page}
