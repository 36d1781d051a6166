"""What a channel will not be able to send of a sub-flow: said when it is saved, long before anybody waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.backends import KINDS
from channels.content import Message
from channels.models import Channel, MessageTemplate
from sequences.actions.elsewhere import gone_there
from sequences.actions.templates_at_hand import templates_at_hand
from sequences.models import SubFlow
from sequences.rules.rendering import MessagePart, RenderingFailed, compile_blocks

LIVES_ELSEWHERE, GONE_THERE = "lives_elsewhere", "gone_there"
SOMEBODY: Mapping[str, Any] = {
    "first_name": "Alexandra",
    "last_name": "Dupont",
    "full_name": "Alexandra Dupont",
    "language": "en",
    "fields": {},
}


@dataclass(frozen=True, slots=True)
class ContentWarning:
    """`block` counts from 1; 0 is the bound template, or by its code the whole of a sub-flow that lives elsewhere.

    `code` and `limit` are the backend's words.
    """

    channel: Channel
    block: int
    code: str
    limit: str = ""


def warnings_of(sub_flow: SubFlow, channels: Sequence[Channel]) -> list[ContentWarning]:
    """Channel by channel what will not go; where a sub-flow lives, only whether it still does."""
    messages = list(_messages(sub_flow.blocks))
    known = [channel for channel in channels if channel.kind in KINDS]
    if sub_flow.external_channel_id is None:
        return [*_unsupported(messages, known), *_template(sub_flow, known)]
    others = [channel for channel in known if channel.pk != sub_flow.external_channel_id]
    found = list(_gone(sub_flow))
    if not sub_flow.blocks:
        return [*found, *(ContentWarning(channel, 0, LIVES_ELSEWHERE) for channel in others)]
    return [*found, *_unsupported(messages, others), *_template(sub_flow, others)]


def _gone(sub_flow: SubFlow) -> Iterator[ContentWarning]:
    """Its own channel, if the list there does not hold it any more."""
    if sub_flow.external_channel is not None and gone_there([sub_flow]):
        yield ContentWarning(sub_flow.external_channel, 0, GONE_THERE)


def _messages(blocks: Any) -> Iterator[tuple[int, Message]]:
    """Each message as somebody with a usual name would get it, with the number of its block."""
    try:
        makers = compile_blocks(blocks or []).makers
    except RenderingFailed:
        return
    for number, make in enumerate(makers, start=1):
        try:
            part = make(SOMEBODY)
        except RenderingFailed:
            continue  # it depends on the person
        if isinstance(part, MessagePart):
            yield number, part.content


def _unsupported(messages: Iterable[tuple[int, Message]], channels: Iterable[Channel]) -> Iterator[ContentWarning]:
    listed = list(messages)
    for channel in channels:
        for number, content in listed:
            for problem in KINDS[channel.kind].problems(content):
                code, _, limit = problem.partition(":")
                yield ContentWarning(channel, number, code, limit)


def _template(sub_flow: SubFlow, channels: Sequence[Channel]) -> Iterator[ContentWarning]:
    """A template that a channel does not have, or not approved, will not be tried there."""
    bound = sub_flow.utility_template
    if not bound:
        return
    at_hand = templates_at_hand(channels, [bound])
    for channel in channels:
        after = KINDS[channel.kind].after_24_hours(channel.settings)
        if after == "utility_template" and not at_hand.may_send(channel.pk, bound):
            yield ContentWarning(channel, 0, _why_not(channel, bound))


def _why_not(channel: Channel, bound: Mapping[str, Any]) -> str:
    row = MessageTemplate.objects.filter(channel=channel, name=bound["name"], language=bound["language"]).first()
    if row is None:
        return "template_missing"
    return "template_parameters" if row.is_approved else f"template_{row.status}"
