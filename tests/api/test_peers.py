"""What went wrong in other products' APIs and must not here: the parameters of lists, and conditions on custom fields.

Tests of such failures bear their number in the list of known failures of peers: `pytest -k test_3_`.
"""

from __future__ import annotations

import io
from itertools import product
from typing import Any

import pytest

from channels.models import Channel
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.bulk_jobs import BulkRequest, Filter, start_bulk_job
from sequences.actions.carry_on_bulk_job import carry_on_bulk_job
from sequences.api.filters import ByText
from sequences.api.urls import router
from sequences.models import BulkSource, BulkVerb, Subscription
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence
from tests.engine import MONDAY_NOON as NOW

# Chatwoot CVE-2025-21628 (an operator inside a filter), Django CVE-2025-64459 (_connector), CVE-2026-1287, -1312.
NASTY = [
    "' OR 1=1 --",
    "1) OR (1=1",
    "a,b'",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "%",
    "٣",
    "",
]
UNLISTED = [
    "_connector",
    "_negated",
    "workspace",
    "workspace_id",
    "pk",
    "id__gt",
    "state__in",
    "ordering",
    "order_by",
    "a.b",
]


def lists() -> list[tuple[str, Any]]:
    return [(prefix, view) for prefix, view, _ in router.registry]


@pytest.mark.parametrize(("path", "view"), lists(), ids=[path for path, _ in lists()])
def test_1_a_list_takes_its_own_parameters_only_and_nothing_odd_in_them(path: str, view: Any, program: Program) -> None:
    for name in UNLISTED:
        assert program.refused(program.get(f"{path}/", **{name: "1"})) == [(name, "unknown_field")]
    for (name, by), value in product(view.filters.items(), NASTY):
        answer = program.get(f"{path}/", **{name: value})
        if isinstance(by, ByText) and "\x00" not in value:
            assert answer.json()["results"] == [], (name, value)  # a text like any other
        else:
            assert [field for field, _ in program.refused(answer)] == [name], (name, value)
    for value in NASTY[:-1]:
        assert program.refused(program.get(f"{path}/", cursor=value)) == [("cursor", "not_found")]


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


# Chatwoot GHSA-9pgm-75gg-6948: a condition on a custom attribute that reads what is no custom attribute.
@pytest.mark.parametrize(
    "name", ["it's", 'say "hi"', "a__b", "$.a", "a.b", "workspace_id", "channel__credentials", "%s"]
)
def test_2_a_condition_on_a_field_is_about_that_field_and_nothing_else(
    name: str, channel: Channel, workspace: Workspace
) -> None:
    a_contact(channel, "fits", fields={name: "yes", "a": {"b": "yes"}})
    a_contact(channel, "other", fields={"a": "yes", "b": "yes"})
    sequence = a_sequence(workspace)
    wanted = BulkRequest(sequence, BulkVerb.SUBSCRIBE, BulkSource.FILTER)
    job = start_bulk_job(wanted, Filter(fields={name: "yes"}), now=NOW, actor=SYSTEM)
    carry_on_bulk_job(job.pk, now=NOW)
    assert list(Subscription.objects.values_list("contact__address", flat=True)) == ["fits"]


def test_6_a_line_of_a_file_cannot_name_what_is_not_the_callers(channel: Channel, workspace: Workspace) -> None:
    """Dittofeed #1828, #1842: ids further inside that nobody looked at."""
    theirs = a_contact(a_channel())
    lines = f'{{"id": "{theirs.public_id}"}}\n{{"channel": "{theirs.channel.public_id}", "address": "x"}}\n'
    wanted = BulkRequest(a_sequence(workspace), BulkVerb.SUBSCRIBE, BulkSource.NDJSON)
    job = start_bulk_job(wanted, io.BytesIO(lines.encode()), now=NOW, actor=SYSTEM)
    carry_on_bulk_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert job.counts == {"invalid": 2}
    assert not Subscription.objects.exists()
