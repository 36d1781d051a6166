"""The kinds of channels there are: one backend class each, listed here and nowhere else."""

from __future__ import annotations

from channels.backends.base import Backend, Capabilities
from channels.backends.messenger import MessengerBackend
from channels.backends.sandbox import SandboxBackend

__all__ = ["KINDS", "Backend", "Capabilities", "backend_for", "kinds"]

KINDS: dict[str, Backend] = {
    "sandbox": SandboxBackend(),
    "messenger": MessengerBackend(),
}


def backend_for(kind: str) -> Backend:
    """The backend of this kind; KeyError for one that does not exist."""
    return KINDS[kind]


def kinds() -> tuple[str, ...]:
    """Every kind, in the order in which a person is offered them."""
    return tuple(KINDS)
