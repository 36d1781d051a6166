"""The engine on a leash: one dispatcher turned by hand, with a clock that stands still until it is moved."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels.inbound import record_inbound
from channels.letters import write_out
from channels.messages import InboundEvent, InboundKind
from channels.models import Contact, SandboxMessage
from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor, MailDoor
from channels.transports.addresses import AddressRules
from sequences.actions.dispatch import Dispatcher, Limits
from sequences.actions.runs import start_run
from sequences.models import Delivery, Run, Subscription

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_trees = itertools.count(1)


class Clock:
    """The database's moment, as the test wants it."""

    def __init__(self, now: datetime = MONDAY_NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> datetime:
        self.now += timedelta(**much)
        return self.now


def real_doors(clock: Clock) -> Doors:
    http = HttpDoor(allow=AddressRules(is_open=True), timeout=5.0)
    local = LocalDoor(lambda batch: show_messages(batch, now=clock()))
    mail = MailDoor(allow=AddressRules(is_open=True), compose=write_out, timeout=5.0)
    return Doors(http=http, local=local, mail=mail)


class Engine:
    """`settle()` turns the wheel until nothing moves; `travel(...)` moves the clock and settles."""

    def __init__(
        self, clock: Clock, *, seed: int = 1, limits: Limits | None = None, doors: Doors | None = None
    ) -> None:
        self.clock = clock
        run = start_run(tree=f"test-{next(_trees)}", host="test", pid=1, now=clock())
        assert run is not None
        self.run: Run = run
        self.doors = doors or real_doors(clock)
        self.dispatcher = Dispatcher(run, self.doors, clock, limits, chance=random.Random(seed).random)

    def settle(self, turns: int = 500) -> None:
        for _ in range(turns):
            moved = self.dispatcher.turn(wait=0.05)
            if not moved and self.dispatcher.is_idle:
                return
        raise AssertionError("the engine never came to rest")

    def travel(self, **much: float) -> None:
        self.clock.forward(**much)
        self.settle()

    def travel_to(self, moment: datetime) -> None:
        self.clock.now = moment
        self.settle()

    def follow_the_plan(self, until: datetime, steps: int = 200) -> None:
        """Jump from one due moment to the next, as time would, until `until`."""
        self.settle()
        for _ in range(steps):
            upcoming = Subscription.objects.active().filter(next_send_at__gt=self.clock.now, next_send_at__lte=until)
            following = upcoming.order_by("next_send_at").values_list("next_send_at", flat=True).first()
            if following is None:
                break
            self.travel_to(following)
        self.travel_to(until)

    def decide(self) -> int:
        """Claim and decide while there is no room on the wire: nothing leaves; how many were claimed."""
        limits, self.dispatcher.limits = self.dispatcher.limits, replace(self.dispatcher.limits, in_flight=0)
        claimed = self.dispatcher._claim(self.clock())
        self.dispatcher.limits = limits
        return claimed

    def close(self) -> None:
        self.doors.close()


def texts_shown_to(contact: Contact) -> list[str]:
    """What the sandbox's chat window shows, in order."""
    rows = SandboxMessage.objects.filter(contact=contact, direction="to_contact").order_by("pk")
    return [row.content.get("text") or row.content["type"] for row in rows]


def writes(contact: Contact, at: datetime, text: str = "Hello", payload: str = "") -> None:
    kind = InboundKind.BUTTON if payload else InboundKind.MESSAGE
    record_inbound(contact.channel, [InboundEvent(contact.address, at, kind, text, payload)], now=at)


def deliveries_of(contact: Contact) -> list[Delivery]:
    return list(Delivery.objects.filter(contact=contact).order_by("pk"))
