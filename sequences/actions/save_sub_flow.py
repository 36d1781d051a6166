"""Create a sub-flow or change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.backends import KINDS
from channels.models import Channel
from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.bound_templates import check_bound_template
from sequences.models import Sequence, SubFlow
from sequences.rules.blocks import check_blocks, check_subject, check_utility_template, references
from sequences.rules.problems import Code, Problem
from sequences.rules.shapes import UNSTORABLE

MAX_NAME = 100
MAX_REFERENCE = 200


@dataclass(frozen=True, slots=True)
class ExternalDraft:
    """A sub-flow that lives in another platform; `channel_id` is the channel that sends it."""

    channel_id: int
    reference: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SubFlowDraft:
    """`blocks` and `utility_template` are JSON values as somebody gave them (rules/blocks.py knows their shapes)."""

    name: str
    blocks: Any = field(default_factory=list)
    utility_template: Any = None
    external: ExternalDraft | None = None
    subject: str = ""


def sub_flow_draft_of(sub_flow: SubFlow) -> SubFlowDraft:
    """The sub-flow as it is stored, so that a face can change a part of it."""
    external = None
    if sub_flow.external_channel_id is not None:
        external = ExternalDraft(sub_flow.external_channel_id, sub_flow.external_reference, sub_flow.external_name)
    return SubFlowDraft(sub_flow.name, sub_flow.blocks, sub_flow.utility_template, external, sub_flow.subject)


@in_one_transaction
def save_sub_flow(
    workspace: Workspace,
    sub_flow: SubFlow | None,
    draft: SubFlowDraft,
    *,
    now: datetime,
    actor: Actor,
    seen_at: datetime | None = None,
) -> SubFlow:
    """Store `draft`; who was not served yet gets the new content. Raises Refused with every problem found.

    `seen_at`: the `updated_at` that the draft was made from; whoever was quicker is not overwritten.
    """
    row = SubFlow.objects.select_for_update(no_key=True).get(pk=sub_flow.pk) if sub_flow else None
    if row and seen_at and row.updated_at != seen_at:
        raise Refused([Problem("seen_at", "conflict")])
    problems = [*_check_name(workspace, row, draft.name), *_check_content(workspace, draft)]
    if problems:
        raise Refused(problems)
    values = _columns(draft)
    is_new = row is None
    row = row or SubFlow(workspace=workspace, created_at=now)
    changes = changed_fields(row, values)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = now
    row.save()
    if is_new:
        record_audit("created", row, actor=actor, now=now)
    elif changes:
        record_audit("changed", row, actor=actor, now=now, changes=changes)
    return row


def _columns(draft: SubFlowDraft) -> dict[str, Any]:
    external = draft.external
    return {
        "name": draft.name.strip(),
        "blocks": list(draft.blocks or []),
        "subject": draft.subject.strip(),
        "utility_template": draft.utility_template,
        "external_channel_id": external.channel_id if external else None,
        "external_reference": external.reference.strip() if external else "",
        "external_name": external.name.strip() if external else "",
    }


def _check_name(workspace: Workspace, row: SubFlow | None, name: str) -> Iterator[Problem]:
    name = name.strip()
    if not name:
        yield Problem("name", Code.REQUIRED)
    elif len(name) > MAX_NAME:
        yield Problem("name", Code.TOO_LONG, {"max": MAX_NAME})
    if UNSTORABLE.search(name):  # nor may the database be asked for it
        yield Problem("name", Code.INVALID_CHARACTER)
        return
    same_name = SubFlow.objects.in_workspace(workspace).in_use().filter(name=name)
    if same_name.exclude(pk=row.pk if row else None).exists():
        yield Problem("name", "name_taken")


def _check_content(workspace: Workspace, draft: SubFlowDraft) -> Iterator[Problem]:
    yield from check_subject(draft.subject)
    yield from check_blocks(draft.blocks, may_be_empty=draft.external is not None)
    yield from check_utility_template(draft.utility_template)
    yield from check_bound_template(workspace, draft.utility_template)
    yield from _check_references(workspace, draft.blocks)
    if draft.external:
        yield from _check_external(workspace, draft.external)


def _check_references(workspace: Workspace, blocks: Any) -> Iterator[Problem]:
    """Sequences that blocks and buttons name must be ours."""
    named = {text: Sequence.public_id.parse(text) for text in references(blocks)}
    mine = Sequence.objects.in_workspace(workspace).in_use()
    known = set(mine.filter(pk__in=[number for number in named.values() if number]).values_list("pk", flat=True))
    foreign = {text for text, number in named.items() if number not in known}
    yield from (Problem(where, "not_found") for where, text in _sequences_in(blocks, "blocks") if text in foreign)


def _sequences_in(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every place that names a sequence, with its path."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _sequences_in(item, f"{where}.{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "sequence":
                yield f"{where}.sequence", item if isinstance(item, str) else None
            elif key in ("buttons", "replies", "action"):
                yield from _sequences_in(item, f"{where}.{key}")


def _check_external(workspace: Workspace, external: ExternalDraft) -> Iterator[Problem]:
    channel = Channel.objects.in_workspace(workspace).filter(pk=external.channel_id).first()
    if channel is None:
        yield Problem("external.channel", "not_found")
    elif channel.kind in KINDS and not KINDS[channel.kind].capabilities.sub_flows:
        yield Problem("external.channel", "no_sub_flows_there")
    if not external.reference.strip():
        yield Problem("external.reference", Code.REQUIRED)
    for name, text in (("reference", external.reference), ("name", external.name)):
        if len(text) > MAX_REFERENCE:
            yield Problem(f"external.{name}", Code.TOO_LONG, {"max": MAX_REFERENCE})
        if UNSTORABLE.search(text):
            yield Problem(f"external.{name}", Code.INVALID_CHARACTER)
