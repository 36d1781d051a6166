"""Actions that a button or a sub-flow carries: subscribe, unsubscribe, tag, also their own sequence."""

from __future__ import annotations

import pytest

from channels.messages import InboundKind
from channels.models import Contact
from sequencer.workspaces.models import Workspace
from sequences.models import Subscription
from sequences.rules.payloads import encode
from tests.actions.cast import (
    HOURLY,
    TWO_PARTS,
    a_stopping_sequence,
    enter,
    how_it_ended,
    interacts,
    states_of,
    subscription_of,
    texts,
)
from tests.builders import a_sequence, a_sub_flow, a_workspace
from tests.engine import Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("verb", ["subscribe", "unsubscribe"])
def test_a_button_subscribes_and_unsubscribes(
    verb: str, engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    target = a_sequence(workspace, texts(workspace, "From the button", **HOURLY))
    if verb == "unsubscribe":
        enter(target, ann, now=clock())
    taps(ann, clock.forward(minutes=1), {"action": verb, "sequence": str(target.public_id)})
    assert subscription_of(ann, target).state == ("active" if verb == "subscribe" else "stopped")


def taps(person: Contact, now, action) -> None:
    interacts(person, now, InboundKind.BUTTON, payload=encode(action))


def test_a_button_tags_and_untags(clock: Clock, ann: Contact) -> None:
    for _ in range(2):  # twice is once
        taps(ann, clock(), {"action": "add_tag", "tag": "vip"})
        taps(ann, clock(), {"action": "add_tag", "tag": "new"})
    taps(ann, clock(), {"action": "remove_tag", "tag": "new"})
    ann.refresh_from_db()
    assert ann.tags == ["vip"]


def test_a_button_stops_its_own_sequence_and_starts_another(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    """A tap is a reply first: what stops on replies ends, what the button starts is not ended by it."""
    target = a_sequence(workspace, texts(workspace, "Started"), stop_on_reply=True)
    own = a_stopping_sequence(workspace)
    enter(own, ann, now=clock())
    engine.settle()
    taps(ann, clock.forward(minutes=1), {"action": "subscribe", "sequence": str(target.public_id)})
    engine.settle()
    assert subscription_of(ann, own).ended_because == "replied"
    assert texts_shown_to(ann) == ["Hello!", "Started"]


def test_an_action_in_the_flow_starts_another_sequence(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
):
    target = a_sequence(workspace, texts(workspace, "The other one"))
    blocks = [TWO_PARTS[0], {"type": "action", "action": "subscribe", "sequence": str(target.public_id)}, TWO_PARTS[1]]
    enter(a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, blocks=blocks)}]), ann, now=clock())
    engine.settle()
    assert sorted(texts_shown_to(ann)) == ["One", "The other one", "Two"]
    assert Subscription.objects.filter(contact=ann, state="completed").count() == 2


def test_an_action_in_the_flow_leaves_its_own_sequence(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    """What stands behind the action is not sent; what stood before it counts as sent."""
    sub_flow = a_sub_flow(workspace)
    sequence = a_sequence(workspace, [{"sub_flow": sub_flow}, HOURLY])
    leave = {"type": "action", "action": "unsubscribe", "sequence": str(sequence.public_id)}
    type(sub_flow).objects.filter(pk=sub_flow.pk).update(blocks=[TWO_PARTS[0], leave, TWO_PARTS[1]])
    enter(sequence, ann, now=clock())
    engine.travel(hours=2)
    assert texts_shown_to(ann) == ["One"]
    ended = subscription_of(ann)
    assert (ended.state, ended.ended_because, ended.run_id) == ("stopped", "unsubscribed", None)
    assert (states_of(ann), ended.next_send_at) == ([("sent", "")], None)


def test_an_action_at_the_end_leaves_its_own_sequence(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    sub_flow = a_sub_flow(workspace)
    sequence = a_sequence(workspace, [{"sub_flow": sub_flow}, HOURLY])
    leave = {"type": "action", "action": "unsubscribe", "sequence": str(sequence.public_id)}
    type(sub_flow).objects.filter(pk=sub_flow.pk).update(blocks=[TWO_PARTS[0], leave])
    enter(sequence, ann, now=clock())
    engine.travel(hours=2)
    assert (texts_shown_to(ann), how_it_ended(ann)) == (["One"], ("stopped", "unsubscribed"))


@pytest.mark.parametrize("where", ["button", "block"])
def test_a_sequence_of_another_workspace_is_out_of_reach(
    where: str, engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    foreign = a_sequence(a_workspace())
    action = {"action": "subscribe", "sequence": str(foreign.public_id)}
    if where == "button":
        taps(ann, clock(), action)
    else:
        blocks = [{"type": "action", **action}, TWO_PARTS[0]]
        enter(a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, blocks=blocks)}]), ann, now=clock())
        engine.settle()
        assert texts_shown_to(ann) == ["One"]
    assert not Subscription.objects.filter(sequence=foreign).exists()


@pytest.mark.parametrize("payload", ["seq1:s9:not there", "seq1:s99:x", "seq1:zzz", "anything", "seq1:s3:%00"])
def test_a_payload_that_says_nothing_does_nothing(payload: str, clock: Clock, ann: Contact) -> None:
    interacts(ann, clock(), InboundKind.BUTTON, payload=payload)
    assert not Subscription.objects.filter(contact=ann).exists()
