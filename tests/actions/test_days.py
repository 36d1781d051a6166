"""Days of a sequence: the database counts, housekeeping sums up, and both say what the rows say."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sequences.actions.fold_tallies import fold_tallies, forget_days
from sequences.models import Delivery, EntryDay, EntryTally, StepDay, Subscription, Tally
from sequences.statistics import figures_by_day
from tests.actions.cast import a_sandbox, enter, people_of
from tests.actions.tallies import EVER, some_deliveries, told, true
from tests.builders import a_sequence, a_workspace
from tests.engine import Clock

days_before: Any = import_module("sequences.migrations.0028_days_before").Migration

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Mars/Olympus"])
def test_a_day_begins_when_it_does_in_the_workspaces_zone(zone: str, clock: Clock) -> None:
    sequence = a_sequence(a_workspace(time_zone=zone))
    [row] = some_deliveries(sequence, sequence.steps.get(), ["sent"], clock)
    midnight = datetime(2026, 11, 24, tzinfo=ZoneInfo(zone) if zone != "Mars/Olympus" else UTC)
    for moment, day in ((midnight - timedelta(seconds=1), 23), (midnight, 24)):
        Delivery.objects.filter(pk=row.pk).update(decided_at=moment)
        for _ in range(2):
            found = {on.day for on, figures in figures_by_day(sequence, *EVER).items() if figures.messages["sent"]}
            assert found == {day}
            fold_tallies(above=0)


def test_what_is_heard_later_counts_on_the_day_of_the_message(clock: Clock) -> None:
    sequence = a_sequence()
    rows = some_deliveries(sequence, sequence.steps.get(), ["sent", "sent", "failed"], clock)
    fold_tallies(above=0)
    Delivery.objects.filter(pk=rows[0].pk).update(state="read", read_at=clock() + timedelta(days=9))
    figures = figures_by_day(sequence, clock().date(), clock().date())
    assert figures[clock().date()].messages == Counter(sent=1, read=1, failed=1)
    assert Tally.objects.filter(slot__isnull=False).exists(), "not summed up yet, and told all the same"
    fold_tallies(above=0)
    assert not Tally.objects.filter(slot__isnull=False).exists()
    assert figures_by_day(sequence, clock().date(), clock().date()) == figures


@pytest.mark.django_db(transaction=True)
def test_the_history_before_days_were_counted_is_looked_back_at(clock: Clock) -> None:
    sequence = a_sequence()
    some_deliveries(sequence, sequence.steps.get(), ["sent", "sent", "skipped"], clock)
    Subscription.objects.filter(sequence=sequence).first().delete()  # type: ignore[union-attr]
    known, totals = true(sequence), list(Tally.objects.values_list("state", "number").order_by("state"))
    Tally.objects.update(slot=None)
    EntryTally.objects.all().delete()
    for _ in range(2):  # once is enough, twice does no harm
        with connection.schema_editor() as editor:
            for operation in days_before.operations:
                operation.code(apps, editor)
        assert told(sequence) == known
    fold_tallies(above=0)
    assert told(sequence) == known
    assert list(Tally.objects.values_list("state", "number").order_by("state")) == totals


def test_days_cost_two_queries_whatever_is_behind_them(clock: Clock) -> None:
    sequence = a_sequence(steps=[{}] * 5)
    StepDay.objects.bulk_create(
        StepDay(workspace=sequence.workspace, step=step, on=clock().date() - timedelta(days=n), state="sent", number=7)
        for step in sequence.steps.all()
        for n in range(300)
    )
    with CaptureQueriesContext(connection) as queries:
        figures = figures_by_day(sequence, clock().date() - timedelta(days=299), clock().date())
    assert len(queries) == 2
    assert {one.messages["sent"] for one in figures.values()} == {35}


def test_old_days_are_dropped_and_the_numbers_in_all_stay(clock: Clock) -> None:
    sequence = a_sequence()
    some_deliveries(sequence, sequence.steps.get(), ["sent"], clock)
    enter(sequence, *people_of(a_sandbox(sequence.workspace), 1), now=clock())
    fold_tallies(above=0)
    assert forget_days(before=clock().date()) == 0
    assert forget_days(before=clock().date() + timedelta(days=1)) == 2
    assert not StepDay.objects.exists()
    assert not EntryDay.objects.exists()
    assert Tally.objects.get().number == 1
    assert EntryTally.objects.get(word="subscribed").number == 2
