"""Who people are, asked of the provider once they wrote: names, language, the clock on their wall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.actions.record_events import record_events
from channels.actions.refresh_profiles import read_profiles
from channels.ask import account_of, run_ask
from channels.backends import backend_for
from channels.errors import ChannelMisconfigured
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from channels.signals import contact_changed
from tests.builders import a_contact
from tests.channels.calling_webhooks import a_webhook_page, happens
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_events import message

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PETER = {"first_name": "Peter", "last_name": "Chang", "locale": "en_US", "timezone": -7}

pytestmark = pytest.mark.django_db


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    with GraphDouble() as double:
        double.rules.app_secret = "app-secret"
        double.rules.profiles["peter"] = dict(PETER)
        yield double


@pytest.fixture
def page(graph: GraphDouble) -> Channel:
    return a_webhook_page(base_url=graph.base_url)


def writes(page: Channel, address: str, at: datetime) -> list[int]:
    """The ids of those whose profile is due."""
    return record_events(page, [InboundEvent(address, at, InboundKind.MESSAGE, key=f"{address} {at}")], now=at)


def known(page: Channel, at: datetime = NOW, address: str = "peter") -> Contact:
    """Somebody who wrote and whose profile was read."""
    read_profiles(writes(page, address, at), now=at)
    contact: Contact = Contact.objects.get(channel=page, address=address)
    return contact


def test_the_first_message_brings_name_language_and_clock(page: Channel) -> None:
    peter = known(page)
    assert (peter.first_name, peter.last_name, peter.language) == ("Peter", "Chang", "en_US")
    assert (peter.utc_offset_minutes, peter.profile_read_at) == (-420, NOW)


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [(0, 0), (5.5, 330), (5.75, 345), (-3.5, -210), (14, 840), (True, None), ("2", None), (99, None), (1e308, None)],
)
def test_hours_may_be_fractions_and_nonsense_is_none(
    page: Channel, graph: GraphDouble, hours: Any, minutes: int | None
) -> None:
    graph.rules.profiles["peter"]["timezone"] = hours
    assert known(page).utc_offset_minutes == minutes


def test_a_profile_is_read_again_after_seven_days_and_not_before(page: Channel, graph: GraphDouble) -> None:
    known(page)
    assert writes(page, "peter", NOW + timedelta(days=6)) == []
    graph.rules.profiles["peter"]["timezone"] = -8
    assert known(page, NOW + timedelta(days=8)).utc_offset_minutes == -480


def test_two_messages_at_once_ask_once(page: Channel) -> None:
    assert len(writes(page, "peter", NOW)) == 1
    assert writes(page, "peter", NOW + timedelta(seconds=1)) == []


def test_another_clock_plans_their_messages_anew(page: Channel) -> None:
    changed: list[Contact] = []

    def listen(*, contact: Contact, **others: Any) -> None:
        changed.append(contact)

    contact_changed.connect(listen)
    try:
        known(page)
        known(page, NOW + timedelta(days=8))  # the same clock
    finally:
        contact_changed.disconnect(listen)
    assert [contact.utc_offset_minutes for contact in changed] == [-420]


def test_what_a_person_of_ours_wrote_down_stays(page: Channel) -> None:
    a_contact(page, "peter", first_name="Pete", utc_offset_minutes=60)
    peter = known(page)
    assert (peter.first_name, peter.last_name, peter.utc_offset_minutes) == ("Pete", "Chang", -420)


@pytest.mark.parametrize(
    ("fields", "error", "hint"),
    [
        ({"first_name", "last_name", "locale", "timezone"}, None, ""),
        (set(), None, "no_profile"),
        ({"first_name", "last_name", "locale", "timezone"}, 2018247, "no_profile"),
        ({"first_name", "last_name"}, None, "no_time_zone"),
        ({"first_name", "last_name", "locale", "timezone"}, 2018218, ""),  # a phone number has no profile
    ],
)
def test_what_we_may_not_read_leaves_a_hint_for_the_channel_page(
    page: Channel, graph: GraphDouble, fields: set[str], error: int | None, hint: str
) -> None:
    graph.rules.profile_fields, graph.rules.profile_error = frozenset(fields), error
    peter = known(page)
    assert Channel.objects.get(pk=page.pk).profile_hint == hint
    assert peter.profile_read_at == NOW
    assert (peter.utc_offset_minutes is None) == (hint != "" or error is not None)


def test_a_hint_goes_when_the_permission_came(page: Channel, graph: GraphDouble) -> None:
    graph.rules.profile_fields = frozenset()
    known(page)
    graph.rules.profile_fields = frozenset(PETER)
    known(page, NOW + timedelta(days=8))
    assert Channel.objects.get(pk=page.pk).profile_hint == ""


def test_a_provider_in_trouble_is_asked_again_when_they_write_an_hour_later(page: Channel, graph: GraphDouble) -> None:
    graph.fault("refuse")
    assert known(page).profile_read_at is None
    graph.heal()
    assert known(page, NOW + timedelta(hours=2)).first_name == "Peter"
    assert Channel.objects.get(pk=page.pk).state == "active"


def test_the_page_says_whose_token_it_is(page: Channel, graph: GraphDouble) -> None:
    question = backend_for("messenger").me(account_of(page))
    assert question is not None
    assert run_ask(question).provider_id == "100"
    graph.rules.expired_tokens.add("page-token")
    with pytest.raises(ChannelMisconfigured):
        run_ask(question)


def test_a_question_goes_nowhere_that_messages_may_not_go(page: Channel, graph: GraphDouble, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    assert known(page).profile_read_at is None
    assert graph.questions == []


def test_a_webhook_asks_in_the_background(page: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("channels.tasks.async_task", lambda *given, **more: asked.append(given))
    happens(page, message("peter", datetime.now(UTC)))
    peter = Contact.objects.get()
    assert asked == [("channels.tasks.read_profiles", [peter.pk])]
