"""A rehearsal plays what the engine would do, on a clock of its own, and touches nobody."""

from __future__ import annotations

from datetime import time, timedelta
from random import Random

import pytest

from channels.models import Contact, SandboxMessage
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.rehearsal_scene import LOOKED_AWAY, MadeUpPerson
from sequences.actions.rehearse import (
    Ahead,
    advance_rehearsal,
    answer_rehearsal,
    forget_rehearsals,
    put_forward,
    set_speed,
    start_rehearsal,
)
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Rehearsal, Sequence, Subscription
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.engine import MONDAY_NOON, Clock, Engine
from tests.journeys.sizes import seeds

pytestmark = pytest.mark.django_db

DAY_A_MINUTE = 1440


def started(sequence: Sequence, *, speed: float = 0, hours_ago: float | None = 0, person: MadeUpPerson | None = None):
    return start_rehearsal(
        sequence,
        a_channel(sequence.workspace),
        person or MadeUpPerson(first_name="Zoé"),
        wrote_at=None if hours_ago is None else MONDAY_NOON - timedelta(hours=hours_ago),
        speed=speed,
        user=None,
        now=MONDAY_NOON,
    )


def said(rehearsal: Rehearsal) -> list[str]:
    """What the chat shows: texts of bubbles, codes and reasons of notes."""
    return [
        line.content.get("text") or ":".join(filter(None, [line.code, line.content.get("reason", "")]))
        for line in rehearsal.lines.order_by("number")
    ]


def test_what_goes_at_once_is_there_and_filled_in():
    sub_flow = a_sub_flow(text='Hello {{ first_name|default:"you" }}')
    rehearsal = started(a_sequence(sub_flow.workspace, [{"sub_flow": sub_flow}]))
    assert said(rehearsal) == ["sent", "Hello Zoé", "ended:completed"]


def test_the_virtual_clock_runs_faster_and_stands_still_while_nobody_looks():
    sequence = a_sequence(steps=[{"delay_amount": 1, "delay_unit": "hours"}])
    rehearsal = started(sequence, speed=DAY_A_MINUTE)
    played = advance_rehearsal(rehearsal.pk, now=MONDAY_NOON + timedelta(seconds=2))
    assert played.rehearsal.virtual_at == MONDAY_NOON + timedelta(seconds=2 * DAY_A_MINUTE)
    assert said(rehearsal) == []
    played = advance_rehearsal(rehearsal.pk, now=MONDAY_NOON + timedelta(hours=5))
    assert played.rehearsal.virtual_at <= MONDAY_NOON + (timedelta(seconds=2) + LOOKED_AWAY) * DAY_A_MINUTE
    assert said(rehearsal) == ["sent", "Hello!", "ended:completed"]


def test_skipping_goes_to_the_next_message_and_an_hour_is_an_hour():
    steps = [{"delay_amount": 3, "delay_unit": "days"}, {"delay_amount": 90, "delay_unit": "minutes"}]
    sequence = a_sequence(steps=[{**step, "content_type": "account_update"} for step in steps])
    rehearsal = started(sequence)
    played = put_forward(rehearsal.pk, Ahead.NEXT, now=MONDAY_NOON)
    assert played.rehearsal.virtual_at == MONDAY_NOON + timedelta(days=3)
    assert said(rehearsal) == ["sent", "Hello!"]
    put_forward(rehearsal.pk, Ahead.HOUR, now=MONDAY_NOON)
    assert len(said(rehearsal)) == 2
    put_forward(rehearsal.pk, Ahead.HOUR, now=MONDAY_NOON)
    assert said(rehearsal)[2:] == ["sent", "Hello!", "ended:completed"]


def test_another_speed_counts_from_now_on():
    rehearsal = started(a_sequence(steps=[{"delay_amount": 9, "delay_unit": "days"}]), speed=60)
    later = MONDAY_NOON + timedelta(seconds=1)
    assert set_speed(rehearsal.pk, 3600, now=later).virtual_at == MONDAY_NOON + timedelta(minutes=1)
    played = advance_rehearsal(rehearsal.pk, now=later + timedelta(seconds=1))
    assert played.rehearsal.virtual_at == MONDAY_NOON + timedelta(minutes=61)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("skip", ["skipped:reply_window_closed", "ended:completed"]),
        ("hold", ["held:reply_window_closed"]),
        ("stop", ["skipped:reply_window_closed", "ended:stopped_by_step"]),
    ],
)
def test_the_24_hour_rule_says_why(choice: str, expected: list[str]):
    rehearsal = started(a_sequence(steps=[{"outside_reply_window": choice}]), hours_ago=30)
    assert said(rehearsal) == expected


def test_an_answer_opens_the_virtual_window_for_what_was_held():
    rehearsal = started(a_sequence(steps=[{"outside_reply_window": "hold"}]), hours_ago=None)
    put_forward(rehearsal.pk, Ahead.DAY, now=MONDAY_NOON)
    answer_rehearsal(rehearsal.pk, "I am back", now=MONDAY_NOON)
    assert said(rehearsal)[1:] == ["I am back", "sent", "Hello!", "ended:completed"]
    assert rehearsal.lines.get(code="sent").at == MONDAY_NOON + timedelta(days=1)


def test_an_answer_stops_a_sequence_that_stops_on_a_reply():
    sequence = a_sequence(steps=[{}, {"delay_amount": 1, "delay_unit": "hours"}], stop_on_reply=True)
    rehearsal = started(sequence)
    answer_rehearsal(rehearsal.pk, "Stop it", now=MONDAY_NOON)
    assert said(rehearsal) == ["sent", "Hello!", "Stop it", "ended:replied"]


def test_a_tap_tags_the_made_up_person_and_subscribes_nobody():
    sequence = a_sequence()
    rehearsal = started(sequence)
    answer_rehearsal(rehearsal.pk, "Yes", payload="seq1:a3:vip", now=MONDAY_NOON)
    other = a_sequence(sequence.workspace)
    named = f"seq1:s{len(other.public_id)}:{other.public_id}"
    answer_rehearsal(rehearsal.pk, "Later", payload=named, now=MONDAY_NOON)
    rehearsal.refresh_from_db()
    assert rehearsal.person["tags"] == ["vip"]
    assert said(rehearsal)[-3:] == ["add_tag", "Later", "subscribe"]
    assert not Subscription.objects.exists()


def test_a_tap_can_take_them_out():
    sequence = a_sequence(steps=[{}, {"delay_amount": 1, "delay_unit": "hours"}])
    rehearsal = started(sequence)
    answer_rehearsal(
        rehearsal.pk, "No", payload=f"seq1:u{len(sequence.public_id)}:{sequence.public_id}", now=MONDAY_NOON
    )
    rehearsal.refresh_from_db()
    assert rehearsal.ended_because == "unsubscribed"


def test_two_rehearsals_of_one_sequence_do_not_know_of_each_other():
    sequence = a_sequence(steps=[{"delay_amount": 1, "delay_unit": "days"}])
    one, other = started(sequence), started(sequence)
    put_forward(one.pk, Ahead.NEXT, now=MONDAY_NOON)
    assert len(said(one)) == 3
    assert said(other) == []


def test_nobody_real_is_touched():
    channel = a_channel()
    lea = a_contact(channel, first_name="Léa")
    rehearsal = started(a_sequence(channel.workspace, [{}, {}]), person=MadeUpPerson(first_name=lea.first_name))
    answer_rehearsal(rehearsal.pk, "Hello", now=MONDAY_NOON)
    assert [model.objects.count() for model in (Subscription, Delivery, SandboxMessage)] == [0, 0, 0]
    assert Contact.objects.get(pk=lea.pk).last_interaction_at is None


def test_a_draft_can_be_rehearsed_and_an_edit_counts_for_what_has_not_been_played():
    sequence = a_sequence(steps=[{"delay_amount": 1, "delay_unit": "hours"}], state="draft")
    rehearsal = started(sequence)
    sequence.steps.update(delay_amount=2)
    put_forward(rehearsal.pk, Ahead.NEXT, now=MONDAY_NOON)
    assert rehearsal.lines.get(code="sent").at == MONDAY_NOON + timedelta(hours=2)


def test_old_ones_are_cleared_away_and_those_in_use_stay():
    old, young = started(a_sequence()), started(a_sequence())
    Rehearsal.objects.filter(pk=old.pk).update(touched_at=MONDAY_NOON - timedelta(hours=24))
    assert forget_rehearsals(now=MONDAY_NOON) == 1
    assert list(Rehearsal.objects.all()) == [young]


@pytest.mark.parametrize("seed", seeds(12))
def test_the_engine_does_what_the_rehearsal_played(seed: int):
    """Random sequences: the same messages in the same order, each decided at the same moment, for the same reason."""
    chance, clock = Random(seed), Clock()
    workspace = a_workspace(time_zone=chance.choice(["UTC", "Europe/Paris", "Asia/Tokyo"]))
    channel = a_channel(workspace, settings={"after_24_hours": chance.choice(["never", "message_tag"])})
    steps = []
    for number in range(chance.randint(1, 5)):
        start, end = chance.choice([(None, None), (time(9), time(18)), (time(22), time(2))])
        steps.append(
            {
                "sub_flow": a_sub_flow(workspace, text=f"message {number}"),
                "delay_unit": "hours",
                "delay_amount": chance.choice([0, 1, 5, 30]),
                "window_start": start,
                "window_end": end,
                "weekdays": chance.choice([127, 31]),
                "content_type": chance.choice(["default", "account_update"]),
                "outside_reply_window": chance.choice(["skip", "hold", "stop"]),
                "is_enabled": chance.random() < 0.9,
            }
        )
    sequence = a_sequence(workspace, steps)
    contact = a_contact(channel, time_zone=chance.choice(["", "America/New_York"]), last_interaction_at=clock())
    until = MONDAY_NOON + timedelta(days=30)

    person = MadeUpPerson(time_zone=contact.time_zone)
    rehearsal = start_rehearsal(sequence, channel, person, wrote_at=clock(), speed=0, user=None, now=clock())
    for _ in range(len(steps)):
        put_forward(rehearsal.pk, Ahead.NEXT, now=clock())
    subscribe(sequence, [contact], now=clock(), actor=SYSTEM)
    engine = Engine(clock, seed=seed)
    engine.follow_the_plan(until)
    engine.close()

    really = [
        (row.step_id, row.decided_at, "sent" if row.state == "sent" else "skipped", row.reason)
        for row in Delivery.objects.order_by("pk")
    ]
    decided = rehearsal.lines.filter(code__in=["sent", "skipped"]).order_by("number")
    played = [
        (line.content["step"], line.at, line.code, "" if line.code == "sent" else line.content["reason"])
        for line in decided
    ]
    assert played == really
    stopped = Subscription.objects.get()
    rehearsal.refresh_from_db()
    assert (rehearsal.ended_because, rehearsal.waits_for_reply) == (
        stopped.ended_because,
        stopped.next_because == "reply_window_closed",
    )
