"""What a channel's answers say about the channel itself: single failures, trouble, one probe, recovery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sequences.rules.backoff import FAILURES_THAT_MEAN_TROUBLE, trouble_pause

PROBE_MAY_TAKE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Failing:
    """A message that failed for the time being since the channel last worked."""

    contact_id: int
    delivery_id: int


@dataclass(frozen=True, slots=True)
class Health:
    """`rounds` above zero: in trouble, nothing leaves before `until`, then one probe."""

    rounds: int = 0
    until: datetime | None = None
    failing: tuple[Failing, ...] = ()


class Sign(StrEnum):
    WORKS = "works"  # any answer about a message: the provider is there
    FAILS = "fails"  # a temporary failure of one message
    TROUBLE = "trouble"  # the provider, or the way to it, said so


class Observation(NamedTuple):
    sign: Sign
    contact_id: int
    delivery_id: int
    is_probe: bool = False
    wait: timedelta | None = None


# Of an answer that was good, and no probe, nothing else is asked.
IT_WORKS = Observation(Sign.WORKS, 0, 0)


def observe(health: Health, seen: Observation, *, now: datetime) -> tuple[Health, tuple[int, ...]]:
    """The health after one answer, and the deliveries whose attempt was the channel's fault."""
    if seen.sign == Sign.WORKS:
        return (health if _is_waiting(health, now) and not seen.is_probe else Health()), ()
    if seen.sign == Sign.TROUBLE:
        return _in_trouble(health, seen, now), _deliveries(health)
    if health.rounds > 0:
        return _in_trouble(health, seen, now), (seen.delivery_id,)
    others = tuple(failing for failing in health.failing if failing.contact_id != seen.contact_id)
    failing = (*others, Failing(seen.contact_id, seen.delivery_id))
    if len(failing) < FAILURES_THAT_MEAN_TROUBLE:
        return replace(health, failing=failing), ()
    return _in_trouble(health, seen, now), tuple(one.delivery_id for one in failing)


def start_probe(health: Health, *, now: datetime) -> Health:
    """One worker probes; the others wait for its answer, but not for ever."""
    return replace(health, until=now + PROBE_MAY_TAKE)


def _in_trouble(health: Health, seen: Observation, now: datetime) -> Health:
    """Answers that were on their way when the trouble began make it neither longer nor shorter; a probe's does."""
    is_known = _is_waiting(health, now) and not seen.is_probe
    rounds = health.rounds if is_known else health.rounds + 1
    own_pause = now + (trouble_pause(rounds) if seen.wait is None else seen.wait)
    until = max(own_pause, health.until) if is_known and health.until else own_pause
    return Health(rounds=rounds, until=until)


def _is_waiting(health: Health, now: datetime) -> bool:
    return health.rounds > 0 and health.until is not None and health.until > now


def _deliveries(health: Health) -> tuple[int, ...]:
    return tuple(failing.delivery_id for failing in health.failing)
