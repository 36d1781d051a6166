"""Whether it stays as small and quick as it began: `make bench ARGS="rounds"`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from benchmarks import crowd
from benchmarks.cost import Cost, cost_of
from benchmarks.messages import stage
from benchmarks.page import put_section, table
from benchmarks.sink import a_sink
from sequences.actions.forget_subscriptions import forget_ended_subscriptions
from sequences.models import Delivery, SentPart, Step, Subscription

AT_MOST = 1.3
MEGABYTE = 1024 * 1024
TABLES = (Subscription, Delivery, SentPart)

TEXT = """{people:,} people go through a sequence of one message, again and again. After each round what has ended is
dropped, as retention does when it is old, and PostgreSQL's vacuum runs, as autovacuum does in the time between.
Sizes are tables with their indexes, after the round's messages and before the dropping.

{rows}

Round {last}: **{size:.2f} times** the size and **{cpu:.2f} times** the CPU a message of round 1; the limit is
{limit:g}.
"""


@dataclass(frozen=True, slots=True)
class Round:
    """`sizes` in bytes, by table."""

    cost: Cost
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        return sum(self.sizes)


def measure(people: int, rounds: int) -> list[Round]:
    with a_sink() as sink:
        step, channel = stage(sink.url)
        Step.objects.filter(sequence=step.sequence, position=1).update(is_enabled=False)
        crowd.add_contacts(channel, people, now=datetime.now(UTC))
        found = []
        for _ in range(rounds):
            now = datetime.now(UTC)
            crowd.subscribe_everybody(step, channel, subscribed_at=now - timedelta(minutes=1))
            crowd.settle_database()
            cost = cost_of("benchmarks.engine", str(people), messages=people)
            if (done := Delivery.objects.filter(state="sent").count()) != people:
                raise SystemExit(f"{done} of {people} were sent")
            found.append(Round(cost, tuple(_size(model._meta.db_table) for model in TABLES)))
            while forget_ended_subscriptions(now=datetime.now(UTC), kept_for=timedelta()):
                pass
            crowd.settle_database()
        return found


def _size(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [name])
        return int(cursor.fetchone()[0])


def main(arguments: list[str]) -> int:
    """Zero only if the last round is about as small and as quick as the first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rounds", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    found = measure(options.people, options.rounds)
    rows = [
        [str(number), *(f"{size / MEGABYTE:.1f}" for size in one.sizes), f"{one.cost.per_1000:.3f}"]
        for number, one in enumerate(found, 1)
    ]
    head = ["round", "subscriptions, MB", "deliveries, MB", "sent parts, MB", "CPU s / 1,000"]
    size, cpu = found[-1].size / found[0].size, found[-1].cost.per_1000 / found[0].cost.per_1000
    text = TEXT.format(
        people=options.people, rows=table(head, rows), last=len(found), size=size, cpu=cpu, limit=AT_MOST
    )
    put_section("Round after round", text, is_dry=options.dry)
    return int(size > AT_MOST or cpu > AT_MOST)
