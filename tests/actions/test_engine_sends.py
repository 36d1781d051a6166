"""The article, through the engine: who gets what, when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Subscription
from sequences.rules.timing import weekday_mask
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.engine import MONDAY_NOON, Clock, Engine, deliveries_of, texts_shown_to

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE_HOURS = {"window_start": time(9), "window_end": time(18)}
WORKDAYS = weekday_mask(["mon", "tue", "wed", "thu", "fri"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> Iterator[Engine]:
    engine = Engine(clock)
    yield engine
    engine.close()


def test_an_immediate_message_goes_at_once(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace), last_interaction_at=clock())
    subscribe(a_sequence(workspace), [ann], now=clock(), actor=SYSTEM)
    engine.settle()
    assert texts_shown_to(ann) == ["Hello!"]
    assert [delivery.state for delivery in deliveries_of(ann)] == ["sent"]
    subscription = Subscription.objects.get(contact=ann)
    assert (subscription.state, subscription.ended_because) == ("completed", "completed")


def test_each_countdown_starts_when_the_message_before_was_really_sent(engine: Engine, clock: Clock) -> None:
    """Due at 20:00, held to 09:00 the next morning: what follows two hours later goes at 11:00."""
    workspace = a_workspace(time_zone="Europe/Paris")
    channel = a_channel(workspace, settings={"reply_window": False})
    ann, akiko = a_contact(channel), a_contact(channel, time_zone="Asia/Tokyo")
    steps = [
        {"delay_unit": "hours", "delay_amount": 7, **OFFICE_HOURS},
        {"delay_unit": "hours", "delay_amount": 2},
    ]
    subscribe(a_sequence(workspace, steps), [ann, akiko], now=clock(), actor=SYSTEM)  # 13:00 in Paris, 21:00 in Tokyo
    engine.follow_the_plan(MONDAY_NOON + timedelta(days=3))
    assert [delivery.sent_at for delivery in deliveries_of(ann)] == [
        datetime(2026, 11, 24, 8, tzinfo=UTC),
        datetime(2026, 11, 24, 10, tzinfo=UTC),
    ]
    assert [delivery.sent_at for delivery in deliveries_of(akiko)] == [
        datetime(2026, 11, 24, 0, tzinfo=UTC),  # 09:00 in Tokyo
        datetime(2026, 11, 24, 2, tzinfo=UTC),
    ]


def test_the_weekend_is_left_alone(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace(time_zone="Europe/Paris")
    ann = a_contact(a_channel(workspace, settings={"reply_window": False}))
    clock.now = datetime(2026, 11, 27, 18, tzinfo=UTC)
    steps = [{"delay_unit": "hours", "delay_amount": 1, "weekdays": WORKDAYS, **OFFICE_HOURS}]
    subscribe(a_sequence(workspace, steps), [ann], now=clock(), actor=SYSTEM)
    assert Subscription.objects.get(contact=ann).next_because == "outside_window"
    engine.follow_the_plan(clock() + timedelta(days=4))
    assert [delivery.sent_at for delivery in deliveries_of(ann)] == [datetime(2026, 11, 30, 8, tzinfo=UTC)]


def test_blocks_go_in_order_and_a_pause_puts_the_rest_back(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace), first_name="Ann", last_interaction_at=clock())
    blocks = [
        {"type": "text", "text": "Hi {{ first_name }}"},
        {"type": "pause", "seconds": 30},
        {"type": "action", "action": "add_tag", "tag": "greeted"},
        {"type": "text", "text": "Still there?"},
    ]
    sequence = a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, blocks=blocks)}])
    subscribe(sequence, [ann], now=clock(), actor=SYSTEM)
    engine.settle()
    assert texts_shown_to(ann) == ["Hi Ann"]
    [delivery] = deliveries_of(ann)
    assert (delivery.state, delivery.attempts, delivery.parts_done) == ("waiting", 0, 2)
    waiting = Subscription.objects.get(contact=ann)
    assert (waiting.next_because, waiting.next_send_at) == ("pause_block", clock() + timedelta(seconds=30))
    engine.travel(seconds=30)
    assert texts_shown_to(ann) == ["Hi Ann", "Still there?"]
    ann.refresh_from_db()
    assert ann.tags == ["greeted"]
    [delivery] = deliveries_of(ann)
    assert (delivery.state, delivery.attempts, delivery.sent_at) == ("sent", 1, clock())
