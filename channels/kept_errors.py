"""Errors as values that can be stored, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels import errors

_KEPT: dict[str, type[errors.ChannelError]] = {
    kind.__name__: kind
    for kind in (
        errors.ChannelTrouble,
        errors.ChannelMisconfigured,
        errors.TemporaryFailure,
        errors.OutcomeUnknown,
        errors.MessageRejected,
        errors.WindowClosed,
        errors.ContactBusy,
        errors.ContactUnreachable,
        errors.ContactGone,
        errors.UnsupportedMessage,
    )
}
_WAITS = frozenset({"wait", "retry_after"})


def kept(error: errors.ChannelError) -> dict[str, Any]:
    """The consequence by its name, and what it was given; waits in seconds."""
    given = {name: value for name, value in vars(error).items() if value is not None}
    given |= {name: given[name].total_seconds() for name in _WAITS & given.keys()}
    return {**given, "consequence": type(error).__name__}


def taken_up(values: Mapping[str, Any]) -> errors.ChannelError:
    """The error that was kept."""
    given = {name: value for name, value in values.items() if name != "consequence"}
    given |= {name: timedelta(seconds=given[name]) for name in _WAITS & given.keys()}
    return _KEPT[values["consequence"]](**given)
