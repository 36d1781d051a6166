"""UChat's requests and answers, as far as they are documented (docs/providers/uchat.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.backends import backend_for
from channels.backends.questions import ProviderSubFlow
from channels.content import Image, Message, RemoteSubFlow, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    UnsupportedMessage,
    WindowClosed,
)
from channels.messages import Account, Answer, Outgoing, Recipient, Route
from tests.doubles.uchat import ANN, CREDENTIALS

uchat = backend_for("uchat")
COUPON = RemoteSubFlow("f190385s3400927", "Coupon")


def built(content: Message = COUPON, address: str = ANN, route: Route = Route.MESSAGE, **settings: Any) -> Any:
    return uchat.build(Outgoing(content, "77.0", route=route), Recipient(address), Account(CREDENTIALS, settings))


def answer(status: int, /, **body: Any) -> Answer:
    return Answer(status, {"retry-after": "30"}, json.dumps(body).encode())


@pytest.mark.parametrize("route", [Route.MESSAGE, Route.MESSAGE_TAG])
def test_a_sub_flow_is_sent_by_its_reference_the_same_by_either_route(route: Route) -> None:
    call = built(route=route)
    assert (call.method, call.url) == ("POST", "https://www.uchat.com.au/api/subscriber/send-sub-flow")
    assert json.loads(call.body) == {"user_ns": ANN, "sub_flow_ns": "f190385s3400927"}
    assert ("Authorization", f"Bearer {CREDENTIALS['api_token']}") in call.headers


def test_a_plain_text_is_sent_as_one() -> None:
    call = built(Text("Bonjour Léa"))
    assert call.url.endswith("/api/subscriber/send-text")
    assert json.loads(call.body) == {"user_ns": ANN, "content": "Bonjour Léa"}


@pytest.mark.parametrize(
    "base", ["https://chat.shop.example", "https://chat.shop.example/", "https://chat.shop.example/api/"]
)
def test_a_white_label_is_reached_at_its_own_host_with_or_without_api(base: str) -> None:
    assert built(base_url=base).url == "https://chat.shop.example/api/subscriber/send-sub-flow"


def test_what_only_blocks_can_say_is_refused() -> None:
    assert uchat.problems(Image("https://e.com/a.png")) == ["unsupported"]
    with pytest.raises(UnsupportedMessage):
        built(Image("https://e.com/a.png"))


@pytest.mark.parametrize("address", ["33612345678", "f1", "f1u", "f1u2 ", "f1u2\n", "F1U2", "f1s2", "f1u٣"])
def test_no_call_is_made_for_what_is_no_id_of_a_person(address: str) -> None:
    with pytest.raises(ContactGone):
        built(address=address)


def test_a_sub_flow_of_another_bot_is_refused_before_everybody_seems_unknown() -> None:
    with pytest.raises(MessageRejected, match="another bot"):
        built(RemoteSubFlow("f7s1"))
    assert json.loads(built(RemoteSubFlow("a_name_of_its_own")).body)["sub_flow_ns"] == "a_name_of_its_own"


ANSWERS: list[tuple[Answer, type[ChannelError], str]] = [
    (answer(401, message="Unauthenticated."), ChannelMisconfigured, "token"),
    (answer(403, message="You do not have the scope"), ChannelMisconfigured, "may not"),
    (answer(429, message="Too Many Attempts."), ChannelTrouble, "too many"),
    (answer(200, status="error", message="Too many requests"), ChannelTrouble, "too many"),
    # Who, and what.
    (answer(404, status="error", message="Subscriber not found"), ContactGone, "unknown person"),
    (answer(404, message="User not found in this flow"), ContactGone, "unknown person"),
    (
        answer(422, message="The given data was invalid.", errors={"user_ns": ["invalid"]}),
        ContactGone,
        "unknown person",
    ),
    (answer(404, status="error", message="Sub flow not found"), MessageRejected, "unknown sub-flow"),
    (answer(422, message="The given data was invalid.", errors={"sub_flow_ns": ["no"]}), MessageRejected, "sub-flow"),
    (answer(200, status="error", message="Sub flow not found"), MessageRejected, "unknown sub-flow"),
    (answer(400, message="The user_fields are invalid"), MessageRejected, "400"),
    (answer(400, message="The workspace is suspended"), ChannelMisconfigured, "restricted"),
    (answer(400, message="Bad parameters"), MessageRejected, "400"),
    (answer(404, message="Not found"), MessageRejected, "404"),  # of whom or of what is not said: nobody ends for it
    (answer(400, status="error", message="The user blocked this bot"), ContactGone, "blocked"),
    (answer(403, status="error", message="The user blocked this bot"), ContactGone, "blocked"),
    (answer(400, status="error", message="Outside of the 24 hours window"), WindowClosed, "24 hours"),
    (answer(500, message="Server Error"), TemporaryFailure, "500"),
    # A yes that cannot be read is no yes, and no no.
    (answer(200, ok=True), OutcomeUnknown, "cannot be read"),
    (answer(200, status="queued", message="The subscriber is served soon"), OutcomeUnknown, "cannot be read"),
    (answer(404, nothing="said"), ChannelTrouble, "cannot be read"),
]


@pytest.mark.parametrize(("given", "expected", "detail"), ANSWERS)
def test_each_answer_has_its_consequence(given: Answer, expected: type[ChannelError], detail: str) -> None:
    with pytest.raises(ChannelError) as caught:
        uchat.read(given, Outgoing(COUPON, "77.0"))
    assert type(caught.value) is expected
    assert detail in caught.value.detail


def test_a_limit_is_waited_out_as_long_as_uchat_says() -> None:
    with pytest.raises(ChannelTrouble) as caught:
        uchat.read(answer(429, message="Too Many Attempts."), Outgoing(COUPON, "77.0"))
    assert caught.value.wait is not None
    assert caught.value.wait.total_seconds() == 30


ONE = [{"name": "Coupon", "sub_flow_ns": "f1s1"}]
PAGES: list[tuple[dict[str, Any], str]] = [
    ({"meta": {"current_page": 1, "last_page": 3}}, "2"),
    ({"meta": {"current_page": 3, "last_page": 3}}, ""),
    ({"meta": {"current_page": 1, "per_page": 10, "total": 11}}, "2"),  # as a real answer of October 2025 tells it
    ({"meta": {"current_page": 2, "per_page": 10, "total": 11}}, ""),
    ({"meta": {"current_page": "1", "per_page": "10", "total": "11"}}, "2"),
    ({"meta": {"current_page": 1}, "links": {"next": "https://evil.example/?page=7"}}, "2"),  # never to that address
    ({"meta": {"current_page": 1}, "links": {"next": None}}, ""),
    ({"links": {"next": "https://x.example/"}}, ""),
    ({"meta": {"current_page": -1, "last_page": 10**30}}, ""),
    ({"meta": "x", "links": ["y"]}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("more", "after"), PAGES)
@pytest.mark.parametrize("status", [{"status": "ok"}, {}])
def test_a_page_of_the_list_says_whether_more_follow(more: dict[str, Any], after: str, status: dict[str, str]) -> None:
    ask = uchat.sub_flows(Account(CREDENTIALS), "")
    assert ask is not None
    page = ask.parse(answer(200, data=ONE, **more, **status))
    assert (page.sub_flows, page.after) == ((ProviderSubFlow("f1s1", "Coupon"),), after)


def test_the_list_is_asked_for_by_page_and_what_is_none_is_passed_over() -> None:
    ask = uchat.sub_flows(Account(CREDENTIALS), "3")
    assert ask is not None
    assert ask.call.url == "https://www.uchat.com.au/api/flow/subflows?limit=100&page=3"
    odd = [None, {}, {"sub_flow_ns": 7}, {"sub_flow_ns": "a b"}, {"sub_flow_ns": "x" * 201}, {"sub_flow_ns": "f1s2"}]
    assert ask.parse(answer(200, data=odd)).sub_flows == (ProviderSubFlow("f1s2", "f1s2"),)
    with pytest.raises(ChannelTrouble):
        ask.parse(answer(200, status="ok", data="x"))


def test_whose_token_it_is_stands_before_the_ids_of_its_sub_flows() -> None:
    ask = uchat.me(Account(CREDENTIALS))
    assert ask is not None
    assert ask.parse(answer(200, data=[{"name": "x", "sub_flow_ns": "f190385s1"}])).provider_id == "f190385"
    assert ask.parse(answer(200, data=[])).provider_id == "www.uchat.com.au"
