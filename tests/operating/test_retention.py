"""What is old is dropped; numbers, the rule of who may enter again and the promise of never twice outlive it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from channels.models import Channel, SandboxMessage, SeenEvent
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent
from sequences import tasks
from sequences.actions import forget_subscriptions, retention
from sequences.actions.forget_subscriptions import forget_ended_subscriptions
from sequences.actions.retention import Ages, forget_what_is_old
from sequences.actions.runs import end_run, start_run
from sequences.actions.subscribe import subscribe
from sequences.admin.step_numbers import numbers_of
from sequences.conservation import gaps
from sequences.models import Delivery, PastEntry, Run, SentPart, Sequence, Subscription
from tests.actions.cast import a_sandbox, enter
from tests.builders import a_contact, a_sequence
from tests.engine import MONDAY_NOON, Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = timedelta(days=365)
AGES = Ages(history=YEAR, events=YEAR, audit=YEAR)
LATER = MONDAY_NOON + YEAR + timedelta(minutes=1)


def ann_completes(engine: Engine, **fields: Any) -> tuple[Sequence, Any]:
    """And bob, who is in the same sequence, waits for its second message."""
    channel = a_sandbox()
    sequence = a_sequence(channel.workspace, [{}], **fields)
    ann = a_contact(channel)
    enter(sequence, ann, now=engine.clock())
    engine.settle()
    return sequence, ann


def test_an_ended_subscription_goes_with_all_its_rows_when_it_is_old(engine: Engine) -> None:
    sequence, _ann = ann_completes(engine)
    assert forget_ended_subscriptions(now=MONDAY_NOON + YEAR - timedelta(minutes=1), kept_for=YEAR) == 0
    assert forget_ended_subscriptions(now=LATER, kept_for=YEAR) == 1
    assert [model.objects.count() for model in (Subscription, Delivery, SentPart)] == [0, 0, 0]
    (numbers,) = numbers_of(sequence).values()
    assert numbers.sent == 1
    assert list(gaps(now=LATER)) == []


def test_who_is_inside_keeps_every_row_however_old(engine: Engine) -> None:
    channel = a_sandbox()
    steps: list[dict[str, Any]] = [{}, {"delay_amount": 100, "delay_unit": "weeks"}]
    enter(a_sequence(channel.workspace, steps), a_contact(channel), now=engine.clock())
    engine.settle()
    assert forget_ended_subscriptions(now=MONDAY_NOON + 2 * YEAR, kept_for=timedelta()) == 0
    engine.travel(weeks=100)
    assert Delivery.objects.filter(state="sent").count() == 2


def test_something_open_of_an_ended_one_is_left_for_doctor(engine: Engine) -> None:
    ann_completes(engine)
    Delivery.objects.update(state="waiting")
    assert forget_ended_subscriptions(now=LATER, kept_for=YEAR) == 0
    assert [gap.what for gap in gaps(now=LATER)][:1] == ["it ended, and a message of it still waits"]


@pytest.mark.parametrize(
    ("reentry", "is_restart", "reason"),
    [
        (False, False, "reentry_not_allowed"),
        (False, True, ""),  # a rule that restarts asks nobody
        (True, False, ""),
    ],
)
def test_who_may_enter_again_is_known_for_ever(reentry: bool, is_restart: bool, reason: str, engine: Engine) -> None:
    sequence, ann = ann_completes(engine, reentry=True)
    forget_ended_subscriptions(now=LATER, kept_for=YEAR)
    Sequence.objects.update(reentry=reentry)  # decided afterwards, it holds for those before too
    bob = a_contact(ann.channel)
    answers = subscribe(sequence, [ann, bob], now=LATER, actor=SYSTEM, is_restart=is_restart)
    assert [(one.reason, one.created) for one in answers] == [(reason, not reason), ("", True)]


def test_many_entries_of_one_person_leave_one_note(engine: Engine) -> None:
    sequence, ann = ann_completes(engine)
    for _ in range(2):
        enter(sequence, ann, now=engine.clock())
        engine.settle()
    assert forget_ended_subscriptions(now=LATER, kept_for=YEAR) == 3
    assert list(PastEntry.objects.values_list("contact", "sequence")) == [(ann.pk, sequence.pk)]


def test_a_batch_costs_the_same_whatever_is_beside_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget_subscriptions, "BATCH", 2)
    sequence, ann = ann_completes(engine)
    enter(sequence, *(a_contact(ann.channel) for _ in range(4)), now=engine.clock())
    engine.settle()
    assert [forget_ended_subscriptions(now=LATER, kept_for=YEAR) for _ in range(4)] == [2, 2, 1, 0]


def test_all_sorts_are_dropped_in_one_go(engine: Engine) -> None:
    sequence, ann = ann_completes(engine)
    channel: Channel = ann.channel
    SeenEvent.objects.create(workspace_id=channel.workspace_id, channel=channel, key="k", at=MONDAY_NOON)
    record_audit("changed", sequence, actor=SYSTEM, now=MONDAY_NOON, changes={})
    Session.objects.create(session_key="over", session_data="", expire_date=MONDAY_NOON)
    old = start_run(tree="old", host="here", pid=1, now=MONDAY_NOON)
    assert old is not None
    end_run(old, because="left", now=MONDAY_NOON)
    Run.objects.filter(pk=old.pk).update(rescued_at=MONDAY_NOON)
    dropped = forget_what_is_old(AGES, now=LATER, seconds=20)
    assert dropped == {
        "subscriptions": 1,
        "sandbox messages": 1,
        "seen events": 1,
        "audit log": 1,
        "log-ins": 1,
        "runs": 1,
    }
    assert Run.objects.filter(pk=engine.run.pk).exists()
    assert not AuditEvent.objects.exists()


def test_what_is_younger_stays_and_for_ever_means_for_ever(engine: Engine) -> None:
    _, ann = ann_completes(engine)
    record_audit("changed", ann.channel, actor=SYSTEM, now=MONDAY_NOON, changes={})
    assert not forget_what_is_old(AGES, now=MONDAY_NOON + YEAR / 2, seconds=20)
    assert not forget_what_is_old(Ages(None, None, None), now=MONDAY_NOON + 9 * YEAR, seconds=20)
    assert (Subscription.objects.count(), SandboxMessage.objects.count(), AuditEvent.objects.count()) == (1, 1, 1)


def test_a_run_that_is_named_as_holding_something_is_found_though_its_row_is_gone(engine: Engine) -> None:
    enter(a_sequence((channel := a_sandbox()).workspace), a_contact(channel), now=engine.clock())
    if connection.vendor == "postgresql":
        Subscription.objects.update(run=10**9)
    else:  # there the database knows that no such run is
        Run.objects.filter(pk=engine.run.pk).update(rescued_at=MONDAY_NOON - timedelta(hours=1))
        Subscription.objects.update(run=engine.run)
    assert [gap.what for gap in gaps(now=MONDAY_NOON)] == ["it is in the hands of a run that is gone"]


def test_when_the_time_is_over_the_rest_is_for_the_next_minute(engine: Engine) -> None:
    ann_completes(engine)
    assert not forget_what_is_old(AGES, now=LATER, seconds=0)
    assert Subscription.objects.exists()


def test_another_sort_begins_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of them may have enough to drop for all the time there is."""
    first = set[str]()
    for minute in range(12):
        moments = iter([0.0, 0.0, 9.0])
        monkeypatch.setattr(retention, "monotonic", lambda: next(moments))  # noqa: B023
        monkeypatch.setattr(
            retention, "_sorts", lambda ages, now: {name: lambda: 1 for name in ("one", "two", "three")}
        )
        first |= set(forget_what_is_old(AGES, now=MONDAY_NOON + timedelta(minutes=minute), seconds=1))
    assert first == {"one", "two", "three"}


def test_the_task_drops_by_the_installations_settings(
    engine: Engine, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann_completes(engine)
    monkeypatch.setattr(tasks, "database_clock", lambda: LATER)
    settings.KEEP_HISTORY = settings.KEEP_AUDIT = settings.KEEP_EVENTS = None
    assert tasks.forget() == "nothing"
    settings.KEEP_HISTORY = YEAR
    assert "1 subscriptions" in tasks.forget()


@pytest.mark.postgresql
def test_postgresql_looks_after_the_large_tables_before_a_fifth_of_them_is_dead() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL")
        kept = {name: set(options) for name, options in cursor.fetchall()}
    for table in ("sequences_subscription", "sequences_delivery"):
        assert kept[table] >= {"fillfactor=50", "autovacuum_vacuum_scale_factor=0.02"}
    assert "autovacuum_vacuum_insert_scale_factor=0.05" in kept["sequences_sentpart"]
    for table in ("sequences_webhookmessage", "sequences_webhookattempt"):
        assert kept[table] >= {"autovacuum_vacuum_scale_factor=0.02", "autovacuum_vacuum_insert_scale_factor=0.05"}
    assert kept["sequences_entrytally"] >= {"autovacuum_vacuum_threshold=1000"}
    assert kept["channels_channel"] >= {"fillfactor=50", "autovacuum_vacuum_threshold=1000"}
