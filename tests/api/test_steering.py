"""subscriptions/: found by what they wait for, moved, postponed, stopped; never the same message twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Workspace
from sequences.actions.sequence_states import pause_sequence
from sequences.actions.subscribe import subscribe
from sequences.models import Run, Sequence, Step, Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_sub_flow
from tests.engine import Clock, Engine, texts_shown_to

DAY = timedelta(days=1)


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    texts = [a_sub_flow(workspace, text) for text in ("One", "Two", "Three")]
    return a_sequence(workspace, [{"sub_flow": one, "delay_amount": 1, "delay_unit": "days"} for one in texts])


@pytest.fixture
def row(workspace: Workspace, sequence: Sequence) -> Subscription:
    person = a_contact(a_channel(workspace, settings={"reply_window": False}))
    (done,) = subscribe(sequence, [person], now=timezone.now(), actor=SYSTEM)
    assert done.subscription
    return done.subscription


def steps_of(sequence: Sequence) -> list[Step]:
    return list(sequence.steps.in_order())


def steer(program: Program, row: Subscription, verb: str, body: Any, **more: Any) -> Any:
    return program.post(f"subscriptions/{row.public_id}/{verb}/", body, **more)


def test_who_waits_for_a_step_or_is_due_within_a_time_is_found(
    program: Program, workspace: Workspace, sequence: Sequence, row: Subscription
) -> None:
    early = a_contact(row.contact.channel)
    subscribe(sequence, [early], now=LONG_AGO, actor=SYSTEM)
    one, two, _ = steps_of(sequence)

    def found(**query: str) -> set[str]:
        return {line["contact"] for line in program.get("subscriptions/", **query).json()["results"]}

    both, late = {early.public_id, row.contact.public_id}, {row.contact.public_id}
    assert found(step=one.public_id, sequence=sequence.public_id, state="active") == both
    assert found(step=two.public_id) == set()
    assert found(next_send_at_from="2026-01-03T00:00:00Z") == late
    assert found(next_send_at_until="2026-01-02T12:00:00+00:00") == set()
    assert (
        found(next_send_at_from="2026-01-02T12:00:00Z", next_send_at_until="2026-01-02T13:00:01+01:00") == both - late
    )
    for wrong in ("yesterday", "2026-01-02", ""):
        refused = program.refused(program.get("subscriptions/", next_send_at_from=wrong))
        assert refused == [("next_send_at_from", "invalid_format")]


def test_moving_on_passes_over_what_lies_between_and_moving_back_repeats_nothing(
    program: Program, sequence: Sequence, row: Subscription
) -> None:
    one, two, three = steps_of(sequence)
    clock = Clock(timezone.now())
    engine = Engine(clock)
    moved = steer(program, row, "move", {"step": three.public_id}).json()
    assert (moved["next_step"], moved["next_because"]) == (three.public_id, "countdown")
    engine.travel(days=1, minutes=1)
    assert Subscription.objects.get().state == "completed"
    assert steer(program, row, "move", {"step": one.public_id}).json()["code"] == "subscription_ended"
    (again,) = subscribe(sequence, [row.contact], now=clock(), actor=SYSTEM)
    assert again.subscription
    engine.travel(days=1, minutes=1)
    back = steer(program, again.subscription, "move", {"step": one.public_id})
    assert program.refused(back) == [("step", "already_done")]
    assert steer(program, again.subscription, "move", {"step": three.public_id}).status_code == 200
    assert steer(program, again.subscription, "move", {"step": two.public_id}).status_code == 200
    engine.travel(days=1, minutes=1)
    engine.travel(days=1, minutes=1)
    engine.close()
    assert texts_shown_to(row.contact) == ["Three", "One", "Two", "Three"]
    assert AuditEvent.objects.filter(verb="moved").count() == 3


def test_a_step_that_cannot_be_next_is_refused(program: Program, sequence: Sequence, row: Subscription) -> None:
    one, two, three = steps_of(sequence)
    Step.objects.filter(pk=two.pk).update(is_enabled=False)
    Step.objects.filter(pk=three.pk).update(archived_at=LONG_AGO)
    elsewhere = a_sequence(sequence.workspace).steps.get()
    for step, code in ((two, "step_is_off"), (three, "step_is_off"), (elsewhere, "not_found")):
        assert program.refused(steer(program, row, "move", {"step": step.public_id})) == [("step", code)]
    row.refresh_from_db()
    assert row.next_step_id == one.pk


def test_a_message_is_postponed_by_a_time_or_until_a_moment_and_never_gets_early(
    program: Program, row: Subscription
) -> None:
    assert row.next_send_at
    later = steer(program, row, "postpone", {"by": {"amount": 36, "unit": "hours"}}, key="once")
    again = steer(program, row, "postpone", {"by": {"amount": 36, "unit": "hours"}}, key="once")
    assert later.json() == again.json()
    row.refresh_from_db()
    assert row.next_send_at == row.countdown_started_at + 2.5 * DAY
    until = (row.countdown_started_at + 7 * DAY).isoformat()
    assert steer(program, row, "postpone", {"until": until}).status_code == 200
    row.refresh_from_db()
    assert row.next_send_at == row.countdown_started_at + 7 * DAY
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    steer(program, row, "postpone", {"until": soon})
    row.refresh_from_db()
    assert row.next_send_at == row.countdown_started_at + DAY  # no sooner than its countdown ends


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("until", "required")),
        ({"until": "2020-01-01T00:00:00Z"}, ("until", "in_the_past")),
        ({"until": "9999-12-31T23:59:59Z"}, ("until", "out_of_range")),
        ({"by": {"amount": 10**9, "unit": "weeks"}}, ("by.amount", "out_of_range")),
        ({"by": {"amount": 0, "unit": "days"}}, ("by.amount", "out_of_range")),
        ({"by": {"amount": 1, "unit": "immediately"}}, ("by.unit", "unknown_choice")),
        ({"by": {"amount": 1, "unit": "days"}, "until": "2099-01-01T00:00:00Z"}, ("by", "not_together")),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused(
    body: dict[str, Any], problem: tuple[str, str], program: Program, row: Subscription
) -> None:
    assert program.refused(steer(program, row, "postpone", body)) == [problem]


def test_what_is_in_a_workers_hands_or_waits_for_no_moment_is_left_alone(
    program: Program, sequence: Sequence, row: Subscription
) -> None:
    run = Run.objects.create(tree="t", host="h", pid=1, started_at=LONG_AGO, heartbeat_at=LONG_AGO)
    Subscription.objects.update(run=run)
    longer, one = {"by": {"amount": 1, "unit": "days"}}, {"step": steps_of(sequence)[1].public_id}
    codes = [steer(program, row, verb, body).json()["code"] for verb, body in (("postpone", longer), ("move", one))]
    assert codes == ["being_sent", "being_sent"]
    Subscription.objects.update(run=None)
    pause_sequence(sequence, now=timezone.now(), actor=SYSTEM)
    refused = steer(program, row, "postpone", longer)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_planned")
    assert steer(program, row, "move", one).json()["next_because"] == "sequence_paused"


def test_somebody_is_stopped_with_a_reason_of_the_list(program: Program, row: Subscription) -> None:
    path = f"subscriptions/{row.public_id}/"
    wrong = {"state": "stopped", "ended_because": "completed"}
    assert program.refused(program.patch(path, wrong)) == [("ended_because", "unknown_choice")]
    stopped = program.patch(path, {"state": "stopped", "ended_because": "moved"}).json()
    assert (stopped["state"], stopped["ended_because"]) == ("stopped", "moved")
    assert program.patch(path, {"state": "stopped"}).json()["ended_because"] == "moved"
