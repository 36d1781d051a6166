"""Messages that were taken and did not arrive: the same consequences as if the provider had said so at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import errors
from channels.actions.record_events import record_events
from channels.events import Event, MessageReceipt, ReceiptKind, Undelivered
from channels.kept_errors import kept, taken_up
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from sequences.actions.counters import store_counters
from sequences.actions.undelivered import match_failures
from sequences.models import Counter, Delivery, EarlyReceipt, SentPart
from tests.actions.cast import a_sandbox, enter, subscription_of, texts
from tests.actions.conftest import clock, engine
from tests.builders import a_contact, a_sequence, a_sub_flow
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]

ERRORS = [
    (errors.MessageRejected("X 1"), "content_rejected"),
    (errors.UnsupportedMessage("X 2"), "unsupported"),
    (errors.WindowClosed("X 3"), "reply_window_closed"),
    (errors.ContactUnreachable("X 4"), "contact_unreachable"),
    (errors.ContactGone("X 5", because="opted_out"), "contact_gone"),
    (errors.ContactGone("X 6", because="blocked"), "contact_gone"),
    (errors.ContactBusy("X 7", wait=timedelta(hours=24)), "contact_unreachable"),
    (errors.TemporaryFailure("X 8", retry_after=timedelta(seconds=3)), "contact_unreachable"),
    (errors.ChannelTrouble("X 9", wait=timedelta(minutes=5)), "contact_unreachable"),
    (errors.ChannelMisconfigured("X 10", because="account_restricted", lacks="token"), "contact_unreachable"),
]
NAMES = [f"{type(error).__name__} {getattr(error, 'because', '')}" for error, _ in ERRORS]


@pytest.fixture
def channel() -> Channel:
    return a_sandbox()


@pytest.fixture
def ann(channel: Channel) -> Contact:
    return a_contact(channel, "ann")


def sent(engine: Engine, ann: Contact, *words: str) -> list[str]:
    """The provider's ids of the first message of a sequence of two; the second waits for a day."""
    first = a_sub_flow(ann.workspace, blocks=[{"type": "text", "text": word} for word in words or ("One",)])
    [second] = texts(ann.workspace, "Two")
    later = {**second, "delay_unit": "days", "delay_amount": 1}
    enter(a_sequence(ann.workspace, [{"sub_flow": first}, later]), ann, now=engine.clock())
    engine.settle()
    return [mid for mid in SentPart.objects.order_by("pk").values_list("provider_message_id", flat=True) if mid]


def hears(channel: Channel, clock: Clock, *events: Event) -> None:
    record_events(channel, events, now=clock())


def failed(clock: Clock, mid: str, error: errors.ChannelError | None = None) -> Undelivered:
    return Undelivered("ann", clock(), mid, error or errors.MessageRejected("X 1"))


def stands() -> tuple[str, str]:
    row = Delivery.objects.order_by("pk")[0]
    return row.state, row.reason


@pytest.mark.parametrize("error", [error for error, _ in ERRORS], ids=NAMES)
def test_an_error_that_was_kept_is_the_same_error(error: errors.ChannelError) -> None:
    again = taken_up(kept(error))
    assert (type(again), vars(again)) == (type(error), vars(error))


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "reason"), ERRORS, ids=NAMES)
def test_a_late_failure_has_the_consequence_of_an_answer_and_sends_nothing_again(
    engine: Engine, clock: Clock, channel: Channel, ann: Contact, error: errors.ChannelError, reason: str
) -> None:
    [mid] = sent(engine, ann)
    for _ in range(3):  # providers repeat themselves
        hears(channel, clock, failed(clock, mid, error))
    assert stands() == ("failed", reason)
    row = Delivery.objects.get()
    assert (row.reason_details, row.sent_at is not None) == ({"detail": error.detail}, True)
    ann.refresh_from_db()
    channel.refresh_from_db()
    is_gone = isinstance(error, errors.ContactGone)
    assert ann.is_available != is_gone
    assert ann.unreachable_in_a_row == isinstance(error, errors.ContactUnreachable)
    assert channel.is_paused == isinstance(error, errors.ChannelMisconfigured)
    assert (channel.trouble_rounds > 0) == isinstance(error, errors.ChannelTrouble)
    subscription = subscription_of(ann)
    assert subscription.state == ("stopped" if is_gone else "active")
    assert len(subscription.done_steps) == 1
    engine.settle()
    assert SentPart.objects.count() == 1


@pytest.mark.django_db
def test_the_second_time_in_a_row_counts_as_gone(engine: Engine, clock: Clock, channel: Channel, ann: Contact) -> None:
    [mid] = sent(engine, ann)
    Contact.objects.filter(pk=ann.pk).update(unreachable_in_a_row=1)
    hears(channel, clock, failed(clock, mid, errors.ContactUnreachable("X 4")))
    ann.refresh_from_db()
    assert (ann.is_available, subscription_of(ann).ended_because) == (False, "contact_gone")


@pytest.mark.django_db
def test_who_wrote_since_is_not_gone(engine: Engine, clock: Clock, channel: Channel, ann: Contact) -> None:
    [mid] = sent(engine, ann)
    late = failed(clock, mid, errors.ContactGone("X 6", because="blocked"))
    clock.forward(minutes=1)
    hears(channel, clock, InboundEvent("ann", clock(), InboundKind.MESSAGE, key="m"))
    hears(channel, clock, late)
    ann.refresh_from_db()
    assert (stands(), ann.is_available) == (("failed", "contact_gone"), True)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(ReceiptKind))
def test_what_arrived_has_arrived(
    engine: Engine, clock: Clock, channel: Channel, ann: Contact, kind: ReceiptKind
) -> None:
    [mid] = sent(engine, ann)
    hears(channel, clock, MessageReceipt("ann", clock(), kind, mid))
    hears(channel, clock, failed(clock, mid))
    assert stands() == (kind.value, "")
    hears(channel, clock, failed(clock, "somebody else's"))
    assert not EarlyReceipt.objects.exists()


@pytest.mark.django_db
def test_a_sub_flow_of_which_a_part_is_missing_has_failed(
    engine: Engine, clock: Clock, channel: Channel, ann: Contact
) -> None:
    mids = sent(engine, ann, "one", "two")
    hears(channel, clock, MessageReceipt("ann", clock(), ReceiptKind.DELIVERED, mids[1]), failed(clock, mids[0]))
    assert stands() == ("failed", "content_rejected")
    hears(channel, clock, MessageReceipt("ann", clock(), ReceiptKind.READ, mids[1]))
    assert stands() == ("failed", "content_rejected")


@pytest.mark.django_db
def test_a_failure_before_the_record_waits_for_it(
    engine: Engine, clock: Clock, channel: Channel, ann: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = engine.dispatcher._record

    def tell_first() -> bool:
        if engine.dispatcher.finished:
            hears(channel, clock, failed(clock, "1", errors.ContactGone("X 6", because="blocked")))
            assert EarlyReceipt.objects.get().kind == "failed"
        return turns()

    monkeypatch.setattr(engine.dispatcher, "_record", tell_first)
    [mid] = sent(engine, ann)
    EarlyReceipt.objects.update(provider_message_id=mid)  # whichever number the sandbox gave it
    assert stands() == ("sent", "")
    for _ in range(2):
        match_failures(now=clock())
    ann.refresh_from_db()
    assert (stands(), ann.is_available) == (("failed", "contact_gone"), False)
    assert not EarlyReceipt.objects.exists()


@pytest.mark.django_db
def test_a_failure_of_what_has_only_begun_waits_for_the_rest(
    engine: Engine, clock: Clock, channel: Channel, ann: Contact
) -> None:
    blocks = [{"type": "text", "text": "1"}, {"type": "pause", "seconds": 9}, {"type": "text", "text": "2"}]
    enter(a_sequence(ann.workspace, [{"sub_flow": a_sub_flow(ann.workspace, blocks=blocks)}]), ann, now=clock())
    engine.settle()
    hears(channel, clock, failed(clock, SentPart.objects.get().provider_message_id or ""))
    match_failures(now=clock())
    assert stands() == ("waiting", "")
    engine.travel(seconds=10)
    match_failures(now=clock())
    assert stands() == ("failed", "content_rejected")


@pytest.mark.django_db
def test_late_failures_are_counted_for_the_operator_once_they_are_committed(
    engine: Engine, channel: Channel, ann: Contact, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    [mid] = sent(engine, ann)
    store_counters(1)  # what other tests of this process left
    counted = Counter.objects.filter(name="late_failures_total", labels="sandbox|content_rejected")
    before = sum(counted.values_list("value", flat=True))
    for _ in range(2):  # told twice, it failed once
        with django_capture_on_commit_callbacks(execute=True):
            hears(channel, clock, failed(clock, mid))
        store_counters(1)
    assert sum(counted.values_list("value", flat=True)) - before == 1
