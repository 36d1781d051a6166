"""What the form says beforehand is what happens: the effect of an edit, its spread, and each one's timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels.actions.pause_channel import resume_channel
from channels.models import SandboxMessage
from sequencer.workspaces.actor import SYSTEM
from sequences.actions import foresee_effect as foreseeing
from sequences.actions import recompute as recomputing
from sequences.actions.forecast import bound_templates, person_of_contact
from sequences.actions.foresee_effect import foresee_effect
from sequences.actions.foresee_people import way_from
from sequences.actions.planning import zone_of
from sequences.actions.recompute import recompute_next_batch
from sequences.actions.save_sequence import StepDraft, draft_of, save_sequence
from sequences.actions.sequence_states import pause_sequence, resume_sequence
from sequences.actions.steps import steps_of
from sequences.models import Delivery, Sequence, SequenceState, Subscription
from sequences.rules import timing
from sequences.rules.steps import StepSettings, steps_ahead
from sequences.rules.timeline import Outcome
from tests.actions.cast import a_sandbox, a_step_draft, drafts_of, edit_steps, enter, people_of, texts
from tests.actions.histories import World
from tests.builders import a_sequence, a_workspace
from tests.engine import Clock, Engine
from tests.journeys.sizes import seeds

pytestmark = pytest.mark.django_db

Rows = dict[int, Subscription]
SEEDS = seeds(40)


def rows_of(sequence: Sequence) -> Rows:
    rows = Subscription.objects.active().filter(sequence=sequence).select_related("contact__channel")
    return {row.pk: row for row in rows}


def an_edit(world: World) -> tuple[tuple[StepDraft, ...], SequenceState]:
    """The steps after one to three random changes, and sometimes another state."""
    drafts = drafts_of(world.sequence)
    for _ in range(world.chance.randint(1, 3)):
        match world.chance.randrange(5):
            case 0:
                drafts.insert(world.chance.randint(0, len(drafts)), world.new_step())
            case 1 if drafts:
                drafts.pop(world.chance.randrange(len(drafts)))
            case 2:
                world.chance.shuffle(drafts)
            case 3 if drafts:
                index = world.chance.randrange(len(drafts))
                drafts[index] = world.changed(drafts[index])
            case _ if drafts:
                index = world.chance.randrange(len(drafts))
                drafts[index] = replace(drafts[index], is_enabled=not drafts[index].is_enabled)
    state = SequenceState(world.fresh_sequence().state)
    if state == SequenceState.PAUSED and world.chance.random() < 0.5:
        state = SequenceState.ACTIVE
    elif world.chance.random() < 0.15:
        state = SequenceState.PAUSED
    return tuple(drafts), state


def waits_for_reply(row: Subscription) -> bool:
    return row.next_because == "reply_window_closed"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_effect_is_what_saving_then_does(seed: int) -> None:
    """After any history and for any edit: by the rows as saving leaves them, not by the rule that foresaw them."""
    world = World(seed)
    for _ in range(seed % 9):
        world.happens()
    resume_channel(world.channel, now=world.clock(), actor=SYSTEM)
    world.engine.settle()
    sequence, now = world.fresh_sequence(), world.clock()
    drafts, state = an_edit(world)
    steps_before, before = steps_of([sequence.pk])[sequence.pk], rows_of(sequence)
    foreseen = foresee_effect(sequence, drafts, state, now=now)
    edit_steps(sequence, world.clock, drafts, state=state.value)
    steps_after, after = steps_of([sequence.pk])[sequence.pk], rows_of(sequence)
    assert foreseen.people == len(before)
    if state == SequenceState.PAUSED and sequence.state != SequenceState.PAUSED:
        assert foreseen.wait == len(before)
        return
    old = {step.id for step in steps_before}
    gone = [pk for pk in before if pk not in after]
    assert foreseen.complete == len(gone)
    assert foreseen.get_new == sum(
        any(step.id not in old for step in ahead_of(row, steps_after)) for row in before.values()
    )
    same = [pk for pk, row in after.items() if is_untouched(before[pk], row, steps_before, steps_after)]
    assert foreseen.untouched == len(same)
    made_due = [row for pk, row in after.items() if pk not in same and is_made_due(before[pk], row, now)]
    world.engine.settle()
    sent = [row for row in made_due if left(row, now)]
    assert foreseen.due_at_once == len(sent)
    world.close()


def ahead_of(row: Subscription, steps: list[StepSettings]) -> tuple[StepSettings, ...]:
    return steps_ahead(steps, row.last_step_id, row.done_steps)


def is_untouched(
    before: Subscription, after: Subscription, steps_before: list[StepSettings], steps_after: list[StepSettings]
) -> bool:
    is_same_way = ahead_of(before, steps_before) == ahead_of(before, steps_after)
    return is_same_way and (before.next_send_at == after.next_send_at or waits_for_reply(before))


def is_made_due(before: Subscription, after: Subscription, now: datetime) -> bool:
    was_due = before.next_send_at is not None and before.next_send_at <= now
    return not was_due and after.next_send_at is not None and after.next_send_at <= now


def left(row: Subscription, now: datetime) -> bool:
    """Whether something of the message that was next really reached the chat."""
    delivery = Delivery.objects.filter(subscription=row, step=row.next_step).first()
    return (
        delivery is not None
        and SandboxMessage.objects.filter(direction="to_contact", key__startswith=f"{delivery.pk}.", at=now).exists()
    )


@pytest.fixture(scope="module")
def met() -> Iterator[Counter[Outcome | str]]:
    """What all seeds together came by: timelines of nobody would prove nothing."""
    counted: Counter[Outcome | str] = Counter()
    yield counted
    if counted["seeds"] == len(SEEDS):
        assert {Outcome.SEND, Outcome.SKIP, Outcome.HOLD} <= set(counted), counted


@pytest.mark.parametrize("seed", SEEDS)
def test_each_ones_timeline_is_what_the_engine_then_does(seed: int, met: Counter[Outcome | str]) -> None:
    """From wherever a history has brought them, until everything that needs no reply has happened."""
    world = World(seed, has_pauses=False)
    for _ in range(seed % 7):
        world.happens()
    world.engine.settle()
    world.everything_runs()
    sequence, now = world.fresh_sequence(), world.clock()
    steps = steps_of([sequence.pk])[sequence.pk]
    bound = bound_templates(sequence.workspace, steps)
    foreseen = {}
    for pk, row in rows_of(sequence).items():
        way = way_from(row, steps, person_of_contact(row.contact, sequence.workspace), bound, now=now)
        foreseen[pk] = [(step.settings.id, entry) for entry, step in way.pairs()]
    known = set(Delivery.objects.exclude(state="waiting").values_list("pk", flat=True))
    world.engine.follow_the_plan(now + timedelta(days=40))
    for pk, expected in foreseen.items():
        check_way(pk, expected, known)
        met.update(entry.outcome for _step, entry in expected)
    met["seeds"] += 1
    world.close()


def check_way(pk: int, expected: list, known: set[int]) -> None:
    rows = {row.step_id: row for row in Delivery.objects.filter(subscription=pk).exclude(pk__in=known)}
    for step, entry in expected:
        made = rows.get(step)
        match entry.outcome:
            case Outcome.SEND:
                assert made is not None, (pk, step, entry)
                assert (made.state, made.sent_at) == ("sent", entry.sends_at), (pk, step, entry)
                assert made.route == entry.route
            case Outcome.SKIP:
                assert made is not None, (pk, step, entry)
                assert (made.state, made.reason, made.decided_at) == ("skipped", entry.reason, entry.sends_at)
            case Outcome.HOLD:
                held = Subscription.objects.get(pk=pk)
                assert (held.state, held.next_step_id, held.next_because) == ("active", step, "reply_window_closed")
            case Outcome.STOP:
                assert Subscription.objects.get(pk=pk).ended_because == "stopped_by_step"
            case _:
                assert made is None, (pk, step, entry)


def test_what_an_edit_makes_overdue_leaves_over_the_hours_asked_for_each_inside_its_window(
    clock: Clock, engine: Engine
):
    """Also for the people whom dispatchers carry on later: more than one batch."""
    workspace = a_workspace()
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=3, delay_unit="days"))
    people = people_of(a_sandbox(workspace), 30)
    enter(sequence, *people, now=clock())
    engine.travel(hours=20)
    (draft,) = drafts_of(sequence)
    soon = replace(draft, delay_amount=1, delay_unit="hours")
    assert foresee_effect(sequence, (soon,), SequenceState.ACTIVE, now=clock()).due_at_once == 30
    asked_at = clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recomputing, "AT_ONCE", 10)
        patch.setattr(recomputing, "BATCH", 7)
        save(sequence, (soon,), clock, spread=timedelta(hours=2))
        assert Sequence.objects.get(pk=sequence.pk).spread_from_at == asked_at
        clock.forward(minutes=1)
        while recompute_next_batch(sequence.pk, now=clock()):
            pass
    rows = Subscription.objects.active().filter(sequence=sequence)
    moments = sorted(row.next_send_at for row in rows)
    assert all(asked_at <= moment < asked_at + timedelta(hours=2) for moment in moments)
    assert sum(moment < asked_at + timedelta(hours=1) for moment in moments) in range(13, 18)
    assert Sequence.objects.get(pk=sequence.pk).spread_from_at is None
    engine.follow_the_plan(asked_at + timedelta(hours=3))
    sent = sorted(Delivery.objects.filter(state="sent").values_list("sent_at", flat=True))
    assert sent == [max(moment, asked_at + timedelta(minutes=1)) for moment in moments]


def test_who_waits_for_a_closed_window_is_spread_into_it(clock: Clock, engine: Engine):
    workspace = a_workspace(time_zone="Europe/Paris")
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=9, delay_unit="days"))
    enter(sequence, *people_of(a_sandbox(workspace), 12), now=clock())
    engine.travel(hours=4, minutes=30)  # Monday 17:30 in Paris
    (draft,) = drafts_of(sequence)
    begins, ends = clock().time().replace(hour=9, minute=0), clock().time().replace(hour=18, minute=0)
    soon = replace(draft, delay_amount=1, delay_unit="hours", window_start=begins, window_end=ends)
    save(sequence, (soon,), clock, spread=timedelta(hours=6))
    rows = Subscription.objects.active().select_related("contact")
    assert len(rows) == 12
    for row in rows:
        zone = zone_of(row.contact, "Europe/Paris").tz
        assert row.next_send_at is not None
        assert timing.is_open(row.next_send_at, sequence.steps.get().schedule, zone)
        assert row.next_send_at >= clock()


def test_going_on_after_a_pause_spreads_what_the_pause_made_overdue(clock: Clock, engine: Engine):
    workspace = a_workspace()
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=1, delay_unit="hours"))
    enter(sequence, *people_of(a_sandbox(workspace), 10), now=clock())
    pause_sequence(sequence, now=clock(), actor=SYSTEM)
    clock.forward(hours=30)
    (draft,) = drafts_of(sequence)
    sooner = replace(draft, delay_amount=0, delay_unit="immediately")
    assert foresee_effect(sequence, (sooner,), SequenceState.ACTIVE, now=clock()).due_at_once == 10
    save(sequence, (sooner,), clock, spread=timedelta(hours=1), state="active")
    moments = [row.next_send_at for row in Subscription.objects.active()]
    assert all(moment is not None and clock() <= moment < clock() + timedelta(hours=1) for moment in moments)
    assert len(set(moments)) == 10


def test_a_pause_does_not_eat_what_was_left_of_a_spread(clock: Clock, engine: Engine):
    workspace = a_workspace()
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=9, delay_unit="days"))
    enter(sequence, *people_of(a_sandbox(workspace), 40), now=clock())
    engine.travel(hours=3)
    (draft,) = drafts_of(sequence)
    soon = replace(draft, delay_amount=1, delay_unit="hours")
    save(sequence, (soon,), clock, spread=timedelta(hours=24))
    engine.travel(minutes=10)
    pause_sequence(sequence, now=clock(), actor=SYSTEM)
    left = Subscription.objects.active().count()
    clock.forward(hours=24)
    sequence.refresh_from_db()
    assert foresee_effect(sequence, (soon,), SequenceState.ACTIVE, now=clock()).due_at_once == 0
    resume_sequence(sequence, now=clock(), actor=SYSTEM)
    moments = sorted(row.next_send_at for row in Subscription.objects.active() if row.next_send_at)
    assert len(moments) == len(set(moments)) == left
    assert clock() < moments[0]
    rest = timedelta(hours=23, minutes=50)
    assert clock() + rest / 2 < moments[len(moments) * 2 // 3] < moments[-1] < clock() + rest


def test_a_spread_longer_than_what_is_left_of_the_window_goes_on_in_the_next_one(clock: Clock, engine: Engine):
    workspace = a_workspace(time_zone="Europe/Paris")
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=9, delay_unit="days"))
    enter(sequence, *people_of(a_sandbox(workspace), 40), now=clock())
    engine.travel(hours=4, minutes=30)  # Monday 17:30 in Paris
    (draft,) = drafts_of(sequence)
    begins, ends = clock().time().replace(hour=9, minute=0), clock().time().replace(hour=18, minute=0)
    soon = replace(draft, delay_amount=1, delay_unit="hours", window_start=begins, window_end=ends)
    save(sequence, (soon,), clock, spread=timedelta(hours=24))
    moments = [row.next_send_at for row in Subscription.objects.active() if row.next_send_at]
    assert len(set(moments)) == len(moments) == 40
    tomorrow = [one for one in moments if one > clock() + timedelta(hours=1)]
    assert max(tomorrow) - min(tomorrow) > timedelta(hours=7)
    zone = ZoneInfo("Europe/Paris")
    assert all(timing.is_open(one, sequence.steps.get().schedule, zone) for one in moments)


def test_of_very_many_people_a_sample_from_every_time_is_taken(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(foreseeing, "EXACT_UP_TO", 20)
    workspace = a_workspace()
    sequence = a_sequence(workspace, texts(workspace, "Hello", delay_amount=9, delay_unit="days"))
    rows = enter(sequence, *people_of(a_sandbox(workspace), 60), now=clock())
    people, is_everybody = foreseeing.sample_of(Subscription.objects.active().filter(sequence=sequence), 20)
    assert not is_everybody
    assert 15 <= len(people) <= 20
    quarters = {(row.pk - rows[0].pk) * 4 // len(rows) for row in people}
    assert quarters == {0, 1, 2, 3}
    drafts = (*drafts_of(sequence), a_step_draft(workspace, "More"))
    effect = foresee_effect(sequence, drafts, SequenceState.ACTIVE, now=clock())
    assert (effect.is_exact, effect.get_new) == (False, effect.people)


def save(sequence: Sequence, steps: tuple[StepDraft, ...], clock: Clock, *, spread: timedelta, state: str = "active"):
    from_store = Sequence.objects.get(pk=sequence.pk)
    draft = replace(draft_of(from_store), steps=steps, state=state)
    return save_sequence(from_store.workspace, from_store, draft, now=clock(), actor=SYSTEM, spread=spread)
