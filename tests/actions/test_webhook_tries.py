"""Endpoints are told at least once, by signed calls that go on for 72 hours, and none is in another's way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from channels.messages import Answer
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from sequencer.faults import watched
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role, Workspace
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.webhook_endpoints import create_endpoint, disable_endpoint, enable_endpoint, remove_endpoint
from sequences.actions.webhook_records import Try, record_tries
from sequences.actions.webhook_replays import replay_since, send_test
from sequences.actions.webhook_secrets import rotate_secret
from sequences.actions.webhook_tries import Teller, are_due
from sequences.models import DisabledBecause, WebhookAttempt, WebhookEndpoint, WebhookMessage
from sequences.webhook_notices import tell_owners_of_endpoints
from tests.builders import a_member, a_workspace
from tests.doubles.http_server import HttpServer, Reply, Request
from tests.engine import Clock

pytestmark = pytest.mark.django_db(transaction=True)


class Receiver:
    """Somebody's server: what it took, and what it says. `behave` may be replaced."""

    def __init__(self) -> None:
        self.taken: list[Request] = []
        self.behave: Callable[[Request], Reply] = lambda request: Reply(204)
        self.server = HttpServer(self._handle)
        self.server.start()

    def _handle(self, request: Request) -> Reply:
        self.taken.append(request)
        return self.behave(request)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.stop()


class Sender:
    """The teller by hand, with a clock that stands still; jitter at its least."""

    def __init__(self, clock: Clock, rules: AddressRules | None = None) -> None:
        self.clock, self.rules = clock, rules or AddressRules(is_open=True)
        self.begin()

    def begin(self) -> None:
        self.door = HttpDoor(allow=self.rules, timeout=20.0)
        self.teller = Teller(self.door, self.clock, lambda: 0.0)

    def settle(self) -> None:
        for _ in range(400):
            if not self.teller.turn(0.05) and self.teller.is_idle:
                return
        raise AssertionError("never quiet")

    def travel(self, **much: float) -> None:
        self.clock.forward(**much)
        self.settle()

    def close(self) -> None:
        self.door.close()


@pytest.fixture
def sender(settings: Any) -> Iterator[Sender]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    sender = Sender(Clock())
    yield sender
    sender.close()


def an_endpoint(url: str, workspace: Workspace | None = None) -> tuple[WebhookEndpoint, str]:
    return create_endpoint(workspace or a_workspace(), {"url": url}, now=Clock()(), actor=SYSTEM)


def fresh(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=endpoint.pk)


def happens(endpoint: WebhookEndpoint, now: datetime, times: int = 1) -> list[WebhookMessage]:
    return [send_test(endpoint, now=now, actor=SYSTEM) for _ in range(times)]


def test_a_call_is_signed_and_says_what_happened(sender: Sender, receiver: Receiver) -> None:
    endpoint, secret = an_endpoint(receiver.url())
    sender.clock.now = datetime.now(UTC)  # their library reads the real clock
    [message] = happens(endpoint, sender.clock())
    assert are_due(now=sender.clock())
    sender.settle()
    [request] = receiver.taken
    said = Webhook(secret).verify(request.body, request.headers)
    assert said["type"] == "test"
    assert said["data"] == {"endpoint": endpoint.public_id}
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    message.refresh_from_db()
    assert (message.state, message.attempts, message.key) == ("delivered", 1, request.headers["webhook-id"])
    assert list(WebhookAttempt.objects.values_list("status", "trouble")) == [(204, "")]
    assert not are_due(now=sender.clock())


def test_while_a_secret_changes_either_one_opens_what_is_sent(sender: Sender, receiver: Receiver) -> None:
    endpoint, old = an_endpoint(receiver.url())
    sender.clock.now = datetime.now(UTC)
    new = rotate_secret(endpoint, overlap=timedelta(hours=1), now=sender.clock(), actor=SYSTEM)
    happens(endpoint, sender.clock())
    sender.settle()
    sender.clock.forward(hours=2)
    happens(endpoint, sender.clock())
    sender.settle()
    during, after = (request.headers["webhook-signature"].split(" ") for request in receiver.taken)
    assert (len(during), len(after)) == (2, 1)
    for secret in (old, new):
        Webhook(secret).verify(receiver.taken[0].body, receiver.taken[0].headers)
    with pytest.raises(Refused):
        rotate_secret(endpoint, overlap=timedelta(days=8), now=sender.clock(), actor=SYSTEM)


def test_what_fails_is_tried_ten_times_over_72_hours_with_one_id_and_one_body(
    sender: Sender, receiver: Receiver
) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    receiver.behave = lambda request: Reply(500)
    began = sender.clock()
    [message] = happens(endpoint, began)
    sender.settle()
    for _ in range(20):
        message.refresh_from_db()
        if message.next_attempt_at is None:
            break
        sender.clock.now = message.next_attempt_at
        sender.settle()
    moments = list(WebhookAttempt.objects.order_by("id").values_list("at", flat=True))
    assert len(moments) == 10 == len(receiver.taken)
    assert moments[-1] - began >= timedelta(hours=72)
    assert len({(request.headers["webhook-id"], request.body) for request in receiver.taken}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.taken}) == 10
    assert (message.state, fresh(endpoint).failing_since) == ("failed", began)


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_says_not_so_fast_is_left_alone_for_as_long_as_it_says(
    sender: Sender, receiver: Receiver, status: int
) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    receiver.behave = lambda request: Reply(status, headers={"Retry-After": "600"})
    happens(endpoint, sender.clock())
    sender.settle()
    happens(endpoint, sender.clock(), 3)
    sender.travel(seconds=599)
    assert len(receiver.taken) == 1
    receiver.behave = lambda request: Reply(200)
    sender.travel(seconds=2)
    assert len(set(receiver.ids())) == 4


def test_a_410_disables_at_once_and_a_redirect_is_a_failure(sender: Sender, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    receiver.behave = lambda request: Reply(302, headers={"Location": receiver.url("/elsewhere")})
    happens(endpoint, sender.clock())
    sender.settle()
    assert [request.path for request in receiver.taken] == ["/hook"]
    receiver.behave = lambda request: Reply(410)
    sender.travel(seconds=6)
    assert (fresh(endpoint).state, fresh(endpoint).disabled_because) == ("disabled", "gone")
    sender.travel(days=1)
    assert len(receiver.taken) == 2
    with pytest.raises(Conflict):
        happens(endpoint, sender.clock())


def test_after_five_days_of_failure_it_is_disabled_and_its_owners_are_told(
    sender: Sender, receiver: Receiver, mailoutbox: list[Any]
) -> None:
    workspace = a_workspace()
    owner = a_member(workspace, Role.OWNER)
    a_member(workspace, Role.EDITOR)
    endpoint, _ = an_endpoint(receiver.url(), workspace)
    receiver.behave = lambda request: Reply(500)
    for _ in range(6):
        assert fresh(endpoint).state == "active"
        happens(endpoint, sender.clock())
        sender.settle()
        sender.clock.forward(hours=23)
    sender.travel(hours=20)
    assert (fresh(endpoint).state, fresh(endpoint).disabled_because) == ("disabled", "failing")
    assert [tell_owners_of_endpoints(now=sender.clock()) for _ in range(2)] == [1, 0]
    assert [mail.to for mail in mailoutbox] == [[owner.email]]


def test_one_success_in_between_begins_the_five_days_anew(sender: Sender, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    statuses = iter([500, 500, 200, 500, 500, 500, 500])
    receiver.behave = lambda request: Reply(next(statuses, 500))
    for _ in range(7):
        happens(endpoint, sender.clock())
        WebhookMessage.objects.filter(state="waiting").exclude(pk=WebhookMessage.objects.latest("pk").pk).delete()
        sender.settle()
        sender.clock.forward(days=2)
        if fresh(endpoint).state == "disabled":
            break
    assert len(receiver.taken) == 3 + 4  # the fourth failure after the success comes six days after the first one


def test_one_dead_and_one_slow_endpoint_delay_nobody(sender: Sender, receiver: Receiver) -> None:
    workspace, asleep = a_workspace(), Receiver()
    asleep.behave = lambda request: Reply(200, delay=60)
    slow, _ = an_endpoint(asleep.url(), workspace)
    dead, _ = an_endpoint("http://127.0.0.1:9/", workspace)
    quick = [an_endpoint(receiver.url(f"/{number}"), workspace)[0] for number in range(8)]
    for endpoint in (slow, dead, *quick):
        happens(endpoint, sender.clock(), 12)
    for _ in range(1000):
        sender.teller.turn(0.02)
        if len(receiver.taken) == 8 * 12:
            break
    assert set(Counter(request.path for request in receiver.taken).values()) == {12}
    assert sender.teller._in_hand[slow.pk] == 10 == len(asleep.taken), "the slow one has its lines, and no more"
    asleep.server.stop()
    assert WebhookAttempt.objects.filter(message__endpoint=dead, trouble="unreachable").exists()


def test_nothing_inside_is_reached_by_an_endpoint(receiver: Receiver, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True  # it was allowed when it was stored
    endpoint, _ = an_endpoint(receiver.url())
    clock = Clock()
    happens(endpoint, clock())
    sender = Sender(clock, AddressRules())
    sender.settle()
    sender.close()
    assert receiver.taken == []
    assert WebhookAttempt.objects.get().trouble == "forbidden_address"


POINTS = [
    f"{side} {edge}" for edge in ("take webhooks", "webhook request", "record webhooks") for side in ("before", "after")
]


class Died(BaseException):
    pass


@pytest.mark.parametrize("point", POINTS)
def test_whoever_dies_at_any_point_costs_a_repetition_at_most(sender: Sender, receiver: Receiver, point: str) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    messages = happens(endpoint, sender.clock(), 3)

    def die(reached: str) -> None:
        if reached == point:
            raise Died

    with watched(die), pytest.raises(Died):
        sender.settle()
    sender.close()
    sender.begin()
    sender.settle()
    sender.travel(seconds=61)
    assert set(receiver.ids()) == {message.key for message in messages}
    assert not WebhookMessage.objects.exclude(state="delivered").exists()
    bodies = {(request.headers["webhook-id"], request.body) for request in receiver.taken}
    assert len(bodies) == 3


def test_everything_since_a_moment_goes_again_with_its_first_ids(sender: Sender, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    happens(endpoint, sender.clock(), 2)
    sender.settle()
    since = sender.clock.forward(hours=1)
    late = happens(endpoint, since, 2)
    sender.settle()
    assert replay_since(endpoint, since, now=sender.clock(), actor=SYSTEM) == 2
    sender.settle()
    assert Counter(receiver.ids())[late[0].key] == 2
    assert len(receiver.ids()) == 6
    with pytest.raises(Refused):
        replay_since(endpoint, since + timedelta(seconds=1), now=since, actor=SYSTEM)


def test_what_is_taken_away_while_it_is_on_its_way_is_nobodys_trouble() -> None:
    clock = Clock()
    gone, _ = an_endpoint("https://shop.example/hook")
    [message] = happens(gone, clock())
    kept, _ = an_endpoint("https://other.example/hook")
    [other] = happens(kept, clock())
    remove_endpoint(fresh(gone), now=clock(), actor=SYSTEM)
    tries = [Try(message, gone, Answer(200), 5), Try(other, kept, Answer(200), 5)]
    record_tries(tries, now=clock(), chance=lambda: 0.0)
    assert list(WebhookAttempt.objects.values_list("message", flat=True)) == [other.pk]


def test_what_waited_goes_out_when_it_is_enabled_again(sender: Sender, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(receiver.url())
    happens(endpoint, sender.clock())
    disable_endpoint(endpoint, because=DisabledBecause.BY_HAND, now=sender.clock(), actor=SYSTEM)
    sender.settle()
    assert receiver.taken == []
    enable_endpoint(endpoint, now=sender.clock(), actor=SYSTEM)
    sender.settle()
    assert json.loads(receiver.taken[0].body)["type"] == "test"
