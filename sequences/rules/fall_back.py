"""Whether a message that cannot reach somebody where they are may go to them elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.messages import Route
from sequences.rules.routes import ReplyRule, choose_route
from sequences.rules.steps import StepSettings


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same person's contact on another channel, of this kind.

    `may_be_written_to`: nobody opted out, blocked us or is gone there, and its provider did not refuse this message.
    """

    contact_id: int
    kind: str
    reply_rule: ReplyRule
    may_be_written_to: bool = True


def other_way(step: StepSettings, others: Sequence[Elsewhere], at: datetime) -> tuple[Elsewhere, Route] | None:
    """Where else this message goes, and how: by the kinds that it names, in their order; of one kind, the first given.

    None where it names none, or nobody is left.
    """
    for kind in step.fall_back_to:
        for one in others:
            if one.kind != kind or not one.may_be_written_to:
                continue
            route = choose_route(step, one.reply_rule, at)
            if isinstance(route, Route):
                return one, route
    return None
