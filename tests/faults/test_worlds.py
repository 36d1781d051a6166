"""What counts as stored for good, by which deaths are told apart: a write that nobody saw would leave pairs out."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from channels.models import Contact
from sequences.sql import arrays
from tests.builders import a_contact
from tests.faults.worlds import counted_commits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_commit_counts_and_what_is_rolled_back_does_not() -> None:
    ann = a_contact()
    with counted_commits() as commits:
        Contact.objects.filter(pk=ann.pk).update(first_name="Ann")
        assert commits.number == 1
        with transaction.atomic():
            Contact.objects.filter(pk=ann.pk).update(first_name="Anna")
            transaction.set_rollback(True)
        with transaction.atomic():
            Contact.objects.select_for_update().get(pk=ann.pk)
        assert commits.number == 1
        with transaction.atomic():
            Contact.objects.filter(pk=ann.pk).update(first_name="Anne")
            assert commits.number == 1
        assert commits.number == 2


@pytest.mark.postgresql
def test_what_the_engines_own_cursor_writes_counts_too() -> None:
    ann = a_contact()
    with counted_commits() as commits:
        table = connection.ops.quote_name(Contact._meta.db_table)
        arrays.run(f"SELECT 1 FROM {table} FOR NO KEY UPDATE", [])
        assert commits.number == 0
        arrays.run(f"WITH one AS (UPDATE {table} SET first_name = 'Ann' WHERE id = %s RETURNING 1) SELECT 1", [ann.pk])
        assert commits.number == 1
