"""A worker begins at once and is never early. How late it is, is reported: a machine that is shared has its own pace.

JOURNEYS=full takes the promise's own size, 500 messages over 60 s, and holds the worker to the promise's seconds.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db.models import F

from channels.models import SandboxMessage
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Subscription
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence, a_workspace
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import percentile, some_people
from tests.journeys.sizes import IS_FULL
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SUBSCRIPTIONS = 200
MESSAGES, SECONDS = (500, 60) if IS_FULL else (200, 20)


def test_a_worker_starts_to_send_at_once_and_immediate_messages_are_there_within_two_seconds(
    start_worker: StartWorker, report: Report
) -> None:
    cache.clear()
    workspace = a_workspace()
    channel, sequence = a_channel(workspace), a_sequence(workspace)
    waiting = a_contact(channel, last_interaction_at=datetime.now(UTC))
    subscribe(sequence, [waiting], now=datetime.now(UTC), actor=SYSTEM)
    start_worker()
    first = wait_until(lambda: SandboxMessage.objects.filter(contact=waiting).exists(), 60, "the first message")
    report(f"first message {first:.1f} s after the start of the worker")

    program = Program(workspace)
    called_at: dict[str, datetime] = {}
    for number in range(SUBSCRIPTIONS):
        address = f"caller-{number}"
        called_at[address] = now = datetime.now(UTC)
        contact = {"channel": str(channel.public_id), "address": address, "last_interaction_at": now.isoformat()}
        body = {"sequence": str(sequence.public_id), "contact": contact}
        response = program.post("actions/subscribe-to-sequence/", body)
        assert response.status_code == 201, response.content
        time.sleep(0.02)
    shown = SandboxMessage.objects.filter(contact__address__startswith="caller-")
    wait_until(lambda: shown.count() == SUBSCRIPTIONS, 60, "everybody's first message")
    took = [(at - called_at[address]).total_seconds() for address, at in shown.values_list("contact__address", "at")]
    p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
    report(f"subscribe call to sandbox, {SUBSCRIPTIONS} calls: p50 {p50:.2f} s, p95 {p95:.2f} s, max {max(took):.2f} s")
    assert p95 < 2.0 or not IS_FULL


def test_due_moments_are_met(start_worker: StartWorker, report: Report) -> None:
    workspace = a_workspace()
    channel = a_channel(workspace)
    sequence = a_sequence(workspace, [{"delay_unit": "hours", "delay_amount": 1}])
    people = some_people(channel, MESSAGES)
    start_worker().wait_for_dispatcher()
    begun = datetime.now(UTC)
    for number, person in enumerate(people):
        subscribe(sequence, [person], now=begun + timedelta(seconds=number * SECONDS / MESSAGES), actor=SYSTEM)
    # However long that took: the hour is over soon.
    first_due_at = datetime.now(UTC) + timedelta(seconds=3)
    over = begun + timedelta(hours=1) - first_due_at
    Subscription.objects.update(
        next_send_at=F("next_send_at") - over, countdown_started_at=F("countdown_started_at") - over
    )
    wait_until(lambda: Delivery.objects.filter(state="sent").count() == MESSAGES, SECONDS + 60, "all were sent")
    due = dict(Delivery.objects.values_list("contact", "due_at"))
    assert sorted(due.values())[0] == first_due_at
    shown = dict(SandboxMessage.objects.values_list("contact", "at"))
    late = [(shown[contact] - due_at).total_seconds() for contact, due_at in due.items()]
    p99 = percentile(late, 0.99)
    report(
        f"{MESSAGES} messages over {SECONDS} s: earliest {min(late):+.3f} s, p50 {percentile(late, 0.5):.2f} s, "
        f"p99 {p99:.2f} s, max {max(late):.2f} s late"
    )
    assert min(late) >= 0
    assert p99 < 1.5 or not IS_FULL
    assert not Delivery.objects.filter(sent_at__lt=F("due_at")).exists()
