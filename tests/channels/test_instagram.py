"""Instagram's requests, its error rows, and one journey: by either way of logging in."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_profiles import read_profiles
from channels.backends import backend_for
from channels.backends.questions import Ask
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Template, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
    UnsupportedMessage,
    WindowClosed,
)
from channels.messages import Account, Answer, HttpCall, NotificationType, Outgoing, Recipient, Route
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.admin.warning_words import sentence
from sequences.content_warnings import warnings_of
from tests.actions.cast import enter, states_of, subscription_of, texts
from tests.actions.conftest import clock, engine, graph
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.channels.calling_webhooks import address_of
from tests.channels.samples.meta import refused
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_events import message
from tests.doubles.graph_instagram import Instagram
from tests.doubles.instagram_events import ACCOUNT_ID, CREDENTIALS, post_of, read, unsent
from tests.engine import Clock, Engine

__all__ = ["clock", "engine", "graph"]
INSTAGRAM = backend_for("instagram")


def build(content: Message, login: str = "instagram", **more: Any) -> HttpCall:
    call = INSTAGRAM.build(Outgoing(content, "7.0", **more), Recipient("ann"), Account(CREDENTIALS, {"login": login}))
    assert isinstance(call, HttpCall)
    return call


def test_instagrams_own_login_has_its_host_and_its_token_in_a_header() -> None:
    call = build(Text("hi"))
    assert call.url == f"https://graph.instagram.com/v25.0/{ACCOUNT_ID}/messages"
    assert dict(call.headers)["Authorization"] == "Bearer account-token"


def test_the_pages_login_is_facebooks() -> None:
    call = build(Text("hi"), "page")
    assert call.url.startswith(
        "https://graph.facebook.com/v25.0/me/messages?access_token=account-token&appsecret_proof="
    )
    assert "Authorization" not in dict(call.headers)


@pytest.mark.parametrize("loudness", list(NotificationType))
def test_nothing_but_the_person_and_the_message_is_sent(loudness: NotificationType) -> None:
    body = json.loads(build(Text("hi"), notification_type=loudness).body)
    assert body == {"recipient": {"id": "ann"}, "message": {"text": "hi"}}


def test_pictures_buttons_and_quick_replies_are_written_as_messengers() -> None:
    picture = json.loads(build(Image("https://e.com/a.png")).body)["message"]
    assert picture == {"attachment": {"type": "image", "payload": {"url": "https://e.com/a.png"}}}
    buttons = json.loads(build(Buttons("Hi", (Button("Go", url="https://e.com/"),))).body)["message"]
    assert buttons["attachment"]["payload"]["template_type"] == "button"
    replies = json.loads(build(QuickReplies("Hi", (QuickReply("Yes", "Y"),))).body)["message"]
    assert replies["quick_replies"] == [{"content_type": "text", "title": "Yes", "payload": "Y"}]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 1000), []),
        (Text("é" * 500), []),
        (Text("é" * 501), ["text_too_long:1000"]),  # bytes of UTF-8
        (Text("🙂" * 251), ["text_too_long:1000"]),
        (Image("https://e.com/a.png", "Look"), ["caption_unsupported"]),
        (Template("order", "en"), ["unsupported"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_instagram_cannot_show_is_named(content: Message, problems: list[str]) -> None:
    assert INSTAGRAM.problems(content) == problems


@pytest.mark.parametrize("route", [Route.MESSAGE_TAG, Route.UTILITY_TEMPLATE])
def test_there_is_no_way_round_the_24_hours(route: Route) -> None:
    with pytest.raises(UnsupportedMessage):
        build(Text("hi"), route=route)
    assert INSTAGRAM.ways_after_24_hours() == ("never",)


@pytest.mark.parametrize(
    ("numbers", "expected", "because"),
    [
        ((10, 2534022), WindowClosed, ""),
        ((100, 2534014), ContactGone, "contact_gone"),
        ((100, 2534015), MessageRejected, ""),
        ((100, 2534029), ChannelMisconfigured, "account_restricted"),
        ((100, 2534037), TemporaryFailure, ""),
        ((100, 2534001), ContactUnreachable, ""),
        ((200, 2534041), ChannelMisconfigured, "credentials_refused"),
        ((613, 2534040), ChannelTrouble, ""),
        ((10, 2534077), ChannelMisconfigured, "credentials_refused"),
        ((100, 2534013), ChannelMisconfigured, "credentials_refused"),
        ((190, None), ChannelMisconfigured, "credentials_refused"),
        ((551, 1545041), ContactUnreachable, ""),  # Messenger's rows apply
        ((368, None), ChannelMisconfigured, "account_restricted"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_each_error_row_has_its_consequence(
    numbers: tuple[int, int | None], status: int, expected: type[ChannelError], because: str
) -> None:
    with pytest.raises(ChannelError) as caught:
        INSTAGRAM.read(refused(*numbers, status=status), Outgoing(Text("hi"), "7.0"))
    assert (type(caught.value), getattr(caught.value, "because", "")) == (expected, because)


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Answer(200, body=b'{"name": "Peter Chang", "username": "pc", "id": "1"}'), ("Peter", "Chang")),
        (Answer(200, body=b'{"username": "pc"}'), ("pc", "")),
        (Answer(200, body=b"{}"), ("", "")),
        (refused(230), ("", "")),  # they never wrote
    ],
)
def test_a_name_is_all_that_is_told(answer: Answer, name: tuple[str, str]) -> None:
    ask = INSTAGRAM.profile("ann", Account(CREDENTIALS, {"login": "page"}))
    assert ask is not None
    told = ask.parse(answer)
    assert ((told.first_name, told.last_name), told.utc_offset_minutes, told.language) == (name, None, "")


@pytest.fixture(params=["page", "instagram"])
def account(
    request: pytest.FixtureRequest, graph: GraphDouble, live_server: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Channel:
    """An account on the double, which calls our webhook; everybody lives by the test's clock."""
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda ids: read_profiles(ids, now=clock()))
    graph.messenger = Instagram()
    graph.rules.tokens = {CREDENTIALS["access_token"]}
    graph.rules.profile_fields = frozenset({"name", "username"})
    graph.rules.profiles = {"ann": {"name": "Ann Lee", "username": "annlee"}}
    settings = {"base_url": graph.base_url, "sends_per_second": 10_000, "login": request.param}
    found = a_channel(a_workspace(), kind="instagram", credentials=CREDENTIALS, settings=settings)
    graph.callbacks = Callbacks(live_server.url + address_of(found), auto=frozenset())
    return found


def tell(graph: GraphDouble, *events: dict[str, Any]) -> None:
    assert graph.callbacks is not None
    graph.callbacks.tell(*map(post_of, events))
    assert set(graph.callbacks.wait()) == {200}


@pytest.mark.django_db(transaction=True)
def test_from_the_first_word_to_the_read_receipt_and_the_closed_window(
    account: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    graph.person("ann", last_interaction_at=clock())
    tell(graph, message("ann", clock(), "Hi", mid="m_in"))
    ann = Contact.objects.get()
    assert (ann.first_name, ann.last_name, ann.last_interaction_at) == ("Ann", "Lee", clock())
    account.refresh_from_db()
    assert account.profile_hint == ""  # nobody can be told to ask for a time zone that Instagram does not have
    one, two = texts(account.workspace, "One", "Two")
    late = {**two, "content_type": "account_update", "delay_unit": "days", "delay_amount": 2}
    enter(a_sequence(account.workspace, [one, late]), ann, now=clock())
    engine.settle()
    [seen] = graph.accepted
    assert seen.body == {"recipient": {"id": "ann"}, "message": {"text": "One"}}
    for _ in range(2):
        tell(graph, read("ann", clock(), "aWdfZAG1fa1"), read("ann", clock(), "not ours"))
    assert states_of(ann) == [("read", "")]
    clock.forward(hours=30)
    before = ann.last_interaction_at
    tell(graph, unsent("ann", clock(), "m_in"))
    engine.travel(days=1)
    assert states_of(ann)[1] == ("skipped", "reply_window_closed")
    assert last_interaction(ann) == before
    assert subscription_of(ann).ended_because == "completed"
    assert len(graph.requests) == 1


def last_interaction(ann: Contact) -> datetime | None:
    return Contact.objects.get(pk=ann.pk).last_interaction_at


@pytest.mark.django_db(transaction=True)
def test_instagrams_own_word_on_the_window_counts(
    account: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "ann", last_interaction_at=clock())
    graph.person("ann", last_interaction_at=clock() - timedelta(days=2))
    enter(a_sequence(account.workspace), ann, now=clock())
    engine.settle()
    assert states_of(ann) == [("skipped", "reply_window_closed")]


@pytest.mark.django_db
def test_the_connection_is_tested_with_the_accounts_own_id(graph: GraphDouble, clock: Clock) -> None:
    graph.rules.page = {"id": "100", "user_id": ACCOUNT_ID, "username": "the.shop"}
    settings = {"base_url": graph.base_url, "login": "instagram"}
    channel = a_channel(a_workspace(), kind="instagram", credentials=CREDENTIALS, settings=settings)
    finding = check_connection(channel, now=clock(), actor=SYSTEM)
    assert (finding.verdict, finding.found and finding.found.name) == (Verdict.CONNECTED, "the.shop")
    graph.rules.page["user_id"] = "1"
    assert check_connection(channel, now=clock(), actor=SYSTEM).verdict is Verdict.OTHER_ACCOUNT
    graph.rules.expired_tokens = {CREDENTIALS["access_token"]}
    assert check_connection(channel, now=clock(), actor=SYSTEM).verdict is Verdict.TOKEN_REFUSED


def test_a_page_names_the_account_that_is_linked_to_it() -> None:
    ask = INSTAGRAM.me(Account(CREDENTIALS, {"login": "page"}))
    assert isinstance(ask, Ask)
    assert "instagram_business_account%7Bid%2Cusername%7D" in ask.call.url
    body = json.dumps({"instagram_business_account": {"id": ACCOUNT_ID, "username": "the.shop"}, "id": "100"})
    found = ask.parse(Answer(200, body=body.encode()))
    assert (found.provider_id, found.name) == (ACCOUNT_ID, "the.shop")


@pytest.mark.django_db
def test_a_text_that_is_too_long_in_bytes_is_said_when_saved() -> None:
    from_us = a_workspace()
    channel = a_channel(from_us, kind="instagram", credentials=CREDENTIALS, name="Insta")
    [warning] = warnings_of(a_sub_flow(from_us, "é" * 501), [channel])
    assert "longer than 1000 bytes" in sentence("", warning)
