"""No list of the API becomes slower with what stands behind it, nor with how far somebody has turned its pages.

Counted are queries, and the pages that PostgreSQL touches for them; `make bench` shows a million rows by the clock.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from benchmarks.explained import readings
from channels.models import Channel, Contact, ExternalSubFlow
from sequences.models import (
    BulkJob,
    BulkProblem,
    ContactEvent,
    Delivery,
    Sequence,
    SubFlow,
    Subscription,
    WebhookEndpoint,
    WebhookMessage,
)
from tests.api.calling import Program
from tests.isolation.world import Business, a_business

FEW, MANY = 10, 10_000
# Address behind /api/v1/ -> what it lists, and what must differ from row to row.
LISTED: dict[str, tuple[type[Any], dict[str, str]]] = {
    "sequences/": (Sequence, {"name": "'Copy ' || n"}),
    "sub-flows/": (SubFlow, {"name": "'Copy ' || n"}),
    "channels/": (Channel, {}),
    "channels/{id}/external-sub-flows/": (ExternalSubFlow, {"reference": "'copy-' || n"}),
    "contacts/": (Contact, {"address": "'copy-' || n", "person_id": "NULL"}),
    "subscriptions/": (Subscription, {"state": "'stopped'", "ended_because": "'moved'"}),
    "deliveries/": (Delivery, {"subscription_id": "(SELECT min(id) FROM sequences_subscription) + n"}),
    "bulk-jobs/": (BulkJob, {}),
    "bulk-jobs/{id}/problems/": (BulkProblem, {}),
    "events/": (ContactEvent, {}),
    "webhook-endpoints/": (WebhookEndpoint, {}),
    "webhook-messages/": (WebhookMessage, {"key": "'copy_' || n", "state": "'delivered'"}),
}
OWNER: dict[type[Any], type[Any]] = {BulkProblem: BulkJob, ExternalSubFlow: Channel}
# Its rows are days: 400 at most, each from numbers that are summed up (tests/actions/test_days.py).
OF_DAYS = {"sequences/{id}/statistics/"}


def test_every_list_of_the_api_is_looked_at() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    paged = {
        path.removeprefix("/api/v1/")
        for path, operations in paths.items()
        if any(one["name"] == "cursor" for one in operations.get("get", {}).get("parameters", ()))
    }
    assert paged == LISTED.keys() | OF_DAYS


def path_of(address: str, business: Business) -> str:
    owner = OWNER.get(LISTED[address][0])
    return address.replace("{id}", business.rows[owner].public_id) if owner else address


def fill(model: type[Any], row: Any, until: int, different: dict[str, str]) -> None:
    """Copies of the row, made by the database, until there are so many."""
    table, there = model._meta.db_table, model._default_manager.filter(workspace=row.workspace).count()
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [different.get(column, column) for column in columns]
    quoted = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)} FROM {table}, "
            f"generate_series(%s::bigint, %s::bigint) AS n WHERE id = %s",
            [there, until - 1, row.pk],
        )
        cursor.execute(f"ANALYZE {table}")


def cost_of(program: Program, path: str, cursor: str = "") -> tuple[int, float, int]:
    """Queries, pages touched, rows shown."""
    query = {"limit": str(FEW), **({"cursor": cursor} if cursor else {})}
    program.get(path, **query)
    with CaptureQueriesContext(connection) as captured:
        shown = program.get(path, **query).json()["results"]
    with readings() as read:
        program.get(path, **query)
    return len(captured), sum(one.whole.pages for one in read), len(shown)


@pytest.fixture
def business(db: None) -> Business:
    return a_business("MINE")


@pytest.mark.postgresql
def test_lists_cost_the_same_with_ten_rows_and_ten_thousand_on_the_first_page_and_the_last(business: Business) -> None:
    program = Program(business.workspace)
    found: dict[str, tuple[tuple[int, float, int], ...]] = {}
    WebhookEndpoint.objects.update(is_recording=False)  # a list of its own is not to grow with the others
    for address, (model, different) in LISTED.items():
        path, row = path_of(address, business), business.rows[model]
        fill(model, row, FEW, different)
        few = cost_of(program, path)
        fill(model, row, MANY, different)
        mine = model._default_manager.filter(workspace=business.workspace)
        assert mine.count() == MANY, address
        pivot = mine.order_by("-pk").values_list("pk", flat=True)[FEW]
        last = base64.urlsafe_b64encode(f"n{pivot}".encode()).decode()
        found[address] = few, cost_of(program, path), cost_of(program, path, last)
    for address, costs in found.items():
        queries, pages, shown = zip(*costs, strict=True)
        assert shown == (FEW,) * 3, address
        assert len(set(queries)) == 1, (address, costs)
        # Ten rows in a table that earlier tests filled and emptied may lie far apart: only growing is wrong.
        assert max(pages[1:]) <= pages[0] * 2 + 30, (address, costs)
