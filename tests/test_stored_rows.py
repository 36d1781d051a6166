"""Rows read by a written statement are what the ORM would have read, on either database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from channels.models import Channel, Contact
from sequencer.stored_rows import placeholders, rows_where
from tests.builders import a_channel, a_contact

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=UTC)


def held(row: Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_every_field_holds_what_the_orm_reads() -> None:
    channel = a_channel(settings={"base_url": "https://é.example", "n": [1, None, True]}, tokens=0.5, trouble_until=AT)
    a_contact(channel, "ann", tags=["a"], fields={"x": {"y": 1.5}}, last_interaction_at=AT, utc_offset_minutes=-210)
    a_contact(channel, "bob")
    for model in (Channel, Contact):
        assert [held(row) for row in rows_where(model, "TRUE", [])] == [
            held(row) for row in model.objects.order_by("pk")
        ]


def test_columns_that_are_not_named_are_read_when_they_are_asked_for() -> None:
    channel = a_channel(settings={"n": 1}, tokens=0.5)
    with CaptureQueriesContext(connection) as asked:
        [row] = rows_where(Channel, "id = %s", [channel.pk], columns=("settings", "id"))
        assert (row.pk, row.settings, len(asked)) == (channel.pk, {"n": 1}, 1)
    assert row.tokens == 0.5


def test_a_row_is_an_instance_that_can_be_stored_and_knows_what_it_points_at() -> None:
    channel = a_channel()
    a_contact(channel, "ann")
    wanted = ["ann", "nobody"]
    condition = f"channel_id = %s AND address IN ({placeholders(wanted)})"
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        [ann] = rows_where(Contact, condition, [channel.pk, *wanted], is_locked=True, related={"channel": channel})
        assert ann.channel is channel
    locks = [one["sql"] for one in asked.captured_queries if "FOR NO KEY UPDATE" in one["sql"]]
    assert len(locks) == (1 if connection.vendor == "postgresql" else 0)
    assert (ann, isinstance(ann, Contact), ann.pk) == (Contact.objects.get(), True, Contact.objects.get().pk)
    ann.first_name = "Ann"
    ann.save(update_fields=["first_name"])
    assert Contact.objects.get().first_name == "Ann"
    assert Contact.objects.filter(channel=channel, pk=ann.pk).exists()


def test_rows_share_nothing_that_one_of_them_learns() -> None:
    channel = a_channel()
    a_contact(channel, "ann")
    a_contact(channel, "bob")
    ann, bob = rows_where(Contact, "TRUE", [], related={"channel": channel})
    assert ann.workspace == channel.workspace
    assert "workspace" not in bob._state.fields_cache
