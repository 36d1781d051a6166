"""Twelve hours without any worker, on an ordinary day and over the nights in which clocks change: what came due goes
out once, in its windows, the longest due first, and no faster than the channel allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.models import Channel, Contact
from sequences.actions.rescue import rescue_dead_runs
from sequences.actions.steps import steps_of
from sequences.models import Delivery, Subscription
from sequences.models.run import DEAD_AFTER
from sequences.rules.timing import is_open
from tests.actions.cast import enter
from tests.builders import a_channel, a_contact, a_sequence
from tests.doubles.sink import Sink
from tests.engine import MONDAY_NOON, Clock, Engine
from tests.faults.life import CREDENTIALS
from tests.simulation.harsh_world import EVENINGS

pytestmark = pytest.mark.django_db(transaction=True)

OUTAGE = timedelta(hours=12)
SPEED = 4
ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo")
# One that lies in the hour which spring leaves out, one around it, one over midnight, one by day.
WINDOWS = ((time(2, 10), time(2, 50)), (time(1, 30), time(3, 30)), (time(22), time(2, 30)), (time(9), time(18)))


class Installation:
    """A channel of a certain speed at a sink, and an engine that may be away."""

    def __init__(self, start: datetime) -> None:
        self.clock, self.sink = Clock(start), Sink()
        settings = {"base_url": "http://127.0.0.1:9", "sends_per_second": SPEED, "after_24_hours": "message_tag"}
        self.channel: Channel = a_channel(kind="messenger", credentials=CREDENTIALS, settings=settings)
        self.engine = self.begin()

    def begin(self) -> Engine:
        return Engine(self.clock, doors=self.sink.doors(self.clock))

    def is_away(self, length: timedelta) -> None:
        """It dies with whatever it has in hand, and a new one comes when the time is over."""
        self.engine.dispatcher._claim(self.clock())
        self.engine.close()
        self.clock.forward(seconds=length.total_seconds())
        assert length > DEAD_AFTER
        rescue_dead_runs(now=self.clock())
        self.engine = self.begin()

    def people(self, count: int) -> list[Contact]:
        zones = [ZONES[number % len(ZONES)] for number in range(count)]
        return [a_contact(self.channel, time_zone=zone, last_interaction_at=self.clock()) for zone in zones]

    def everything_goes(self, within: timedelta) -> None:
        """Second by second while something is due, else from one due moment to the next."""
        ends_at = self.clock() + within
        while self.clock() < ends_at and Subscription.objects.active().exists():
            self.engine.settle()
            upcoming = Subscription.objects.active().order_by("next_send_at").values_list("next_send_at", flat=True)
            following = upcoming.filter(next_send_at__isnull=False).first()
            self.clock.now = max(following or ends_at, self.clock() + timedelta(seconds=1))


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Installation]:
    place = Installation(getattr(request, "param", MONDAY_NOON))
    yield place
    place.engine.close()


def test_what_came_due_in_twelve_hours_goes_out_in_its_order_and_at_the_channels_pace(place: Installation) -> None:
    sequence = a_sequence(place.channel.workspace, [{"delay_unit": "hours", "delay_amount": 1}])
    began = place.clock()
    for person in place.people(40):
        enter(sequence, person, now=place.clock())
        place.clock.forward(minutes=15)
    place.clock.now = began
    place.is_away(OUTAGE)
    place.everything_goes(timedelta(hours=12))
    due = dict(Delivery.objects.values_list("pk", "due_at"))
    moments = [due[one.delivery_id] for one in place.sink.taken]
    assert len(moments) == 40
    assert moments == sorted(moments)
    by_second = Counter(one.at for one in place.sink.taken)
    # The bucket holds one second's worth when it begins.
    assert max(by_second.values()) == SPEED
    assert len(by_second) == 40 / SPEED


@pytest.mark.parametrize("place", EVENINGS[1:], indirect=True, ids=lambda evening: f"{evening:%Y-%m-%d}")
def test_the_nights_in_which_clocks_change_open_the_same_windows_after_an_outage(place: Installation) -> None:
    steps: list[dict[str, Any]] = [
        {"delay_unit": "hours", "delay_amount": 2, "window_start": start, "window_end": end, "content_type": tag}
        for (start, end), tag in zip(WINDOWS, ["account_update"] * len(WINDOWS), strict=True)
    ]
    sequence = a_sequence(place.channel.workspace, steps)
    people = place.people(12)
    for person in people:
        enter(sequence, person, now=place.clock())
    place.is_away(OUTAGE)
    place.everything_goes(timedelta(days=8))
    schedules = {step.id: step.schedule for step in steps_of([sequence.pk])[sequence.pk]}
    rows = {row.pk: row for row in Delivery.objects.select_related("contact")}
    assert {row.state for row in rows.values()} == {"sent"}
    assert Counter(one.delivery_id for one in place.sink.taken) == dict.fromkeys(rows, 1)
    assert len(rows) == len(people) * len(WINDOWS)
    for one in place.sink.taken:
        row = rows[one.delivery_id]
        assert one.at is not None
        assert one.at >= row.due_at
        assert is_open(one.at, schedules[row.step_id], ZoneInfo(row.contact.time_zone)), (row.contact.time_zone, one.at)


def test_the_evenings_are_those_before_the_change() -> None:
    changes = [("Europe/Paris", 2), ("Europe/Paris", 1), ("America/New_York", -4), ("America/New_York", -5)]
    for evening, (zone, hours) in zip(EVENINGS[1:], changes, strict=True):
        after = (evening + OUTAGE).astimezone(ZoneInfo(zone)).utcoffset()
        before = evening.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()
        assert (after, before != after) == (timedelta(hours=hours), True)
