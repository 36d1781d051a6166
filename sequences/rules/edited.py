"""The steps of a sequence as they would be once somebody's draft of them is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from channels.messages import ContentType, NotificationType
from sequences.rules.drafts import SequenceDraft, StepDraft
from sequences.rules.ordering import merged_order
from sequences.rules.steps import StepSettings, kinds_in
from sequences.rules.timing import Schedule


def settings_of(draft: StepDraft, id: int) -> StepSettings:
    """A draft without problems as the rules see a step; `id` stands for it where it has none yet."""
    delay = timedelta()
    if draft.delay_unit != "immediately":
        delay = timedelta(**{draft.delay_unit: draft.delay_amount})
    return StepSettings(
        id=id,
        schedule=Schedule(delay, draft.window_start, draft.window_end, draft.weekdays),
        is_open=draft.is_enabled,
        sub_flow_id=draft.sub_flow_id or 0,
        content_type=ContentType(draft.content_type),
        notification_type=NotificationType(draft.notification_type),
        outside=draft.outside_reply_window,
        fall_back_to=kinds_in(draft.fall_back_to),
    )


def drafted_steps(drafts: Sequence[StepDraft]) -> list[StepSettings]:
    """Each under its own id, and a new one under one below zero."""
    return [settings_of(draft, draft.id or -1 - index) for index, draft in enumerate(drafts)]


def steps_after(stored: Sequence[StepSettings], drafts: Sequence[StepDraft]) -> list[StepSettings]:
    """All steps in their order, archived ones included, as saving `drafts` would leave them; new ids are below zero."""
    given = {step.id: step for step in drafted_steps(drafts)}
    kept = {step.id: step for step in stored}
    order = merged_order([step.id for step in stored], list(given))
    return [given[number] if number in given else replace(kept[number], is_open=False) for number in order]


def count_changes(before: SequenceDraft, after: SequenceDraft) -> int:
    """How many things somebody changed: each setting, each message added, taken away or changed, and their order."""
    settings = sum(
        bool(getattr(before, name) != getattr(after, name)) for name in ("name", "state", "stop_on_reply", "reentry")
    )
    settings += set(before.channel_ids) != set(after.channel_ids)
    old = {step.id: step for step in before.steps}
    kept = [step.id for step in after.steps if step.id in old]
    stayed = [step.id for step in before.steps if step.id in set(kept)]
    changed = sum(step != old[step.id] for step in after.steps if step.id in old)
    return settings + changed + (len(after.steps) - len(kept)) + (len(old) - len(stayed)) + (kept != stayed)
