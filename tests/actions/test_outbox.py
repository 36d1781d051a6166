"""What outside programs are told of is written with what happens: nothing is forgotten, and nobody pays for others."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction

from channels.actions.opt_out import opt_out
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.webhook_endpoints import create_endpoint, disable_endpoint, enable_endpoint
from sequences.models import Delivery, DisabledBecause, Subscription, WebhookEndpoint, WebhookMessage
from sequences.sql.outbox import restore_triggers, take_triggers_away
from tests.actions.cast import a_sandbox, enter
from tests.actions.histories import World
from tests.builders import a_contact, a_sequence, a_workspace
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db

TOLD = {"sent", "delivered", "read", "failed", "skipped", "unknown"}


def an_endpoint(workspace: Workspace, *event_types: str, url: str = "https://shop.example/hook") -> WebhookEndpoint:
    values = {"url": url, "event_types": list(event_types)}
    return create_endpoint(workspace, values, now=Clock()(), actor=SYSTEM)[0]


def told(**about: Any) -> list[tuple[str, str]]:
    return list(WebhookMessage.objects.filter(**about).order_by("id").values_list("type", "reason"))


@pytest.mark.parametrize("seed", range(5))
def test_after_any_history_everything_that_happened_is_told_once(seed: int) -> None:
    world = World(seed)
    an_endpoint(world.workspace)
    for row in Subscription.objects.all():  # those who entered before anybody wanted to know
        row.delete()
    for _ in range(14):
        world.happens()
    for delivery in Delivery.objects.all():
        types = [kind for kind, _ in told(delivery_id=delivery.pk)]
        assert (types[-1:] == [f"message.{delivery.state}"]) == (delivery.state in TOLD), delivery.state
        assert max(Counter(types).values(), default=0) <= 1 + types.count("message.skipped")
    for subscription in Subscription.objects.all():
        types = [kind for kind, _ in told(subscription_id=subscription.pk, delivery_id=None)]
        ends = [] if subscription.state == "active" else [f"subscription.{subscription.state}"]
        assert types == ["subscription.started", *ends]
    world.close()


def test_a_message_and_its_sequence_are_told_with_their_moments_and_reasons() -> None:
    clock = Clock()
    workspace = a_workspace()
    channel = a_sandbox(workspace)
    an_endpoint(workspace)
    ann, bob = a_contact(channel), a_contact(channel)
    sequence = a_sequence(workspace)
    enter(sequence, ann, bob, now=clock())
    opt_out(bob, now=clock(), actor=SYSTEM)
    engine = Engine(clock)
    engine.settle()
    engine.close()
    assert told(contact=ann) == [
        ("subscription.started", ""),
        ("message.sent", ""),
        ("subscription.completed", "completed"),
    ]
    assert sorted(told(contact=bob)) == [
        ("contact.opted_out", ""),
        ("subscription.started", ""),
        ("subscription.stopped", "opted_out"),
    ]
    moments = set(WebhookMessage.objects.values_list("at", "next_attempt_at", "state", "attempts"))
    assert moments == {(clock(), clock(), "waiting", 0)}
    keys = list(WebhookMessage.objects.values_list("key", flat=True))
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 36 and key.startswith("msg_") and "." not in key for key in keys)


def test_each_endpoint_hears_what_it_chose_and_nothing_of_another_workspace() -> None:
    clock = Clock()
    workspace = a_workspace()
    everything, ends = an_endpoint(workspace), an_endpoint(workspace, "subscription.completed", "contact.opted_out")
    theirs = an_endpoint(a_workspace())
    enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=clock())
    engine = Engine(clock)
    engine.settle()
    engine.close()
    assert len(told(endpoint=everything)) == 3
    assert told(endpoint=ends) == [("subscription.completed", "completed")]
    assert told(endpoint=theirs) == []


def test_who_enters_a_sequence_without_messages_is_told_as_started_and_completed() -> None:
    workspace = a_workspace()
    an_endpoint(workspace)
    enter(a_sequence(workspace, []), a_contact(a_sandbox(workspace)), now=Clock()())
    assert told() == [("subscription.started", ""), ("subscription.completed", "completed")]


def test_what_is_rolled_back_is_told_to_nobody() -> None:
    workspace = a_workspace()
    an_endpoint(workspace)

    with transaction.atomic():
        enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=Clock()())
        assert told() == [("subscription.started", "")]
        transaction.set_rollback(True)
    assert told() == []


@pytest.mark.parametrize(("because", "is_kept"), [("by_hand", False), ("gone", False), ("failing", True)])
def test_only_for_one_that_fails_just_now_is_kept_what_happens_meanwhile(because: str, is_kept: bool) -> None:
    clock, workspace = Clock(), a_workspace()
    endpoint = an_endpoint(workspace)
    assert disable_endpoint(endpoint, because=DisabledBecause(because), now=clock(), actor=SYSTEM)
    enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=clock())
    assert bool(told()) == is_kept
    assert enable_endpoint(endpoint, now=clock(), actor=SYSTEM)
    enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=clock())
    assert len(told()) == 1 + is_kept


def test_triggers_taken_away_for_a_migration_come_back() -> None:
    workspace = a_workspace()
    an_endpoint(workspace)
    take_triggers_away(plan=["a migration"])
    enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=Clock()())
    assert bool(told()) == (connection.vendor == "postgresql")
    restore_triggers()
    enter(a_sequence(workspace), a_contact(a_sandbox(workspace)), now=Clock()())
    assert len(told()) == 1 + (connection.vendor == "postgresql")
