"""One odd answer, one odd message: nobody else pays for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.backends.messenger import MessengerBackend
from sequences.actions.claim import _channels_with_work
from sequences.models import Delivery, Subscription
from tests.actions.cast import a_page, enter
from tests.builders import a_channel, a_contact, a_sequence, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine, deliveries_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("step", ["build", "read"])
def test_a_backend_that_stumbles_over_one_message_stops_no_other(
    step: str, engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = a_workspace()
    page = a_page(graph, workspace)
    odd, ann = (a_contact(page, last_interaction_at=clock()) for _ in range(2))
    whole = getattr(MessengerBackend, step)

    def stumbles(self: MessengerBackend, *given: Any) -> Any:
        subject = given[0] if step == "build" else given[1]
        if Delivery.objects.get(pk=subject.key.split(".")[0]).contact_id == odd.pk:
            raise RuntimeError("nobody foresaw this")
        return whole(self, *given)

    monkeypatch.setattr(MessengerBackend, step, stumbles)
    sequence = a_sequence(workspace)
    for person in (odd, ann):
        enter(sequence, person, now=clock())
    engine.settle()
    assert [row.state for row in deliveries_of(ann)] == ["sent"]
    assert [row.state for row in deliveries_of(odd)] == [{"build": "failed", "read": "unknown"}[step]]
    assert not Subscription.objects.active().exists()


def test_an_answer_that_the_database_refuses_is_unknown_and_the_others_are_recorded(
    engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses text with NUL; SQLite takes it, and there all are simply sent."""
    workspace = a_workspace()
    page = a_page(graph, workspace)
    people = [a_contact(page, f"person-{index}", last_interaction_at=clock()) for index in range(3)]
    whole = MessengerBackend.read

    def with_nul(self: MessengerBackend, result: Any, message: Any) -> Any:
        receipt = whole(self, result, message)
        odd = json.loads(result.body)["recipient_id"] == "person-1"
        return type(receipt)("m_\x00") if odd else receipt

    monkeypatch.setattr(MessengerBackend, "read", with_nul)
    sequence = a_sequence(workspace)
    for person in people:
        enter(sequence, person, now=clock())
    engine.settle()
    states = [deliveries_of(person)[0].state for person in people]
    assert states[0] == states[2] == "sent"
    assert states[1] in ("unknown", "sent")
    assert engine.dispatcher.is_idle


def test_a_channel_that_was_never_served_comes_first(clock: Clock) -> None:
    workspace = a_workspace()
    busy, fresh = a_channel(workspace, tokens_at=clock()), a_channel(workspace)
    sequence = a_sequence(workspace)
    for channel in (busy, fresh):
        enter(sequence, a_contact(channel), now=clock())
    assert _channels_with_work(clock()) == [fresh.pk, busy.pk]
