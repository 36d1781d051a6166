"""After any series of edits: nobody gets a step twice or waits for nothing, every moment is the rule's answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import pytest

from channels import window
from channels.models import Contact, SandboxMessage
from sequences.actions.steps import steps_of
from sequences.models import Delivery, Sequence, Subscription
from sequences.rules import timing
from sequences.rules.plan import Plan, Progress, plan_next
from sequences.rules.steps import StepSettings
from sequences.rules.zones import pick_zone
from tests.actions.histories import World
from tests.journeys.sizes import seeds

pytestmark = pytest.mark.django_db

HISTORIES, EVENTS = seeds(60), 14
NAMED_WAITS = ("reply_window_closed", "sequence_paused")


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that is stored, read once after each event."""

    world: World
    sequence: Sequence
    steps: list[StepSettings]
    people: list[Subscription]
    deliveries: list[Delivery]

    @classmethod
    def at(cls, world: World) -> Look:
        return cls(
            world,
            world.fresh_sequence(),
            steps_of([world.sequence.pk])[world.sequence.pk],
            list(Subscription.objects.select_related("contact")),
            list(Delivery.objects.select_related("contact").order_by("pk")),
        )

    @property
    def free(self) -> list[Subscription]:
        """In no worker's hands."""
        return [row for row in self.people if row.run_id is None]

    def zone_of(self, contact: Contact) -> tzinfo:
        return pick_zone(contact.time_zone, contact.utc_offset_minutes, self.world.workspace.time_zone).tz


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    world = World(request.param)
    yield world
    world.close()


@pytest.mark.parametrize("world", HISTORIES, indirect=True)
def test_a_history(world: World) -> None:
    told: list[str] = []
    begun: set[int] = set()
    for _ in range(EVENTS):
        told.append(world.happens())
        try:
            check(Look.at(world), begun)
        except AssertionError as error:
            raise AssertionError(f"after {told}: {error}") from error
    world.comes_to_its_end()
    end = Look.at(world)
    check_nobody_got_a_step_twice(end)
    assert not [delivery for delivery in end.deliveries if delivery.state in ("sending", "waiting")]


def check(look: Look, begun: set[int]) -> None:
    check_nobody_got_a_step_twice(look)
    check_what_went_was_open(look, begun)
    for row in look.free:
        if row.state == "active":
            check_it_waits_for_something(row, look)
            check_the_moment_is_the_rules_answer(row, look)
        else:
            assert (row.next_send_at, row.next_step_id, row.ended_at is not None) == (None, None, True)
    check_no_delivery_waits_for_nothing(look)


def check_nobody_got_a_step_twice(look: Look) -> None:
    """By what was shown, not by the table that forbids it: the same words to the same subscription."""
    owners = {delivery.pk: delivery.subscription_id for delivery in look.deliveries}
    shown = SandboxMessage.objects.filter(direction="to_contact").values_list("key", "content__text")
    counted = Counter((owners[int(key.split(".")[0])], text) for key, text in shown)
    assert [again for again in counted.items() if again[1] > 1] == []


def check_what_went_was_open(look: Look, begun: set[int]) -> None:
    """The first part of a message leaves only while its window is open, on the person's own clock."""
    schedules = {step.id: step.schedule for step in look.steps}
    for delivery in look.deliveries:
        if delivery.parts_done and delivery.pk not in begun:
            begun.add(delivery.pk)
            assert delivery.sent_at == look.world.clock()
            zone = look.zone_of(delivery.contact)
            assert timing.is_open(look.world.clock(), schedules[delivery.step_id], zone), delivery


def check_it_waits_for_something(row: Subscription, look: Look) -> None:
    if row.next_send_at is not None:
        assert row.next_because not in NAMED_WAITS, row.next_because
        assert look.sequence.state == "active"
        return
    assert row.next_because in NAMED_WAITS, row.next_because
    if look.sequence.state == "paused":
        return
    assert row.next_because == "reply_window_closed"
    is_open = window.is_open(row.contact.last_interaction_at, timedelta(hours=24), now=look.world.clock())
    assert not is_open, "the person wrote, and still it waits for them"


def check_the_moment_is_the_rules_answer(row: Subscription, look: Look) -> None:
    plan = answer_of_the_rule(row, look)
    assert plan is not None, "nothing is left to send, and they are still inside"
    assert row.next_step_id == plan.step.id
    if row.next_because != "reply_window_closed":
        assert row.next_send_at == plan.next_send_at, (row.next_because, row.not_before_at)


def answer_of_the_rule(row: Subscription, look: Look) -> Plan | None:
    half_done = {
        (delivery.subscription_id, delivery.step_id)
        for delivery in look.deliveries
        if delivery.state == "waiting" and delivery.parts_done
    }
    progress = Progress(
        countdown_started_at=row.countdown_started_at,
        last_step_id=row.last_step_id,
        done=row.done_steps,
        not_before_at=row.not_before_at,
        has_begun=(row.pk, row.next_step_id) in half_done,
    )
    return plan_next(look.steps, progress, look.zone_of(row.contact), is_paused=look.sequence.state == "paused")


def check_no_delivery_waits_for_nothing(look: Look) -> None:
    free = {row.pk: row for row in look.free}
    for delivery in look.deliveries:
        owner = free.get(delivery.subscription_id)
        if owner is not None:
            assert delivery.state != "sending"
            if delivery.state == "waiting":
                assert (owner.state, owner.next_step_id) == ("active", delivery.step_id)
