"""What a channel will not be able to send of a sub-flow: said when it is saved, long before anybody waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.backends import KINDS
from channels.messages import Message
from channels.models import Channel, MessageTemplate
from sequences.actions.templates_at_hand import templates_at_hand
from sequences.models import SubFlow
from sequences.rules.rendering import MessagePart, RenderingFailed, compile_blocks

SOMEBODY: Mapping[str, Any] = {
    "first_name": "Alexandra",
    "last_name": "Dupont",
    "full_name": "Alexandra Dupont",
    "language": "en",
    "fields": {},
}


@dataclass(frozen=True, slots=True)
class ContentWarning:
    """`block` counts from 1, and is 0 for the bound template; `code` and `limit` are the backend's words."""

    channel: Channel
    block: int
    code: str
    limit: str = ""


def warnings_of(sub_flow: SubFlow, channels: Sequence[Channel]) -> list[ContentWarning]:
    """Channel by channel what will not go; nothing for a sub-flow that lives in another platform."""
    if sub_flow.external_channel_id is not None:
        return []
    messages = list(_messages(sub_flow.blocks))
    known = [channel for channel in channels if channel.kind in KINDS]
    return [*_unsupported(messages, known), *_template(sub_flow, known)]


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
