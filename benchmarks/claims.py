"""What it costs to find what is due among very many: `make bench ARGS="claims"`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic
from typing import Any

from django.db import transaction

from benchmarks import crowd
from benchmarks.explained import Reading, readings
from benchmarks.messages import stage
from benchmarks.page import put_section, table
from channels.models import Channel
from sequences.actions.claim import claim_due
from sequences.actions.runs import start_run
from sequences.models import Run, Subscription

CLAIMED = 500
LOOKS, TIMED = 25, 60
DUE, WAITING_FOR = 5_000, timedelta(days=30)
LONG = datetime(2100, 1, 1, tzinfo=UTC)
CANNOT_SEND: dict[str, dict[str, Any]] = {
    "another who is paused": {"state": "paused"},
    "another in trouble": {"trouble_until": LONG},
    "another who sent all that its speed allows": {"tokens": -1e9, "tokens_at": LONG},
}
READ_AT_MOST, BESIDE_AT_MOST = 2.0, 1.2

SIZES = """What a dispatcher reads to claim {claimed} messages, while so many people wait over the next 30 days and
{due:,} are due; medians of {looks} claims, each rolled back. Pages are what PostgreSQL touched of tables and indexes.

{rows}

With the most people reading takes **{ratio:.2f} times** as long as with the fewest; the limit is {limit:g}.
"""
BESIDE = """What a claim of {claimed} costs one business, all statements of it, beside another whose channel has
{many:,} messages due and cannot send; the best of {looks}, each rolled back.

{rows}

At most **{ratio:.2f} times** what it costs with nobody beside; the limit is {limit:g}.
"""


def main(arguments: list[str]) -> int:
    """Zero only if a claim costs about the same whatever waits and whoever is beside."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks claims", description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--beside", type=int, default=1_000_000)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    run = start_run(tree="claims", host="benchmark", pid=1, now=datetime.now(UTC))
    if run is None:
        raise SystemExit("somebody claims here already")
    is_level = not options.waiting or _sizes(run, options.waiting, is_dry=options.dry)
    crowd.clear_work()
    return int(not (_beside(run, options.beside, is_dry=options.dry) and is_level))


def _sizes(run: Run, sizes: list[int], *, is_dry: bool) -> bool:
    step, channel = stage("http://127.0.0.1:9")
    found: list[Reading] = []
    for size in sizes:
        crowd.clear_work()
        with crowd.trusted(), crowd.without_indexes(Subscription):
            crowd.wait_without_contacts(step, channel, size, from_at=datetime.now(UTC), over=WAITING_FOR)
        crowd.make_due(channel, DUE)
        crowd.settle_database()
        found.append(_median([_read_of_claim(run) for _ in range(LOOKS)]))
    rows = [
        [f"{size:,}", f"{one.milliseconds:.2f}", f"{one.pages:.0f}"] for size, one in zip(sizes, found, strict=True)
    ]
    ratio = found[-1].milliseconds / found[0].milliseconds
    shown = table(["waiting", "ms", "pages"], rows)
    text = SIZES.format(claimed=CLAIMED, due=DUE, looks=LOOKS, rows=shown, ratio=ratio, limit=READ_AT_MOST)
    put_section("Finding what is due", text, is_dry=is_dry)
    return ratio <= READ_AT_MOST


def _beside(run: Run, many: int, *, is_dry: bool) -> bool:
    now = datetime.now(UTC)
    mine_step, mine = stage("http://127.0.0.1:9")
    step, other = stage("http://127.0.0.1:9")
    with crowd.trusted():
        crowd.wait_without_contacts(mine_step, mine, DUE, from_at=now - timedelta(hours=1), over=timedelta(minutes=1))
    crowd.settle_database()
    alone = _cost(run)
    with crowd.trusted():
        crowd.wait_without_contacts(step, other, many, from_at=now - timedelta(hours=2), over=timedelta(minutes=1))
    crowd.settle_database()
    costs = {name: _cost_beside(run, other, values) for name, values in CANNOT_SEND.items()}
    Subscription.objects.filter(channel=other).delete()
    crowd.settle_database()
    again = _cost(run)
    alone = Reading(min(alone.milliseconds, again.milliseconds), alone.pages)
    ratio = max(max(c.pages / alone.pages, c.milliseconds / alone.milliseconds) for c in costs.values())
    rows = [[name, f"{one.milliseconds:.2f}", f"{one.pages:.0f}"] for name, one in {"nobody": alone, **costs}.items()]
    shown = table(["beside", "ms", "pages"], rows)
    text = BESIDE.format(claimed=CLAIMED, many=many, looks=TIMED, rows=shown, ratio=ratio, limit=BESIDE_AT_MOST)
    put_section("Beside another who cannot send", text, is_dry=is_dry)
    return ratio <= BESIDE_AT_MOST


def _cost_beside(run: Run, other: Channel, values: dict[str, Any]) -> Reading:
    Channel.objects.filter(pk=other.pk).update(**{"state": "active", "trouble_until": None, "tokens": 1, **values})
    return _cost(run)


def _read_of_claim(run: Run) -> Reading:
    """Which channels have something due, and which rows they are; not the writing of who has them."""
    with _rolled_back(), readings() as found:
        _claim(run)
    return sum((one.reading for one in found), Reading())


def _cost(run: Run) -> Reading:
    """Everything: by the clock of this process at its best, which neighbours touch least, and by PostgreSQL's pages."""
    taken = []
    for _ in range(TIMED):
        with _rolled_back():
            began = monotonic()
            _claim(run)
            taken.append((monotonic() - began) * 1000)
    with _rolled_back(), readings() as found:
        _claim(run)
    return Reading(min(taken), sum(one.whole.pages for one in found))


def _claim(run: Run) -> None:
    claims = claim_due(run, now=datetime.now(UTC), room={}, default_room=CLAIMED, limit=CLAIMED)
    if (count := sum(len(claim.subscription_ids) for claim in claims)) != CLAIMED:
        raise SystemExit(f"{count} instead of {CLAIMED} were claimed")


@contextmanager
def _rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _median(found: list[Reading]) -> Reading:
    return Reading(median(one.milliseconds for one in found), median(one.pages for one in found))
