"""Each statement that differs: on PostgreSQL the plain form and PostgreSQL's own do the same to the same rows.

On SQLite only the plain form runs; there the expected results, written out here, are what it is measured by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction

from channels.models import Channel, Contact
from sequences.models import Delivery, Run, Sequence, Step, Subscription
from sequences.sql import arrays, dialect, plain, postgresql
from tests.actions.cast import enter, people_of
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_workspace
from tests.engine import MONDAY_NOON

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
FORMS = [plain, postgresql] if "postgresql" in str(connection.settings_dict["ENGINE"]) else [plain]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back, so that the next form meets the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def same_in_all_forms(act: Callable[[ModuleType], Any], look: Callable[[], Any]) -> Any:
    """What each form answers and leaves behind; all the same."""
    found = []
    for form in FORMS:
        with undone():
            found.append((act(form), look()))
    assert all(one == found[0] for one in found), found
    return found[0]


@pytest.fixture
def run() -> Run:
    return a_run()


def a_run(**fields: Any) -> Run:
    number = Run.objects.count()
    values = {"tree": f"t{number}", "host": "h", "pid": 1, "started_at": LONG_AGO, "heartbeat_at": LONG_AGO}
    return Run.objects.create(**{**values, **fields})


@pytest.fixture
def channel() -> Channel:
    return a_channel(a_workspace())


@pytest.fixture
def people(channel: Channel, run: Run) -> list[Subscription]:
    """Ten: one due every second up to noon; then one in another's hands, one not yet due, one without a moment."""
    sequence = a_sequence(channel.workspace)
    rows = enter(sequence, *people_of(channel, 10), now=MONDAY_NOON)
    for index, row in enumerate(rows):
        row.next_send_at = MONDAY_NOON - SECOND * ((index * 3) % 7)
    rows[7].run = a_run()
    rows[8].next_send_at = MONDAY_NOON + SECOND
    rows[9].next_send_at = None
    Subscription.objects.bulk_update(rows, ["next_send_at", "run"])
    return rows


def hands() -> list[Any]:
    return list(Subscription.objects.order_by("pk").values_list("pk", "run"))


def test_the_engine_decides_the_form() -> None:
    assert dialect() is FORMS[-1]


@pytest.mark.parametrize("limit", [0, 1, 3, 100])
def test_claim_takes_the_longest_due_first(limit: int, channel: Channel, people: list[Subscription], run: Run) -> None:
    elsewhere = a_channel(a_workspace())
    others = enter(a_sequence(elsewhere.workspace), *people_of(elsewhere, 2), now=MONDAY_NOON)
    claimed, after = same_in_all_forms(lambda form: form.claim(channel.pk, run.pk, now=MONDAY_NOON, limit=limit), hands)
    due = sorted(people[:7], key=lambda row: (row.next_send_at, row.pk))[:limit]
    ids = [number for number, _ in claimed]
    assert claimed == [(row.pk, row.sequence_id) for row in due]
    assert {number for number, holder in after if holder == run.pk} == set(ids)
    assert not {row.pk for row in others} & set(ids)


def test_a_run_that_ended_claims_nothing(channel: Channel, people: list[Subscription]) -> None:
    dead = a_run(ended_at=LONG_AGO)
    ids, _ = same_in_all_forms(lambda form: form.claim(channel.pk, dead.pk, now=MONDAY_NOON, limit=9), hands)
    assert ids == []


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({}, True),
        ({"state": "paused"}, False),
        ({"trouble_until": MONDAY_NOON + SECOND}, False),
        ({"trouble_until": MONDAY_NOON}, True),
    ],
)
def test_a_channel_is_open_to_a_claim(channel: Channel, fields: dict[str, Any], is_open: bool) -> None:
    a_channel(a_workspace())
    settings = {"sends_per_second": 3}
    Channel.objects.filter(pk=channel.pk).update(settings=settings, **fields)
    wanted = ("id", "settings", "failing")
    rows, _ = same_in_all_forms(lambda form: form.open_channel(channel.pk, wanted, now=MONDAY_NOON), lambda: None)
    assert rows == ([(channel.pk, settings, [])] if is_open else [])


@pytest.mark.postgresql
def test_a_look_for_what_is_due_reads_nobody_who_waits(channel: Channel) -> None:
    """Whoever went before stands in front of them in the table, and most of the others are due."""
    enter(a_sequence(channel.workspace), *people_of(channel, 600), now=MONDAY_NOON)
    later = Subscription.objects.order_by("pk")[:200].values("pk")
    Subscription.objects.update(next_send_at=MONDAY_NOON)
    Subscription.objects.filter(pk__in=later).update(next_send_at=MONDAY_NOON + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Subscription._meta.db_table}")
        read = "SELECT pg_stat_get_xact_tuples_returned(%s::regclass)"
        cursor.execute(read, [Subscription._meta.db_table])
        before = cursor.fetchone()
        assert postgresql.channels_with_due(now=MONDAY_NOON) == [channel.pk]
        cursor.execute(read, [Subscription._meta.db_table])
        assert cursor.fetchone() == before


def test_rows_are_updated_where_they_match_the_guard(people: list[Subscription], run: Run) -> None:
    """Texts, moments, JSON, foreign keys and NULLs; guards on a value and on NULL; ids that are not there."""
    columns = ("next_because", "not_before_at", "done_steps", "run", "last_step", "state")
    at, step = MONDAY_NOON + timedelta(microseconds=123456), Step.objects.get()
    nasty = 'quote " backslash \\ brace {} comma, NULL'
    rows = [
        (people[0].pk, "retry", at, [1, 2], run.pk, step.pk, "active"),
        (people[1].pk, "", None, [], None, None, "stopped"),
        (people[7].pk, "kept out by the guard", at, [3], None, None, "active"),
        (people[2].pk, nasty[:30], at, [nasty, None, "é\u2028"], None, step.pk, "active"),
        (10**12, "nobody", at, [], None, None, "active"),
    ]

    def look() -> list[Any]:
        return list(Subscription.objects.order_by("pk").values_list("pk", *columns))

    updated, after = same_in_all_forms(
        lambda form: form.update_rows(Subscription, columns, rows, run=None, state="active"), look
    )
    assert updated == {people[0].pk, people[1].pk, people[2].pk}
    assert [row for row in after if row[0] in updated] == [tuple(rows[0]), tuple(rows[1]), tuple(rows[3])]


def test_rows_are_updated_without_a_guard_and_none_is_nothing(people: list[Subscription]) -> None:
    rows = [(row.pk, "retry") for row in people]
    updated, _ = same_in_all_forms(lambda form: form.update_rows(Subscription, ("next_because",), rows), hands)
    assert updated == {row.pk for row in people}
    assert (
        same_in_all_forms(lambda form: form.update_rows(Subscription, ("next_because",), [], run=None), hands)[0]
        == set()
    )


DELIVERY = ("workspace_id", "subscription", "step", "contact", "channel", "state", "run", "due_at", "decided_at")


def test_inserted_rows_come_back_in_their_order(people: list[Subscription], run: Run) -> None:
    names = ("workspace", *DELIVERY[1:], "reason_details")
    rows = [(*values_of(row, run), {"detail": 'a "word"'}) for row in reversed(people)]

    def insert(form: ModuleType) -> list[tuple[int, Any]]:
        ids = form.insert_rows(Delivery, complete(names), [completed(row) for row in rows])
        stored = Delivery.objects.in_bulk(ids)
        return [(stored[number].subscription_id, stored[number].reason_details) for number in ids]

    inserted, _ = same_in_all_forms(insert, Delivery.objects.count)
    assert inserted == [(row.pk, {"detail": 'a "word"'}) for row in reversed(people)]


def test_what_python_holds_for_equal_is_kept_apart(people: list[Subscription], run: Run) -> None:
    names = ("workspace", *DELIVERY[1:], "reason_details")
    rows = [(*values_of(row, run), one) for row, one in zip(people, ({"n": 1}, {"n": True}), strict=False)]

    def insert(form: ModuleType) -> list[Any]:
        ids = form.insert_rows(Delivery, complete(names), [completed(row) for row in rows])
        stored = Delivery.objects.in_bulk(ids)
        return [repr(stored[number].reason_details) for number in ids]

    assert same_in_all_forms(insert, Delivery.objects.count)[0] == ["{'n': 1}", "{'n': True}"]


@pytest.mark.parametrize("word", ["retry", "", 'a "word", and \\ {}', "NULL", "null", "Zoë\n\t%s"])
def test_a_value_that_all_rows_share_arrives_as_it_is(people: list[Subscription], word: str) -> None:
    rows = [(row.pk, word, None, [1, 2], MONDAY_NOON) for row in people]
    columns = ("next_because", "last_step", "done_steps", "countdown_started_at")

    def look() -> list[Any]:
        return list(Subscription.objects.order_by("pk").values_list("pk", *columns))

    _, after = same_in_all_forms(lambda form: form.update_rows(Subscription, columns, rows), look)
    assert after == rows
    _, alone = same_in_all_forms(lambda form: form.update_rows(Subscription, columns, rows[:1]), look)
    assert alone[0] == rows[0]


@pytest.mark.postgresql
def test_what_is_said_with_every_wave_is_planned_once(people: list[Subscription]) -> None:
    def plans() -> list[tuple[int, int]]:
        """Of each prepared statement that asks for people: how often it was planned anew, and how often not."""
        counts = "custom_plans, generic_plans FROM pg_prepared_statements"
        return arrays.run(f"SELECT {counts} WHERE statement LIKE 'SELECT id, address FROM channels_contact %%'", [])

    for _ in range(30):
        postgresql.rows_of(Contact, ("id", "address"), [row.contact_id for row in people])
    ((anew, again),) = plans()
    assert anew == 5  # PostgreSQL's own number, before it trusts a plan
    assert again >= 15


def complete(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*names, "reason", "route", "attempts", "parts_done", "time_zone")


def completed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row, "", "", 1, 0, "UTC")


def values_of(row: Subscription, run: Run) -> tuple[Any, ...]:
    step = row.next_step_id
    return (row.workspace_id, row.pk, step, row.contact_id, row.channel_id, "sending", run.pk, MONDAY_NOON, MONDAY_NOON)


@pytest.fixture
def decided(people: list[Subscription], run: Run) -> list[Delivery]:
    """Each subscription is in the run's hands, its message decided and not on its way."""
    Subscription.objects.update(run=run)
    return [
        Delivery.objects.create(
            workspace_id=row.workspace_id,
            subscription=row,
            step_id=row.next_step_id or 0,
            contact_id=row.contact_id,
            channel_id=row.channel_id,
            state="sending",
            run=run,
            due_at=MONDAY_NOON,
            decided_at=MONDAY_NOON,
        )
        for row in people
    ]


def left() -> list[Any]:
    return list(Delivery.objects.order_by("pk").values_list("pk", "request_started_at"))


def nothing(deliveries: list[Delivery]) -> None: ...


# What keeps requests in: each is done to the world, and says how many of the ten may leave all the same.
OBSTACLES: list[tuple[str, Callable[[list[Delivery]], object], int]] = [
    ("nothing", nothing, 10),
    ("the run is dead", lambda rows: Run.objects.update(ended_at=MONDAY_NOON), 0),
    ("one was unsubscribed", lambda rows: set_one(Subscription, rows[0].subscription_id, state="stopped"), 9),
    ("one is in other hands", lambda rows: set_one(Subscription, rows[0].subscription_id, run=None), 9),
    ("one was recalled", lambda rows: set_one(Delivery, rows[0].pk, state="waiting", run=None), 9),
    ("the sequence is paused", lambda rows: Sequence.objects.update(state="paused"), 0),
    ("the step is off", lambda rows: Step.objects.update(is_enabled=False), 0),
    ("the step is archived", lambda rows: Step.objects.update(archived_at=MONDAY_NOON), 0),
    ("the channel is paused", lambda rows: Channel.objects.update(state="paused"), 0),
    ("the channel waits", lambda rows: Channel.objects.update(trouble_until=MONDAY_NOON + SECOND), 1),  # the probe
    ("the channel has waited", lambda rows: Channel.objects.update(trouble_until=MONDAY_NOON), 10),
]


def set_one(model: Any, number: int, **values: Any) -> None:
    model.objects.filter(pk=number).update(**values)


@pytest.mark.parametrize(("happens", "may_leave"), [row[1:] for row in OBSTACLES], ids=[row[0] for row in OBSTACLES])
def test_only_what_may_leave_is_marked(
    happens: Callable[[list[Delivery]], object], may_leave: int, decided: list[Delivery], run: Run
) -> None:
    happens(decided)
    ids, probe = [row.pk for row in decided], decided[3].pk
    marked, after = same_in_all_forms(
        lambda form: form.mark_leaving(ids, run.pk, now=MONDAY_NOON, probe_ids=[probe]), left
    )
    assert len(marked) == may_leave
    assert {number for number, at in after if at == MONDAY_NOON} == marked


# What whoever decides keeps out by sharing the sequence, and what becomes of a delivery that is not written yet.
KEPT_OUT = ("one was recalled", "the sequence is paused", "the step is off", "the step is archived")
STILL_POSSIBLE = [row for row in OBSTACLES if row[0] not in KEPT_OUT]


@pytest.mark.parametrize(
    ("happens", "may_leave"), [row[1:] for row in STILL_POSSIBLE], ids=[row[0] for row in STILL_POSSIBLE]
)
def test_the_look_at_what_is_only_decided_is_the_same(
    happens: Callable[[list[Delivery]], object], may_leave: int, decided: list[Delivery], run: Run
) -> None:
    happens(decided)
    people, probe = [row.subscription_id for row in decided], decided[3].subscription_id
    channels = {row.channel_id for row in decided}
    stay, _ = same_in_all_forms(
        lambda form: form.may_not_leave(people, channels, run.pk, now=MONDAY_NOON, probe_ids=[probe]), left
    )
    assert stay <= set(people)
    assert len(people) - len(stay) == may_leave


def test_looking_and_marking_is_one_step(decided: list[Delivery], run: Run) -> None:
    """Nobody comes in between: one statement, or one transaction that holds the write lock."""
    statements: list[tuple[str, bool]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql.split()[0], connection.in_atomic_block))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        plain.mark_leaving([row.pk for row in decided], run.pk, now=MONDAY_NOON)
    assert [word for word, _ in statements][0] == "SAVEPOINT"  # in a test's own transaction; else BEGIN IMMEDIATE
    assert all(is_inside for _, is_inside in statements)


def test_the_clock_is_aware_and_moves() -> None:
    for form in FORMS:
        first, second = form.database_now(), form.database_now()
        assert first.utcoffset() == timedelta(0)
        assert first <= second
        assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)


def test_sharing_a_sequence_takes_any_list(people: list[Subscription]) -> None:
    for form in FORMS:
        for ids in ([], [Sequence.objects.get().pk], [10**12, 1]):
            known = Sequence.objects.filter(pk__in=ids).values_list("pk", "workspace__name")
            assert form.shared_sequences(["id"], ["name"], ids, is_patient=False) == list(known)


def test_rows_are_locked_in_the_order_of_their_ids(channel: Channel) -> None:
    people = [a_contact(channel, name) for name in ("cleo", "ann", "bob")]
    wanted = [people[2].pk, people[0].pk, 0]
    found = same_in_all_forms(lambda form: form.lock_rows(Contact, ("id", "address"), wanted), lambda: None)
    assert found[0] == [(people[0].pk, "cleo"), (people[2].pk, "bob")]
