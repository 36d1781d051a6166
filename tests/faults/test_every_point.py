"""Whoever dies just before or just after any commit or request, and whoever dies while clearing up: nothing goes twice.

Deterministic: the clock stands until it is moved, and the same deaths give the same day. Each day is played on the
same tables, with people and a sequence of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from zlib import crc32

import pytest
from django.db import connection

from sequencer.faults import Edge
from sequences.actions import recompute, rescue
from tests.faults.life import Fate, Life, Stage, a_long_day, a_short_day, check
from tests.journeys.conftest import Report, report
from tests.journeys.sizes import IS_FULL, split_by_engine

__all__ = ["report"]

pytestmark = pytest.mark.django_db(transaction=True)

Day = Callable[[Stage, Fate], Life]
# Days are shared out, so that two processors have work.
SHARES = 4
# Operations of one person or one look at a provider, of one commit each, who simply asks again; no message of a
# sequence is on its way in them. `block` is a part of record_one_by_one's commit, `move_contact` one of record's; what
# is old is dropped a minute later.
ASKED_FOR_AGAIN = """
    accept_as_new_user accept_invitation advance_rehearsal answer_in_sandbox answer_once answer_rehearsal
    apply_event_rules archive_sub_flow block cancel_bulk_job carry_on_bulk_job change_contact change_role create
    create_api_key create_workspace
    forget_ended_subscriptions invite mark_after_restore note_template opt_in opt_out partial_update pause_channel
    post put_forward record_event record_inbound remove_member request request_trial _restart resume_channel
    revoke_api_key revoke_invitation _rotate_some save_channel save_event_rules save_sub_flow save_workspace
    set_speed _settle_in settle_unknown start_bulk_job start_rehearsal stop_subscriptions _store_templates
    take_up_bulk_jobs upsert_contact use_recipe write_profile move move_contact move_to_step postpone hear_failures
    change_endpoint create_endpoint disable_endpoint enable_endpoint remove_endpoint renew_encryption replay
    replay_since rotate_secret send_test erase_contact rotate_api_key block move_contact
    link_contacts unlink_contact _store take_over
"""
# Only PostgreSQL has it: channels/actions/take_at_once.py.
ON_POSTGRESQL = {"take_at_once"}
# Played for themselves: tests/actions/test_webhook_tries.py.
TELLING_ENDPOINTS = {"take webhooks", "webhook request", "record webhooks"}


@dataclass
class Toll:
    """What a number of days cost."""

    days: int = 0
    deaths: int = 0
    messages: int = 0
    unknown: int = 0
    in_doubt: int = 0
    reached: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{self.days} days, {self.deaths} deaths, {self.messages} messages: 0 twice, 0 lost, "
            f"{self.unknown} unknown of {self.in_doubt} under way"
        )

    def play(self, day: Day, stage: Stage, *deaths: tuple[str, int]) -> Fate:
        fate = Fate(deaths)
        try:
            life = day(stage, fate)
            states = check(life)
        except AssertionError as error:
            raise AssertionError(f"died at {deaths}: {error}") from error
        self.days, self.deaths = self.days + 1, self.deaths + fate.died
        self.messages, self.unknown = self.messages + len(life.sink.taken), self.unknown + states["unknown"]
        self.in_doubt += life.in_doubt
        self.reached |= set(fate.reached)
        return fate


@pytest.fixture(autouse=True)
def _small_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit carries one person along itself; the dispatchers do the others, as with thousands of people."""
    monkeypatch.setattr(recompute, "AT_ONCE", 1)


def share_of(points: Iterable[str], share: int) -> list[str]:
    return sorted(points)[share::SHARES]


def different(fate: Fate) -> list[str]:
    """Where a next death would leave different worlds behind; every point when full."""
    return sorted(fate.since[-1] if IS_FULL else fate.distinct[-1].values())


def half_of(first: str, seconds: Iterable[str]) -> list[str]:
    """Those of the second deaths that are this database's, by their names; all of them when full."""
    halves: list[list[str]] = [[], []]
    for second in sorted(seconds):
        halves[crc32(f"{first}, {second}".encode()) % 2].append(second)
    return split_by_engine(*halves)


@pytest.mark.parametrize("share", range(SHARES))
def test_whoever_dies_at_any_point_is_made_up_for(share: int, report: Report) -> None:
    """Each point alone, the first time that it is reached; JOURNEYS=full: and the last."""
    stage, toll = Stage.set_up(), Toll()
    points = Counter(toll.play(a_long_day, stage).reached)
    for point in share_of(points, share):
        for occurrence in sorted({1, points[point] if IS_FULL else 1}):
            assert toll.play(a_long_day, stage, (point, occurrence)).died == 1
    report(f"each of {len(points)} points alone, share {share + 1} of {SHARES}: {toll}")
    assert toll.unknown <= toll.in_doubt


@pytest.mark.parametrize("share", range(SHARES))
def test_whoever_dies_while_clearing_up_after_a_death_is_made_up_for_too(share: int, report: Report) -> None:
    """Every pair that leaves another world behind, half on each database; JOURNEYS=full: every pair, on both.

    A second death at a point not reached any more would be the first alone.
    """
    stage, toll = Stage.set_up(), Toll()
    points = different(toll.play(a_short_day, stage))
    for first in share_of(points, share):
        for second in half_of(first, different(toll.play(a_short_day, stage, (first, 1)))):
            assert toll.play(a_short_day, stage, (first, 1), (second, 1)).died == 2
    report(f"pairs of {len(points)} points, share {share + 1} of {SHARES}: {toll}")


def test_every_point_is_played(report: Report) -> None:
    """A commit that is new belongs into one of the days, or among what a person simply asks for again."""
    stage, toll = Stage.set_up(), Toll()
    toll.play(a_long_day, stage)
    toll.play(a_long_day, stage, ("before record", 1))
    on_the_way = {name for name, edge in Edge.known.items() if {edge.before, edge.after} <= toll.reached}
    report(f"{len(on_the_way)} edges on a message's way: {', '.join(sorted(on_the_way))}")
    not_here = ON_POSTGRESQL if connection.vendor == "sqlite" else set()
    assert Edge.known.keys() - on_the_way - set(ASKED_FOR_AGAIN.split()) - TELLING_ENDPOINTS - not_here == set()


def test_a_rescuer_that_sends_again_what_may_have_left_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescue, "_is_doubtful", lambda row, delivery: False)
    with pytest.raises(AssertionError, match="after answers"):
        Toll().play(a_long_day, Stage.set_up(), ("after answers", 1))


def test_a_request_that_leaves_before_it_is_marked_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescue, "_is_doubtful", lambda row, delivery: False)
    with pytest.raises(AssertionError, match="after request"):
        Toll().play(a_long_day, Stage.set_up(), ("after request", 1))
