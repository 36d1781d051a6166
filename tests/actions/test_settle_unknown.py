"""A doubtful message is settled by whoever looked, once, and is never sent for it."""

from __future__ import annotations

import pytest

from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.models import AuditEvent
from sequencer.workspaces.refusals import Conflict
from sequences.actions.settle_unknown import settle_unknown
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Subscription
from tests.builders import a_channel, a_contact, a_sequence
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db(transaction=True)
ANN = Actor(ActorKind.USER, id=7, label="Ann")


@pytest.fixture
def doubtful() -> Delivery:
    """The first of two messages; the second one waits."""
    channel = a_channel(settings={"reply_window": False})
    sequence = a_sequence(channel.workspace, [{}, {"delay_amount": 1, "delay_unit": "hours"}])
    contact = a_contact(channel)
    [answer] = subscribe(sequence, [contact], now=MONDAY_NOON, actor=ANN)
    first, second = sequence.steps.all().in_order()
    assert answer.subscription is not None
    Subscription.objects.filter(pk=answer.subscription.pk).update(
        last_step=first, done_steps=[first.pk], next_step=second, next_send_at=MONDAY_NOON
    )
    return Delivery.objects.create(
        workspace=channel.workspace,
        subscription=answer.subscription,
        step=first,
        contact=contact,
        channel=channel,
        state="unknown",
        reason="outcome_unknown",
        reason_details={"detail": "reset"},
        due_at=MONDAY_NOON,
        decided_at=MONDAY_NOON,
    )


def test_it_arrived(doubtful: Delivery):
    row = settle_unknown(doubtful, has_arrived=True, now=MONDAY_NOON, actor=ANN)
    assert (row.state, row.reason, row.sent_at) == ("sent", "", MONDAY_NOON)
    assert Subscription.objects.get().first_sent_at == MONDAY_NOON
    event = AuditEvent.objects.get(verb="settled")
    assert (event.actor_label, event.changes) == ("Ann", {"state": ["unknown", "sent"]})


def test_it_did_not_arrive_and_nothing_goes_out_for_it(doubtful: Delivery):
    row = settle_unknown(doubtful, has_arrived=False, now=MONDAY_NOON, actor=ANN)
    assert (row.state, row.reason) == ("failed", "outcome_unknown")
    assert row.reason_details == {"detail": "reset", "settled": "not_arrived"}
    assert Subscription.objects.get().first_sent_at is None
    engine = Engine(Clock())
    engine.travel(days=2)
    engine.close()
    row.refresh_from_db()
    assert row.state == "failed"
    assert texts_shown_to(row.contact) == ["Hello!"]  # the second message, and it alone


@pytest.mark.parametrize("state", ["sent", "failed", "skipped", "sending", "waiting"])
def test_only_what_is_in_doubt_is_settled(doubtful: Delivery, state: str):
    Delivery.objects.update(state=state)
    for has_arrived in (True, False):
        with pytest.raises(Conflict, match="not_in_doubt"):
            settle_unknown(doubtful, has_arrived=has_arrived, now=MONDAY_NOON, actor=ANN)
    assert Delivery.objects.get().state == state
    assert not AuditEvent.objects.filter(verb="settled").exists()
