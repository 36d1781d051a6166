"""The usual post is taken up by one statement on PostgreSQL: what it does is what the longer way does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.actions.record_events import record_one_by_one
from channels.actions.take_at_once import take_at_once
from channels.backends.questions import Profile
from channels.events import Echo, Event, Introduction, MessageReceipt, ReceiptKind, Renamed, WatermarkReceipt
from channels.messages import InboundEvent, InboundKind
from channels.models import Contact, Person
from sequences.models import Delivery, EventRule
from sequences.rules.payloads import encode
from tests.builders import a_sequence
from tests.channels.twins import Twin

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
POSTS = 150
HELLO, TAP, LIKE = InboundKind.MESSAGE, InboundKind.BUTTON, InboundKind.OTHER
KERRY = Profile("Kerry", "Fisher", "en")
WHO = ("ann", "bob", "cleo", "dora", "eve", "finn", "gus", "zoe", "user-dora")
Given = Callable[[Twin], object]


def wrote(who: str = "ann", key: str = "m1", at: datetime = NOW, kind: InboundKind = HELLO, payload: str = "") -> Event:
    return InboundEvent(who, at, kind, "Hello", payload, key)


def delivered(mid: str = "ann-0-0", who: str = "ann") -> Event:
    return MessageReceipt(who, NOW, ReceiptKind.DELIVERED, mid)


def seen_until(who: str = "ann", kind: ReceiptKind = ReceiptKind.READ) -> Event:
    return WatermarkReceipt(who, NOW, kind, NOW)


def echo(twin: Twin, who: str, nth: int) -> Event:
    return Echo(who, NOW, f"{who}-{nth}-0", f"{twin.delivery_ids[who][nth]}.0")


def nothing(twin: Twin) -> None:
    pass


def another_contact(twin: Twin) -> None:
    person = Person.objects.create(workspace=twin.workspace, created_at=NOW)
    Contact.objects.filter(channel=twin.channel, address="ann").update(person=person)


def a_rule(twin: Twin) -> None:
    sequence = a_sequence(twin.workspace)
    EventRule.objects.create(workspace=twin.workspace, sequence=sequence, event="message_received", verb="start")


USUAL: list[tuple[str, str, list[Event]]] = [
    ("somebody whom we know writes", "messenger", [wrote()]),
    ("and again in the same post, before that", "messenger", [wrote(), wrote(key="m0", at=NOW - timedelta(days=1))]),
    ("somebody who blocked us", "messenger", [wrote("bob")]),
    ("a tap on a button of another program", "messenger", [wrote(kind=TAP, payload="MENU")]),
    ("a like", "messenger", [wrote(kind=LIKE)]),
    ("somebody by the name that we know", "whatsapp", [wrote(), Introduction("ann", NOW, KERRY)]),
    ("somebody by both names", "whatsapp", [wrote("dora"), Renamed("dora", NOW, "user-dora", is_both=True)]),
    ("our message is delivered", "messenger", [delivered()]),
    ("the second of two is read", "whatsapp", [MessageReceipt("dora", NOW, ReceiptKind.READ, "dora-1-1")]),
    ("the first of two is delivered", "messenger", [delivered("ann-1-0")]),
    ("a message of others", "messenger", [delivered("not ours")]),
    ("named and all before it", "messenger", [delivered(), seen_until("ann", ReceiptKind.DELIVERED)]),
    ("all of several people is read", "messenger", [seen_until("ann"), seen_until("dora")]),
]


@pytest.mark.parametrize(("kind", "post"), [row[1:] for row in USUAL], ids=[row[0] for row in USUAL])
def test_the_usual_is_one_statement_with_the_effects_of_the_longer_way(kind: str, post: list[Event]) -> None:
    one, other = Twin(kind, NOW), Twin(kind, NOW)
    with CaptureQueriesContext(connection) as asked:
        assert take_at_once(one.channel, post, now=NOW)
    assert len(asked) == 1
    record_one_by_one(other.channel, post, now=NOW)
    assert one.look() == other.look()


MORE: list[tuple[str, str, Given, list[Event]]] = [
    ("somebody new", "messenger", nothing, [wrote("zoe")]),
    ("a reply that ends a sequence", "messenger", nothing, [wrote("eve")]),
    ("a message waits for them", "messenger", nothing, [wrote("finn")]),
    ("a button of ours", "messenger", nothing, [wrote(kind=TAP, payload=encode({"action": "add_tag", "tag": "x"}))]),
    ("a rule starts a sequence for whoever writes", "messenger", a_rule, [wrote()]),
    ("somebody who has another contact", "messenger", another_contact, [wrote()]),
    ("a profile that is old", "messenger", nothing, [wrote("gus")]),
    ("a name that we did not know", "whatsapp", nothing, [wrote("cleo"), Introduction("cleo", NOW, KERRY)]),
    ("another second name", "whatsapp", nothing, [wrote("dora"), Renamed("dora", NOW, "user-d", is_both=True)]),
    ("another number", "whatsapp", nothing, [Renamed("ann-2", NOW, "ann")]),
    ("under the second name", "whatsapp", nothing, [wrote("user-dora")]),
    ("a message and a receipt", "messenger", nothing, [wrote(), delivered()]),
    ("one event twice in a post", "messenger", nothing, [wrote(), wrote()]),
    ("an event without a name", "messenger", nothing, [wrote(key="")]),
    ("a receipt of somebody who was missed", "whatsapp", nothing, [delivered("bob-0-0", "bob")]),
    ("a receipt while another message is in doubt", "messenger", nothing, [delivered("bob-0-0", "bob")]),
    ("delivered and read in one post", "messenger", nothing, [delivered(), seen_until()]),
    ("a receipt of a stranger", "messenger", nothing, [delivered(who="zoe")]),
]


@pytest.mark.parametrize(("kind", "given", "post"), [row[1:] for row in MORE], ids=[row[0] for row in MORE])
def test_what_asks_for_more_is_left_untouched(kind: str, given: Given, post: list[Event]) -> None:
    twin = Twin(kind, NOW)
    given(twin)
    before = twin.look()
    assert not take_at_once(twin.channel, post, now=NOW)
    assert twin.look() == before


def test_an_echo_of_what_is_in_doubt_is_left_and_of_what_was_sent_asks_for_nothing() -> None:
    twin = Twin("messenger", NOW)
    assert not take_at_once(twin.channel, [echo(twin, "bob", 3)], now=NOW)
    assert take_at_once(twin.channel, [echo(twin, "ann", 0)], now=NOW)
    assert take_at_once(twin.channel, [Echo("a stranger of the Page's", NOW, "m", "")], now=NOW)


def test_another_workspace_learns_nothing() -> None:
    one, other = Twin("messenger", NOW), Twin("messenger", NOW)
    before = other.look()
    for post in ([wrote()], [delivered()], [seen_until()], [echo(other, "ann", 0)]):
        assert take_at_once(one.channel, post, now=NOW)
    assert other.look() == before


@pytest.mark.parametrize("kind", ["messenger", "whatsapp"])
def test_any_posts_in_any_order_leave_the_same_by_either_way(kind: str) -> None:
    """Random posts, repeated ones among them; most are usual, and not all."""
    dice, ways = random.Random(f"at once {kind}"), Counter[bool]()
    one, other = Twin(kind, NOW), Twin(kind, NOW)
    posts = [a_post(dice, number) for number in range(POSTS)]
    for number in range(POSTS):
        make = dice.choice(posts[: number + 1]) if number % 5 == 4 else posts[number]
        now = NOW + timedelta(minutes=number)
        is_taken = take_at_once(one.channel, make(one), now=now)
        ways[is_taken] += 1
        if not is_taken:
            record_one_by_one(one.channel, make(one), now=now)
        record_one_by_one(other.channel, make(other), now=now)
        assert one.look() == other.look(), make(one)
    assert min(ways.values()) > POSTS // 6, ways
    assert Delivery.objects.filter(state="read").exists()


def a_post(dice: random.Random, number: int) -> Callable[[Twin], list[Event]]:
    """One to three events of some people; each twin's echoes name its own deliveries."""
    seed, is_of_words, size = dice.random(), dice.random() < 0.5, dice.choice((1, 1, 1, 2, 3))

    def make(twin: Twin) -> list[Event]:
        own = random.Random(seed)
        some = a_word if is_of_words else a_receipt
        events = [event for _ in range(size) for event in some(own, twin, number)]
        return sorted(events, key=lambda event: event.at)

    return make


def a_word(dice: random.Random, twin: Twin, number: int) -> Sequence[Event]:
    at = NOW + timedelta(minutes=number + dice.choice((-600, -5, -1, 0, 0, 3)))
    who = dice.choice(WHO[: dice.choice((1, 3, 9))])
    act = wrote(who, f"{number} {dice.random()}", at, dice.choice((HELLO, TAP, LIKE)), dice.choice(("", "", "MENU")))
    if dice.random() < 0.3:
        return [act, Introduction(who, at, dice.choice((KERRY, Profile("Kim"), Profile("Kerry", "Other"))))]
    if dice.random() < 0.1:
        return [Renamed(who, at, f"user-{who}", is_both=True), act]
    return [act]


def a_receipt(dice: random.Random, twin: Twin, number: int) -> Sequence[Event]:
    at = NOW + timedelta(minutes=number + dice.choice((-1, 0, 0, 2)))
    who, kind = dice.choice(("ann", "ann", "dora", "dora", "bob", "zoe")), dice.choice(list(ReceiptKind))
    match dice.randrange(4):
        case 0:
            return [WatermarkReceipt(who, at, kind, at - timedelta(minutes=dice.choice((0, 15, 600))))]
        case 1 if who in twin.delivery_ids:
            return [Echo(who, at, f"{who}-echo", f"{dice.choice(twin.delivery_ids[who])}.0")]
        case _:
            return [MessageReceipt(who, at, kind, f"{who}-{dice.randrange(3)}-{dice.randrange(2)}")]
