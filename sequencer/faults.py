"""Named points at which a process may die: just before and just after every commit and every request.

Each costs one comparison. Only a test can watch them, by `watched`; no variable of the environment does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Watcher = Callable[[str], None]
_watcher: Watcher | None = None


class Edge:
    """Something done wholly or not at all: who dies just before it has not done it, who dies just after it has."""

    known: dict[str, Edge] = {}

    def __init__(self, name: str) -> None:
        self.before, self.after = f"before {name}", f"after {name}"
        self.known[name] = self

    def near(self) -> None:
        """All is prepared, and nothing is done yet."""
        if _watcher is not None:
            _watcher(self.before)

    def behind(self) -> None:
        """It is done, and nobody in this process has acted on that yet."""
        if _watcher is not None:
            _watcher(self.after)

    @contextmanager
    def crossed(self) -> Iterator[None]:
        """Around a statement that is a commit of its own."""
        self.near()
        yield
        self.behind()


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Call `watcher` with the name of each point that is reached; what it raises ends the work there."""
    global _watcher  # noqa: PLW0603  # one process, one death
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
