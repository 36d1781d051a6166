"""Whether a template that somebody binds to a sub-flow is one of the provider's, and filled as it asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from channels.models import MessageTemplate
from sequencer.workspaces.models import Workspace
from sequences.rules.problems import Code, Problem


def check_bound_template(workspace: Workspace, bound: Any) -> Iterator[Problem]:
    """Too many or too few parameters for every template of this name are a mistake, and so is a blank one.

    A template that nobody read, or that is not approved yet, may be bound all the same.
    """
    if not isinstance(bound, Mapping) or not isinstance(given := bound.get("parameters") or [], list):
        return
    known = MessageTemplate.objects.in_workspace(workspace).filter(
        name=str(bound.get("name")), language=str(bound.get("language"))
    )
    counts = [len(row.slots) for row in known if row.slots is not None]
    if counts:
        blank = (number for number, text in enumerate(given) if isinstance(text, str) and not text.strip())
        yield from (Problem(f"utility_template.parameters.{number}", Code.REQUIRED) for number in blank)
    if counts and len(given) not in counts:
        yield Problem("utility_template.parameters", "parameter_count", {"needed": counts[0], "given": len(given)})
