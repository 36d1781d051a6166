"""The world of random histories, made harsh: processes die at any point, and the provider does not tell the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from channels.messages import Answer, DoorResult, Lost, Unreached
from channels.models import Channel
from sequencer.faults import watched
from sequences.actions.forget_subscriptions import forget_ended_subscriptions
from sequences.actions.rescue import rescue_dead_runs
from sequences.actions.runs import beat
from sequences.models import Delivery, Sequence, Subscription
from sequences.models.run import DEAD_AFTER
from tests.actions.histories import World
from tests.builders import a_channel
from tests.doubles.sink import Sink, Taken, accepts
from tests.engine import MONDAY_NOON, Clock, Engine
from tests.faults.life import CREDENTIALS, Died, Fate

# The evening before the clocks go forwards or back, in the zones that people of these histories live in.
EVENINGS = [
    MONDAY_NOON,
    datetime(2026, 3, 28, 21, tzinfo=UTC),  # Europe/Paris, forwards
    datetime(2026, 10, 24, 21, tzinfo=UTC),  # Europe/Paris, back
    datetime(2026, 3, 8, 2, tzinfo=UTC),  # America/New_York, forwards
    datetime(2026, 11, 1, 1, tzinfo=UTC),  # America/New_York, back
]
BUSY = b'{"error": {"message": "Service temporarily unavailable", "code": 2, "type": "OAuthException"}}'


def takes_and_hangs_up(sink: Sink, taken: Taken) -> DoorResult:
    sink.taken.append(taken)
    return Lost("reset")


def takes_and_lets_the_proxy_answer(sink: Sink, taken: Taken) -> DoorResult:
    sink.taken.append(taken)
    return Answer(502, {"content-type": "text/html"}, b"<html>Bad Gateway</html>")


def takes_and_mumbles(sink: Sink, taken: Taken) -> DoorResult:
    sink.taken.append(taken)
    return Answer(200, {"content-type": "text/html"}, b'{"recipient_id": "1", "mess')


def says_two_hundred_and_takes_nothing(sink: Sink, taken: Taken) -> DoorResult:
    return Answer(200, {"content-type": "text/html"}, b"<html>Maintenance</html>")


def is_busy(sink: Sink, taken: Taken) -> DoorResult:
    return Answer(500, {"content-type": "application/json"}, BUSY)


def refuses_the_connection(sink: Sink, taken: Taken) -> DoorResult:
    return Unreached("refused", is_refused=True)


LIES = [
    takes_and_hangs_up,
    takes_and_lets_the_proxy_answer,
    takes_and_mumbles,
    says_two_hundred_and_takes_nothing,
    is_busy,
    refuses_the_connection,
]


class HarshWorld(World):
    """Messenger, which has no idempotency keys; `is_honest` at the end, so that everything comes to one."""

    def __init__(self, seed: int) -> None:
        self.sink = Sink(self.answer)
        self.is_honest, self.deaths, self.lies = False, 0, 0
        # Deliveries that were dropped as old, and whose they and all others are: contact and step.
        self.dropped, self.known = set[int](), dict[int, tuple[int, int]]()
        super().__init__(seed)
        Sequence.objects.filter(pk=self.sequence.pk).update(reentry=self.chance.random() < 0.5)

    def new_clock(self) -> Clock:
        return Clock(self.chance.choice(EVENINGS))

    def new_engine(self, seed: int) -> Engine:
        return Engine(self.clock, seed=seed, doors=self.sink.doors(self.clock))

    def new_channel(self) -> Channel:
        settings = {"base_url": "http://127.0.0.1:9", "sends_per_second": 10_000}
        return a_channel(self.workspace, "messenger", CREDENTIALS, settings=settings)

    def answer(self, sink: Sink, taken: Taken) -> DoorResult:
        if self.is_honest or self.chance.random() < 0.6:
            return accepts(sink, taken)
        self.lies += 1
        return self.chance.choice(LIES)(sink, taken)

    def what_may_happen(self) -> tuple[list[Callable[[], object]], list[int]]:
        things, weights = super().what_may_happen()
        return [*things, self.the_engine_is_killed, self.the_rescuer_is_killed, self.old_rows_go], [*weights, 8, 4, 2]

    def old_rows_go(self) -> None:
        """Whatever has ended is old, in the strictest of installations."""
        ended = Delivery.objects.filter(subscription__in=Subscription.objects.exclude(state="active"))
        numbers = set(ended.values_list("pk", flat=True))
        forget_ended_subscriptions(now=self.clock(), kept_for=timedelta())
        self.dropped |= numbers - set(Delivery.objects.values_list("pk", flat=True))

    def the_engine_is_killed(self) -> None:
        """At any commit or request on its way, once something may have come due."""
        self.time_passes()
        self.until_killed(self.engine.settle, self.chance.randint(1, 16))

    def the_rescuer_is_killed(self) -> None:
        """While it clears up after one that was."""
        self.the_engine_is_killed()
        self.until_killed(self.clear_up, self.chance.randint(1, 8))
        self.clear_up()

    def clear_up(self) -> None:
        beat(self.engine.run, now=self.clock())
        rescue_dead_runs(now=self.clock())

    def until_killed(self, deed: Callable[[], object], points: int) -> None:
        """Die at the so-manieth point from here, if the deed goes that far."""
        countdown = Countdown(points)
        try:
            with watched(countdown):
                deed()
        except Died:
            self.deaths += 1
            self.engine.close()
            self.clock.forward(seconds=DEAD_AFTER.total_seconds() + 1)
            if not countdown.in_rescue:
                rescue_dead_runs(now=self.clock())
            self.engine = self.new_engine(self.chance.randrange(10**6))

    def comes_to_its_end(self) -> None:
        self.is_honest = True
        for _ in range(4):
            self.clock.forward(minutes=2)
            self.engine.settle()
        super().comes_to_its_end()


class Countdown(Fate):
    """Counts every point."""

    def __init__(self, points: int) -> None:
        super().__init__()
        self.points = points

    @property
    def in_rescue(self) -> bool:
        return any("rescue" in point for point in self.reached)

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        if len(self.reached) >= self.points:
            raise Died(point)
