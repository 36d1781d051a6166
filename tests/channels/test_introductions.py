"""What webhooks tell of people by the way: their names, and that they are named otherwise from now on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.actions.record_events import record_events
from channels.backends.questions import Profile
from channels.events import Consent, Event, Introduction, Renamed
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from sequences.models import Subscription
from tests.actions.cast import enter
from tests.builders import a_channel, a_contact, a_sequence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """One whose provider may name people twice."""
    monkeypatch.setattr("channels.backends.sandbox.SandboxBackend.has_two_names", True)
    return a_channel()


def hears(channel: Channel, *events: Event) -> None:
    record_events(channel, events, now=NOW)


def writes(address: str, minutes: int = 0) -> InboundEvent:
    return InboundEvent(address, NOW + timedelta(minutes=minutes), InboundKind.MESSAGE, key=f"{address} {minutes}")


def both(number: str = "33600", other: str = "FR.1") -> Renamed:
    return Renamed(number, NOW, former=other, is_both=True)


def addresses() -> list[tuple[str, str]]:
    return list(Contact.objects.order_by("pk").values_list("address", "other_address"))


@pytest.mark.parametrize(
    ("known", "told", "stands"),
    [
        ({}, Profile("Ann", "Lee", "fr"), ("Ann", "Lee", "fr")),
        ({"first_name": "Anna"}, Profile("Ann", "Lee", "fr"), ("Anna", "", "fr")),  # typed by somebody
        ({"first_name": "Ann"}, Profile("Ann", "Lee"), ("Ann", "Lee", "")),
        ({"language": "de"}, Profile("Ann", language="fr"), ("Ann", "", "de")),
        ({"first_name": "Ann", "last_name": "Lee"}, Profile(), ("Ann", "Lee", "")),
    ],
)
def test_an_introduction_fills_what_is_empty(
    channel: Channel, known: dict[str, str], told: Profile, stands: tuple[str, str, str]
) -> None:
    a_contact(channel, "ann", **known)
    hears(channel, Introduction("ann", NOW, told))
    row = Contact.objects.get()
    assert (row.first_name, row.last_name, row.language) == stands


def test_an_introduction_makes_nobody_a_contact(channel: Channel) -> None:
    hears(channel, Introduction("ann", NOW, Profile("Ann")))
    assert not Contact.objects.exists()
    hears(channel, Introduction("ann", NOW, Profile("Ann")), writes("ann"))
    assert Contact.objects.get().first_name == "Ann"


def test_who_changes_their_number_keeps_what_they_are_in(channel: Channel) -> None:
    ann = a_contact(channel, "33600", first_name="Ann")
    enter(a_sequence(channel.workspace), ann, now=NOW)
    hears(channel, Renamed("33700", NOW, former="33600"))
    hears(channel, Renamed("33700", NOW, former="33600"), writes("33700"))
    row = Contact.objects.get()
    assert (row.address, row.first_name, row.last_interaction_at) == ("33700", "Ann", NOW)
    assert Subscription.objects.active().get().contact == row


def test_who_wrote_from_the_new_number_first_is_written_to_there(channel: Channel) -> None:
    old, new = a_contact(channel, "33600", opted_out_at=NOW), a_contact(channel, "33700")
    hears(channel, Renamed("33700", NOW, former="33600"))
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.blocked_at, new.blocked_at) == (NOW, None)
    assert new.opted_out_at == NOW  # to opt out under one name is to opt out


def test_people_come_under_either_name(channel: Channel) -> None:
    hears(channel, both(), writes("33600"))
    assert addresses() == [("33600", "FR.1")]
    hears(channel, writes("FR.1", 1), Consent("FR.1", NOW, is_given=False, key="c"))
    assert addresses() == [("33600", "FR.1")]
    assert Contact.objects.get().opted_out_at == NOW


def test_who_shows_their_number_later_is_the_same_person(channel: Channel) -> None:
    hears(channel, writes("FR.1"))
    hears(channel, both(), writes("33600", 1))
    assert addresses() == [("33600", "FR.1")]


def test_two_contacts_of_one_person_are_not_both_written_to(channel: Channel) -> None:
    a_contact(channel, "33600")
    hears(channel, writes("FR.1"))
    enter(a_sequence(channel.workspace), Contact.objects.get(address="FR.1"), now=NOW)
    hears(channel, both(), writes("33600", 1))
    assert Subscription.objects.get().ended_because == "contact_gone"
    assert [row.is_available for row in Contact.objects.order_by("pk")] == [True, False]
    hears(channel, writes("FR.1", 2))
    assert Contact.objects.get(address="33600").last_interaction_at == NOW
    assert Contact.objects.count() == 2


def test_a_second_name_is_one_persons(channel: Channel) -> None:
    for number in ("33600", "33700"):
        a_contact(channel, number)
        hears(channel, both(number))
    assert addresses() == [("33600", ""), ("33700", "FR.1")]


def test_a_changed_number_is_followed_from_the_second_name_too(channel: Channel) -> None:
    a_contact(channel, "33600", other_address="FR.1")
    hears(channel, Renamed("33700", NOW, former="FR.1"))
    assert addresses() == [("33700", "FR.1")]
