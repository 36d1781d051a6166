"""What a wave needs at hand, fetched once for all its messages: contents, accounts, deliveries begun earlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from channels.backends import backend_for
from channels.messages import Account, Route, Slot
from channels.models import Channel
from channels.secrets import SecretsUnreadable, unseal
from sequences.actions.flight import Wire
from sequences.actions.ledger import Entry, entries_of
from sequences.actions.settle import Books
from sequences.actions.templates_at_hand import TemplatesAtHand, templates_at_hand
from sequences.models import SubFlow, Subscription
from sequences.rules.rendering import CompiledBlocks, Part, RenderingFailed, compile_blocks, render_template
from sequences.sql.light import light_rows


@dataclass(frozen=True, slots=True)
class Content:
    """A sub-flow ready to be filled in. `compiled` is None when its blocks cannot be rendered: `trouble` says why."""

    compiled: CompiledBlocks | None
    template: Mapping[str, Any] | None
    block_count: int
    trouble: str = ""

    def length(self, route: Route) -> int:
        return 1 if route == Route.UTILITY_TEMPLATE else self.block_count

    def render(self, route: Route, values: Mapping[str, Any], slots: tuple[Slot, ...] = ()) -> tuple[Part, ...]:
        """`slots` say where a template's parameters stand. Raises RenderingFailed."""
        if route == Route.UTILITY_TEMPLATE and self.template is not None:
            return render_template(self.template, values, slots)
        if self.compiled is None:
            raise RenderingFailed(self.trouble)
        return self.compiled.render(values)


@dataclass(frozen=True, slots=True)
class Shelf:
    wires: Mapping[int, Wire]
    paused_channels: frozenset[int]
    contents: Mapping[int, Content]
    entries: Mapping[tuple[int, int], Entry]
    templates: TemplatesAtHand

    def may_send_template(self, channel_id: int, sub_flow_id: int) -> bool:
        return self.templates.may_send(channel_id, self.contents[sub_flow_id].template)

    def slots_of(self, channel_id: int, content: Content) -> tuple[Slot, ...]:
        return self.templates.slots_of(channel_id, content.template) if content.template else ()


def stock(subscriptions: Iterable[Subscription], books: Books) -> Shelf:
    """Three queries, however many messages; a fourth where templates were read from a provider."""
    listed = list(subscriptions)
    channels = light_rows(Channel, {row.channel_id for row in listed})
    contents = contents_of({step.sub_flow_id for steps in books.steps.values() for step in steps})
    return Shelf(
        wires={channel.pk: wire_of(channel) for channel in channels},
        paused_channels=frozenset(channel.pk for channel in channels if channel.is_paused),
        contents=contents,
        entries=entries_of(row.pk for row in listed),
        templates=templates_at_hand(channels, (content.template for content in contents.values())),
    )


def contents_of(sub_flow_ids: Iterable[int]) -> dict[int, Content]:
    """One query."""
    return {row.pk: _content(row) for row in light_rows(SubFlow, sub_flow_ids)}


def wire_of(channel: Channel) -> Wire:
    backend = backend_for(channel.kind)
    account = Account(_credentials(channel), channel.settings, channel.pk)
    return Wire(channel.pk, backend, account, backend.after_24_hours(channel.settings))


def _credentials(channel: Channel) -> dict[str, str]:
    try:
        return _unsealed(channel.credentials, channel.workspace_id, channel.pk)
    except SecretsUnreadable:
        return {}


@lru_cache(maxsize=1000)
def _unsealed(sealed: str, workspace_id: int, channel_id: int) -> dict[str, str]:
    return unseal(sealed, workspace_id=workspace_id, channel_id=channel_id)


def _content(sub_flow: SubFlow) -> Content:
    try:
        return Content(compile_blocks(sub_flow.blocks), sub_flow.utility_template, len(sub_flow.blocks))
    except RenderingFailed as error:
        return Content(None, sub_flow.utility_template, len(sub_flow.blocks), str(error))
