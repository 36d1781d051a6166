"""The numbers of the list of sequences, without counting further than anybody reads."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from sequences.models import Step, Subscription

MOST_COUNTED = 1000


def with_counts(sequences: QuerySet[Any]) -> QuerySet[Any]:
    """`message_count`, and `people_count` up to one more than MOST_COUNTED: part of the one query of the list.

    The thousand-and-first person is looked for first; only where there is none the others are counted.
    """
    inside = Subscription.objects.active().filter(sequence=OuterRef("pk"))
    beyond = inside.order_by("id").values("pk")[MOST_COUNTED : MOST_COUNTED + 1]
    people = _count(inside, "sequence")
    steps = _count(Step.objects.filter(sequence=OuterRef("pk")).in_use(), "sequence")
    counted: QuerySet[Any] = sequences.annotate(message_count=steps, beyond=Subquery(beyond)).annotate(
        people_count=Case(
            When(beyond__isnull=False, then=Value(MOST_COUNTED + 1)), default=people, output_field=IntegerField()
        )
    )
    return counted


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
