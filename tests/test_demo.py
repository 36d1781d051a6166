"""`manage.py demo`: once, whole, and something to see at the first start."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from channels.models import Channel, Contact
from sequencer.workspaces.models import Membership, Role, User, Workspace
from sequences.actions import demo as demo_action
from sequences.actions.demo import OWNER_EMAIL, make_demo
from sequences.models import Sequence, SubFlow, Subscription
from sequences.rules.timing import weekday_names
from tests.engine import Clock, Engine, deliveries_of, texts_shown_to, writes

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY_MORNING = datetime(2026, 11, 23, 10, tzinfo=UTC)
TABLES: tuple[type[Any], ...] = (User, Workspace, Membership, Channel, Contact, SubFlow, Sequence, Subscription)


def run_demo(**options: Any) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def make(language: str = "en", now: datetime = MONDAY_MORNING) -> None:
    demo = make_demo(password="a long password", language=language, picture="http://localhost/reading.png", now=now)
    assert demo is not None


def everything() -> list[list[dict[str, Any]]]:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def test_the_login_that_is_printed_works() -> None:
    printed = run_demo()
    [password] = re.findall(r"Password +(\S+)", printed)
    assert len(password) >= 16
    owner = authenticate(username=OWNER_EMAIL, email=OWNER_EMAIL, password=password)
    assert owner == User.objects.get(email=OWNER_EMAIL)
    assert Membership.objects.get(user=owner).role == Role.OWNER


def test_a_second_run_changes_nothing_and_says_so() -> None:
    run_demo()
    before = everything()
    printed = run_demo(language="fr")
    assert "exists already" in printed
    assert not re.search(r"Password  ", printed)
    assert everything() == before


def test_a_run_that_was_interrupted_leaves_nothing_and_the_next_one_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **others: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo_action, "subscribe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_demo()
    assert not any(everything())
    run_demo()
    assert all(everything())


def test_five_people_in_five_zones() -> None:
    make()
    zones = set(Contact.objects.values_list("time_zone", flat=True))
    assert zones == {"Europe/Paris", "Asia/Tokyo", "America/New_York", "Asia/Kolkata", ""}
    assert Workspace.objects.get().time_zone == "Europe/Paris"


def test_the_three_examples_are_ready() -> None:
    make()
    sequences = Sequence.objects.order_by("pk")
    assert [(sequence.name, sequence.state) for sequence in sequences] == [
        ("Event follow-up", "active"),
        ("Customer feedback", "active"),
        ("Coupon after an abandoned cart", "active"),
    ]
    event, feedback, coupon = ([*sequence.steps.all().in_order()] for sequence in sequences)
    assert event[0].delay == timedelta(0)
    assert event[-1].content_type == "confirmed_event_update"
    assert feedback[0].delay == timedelta(hours=2)
    assert (coupon[0].window_start.hour, coupon[0].window_end.hour) == (9, 18)
    assert weekday_names(coupon[0].weekdays) == ["mon", "tue", "wed", "thu", "fri"]


def test_something_is_sent_at_once_and_again_within_seconds() -> None:
    make()
    engine = Engine(Clock(MONDAY_MORNING))
    try:
        engine.settle()
        camille, grace = Contact.objects.get(address="camille"), Contact.objects.get(address="grace")
        image, confirmation = texts_shown_to(camille)
        assert image == "image"
        assert confirmation.startswith("Hello Camille, your seat is confirmed")
        assert [delivery.route for delivery in deliveries_of(grace)] == ["message_tag"]  # wrote 30 hours ago
        engine.travel(seconds=15)
        assert len(texts_shown_to(camille)) == 3
        engine.travel(hours=2)
        arjun = Contact.objects.get(address="arjun")
        assert texts_shown_to(arjun) == ["Hello Arjun, we talked earlier. How was it for you?"]
        writes(arjun, engine.clock.now)
        feedback = Subscription.objects.get(contact=arjun, sequence__name="Customer feedback")
        assert feedback.ended_because == "replied"
    finally:
        engine.close()


def test_the_demonstration_speaks_french() -> None:
    make(language="fr")
    assert Sequence.objects.filter(name="Suivi de l’événement").exists()
    assert User.objects.get(email=OWNER_EMAIL).language == "fr"
    texts = [str(sub_flow.blocks) for sub_flow in SubFlow.objects.all()]
    assert not any("Hello" in text or "cart." in text for text in texts)
