"""A channel's health: single failures, trouble, probes, recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sequences.rules.backoff import retry_wait, trouble_pause
from sequences.rules.health import Failing, Health, Observation, Sign, observe, start_probe

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def fails(person: int, *, is_probe: bool = False) -> Observation:
    return Observation(Sign.FAILS, person, 100 + person, is_probe=is_probe)


def trouble(wait: timedelta | None = None, *, is_probe: bool = False) -> Observation:
    return Observation(Sign.TROUBLE, 1, 101, is_probe=is_probe, wait=wait)


WORKS = Observation(Sign.WORKS, 1, 101)


def after(*seen: Observation, start: Health | None = None) -> tuple[Health, list[int]]:
    health, blameless = start or Health(), list[int]()
    for one in seen:
        health, given_back = observe(health, one, now=NOON)
        blameless += given_back
    return health, blameless


def test_four_people_are_bad_luck_five_are_the_channel() -> None:
    four, none_given_back = after(*(fails(person) for person in range(4)))
    assert (four.rounds, four.until, none_given_back) == (0, None, [])
    five, given_back = after(fails(4), start=four)
    assert (five.rounds, five.until) == (1, NOON + SECOND)
    assert given_back == [100, 101, 102, 103, 104]
    assert five.failing == ()


def test_one_person_failing_again_and_again_is_not_the_channel() -> None:
    health, given_back = after(*(fails(7) for _ in range(20)))
    assert (health.rounds, health.failing, given_back) == (0, (Failing(7, 107),), [])


def test_one_good_answer_in_between_starts_the_count_anew() -> None:
    health, given_back = after(*(fails(person) for person in range(4)), WORKS, fails(5))
    assert (health.rounds, len(health.failing), given_back) == (0, 1, [])


def test_a_word_of_the_provider_is_trouble_at_once_and_gives_back_what_failed_before() -> None:
    health, given_back = after(fails(2), fails(3), trouble(timedelta(minutes=7)))
    assert (health.rounds, health.until) == (1, NOON + timedelta(minutes=7))
    assert given_back == [102, 103]


def test_answers_that_were_on_their_way_make_the_trouble_no_longer() -> None:
    health, given_back = after(trouble(), fails(2), fails(3), trouble())
    assert (health.rounds, health.until) == (1, NOON + SECOND)
    assert given_back == [102, 103]  # the channel's fault all the same


def test_a_longer_word_of_the_provider_lengthens_the_pause_a_shorter_one_does_not_shorten_it() -> None:
    health, _ = after(trouble(timedelta(minutes=5)), trouble(timedelta(minutes=9)), trouble(timedelta(minutes=1)))
    assert (health.rounds, health.until) == (1, NOON + timedelta(minutes=9))


def test_a_failed_probe_doubles_the_pause_up_to_a_minute() -> None:
    health, pauses = after(trouble())[0], []
    for _ in range(8):
        health, _ = observe(start_probe(health, now=NOON), fails(1, is_probe=True), now=NOON)
        assert health.until is not None
        pauses.append((health.until - NOON).total_seconds())
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_probe_that_is_answered_ends_the_trouble() -> None:
    probing = start_probe(after(trouble())[0], now=NOON)
    assert probing.until == NOON + timedelta(seconds=60)  # the others wait for it, not for ever
    answered = Observation(Sign.WORKS, 1, 101, is_probe=True)
    assert observe(probing, answered, now=NOON) == (Health(), ())


def test_good_answers_that_were_on_their_way_do_not_shorten_the_pause() -> None:
    """The provider's word stands: one message refused for five minutes, the one beside it taken."""
    health, given_back = after(trouble(timedelta(minutes=5)), WORKS, WORKS)
    assert (health.rounds, health.until, given_back) == (1, NOON + timedelta(minutes=5), [])
    assert observe(health, WORKS, now=NOON + timedelta(minutes=5))[0] == Health()


def test_pauses_grow_without_end_to_the_exponent() -> None:
    assert trouble_pause(1) == SECOND
    assert trouble_pause(10_000) == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [
        (1, 30, 120),
        (2, 30, 480),
        (3, 30, 1920),
        (4, 30, 7680),
        (5, 30, 6 * 3600),
        (6, 30, 6 * 3600),
    ],
)
def test_retries_wait_between_30_seconds_and_a_growing_bound(attempts: int, least: int, most: int) -> None:
    assert retry_wait(attempts, 0.0) == timedelta(seconds=least)
    assert timedelta(seconds=least) < retry_wait(attempts, 0.5) < timedelta(seconds=most)
    assert retry_wait(attempts, 0.999_999) <= timedelta(seconds=most)
