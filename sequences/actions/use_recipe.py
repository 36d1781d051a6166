"""Make a draft out of a recipe: the sequence, and a sub-flow for each of its messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.free_names import free_name
from sequences.actions.save_sequence import SequenceDraft, StepDraft, draft_of, save_sequence
from sequences.actions.save_sub_flow import SubFlowDraft, save_sub_flow
from sequences.models import Sequence, SequenceState, SubFlow
from sequences.recipes.content import ITSELF, Recipe, RecipeMessage

LONGEST_NAME = 90


@in_one_transaction
def use_recipe(workspace: Workspace, recipe: Recipe, *, now: datetime, actor: Actor) -> Sequence:
    """The new draft under names that are free. Raises Refused as `save_sequence` and `save_sub_flow` do."""
    # Its name first: buttons of its messages name the sequence itself.
    taken = set(Sequence.objects.in_workspace(workspace).in_use().values_list("name", flat=True))
    empty = SequenceDraft(_free(recipe.name, taken), state=SequenceState.DRAFT.value)
    made = save_sequence(workspace, None, empty, now=now, actor=actor)
    names = set(SubFlow.objects.in_workspace(workspace).in_use().values_list("name", flat=True))
    steps = []
    for message in recipe.messages:
        name = _free(f"{made.name[:60]}: {message.name}", names)
        names.add(name)
        steps.append(_step(workspace, made, message, name, now=now, actor=actor))
    draft = replace(draft_of(made), stop_on_reply=recipe.stop_on_reply, steps=tuple(steps))
    return save_sequence(workspace, made, draft, now=now, actor=actor)


def _step(
    workspace: Workspace, made: Sequence, message: RecipeMessage, name: str, *, now: datetime, actor: Actor
) -> StepDraft:
    blocks = _with_itself(message.blocks, made.public_id)
    sub_flow = save_sub_flow(workspace, None, SubFlowDraft(name, blocks), now=now, actor=actor)
    return StepDraft(name=message.name, sub_flow_id=sub_flow.pk, **message.settings)


def _with_itself(value: Any, public_id: str) -> Any:
    """The blocks with the sequence's own id where the recipe says so."""
    if isinstance(value, list):
        return [_with_itself(item, public_id) for item in value]
    if isinstance(value, dict):
        return {key: _with_itself(item, public_id) for key, item in value.items()}
    return public_id if value == ITSELF else value


def _free(name: str, taken: set[str]) -> str:
    return free_name(name[:LONGEST_NAME], taken, "{} {}".format)
