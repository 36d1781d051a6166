"""A restored backup or a promoted replica sends nothing until a person says what may have gone already."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor
from channels.transports.addresses import AddressRules
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Conflict
from sequences.actions import epoch
from sequences.actions.carry_out_trial import carry_out_trial
from sequences.actions.epoch import hold_after_restore
from sequences.actions.request_trial import request_trial
from sequences.actions.rescue import rescue_dead_runs
from sequences.actions.runs import beat, declare_dead, start_run
from sequences.models import Installation, Run, Subscription, Trial
from sequences.models.run import DEAD_AFTER
from sequences.sql import dialect
from tests.actions.cast import a_sandbox, enter, states_of
from tests.builders import a_contact, a_sequence
from tests.engine import Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restored(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Ann is to get four messages, one a day; the backup was made on her first day and is put back on the third."""
    names = iter(["before"])
    monkeypatch.setattr(dialect(), "fingerprint", lambda: next(names, "after"))
    channel = a_sandbox()
    daily = [{"delay_unit": "days", "delay_amount": 1}] * 4
    enter(a_sequence(channel.workspace, daily), a_contact(channel, "ann"), now=clock())
    assert not hold_after_restore(now=clock())
    clock.forward(days=2, hours=1)
    engine.dispatcher.is_held = hold_after_restore(now=clock())
    engine.settle()
    return engine


def ann() -> Subscription:
    row: Subscription = Subscription.objects.select_related("contact").get()
    return row


def goes_on(engine: Engine, since: str) -> list[tuple[str, str]]:
    beat(engine.run, now=engine.clock())
    call_command("resume_after_restore", since=since)
    engine.dispatcher.is_held = hold_after_restore(now=engine.clock())
    engine.settle()
    return states_of(ann().contact)


def test_nothing_is_sent_and_it_is_said_why(restored: Engine) -> None:
    assert texts_shown_to(ann().contact) == []
    assert "held_after_restore" in Client().get("/readyz").json()["reasons"]
    assert hold_after_restore(now=restored.clock())  # still


def test_what_came_due_until_now_may_have_gone_and_the_next_message_goes_when_it_would_have(restored: Engine) -> None:
    assert goes_on(restored, "now") == [("unknown", "outcome_unknown")] * 2
    assert ann().next_send_at == ann().subscribed_at + timedelta(days=3)


def test_what_came_due_after_a_time_goes(restored: Engine) -> None:
    first_day = (restored.clock() - timedelta(days=1)).isoformat()
    assert goes_on(restored, first_day) == [("unknown", "outcome_unknown"), ("sent", "")]


def test_when_nothing_went_since_the_backup_everything_goes(restored: Engine) -> None:
    assert goes_on(restored, "backup") == [("sent", "")]


@pytest.mark.parametrize("since", ["yesterday", "2026-11-29T14:00", "2099-01-01T00:00+00:00"])
def test_a_time_that_cannot_be_is_refused_and_the_hold_stays(since: str, restored: Engine) -> None:
    with pytest.raises(CommandError, match="--from"):
        call_command("resume_after_restore", since=since)
    assert Installation.the_one().held_at is not None


def test_who_is_declared_dead_while_marking_leaves_the_hold(restored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches are to be marked; the run dies after the first. Asked again, the rest is marked."""
    whole = epoch._mark_batch

    def then_dies(channel_id: int, run: Run, *, until: datetime, now: datetime) -> list[int]:
        ids = whole(channel_id, run, until=until, now=now)
        declare_dead(run, now=now)
        return ids

    monkeypatch.setattr(epoch, "BATCH", 1)
    monkeypatch.setattr(epoch, "_mark_batch", then_dies)
    beat(restored.run, now=restored.clock())
    with pytest.raises(CommandError, match="again"):
        call_command("resume_after_restore", since="now")
    monkeypatch.setattr(epoch, "_mark_batch", whole)
    assert Installation.the_one().held_at is not None
    assert states_of(ann().contact) == [("unknown", "outcome_unknown")]
    assert goes_on(restored, "now") == [("unknown", "outcome_unknown")] * 2


def test_who_marks_for_long_shows_that_it_lives(restored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held workers keep house all the while, and take over from whoever is silent."""
    whole = epoch._mark_batch

    def slowly(channel_id: int, run: Run, *, until: datetime, now: datetime) -> list[int]:
        ids = whole(channel_id, run, until=until, now=now)
        beat(restored.run, now=restored.clock.forward(seconds=DEAD_AFTER.total_seconds() * 0.8))
        rescue_dead_runs(now=restored.clock())
        return ids

    monkeypatch.setattr(epoch, "BATCH", 1)
    monkeypatch.setattr(epoch, "_mark_batch", slowly)
    assert goes_on(restored, "now") == [("unknown", "outcome_unknown")] * 2


def test_two_do_not_mark_at_once(restored: Engine) -> None:
    assert start_run(tree="after-restore", host="", pid=0, now=restored.clock()) is not None
    with pytest.raises(CommandError, match="already"):
        call_command("resume_after_restore", since="now")
    assert Installation.the_one().held_at is not None


def test_postgresql_names_its_cluster_timeline_and_database_and_sqlite_cannot() -> None:
    name = dialect().fingerprint()
    assert (name.count("/") == 2) == (connection.vendor == "postgresql")
    assert dialect().fingerprint() == name


def a_trial_of_the_backup(engine: Engine) -> Trial:
    """Gone before the database was put back, and waiting in it."""
    row, at = ann(), engine.clock()
    common = {"workspace": row.workspace, "sequence": row.sequence, "contact": row.contact, "channel": row.channel}
    trial: Trial = Trial.objects.create(**common, token="a" * 16, requested_at=at, touched_at=at)
    return trial


def carried_out(trial: Trial, engine: Engine) -> bool:
    local = LocalDoor(lambda batch: show_messages(batch, now=engine.clock()))
    doors = Doors(http=HttpDoor(allow=AddressRules(is_open=True), timeout=5.0), local=local)
    try:
        return carry_out_trial(trial.pk, doors, engine.clock)
    finally:
        doors.close()


def test_a_held_database_sends_no_test_and_says_so(restored: Engine) -> None:
    trial = a_trial_of_the_backup(restored)
    assert not carried_out(trial, restored)
    assert texts_shown_to(ann().contact) == []
    found = set(trial.parts.values_list("state", "reason"))
    assert found == {("not_sent", "held_after_restore")}
    row = ann()
    with pytest.raises(Conflict, match="held_after_restore"):
        request_trial(row.sequence, None, row.contact, token="b" * 16, now=restored.clock(), actor=SYSTEM)


def test_a_test_of_the_backup_does_not_go_once_sending_goes_on(restored: Engine) -> None:
    trial = a_trial_of_the_backup(restored)
    Installation.objects.update(held_at=restored.clock())
    goes_on(restored, "backup")
    before = texts_shown_to(ann().contact)
    assert not carried_out(trial, restored)
    assert texts_shown_to(ann().contact) == before
    trial.refresh_from_db()
    assert trial.state == "done"
