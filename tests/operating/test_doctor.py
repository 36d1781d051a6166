"""doctor finds what is wrong and says it in sentences; --reconcile finds every planted gap and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from sequences.actions.canary import start_canary
from sequences.models import Delivery, Installation, Run, Subscription
from sequences.watchdog import make_schedules
from tests.actions.cast import a_sandbox, enter
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(engine: Engine) -> Subscription:
    """In the middle of a sequence of two messages, in an installation that is well."""
    make_schedules()
    start_canary(now=engine.clock())
    channel = a_sandbox()
    sequence = a_sequence(channel.workspace, [{}, {"delay_unit": "days", "delay_amount": 1}])
    (row,) = enter(sequence, a_contact(channel), now=engine.clock())
    engine.settle()
    row.refresh_from_db()
    return row


def doctor(*options: str) -> str:
    out = StringIO()
    call_command("doctor", *options, stdout=out)
    return out.getvalue()


def test_a_sound_installation_is_called_well(ann: Subscription) -> None:
    said = doctor("--reconcile")
    assert "All is well." in said
    assert "not accounted for:        0" in said
    assert Installation.the_one().gap == 0


GAPS: dict[str, Callable[[Subscription], object]] = {
    "waits for nothing": lambda row: Subscription.objects.filter(pk=row.pk).update(next_send_at=None),
    "no record": lambda row: Delivery.objects.filter(subscription=row).delete(),
    "calls itself sending": lambda row: Delivery.objects.filter(subscription=row).update(state="sending"),
    "still waits": lambda row: (
        Subscription.objects.filter(pk=row.pk).update(state="stopped", next_send_at=None),
        Delivery.objects.filter(subscription=row).update(state="waiting"),
    ),
    "a run that is gone": lambda row: Subscription.objects.filter(pk=row.pk).update(run=a_run_that_is_gone()),
}


def a_run_that_is_gone() -> Run:
    moments = {"started_at": LONG_AGO, "heartbeat_at": LONG_AGO, "ended_at": LONG_AGO, "rescued_at": LONG_AGO}
    return Run.objects.create(tree="gone", host="test", pid=1, **moments)


@pytest.mark.parametrize("what", GAPS)
def test_a_planted_gap_is_found_and_named(what: str, ann: Subscription) -> None:
    GAPS[what](ann)
    with pytest.raises(CommandError, match=f"{ann.public_id}: .*{what}"):
        doctor("--reconcile")
    assert Installation.the_one().gap == 1


def test_what_is_wrong_is_said_in_one_sentence_each(ann: Subscription, clock: Clock) -> None:
    clock.forward(minutes=5)
    a_channel(ann.workspace, kind="messenger", credentials={"page_id": "1"}, name="Old")
    stolen = a_channel(ann.workspace, kind="messenger", credentials={"page_id": "1"}, name="Copied")
    stolen.credentials = a_channel(ann.workspace, credentials={"page_id": "2"}).credentials
    stolen.save(update_fields=["credentials"])
    with pytest.raises(CommandError) as found:
        doctor()
    sentences = str(found.value).splitlines()
    assert len(sentences) == 4
    for words in ("No worker shows itself", "The canary has not", "runs of workers ended", stolen.public_id):
        assert words in str(found.value)


def test_a_migration_that_is_missing_is_told_by_doctor_and_by_readyz(ann: Subscription) -> None:
    recorder = MigrationRecorder(connection)
    (latest,) = MigrationLoader(connection).graph.leaf_nodes("sequences")
    recorder.record_unapplied(*latest)
    try:
        assert "migrations_missing" in Client().get("/readyz").json()["reasons"]
        with pytest.raises(CommandError, match="Migrations are missing"):
            doctor()
    finally:
        recorder.record_applied(*latest)
