"""Names that are free, for what is begun from something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import chain, count

from django.utils.translation import gettext as _


def free_name(name: str, taken: Collection[str], numbered: Callable[[str, int], str]) -> str:
    """The name itself, else the first of those numbered from 2 on that nobody has."""
    return _first_free(chain([name], (numbered(name, number) for number in count(2))), taken)


def name_of_copy(name: str, taken: Collection[str]) -> str:
    """The first copy's that nobody has."""
    return _first_free(
        (_("%(name)s (copy %(number)s)") % {"name": name[:80], "number": number} for number in count(1)), taken
    )


def _first_free(names: Iterable[str], taken: Collection[str]) -> str:
    return next(free for free in names if free not in taken)
