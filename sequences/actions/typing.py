"""The sign that somebody is writing, shown while a sub-flow pauses between two messages."""

from __future__ import annotations

from typing import Final

from channels.errors import ChannelError
from channels.messages import OutgoingCall, Route
from sequences.actions.flight import Flight
from sequences.rules.rendering import PausePart

TYPING: Final = object()  # the ticket of a call whose answer nobody reads


def typing_call(flight: Flight) -> OutgoingCall | None:
    """The call for a pause that begins, where the channel has one; None for a probe, which asks one question only."""
    is_pause = isinstance(flight.part, PausePart) and flight.one_part_on().has_more
    if not is_pause or flight.is_probe or flight.route != Route.MESSAGE:
        return None
    try:
        return flight.wire.backend.typing(flight.recipient, flight.wire.account)
    except ChannelError:
        return None
