"""The effect of an edit in a sentence, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sequences.rules.effect import EditEffect
from sequences.rules.spread import CHOICES

# From this many people on, what cannot be taken back is asked about once more.
LARGE = 25


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the bar under the form says. `asks`: it must be confirmed; `may_spread`: something is due at once."""

    changes: int
    parts: tuple[str, ...]
    asks: bool = False
    may_spread: bool = False
    is_unclear: bool = False
    is_empty: bool = False

    @property
    def sentence(self) -> str:
        if self.is_unclear:
            return _("Something on this page cannot be read yet.")
        if self.is_empty:
            return _("Choose a sub-flow for each message to see what happens.")
        if not self.changes:
            return _("No changes yet.")
        counted = ngettext("%(number)s change", "%(number)s changes", self.changes) % {"number": self.changes}
        return " · ".join([counted, *([", ".join(self.parts)] if self.parts else [])])


def consequence(changes: int, effect: EditEffect | None, archived: int = 0) -> Consequence:
    """`effect` is None where nobody can be inside; `archived` is the number of messages that are put away."""
    words = ngettext("%(n)s message is archived", "%(n)s messages are archived", archived)
    parts = [words % {"n": archived}] if archived else []
    if effect is None or not effect.people or not changes:
        return Consequence(changes, tuple(parts))
    parts += _parts(effect)
    return Consequence(changes, tuple(parts), asks=effect.most >= LARGE, may_spread=effect.due_at_once > 0)


def _parts(effect: EditEffect) -> list[str]:
    said = [
        (effect.end, ngettext("the sequence ends for %(n)s person", "the sequence ends for %(n)s people", effect.end)),
        (effect.wait, ngettext("%(n)s person waits", "%(n)s people wait", effect.wait)),
        (
            effect.move_on,
            ngettext("%(n)s person goes on to the next", "%(n)s people go on to the next", effect.move_on),
        ),
        (
            effect.get_new,
            ngettext("%(n)s person gets the new message", "%(n)s people get the new message", effect.get_new),
        ),
        (
            effect.due_at_once,
            ngettext("%(n)s would be due at once", "%(n)s would be due at once", effect.due_at_once),
        ),
        (effect.complete, ngettext("%(n)s is through at once", "%(n)s are through at once", effect.complete)),
    ]
    known = (effect.get_new, effect.complete, effect.wait, effect.end, effect.due_at_once, effect.move_on)
    rest = effect.differ - max(known)
    if not any(number for number, _words in said) and rest:
        said.append((rest, ngettext("%(n)s person is concerned", "%(n)s people are concerned", rest)))
    said.append((effect.untouched, ngettext("%(n)s is untouched", "%(n)s are untouched", effect.untouched)))
    return [words % {"n": _number(number, effect)} for number, words in said if number]


def _number(number: int, effect: EditEffect) -> str:
    """Exact, or a share of a sample: of more people than are walked nobody knows the number."""
    if effect.is_exact:
        return number_format(number, force_grouping=True)
    return _("about %(percent)s %%") % {"percent": max(1, round(100 * number / effect.people))}


def spread_choices() -> list[tuple[int, str]]:
    return [
        (
            hours,
            ngettext("over %(hours)s hour", "over %(hours)s hours", hours) % {"hours": hours}
            if hours
            else _("at once"),
        )
        for hours in CHOICES
    ]
