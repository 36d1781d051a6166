"""What the numbers of messages and sequences say, and what the rows say that they are about."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum

from sequences.models import Delivery, Sequence, Step, Subscription, Tally
from sequences.statistics import figures_by_day
from tests.actions.cast import a_sandbox, enter, people_of
from tests.engine import MONDAY_NOON, Clock

ON_THEIR_WAY = ("sending", "waiting")


def counted() -> Counter[tuple[int, str]]:
    rows = Delivery.objects.exclude(state__in=ON_THEIR_WAY).order_by().values_list("step_id", "state")
    return Counter({row[:2]: row[2] for row in rows.annotate(number=Count("pk"))})


def tallied() -> Counter[tuple[int, str]]:
    rows = Tally.objects.order_by().values_list("step_id", "state").annotate(total=Sum("number"))
    return Counter({row[:2]: row[2] for row in rows if row[2]})


def some_deliveries(sequence: Sequence, step: Step, states: list[str], clock: Clock) -> list[Delivery]:
    people = people_of(a_sandbox(sequence.workspace), len(states))
    rows = enter(sequence, *people, now=clock())
    return Delivery.objects.bulk_create(
        Delivery(
            workspace=sequence.workspace,
            subscription=row,
            step=step,
            contact=row.contact,
            channel=row.channel,
            state=state,
            due_at=clock(),
            decided_at=clock(),
        )
        for row, state in zip(rows, states, strict=True)
    )


EVER = (MONDAY_NOON.date() - timedelta(days=100), MONDAY_NOON.date() + timedelta(days=299))
Days = Counter[tuple[date, int, str]]


def told(sequence: Sequence) -> tuple[Days, Days]:
    """(day, step, state) and (day, 0, word), as the statistics say."""
    messages, people = Days(), Days()
    for on, figures in figures_by_day(sequence, *EVER).items():
        messages += Days(
            {(on, step, state): n for step, states in figures.steps.items() for state, n in states.items()}
        )
        people += Days({(on, 0, word): number for word, number in figures.entries.items()})
    return messages, people


def true(sequence: Sequence) -> tuple[Days, Days]:
    """The same, row by row."""
    zone = ZoneInfo(sequence.workspace.time_zone)
    rows = Delivery.objects.filter(step__sequence=sequence).exclude(state__in=ON_THEIR_WAY)
    messages = Days((row.decided_at.astimezone(zone).date(), row.step_id, row.state) for row in rows)
    people = Days()
    for row in Subscription.objects.filter(sequence=sequence):
        people[row.subscribed_at.astimezone(zone).date(), 0, "subscribed"] += 1
        if row.ended_at:
            people[row.ended_at.astimezone(zone).date(), 0, row.ended_because] += 1
    return messages, people
