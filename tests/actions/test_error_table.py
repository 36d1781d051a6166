"""What each of Messenger's answers means for the message, the person and the channel: through the real engine."""

from __future__ import annotations

import pytest

from channels.backends.meta_errors import MEANINGS
from channels.models import Channel, Contact
from tests.actions.cast import a_page, delivery_of, enter, subscription_of
from tests.builders import a_contact, a_sequence, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db

# The delivery's state, reason and used attempts; what becomes of the subscription; what becomes of the channel.
RETRY = ("waiting", "", 1, "active", "retry", "")
TROUBLE = ("waiting", "", 0, "active", "channel_trouble", "trouble")
BUSY = ("waiting", "", 0, "active", "contact_busy", "")
UNKNOWN = ("unknown", "outcome_unknown", 1, "active", "countdown", "")
REJECTED = ("failed", "content_rejected", 1, "active", "countdown", "")
UNREACHABLE = ("failed", "contact_unreachable", 1, "active", "countdown", "")
CLOSED = ("skipped", "reply_window_closed", 1, "active", "countdown", "")
BLOCKED = ("failed", "contact_gone", 1, "stopped", "blocked", "")
OPTED_OUT = ("failed", "contact_gone", 1, "stopped", "opted_out", "")
GONE = ("failed", "contact_gone", 1, "stopped", "contact_gone", "")
REFUSED = ("waiting", "", 0, "active", "channel_paused", "credentials_refused")
RESTRICTED = ("waiting", "", 0, "active", "channel_paused", "account_restricted")

CONSEQUENCES = {
    (1, 1357046): UNKNOWN,
    (1, None): RETRY,
    (2, None): RETRY,
    (4, None): TROUBLE,
    (4, 2018354): REJECTED,
    (10, 2018278): CLOSED,
    (10, 2534022): CLOSED,
    (10, 2018065): CLOSED,
    (10, 2018108): BLOCKED,
    (10, 1893015): OPTED_OUT,
    (10, 1893063): RESTRICTED,
    (10, None): REFUSED,
    (17, None): TROUBLE,
    (32, None): TROUBLE,
    (100, 2018001): GONE,
    (100, 2018109): REJECTED,
    (100, 2018047): REJECTED,
    (100, 2018008): RETRY,
    (100, 2018294): REJECTED,
    (100, 33): REJECTED,
    (100, None): REJECTED,
    (102, None): REFUSED,
    (190, None): REFUSED,
    (200, 1545041): UNREACHABLE,
    (200, None): REFUSED,
    (230, None): REFUSED,
    (341, None): TROUBLE,
    (368, None): RESTRICTED,
    (551, None): UNREACHABLE,
    (613, None): TROUBLE,
    (613, 2018338): BUSY,
    (1200, None): RETRY,
    (2022, None): RESTRICTED,
    (80006, None): TROUBLE,
    (2018300, None): RETRY,
    (2018321, None): RETRY,
}


def test_the_table_has_every_row_of_the_backends() -> None:
    assert CONSEQUENCES.keys() == MEANINGS.keys()


@pytest.mark.parametrize("numbers", CONSEQUENCES, ids=lambda numbers: "-".join(map(str, numbers)))
def test_each_error_row_has_its_consequence(
    engine: Engine, clock: Clock, graph: GraphDouble, numbers: tuple[int, int | None]
) -> None:
    page, ann = somebody(graph, clock)
    code, subcode = numbers
    error = {"message": "(#错误)", "code": code, **({} if subcode is None else {"error_subcode": subcode})}
    graph.fault("error", error=error, times=1)
    engine.settle()
    assert consequence(page, ann) == CONSEQUENCES[numbers]
    assert len(graph.requests) == 1


def somebody(graph: GraphDouble, clock: Clock) -> tuple[Channel, Contact]:
    """Ann wrote just now; her first message is due, another one an hour later."""
    page = a_page(graph, a_workspace())
    ann = a_contact(page, "ann", last_interaction_at=clock())
    enter(a_sequence(page.workspace, [{}, {"delay_unit": "hours", "delay_amount": 1}]), ann, now=clock())
    return page, ann


def consequence(page: Channel, ann: Contact) -> tuple[str, str, int, str, str, str]:
    page.refresh_from_db()
    delivery, subscription = delivery_of(ann), subscription_of(ann)
    of_channel = page.paused_because or ("trouble" if page.trouble_rounds else "")
    why = subscription.ended_because or subscription.next_because
    return (delivery.state, delivery.reason, delivery.attempts, subscription.state, why, of_channel)


@pytest.mark.parametrize(
    ("fault", "details", "expected"),
    [
        ("refuse", {}, TROUBLE),
        ("429", {"seconds": 30}, TROUBLE),
        ("structured_500", {}, RETRY),
        ("html_500", {}, TROUBLE),
        ("html_403", {}, TROUBLE),
        ("redirect", {}, TROUBLE),
        ("bare_502", {}, UNKNOWN),
        ("bare_504", {}, UNKNOWN),
        ("reset", {}, UNKNOWN),
        ("invalid_json", {}, UNKNOWN),
        ("empty", {}, UNKNOWN),
        ("huge", {}, UNKNOWN),
    ],
)
def test_each_fault_of_the_line_has_its_consequence_and_doubles_nothing(
    engine: Engine,
    clock: Clock,
    graph: GraphDouble,
    fault: str,
    details: dict[str, float],
    expected: tuple[str, str, int, str, str, str],
) -> None:
    """Then the provider is well again, and whatever was not in doubt arrives by itself, once."""
    page, ann = somebody(graph, clock)
    graph.fault(fault, **details)
    engine.settle()
    assert consequence(page, ann) == expected
    graph.heal()
    for _ in range(20):
        engine.travel(seconds=30)
    page.refresh_from_db()
    first = delivery_of(ann, subscription_of(ann).sequence.steps.order_by("position")[0])
    assert (page.state, page.trouble_rounds) == ("active", 0)
    taken = [seen for seen in graph.accepted if seen.key == f"{first.pk}.0"]
    if expected is UNKNOWN:
        assert (first.state, len(taken)) == ("unknown", 1)
    else:
        assert (first.state, len(taken)) == ("sent", 1)
