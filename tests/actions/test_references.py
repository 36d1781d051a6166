"""What the rows of a message point at is right, on PostgreSQL by triggers that look once a statement."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from sequences.models import Delivery, SentPart, Step, Subscription
from tests.actions.cast import a_sandbox, enter, people_of
from tests.builders import LONG_AGO, a_sequence, a_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def row() -> Subscription:
    return a_subscription()


def a_subscription() -> Subscription:
    sequence = a_sequence(a_workspace())
    (row,) = enter(sequence, *people_of(a_sandbox(sequence.workspace), 1), now=LONG_AGO)
    return row


def a_delivery(row: Subscription, **other: Any) -> Delivery:
    values = {
        "workspace_id": row.workspace_id,
        "subscription_id": row.pk,
        "step_id": row.next_step_id,
        "contact_id": row.contact_id,
        "channel_id": row.channel_id,
    }
    return Delivery(**{**values, **other}, state="sending", due_at=LONG_AGO, decided_at=LONG_AGO)


def a_part(delivery: Delivery, **other: Any) -> SentPart:
    values = {"workspace_id": delivery.workspace_id, "delivery_id": delivery.pk, "channel_id": delivery.channel_id}
    return SentPart(**{**values, **other}, part=0, sent_at=LONG_AGO)


@pytest.mark.parametrize("column", ["workspace_id", "subscription_id", "step_id", "contact_id", "channel_id"])
def test_a_delivery_that_points_into_another_workspace_is_refused(row: Subscription, column: str) -> None:
    theirs = a_delivery(a_subscription())
    with pytest.raises(IntegrityError), transaction.atomic():
        a_delivery(row, **{column: getattr(theirs, column)}).save()
    a_delivery(row).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**{column: getattr(theirs, column)})


def test_owners_are_found_by_their_keys_however_small_the_tables(row: Subscription) -> None:
    before = rows_read_by_scans()
    delivery = a_delivery(row)
    delivery.save()
    a_part(delivery).save()
    assert rows_read_by_scans() == before


def rows_read_by_scans() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables "
            "WHERE relname IN ('sequences_subscription', 'sequences_delivery') ORDER BY 1"
        )
        return list(cursor.fetchall())


def test_one_wrong_row_of_a_batch_is_found(row: Subscription) -> None:
    other = a_subscription()
    rows = [a_delivery(row), a_delivery(other, contact_id=row.contact_id)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.bulk_create(rows)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("column", ["workspace_id", "delivery_id", "channel_id"])
def test_a_part_that_points_into_another_workspace_is_refused(row: Subscription, column: str) -> None:
    mine, theirs = a_delivery(row), a_delivery(a_subscription())
    mine.save()
    theirs.save()
    other = getattr(a_part(theirs), column)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_part(mine, **{column: other}).save()
    a_part(mine).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        SentPart.objects.update(**{column: other})


@pytest.mark.parametrize("column", ["next_step_id", "last_step_id"])
def test_a_step_of_another_workspace_is_refused(row: Subscription, column: str) -> None:
    theirs = a_subscription()
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscription.objects.filter(pk=row.pk).update(**{column: theirs.next_step_id})


@pytest.mark.parametrize("model", [Delivery, Subscription, Step])
def test_what_is_pointed_at_is_not_deleted_behind_the_models_back(row: Subscription, model: type[Any]) -> None:
    delivery = a_delivery(row)
    delivery.save()
    a_part(delivery).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.all()._raw_delete("default")
    row.delete()
    assert not Delivery.objects.exists()
    assert not SentPart.objects.exists()
