"""ManyChat's requests and answers, as far as they are documented (docs/providers/manychat.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.backends import backend_for
from channels.backends.questions import ProviderSubFlow
from channels.content import Message, RemoteSubFlow, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Account, Answer, Outgoing, Recipient, Route
from tests.doubles.manychat import ANN, CLOSED, CREDENTIALS

manychat = backend_for("manychat")
COUPON = RemoteSubFlow("content20260531175501_037112", "Coupon")
ROOT = "https://api.manychat.com/fb"


def built(content: Message = COUPON, address: str = ANN, route: Route = Route.MESSAGE) -> Any:
    return manychat.build(Outgoing(content, "77.0", route=route), Recipient(address), Account(CREDENTIALS))


def answer(status: int, /, **body: Any) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def error(words: str, status: int = 200, /, **more: Any) -> Answer:
    return answer(status, status="error", message=words, **more)


def invalid(words: str) -> Answer:
    return error("Validation error", details={"messages": [{"message": words}]})


@pytest.mark.parametrize("route", [Route.MESSAGE, Route.MESSAGE_TAG])
def test_a_flow_is_sent_to_a_number_and_without_a_tag(route: Route) -> None:
    call = built(route=route)
    assert (call.method, call.url) == ("POST", f"{ROOT}/sending/sendFlow")
    assert json.loads(call.body) == {"subscriber_id": 123456789, "flow_ns": "content20260531175501_037112"}
    assert ("Authorization", f"Bearer {CREDENTIALS['api_key']}") in call.headers


def test_a_plain_text_is_sent_as_content_of_the_second_version() -> None:
    call = built(Text("Bonjour Léa"))
    content = {"messages": [{"type": "text", "text": "Bonjour Léa"}]}
    assert call.url == f"{ROOT}/sending/sendContent"
    assert json.loads(call.body) == {"subscriber_id": 123456789, "data": {"version": "v2", "content": content}}


@pytest.mark.parametrize("address", ["ann", "0123", "-5", "1.5", "9" * 20, "12 ", "١٢"])
def test_no_call_is_made_for_what_is_no_number_of_theirs(address: str) -> None:
    with pytest.raises(ContactGone):
        built(address=address)


ANSWERS: list[tuple[Answer, type[ChannelError], str]] = [
    (error("Unauthorized", 401), ChannelMisconfigured, "token"),
    (error("Wrong format of the token"), ChannelMisconfigured, "token"),
    (error("Available on Pro plan only", 403), ChannelMisconfigured, "may not"),
    (error("Too many requests", 429), ChannelTrouble, "too many"),
    (error("Rate limit exceeded"), ChannelTrouble, "too many"),
    # The window: by its number, and by its words where the number is missing.
    (error(CLOSED, code=3011), WindowClosed, "code 3011"),
    (error(CLOSED, 400, code=3011), WindowClosed, "code 3011"),
    (error(CLOSED), WindowClosed, "24 hours"),
    (error("Message tags are no longer supported for Facebook Messenger", 400), MessageRejected, "tags"),
    (error("Message tags are no longer supported for Facebook Messenger"), MessageRejected, "tags"),
    (error("Subscriber has blocked the page"), ContactGone, "blocked"),
    (error("Subscriber is unsubscribed", 400), ContactGone, "unsubscribed"),
    (invalid("Subscriber does not exist"), ContactGone, "unknown person"),
    (error("Subscriber not found", 404), ContactGone, "unknown person"),
    (invalid("subscriber_id: wrong value"), ContactGone, "unknown person"),
    (invalid("Flow with this flow_ns was not found"), MessageRejected, "unknown sub-flow"),
    (error("Flow not found", 404), MessageRejected, "unknown sub-flow"),
    (error("Page has been blocked for violations"), ChannelMisconfigured, "restricted"),
    # What is only said to somebody is no word about them.
    (error("Content can't be sent to the subscriber: the text is invalid"), MessageRejected, "200"),
    (error("Something else", code=7), MessageRejected, "200 code 7"),
    (error("Internal error", 500), TemporaryFailure, "500"),
    (answer(200, data={}), OutcomeUnknown, "cannot be read"),
    (answer(400, message=""), ChannelTrouble, "cannot be read"),
]


@pytest.mark.parametrize(("given", "expected", "detail"), ANSWERS)
def test_each_answer_has_its_consequence(given: Answer, expected: type[ChannelError], detail: str) -> None:
    with pytest.raises(ChannelError) as caught:
        manychat.read(given, Outgoing(COUPON, "77.0"))
    assert type(caught.value) is expected
    assert detail in caught.value.detail


def listed(**data: Any) -> tuple[ProviderSubFlow, ...]:
    ask = manychat.sub_flows(Account(CREDENTIALS))
    assert ask is not None
    assert ask.call.url == f"{ROOT}/page/getFlows"
    page = ask.parse(answer(200, status="success", data=data))
    assert page.after == ""
    return page.sub_flows


def test_flows_are_listed_with_the_folders_they_lie_in() -> None:
    folders = [{"id": 1, "name": "Shop", "parent_id": None}, {"id": 2, "name": "Cart", "parent_id": 1}]
    flows = [{"ns": "content1", "name": "Coupon", "folder_id": 2}, {"ns": "content2", "name": "", "folder_id": 9}, 7]
    assert listed(flows=flows, folders=folders) == (
        ProviderSubFlow("content1", "Coupon", "Shop / Cart"),
        ProviderSubFlow("content2", "content2"),
    )


def test_folders_that_lie_in_each_other_are_gone_round_once() -> None:
    folders = [{"id": 1, "name": "A", "parent_id": 2}, {"id": 2, "name": "B", "parent_id": 1}, {"id": [], "name": 3}]
    assert listed(flows=[{"ns": "c", "name": "x", "folder_id": 1}], folders=folders)[0].folder == "B / A"


@pytest.mark.parametrize("data", [{}, {"flows": "x"}, {"flows": None, "folders": []}])
def test_a_list_that_is_none_is_no_empty_list(data: dict[str, Any]) -> None:
    with pytest.raises(ChannelTrouble):
        listed(**data)


def test_the_page_is_named_by_its_answer_or_by_its_key() -> None:
    ask = manychat.me(Account(CREDENTIALS))
    assert ask is not None
    assert ask.parse(answer(200, status="success", data={"id": 7, "name": "Shop"})).provider_id == "7"
    assert ask.parse(answer(200, status="success", data={"id": None, "name": "Shop"})).provider_id == "1234567"
