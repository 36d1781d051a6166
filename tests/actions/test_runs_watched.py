"""Who may call a run silent, and what a request for a dispatcher does in the wrong tree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from sequences import tasks
from sequences.actions.rescue import rescue_dead_runs
from sequences.actions.runs import Sight, beat, start_run
from sequences.models import Run
from tests.engine import MONDAY_NOON


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_silence_is_judged_only_after_looking_on_for_as_long() -> None:
    sight = Sight()
    verdicts = [sight.look(MONDAY_NOON + seconds(at)) for at in (0, 5, 10, 14.9, 15)]
    assert verdicts == [False, False, False, False, True]


def test_after_a_gap_everybody_gets_the_time_to_show_themselves() -> None:
    sight = Sight()
    for at in range(0, 20, 5):
        sight.look(MONDAY_NOON + seconds(at))
    assert not sight.look(MONDAY_NOON + seconds(60))
    assert not sight.look(MONDAY_NOON + seconds(67))
    assert sight.look(MONDAY_NOON + seconds(75))


@pytest.mark.django_db
def test_a_run_that_was_silent_with_the_database_is_not_called_dead() -> None:
    run = start_run(tree="one", host="host", pid=1, now=MONDAY_NOON)
    assert run is not None
    later = MONDAY_NOON + seconds(60)
    rescue_dead_runs(now=later, may_judge=False)
    beat(run, now=later)
    rescue_dead_runs(now=later + seconds(16), may_judge=True)
    assert Run.objects.get().ended_because == "dead"


@pytest.mark.django_db
def test_a_request_of_another_tree_goes_back_into_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tasks.TREE, "ours")
    assert tasks.dispatch("theirs") == "handed on"
    (request,) = OrmQ.objects.all()
    assert tuple(request.task["args"]) == ("theirs", 1)
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_request_that_nobody_wants_is_dropped_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tasks.TREE, "ours")
    assert tasks.dispatch("theirs", tasks.HANDED_ON_AT_MOST) == "handed on"
    assert not OrmQ.objects.exists()
