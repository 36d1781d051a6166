"""What a wave needs at hand, fetched once for all its messages: contents, accounts, deliveries begun earlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from channels.ask import webhook_of
from channels.backends import Backend, backend_for
from channels.content import Slot
from channels.messages import Account, Route
from channels.models import Channel
from channels.secrets import SecretsUnreadable, unseal
from sequences.actions.flight import Wire
from sequences.actions.ledger import Entry, entries_of
from sequences.actions.settle import Books
from sequences.actions.templates_at_hand import TemplatesAtHand, templates_at_hand
from sequences.actions.ways import Ways, ways_of
from sequences.models import SubFlow, Subscription
from sequences.rules.letters import as_letter
from sequences.rules.placeholders import compile_text
from sequences.rules.rendering import (
    CompiledBlocks,
    Part,
    RenderingFailed,
    compile_blocks,
    compile_remote,
    render_template,
)
from sequences.sql.light import light_rows


@dataclass(frozen=True, slots=True)
class Content:
    """A sub-flow ready to be filled in. `compiled` is None when its blocks cannot be rendered: `trouble` says why.

    `lives_in` is the channel whose provider has it under a reference, which `there` sends; None: it is ours alone.
    `name` stands in for a `subject` that is blank, or blank for somebody.
    """

    compiled: CompiledBlocks | None
    template: Mapping[str, Any] | None
    block_count: int
    trouble: str = ""
    lives_in: int | None = None
    there: CompiledBlocks | None = None
    name: str = ""
    subject: str = ""

    def on(self, channel_id: int) -> Content:
        """As this channel sends it: where it lives, the provider sends what is written there; elsewhere, its blocks."""
        if self.there is None or self.lives_in != channel_id:
            return self
        return Content(self.there, self.template, len(self.there.makers))

    def length(self, route: Route) -> int:
        return 1 if route == Route.UTILITY_TEMPLATE else self.block_count

    def render(self, route: Route, values: Mapping[str, Any], slots: tuple[Slot, ...] = ()) -> tuple[Part, ...]:
        """`slots` say where a template's parameters stand. Raises RenderingFailed."""
        if route == Route.UTILITY_TEMPLATE and self.template is not None:
            return render_template(self.template, values, slots)
        if self.compiled is None:
            raise RenderingFailed(self.trouble)
        return self.compiled.render(values)

    def render_for(
        self, backend: Backend, route: Route, values: Mapping[str, Any], slots: tuple[Slot, ...] = ()
    ) -> tuple[Part, ...]:
        """The same as this kind of channel sends it: one by one, or all in a letter. Raises RenderingFailed."""
        parts = self.render(route, values, slots)
        return as_letter(parts, self._subject(values)) if backend.capabilities.letters else parts

    def _subject(self, values: Mapping[str, Any]) -> str:
        return compile_text(self.subject).fill(values).strip() or self.name


@dataclass(frozen=True, slots=True)
class Shelf:
    wires: Mapping[int, Wire]
    paused_channels: frozenset[int]
    contents: Mapping[int, Content]
    entries: Mapping[tuple[int, int], Entry]
    templates: TemplatesAtHand
    ways: Ways = Ways()

    def may_send_template(self, channel_id: int, sub_flow_id: int) -> bool:
        return self.templates.may_send(channel_id, self.contents[sub_flow_id].template)

    def slots_of(self, channel_id: int, content: Content) -> tuple[Slot, ...]:
        return self.templates.slots_of(channel_id, content.template) if content.template else ()


def stock(subscriptions: Iterable[Subscription], books: Books) -> Shelf:
    """Three queries, however many messages; more where templates were read from a provider, or messages fall back."""
    listed = list(subscriptions)
    entries = entries_of(row.pk for row in listed)
    ways = ways_of(listed, books, entries.values())
    homes = {row.contact.channel_id for row in listed} | {row.channel_id for row in listed}
    channels = light_rows(Channel, homes | ways.channel_ids)
    contents = contents_of({step.sub_flow_id for steps in books.steps.values() for step in steps})
    return Shelf(
        wires={channel.pk: wire_of(channel) for channel in channels},
        paused_channels=frozenset(channel.pk for channel in channels if channel.is_paused),
        contents=contents,
        entries=entries,
        templates=templates_at_hand(channels, (content.template for content in contents.values())),
        ways=ways,
    )


def contents_of(sub_flow_ids: Iterable[int]) -> dict[int, Content]:
    """One query."""
    return {row.pk: _content(row) for row in light_rows(SubFlow, sub_flow_ids)}


def wire_of(channel: Channel) -> Wire:
    backend = backend_for(channel.kind)
    account = Account(_credentials(channel), channel.settings, channel.pk, webhook_of(channel))
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
    compiled: CompiledBlocks | None
    lives_in, there = sub_flow.external_channel_id, None
    if lives_in is not None:
        there = compile_remote(sub_flow.external_reference, sub_flow.external_name)
    try:
        compiled, trouble = compile_blocks(sub_flow.blocks), ""
    except RenderingFailed as error:
        compiled, trouble = None, str(error)
    template, names = sub_flow.utility_template, (sub_flow.name, sub_flow.subject)
    return Content(compiled, template, len(sub_flow.blocks), trouble, lives_in, there, *names)
