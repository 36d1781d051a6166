"""The last look before requests leave: marked as leaving and committed, in small waves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sequencer.faults import Edge
from sequencer.workspaces.transactions import committed_as
from sequences.actions.flight import Flight
from sequences.actions.locking import share_sequences
from sequences.actions.settle import Books, PutBack, settle
from sequences.actions.steps import steps_of
from sequences.actions.unsubscribe import close_waiting_deliveries
from sequences.models import Delivery, DeliveryState, Run, Subscription
from sequences.sql import dialect

LEAVE = Edge("leave")


def mark_leaving(flights: Sequence[Flight], run: Run, *, now: datetime) -> list[Flight]:
    """Those that may leave; the others were stopped, paused or taken away since they were decided, and are put back."""
    probes = [flight.delivery_id for flight in flights if flight.is_probe]
    with LEAVE.crossed():
        ids = dialect().mark_leaving([flight.delivery_id for flight in flights], run.pk, now=now, probe_ids=probes)
    grounded = [flight for flight in flights if flight.delivery_id not in ids]
    if grounded:
        put_back_untouched(grounded, run, now=now)
    leaving = [flight for flight in flights if flight.delivery_id in ids]
    for flight in leaving:
        flight.left_at = now
    return leaving


@committed_as("put_back")
def put_back_untouched(flights: Sequence[Flight], run: Run, *, now: datetime) -> None:
    """Give back what did not leave: no attempt is used, and whoever may claims it again."""
    books = books_of(flights)
    rows = [(flight.delivery_id, DeliveryState.WAITING.value, flight.attempts - 1, None) for flight in flights]
    dialect().update_rows(Delivery, ("state", "attempts", "run"), rows, run=run.pk, state=DeliveryState.SENDING.value)
    settle(
        [
            (flight.subscription, PutBack(flight.subscription.not_before_at, has_begun=flight.has_begun))
            for flight in flights
        ],
        books,
        run,
        now=now,
    )
    ended = Subscription.objects.filter(pk__in=[flight.subscription.pk for flight in flights]).exclude(state="active")
    close_waiting_deliveries(list(ended.values_list("pk", flat=True)), now=now)


def books_of(flights: Sequence[Flight]) -> Books:
    return books_of_sequences(flight.subscription.sequence_id for flight in flights)


def books_of_sequences(ids: Iterable[int]) -> Books:
    sequences = share_sequences(ids, is_patient=False)
    return Books(sequences, steps_of(sequences))
