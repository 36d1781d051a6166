"""What every kind's webhook must do; measured by the kind's own samples (tests/channels/samples/)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.http.request import HttpHeaders
from django.test import Client

from channels.errors import WebhookRejected
from channels.events import Blocked, Consent, Event, MessageReceipt, ReceiptKind, Undelivered, WatermarkReceipt
from channels.messages import InboundEvent
from channels.models import Channel, Contact, SeenEvent
from channels.webhooks import WEBHOOKS, Call
from tests.builders import a_channel
from tests.channels.calling_webhooks import address_of
from tests.channels.samples import SAMPLES, WebhookSamples
from tests.channels.samples.shape import SOMEBODY_ELSES, WEBHOOK_URL

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@pytest.fixture(params=list(WEBHOOKS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def posts(kind: str) -> WebhookSamples:
    found = SAMPLES[kind].webhook
    assert found is not None, f"{kind} has a webhook and no samples of it"
    return found


def call_of(body: bytes, headers: dict[str, str]) -> Call:
    """With the headers as Django gives them."""
    meta = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return Call(body, HttpHeaders(meta), WEBHOOK_URL, NOW)


def verify(kind: str, body: bytes, headers: dict[str, str]) -> None:
    WEBHOOKS[kind].verify(call_of(body, headers), SAMPLES[kind].account)


def events_in(kind: str, body: bytes) -> list[Event]:
    return list(WEBHOOKS[kind].parse(call_of(body, {}), SAMPLES[kind].account))


def said(kind: str, name: str = "id-1", at: datetime = NOW) -> bytes:
    found = SAMPLES[kind].webhook
    assert found is not None
    return found.said(SAMPLES[kind].address, at, name)


def test_a_rightly_signed_post_is_taken(kind: str, posts: WebhookSamples) -> None:
    body = said(kind)
    verify(kind, body, posts.signed(body, None))


def test_a_forged_post_is_refused_as_the_provider_expects(kind: str, posts: WebhookSamples) -> None:
    body = said(kind)
    wrong = {
        "missing": {},
        "empty": dict.fromkeys(posts.signed(body, None), ""),
        "another secret": posts.signed(body, SOMEBODY_ELSES),
        **posts.forged(body),
    }
    if posts.signs_body:
        wrong["other bytes"] = posts.signed(said(kind, "id-2"), None)
    for name, headers in wrong.items():
        with pytest.raises(WebhookRejected) as caught:
            verify(kind, body, headers)
        assert caught.value.status == posts.refused, name


def test_a_channel_without_its_secret_takes_nothing(kind: str, posts: WebhookSamples) -> None:
    body = said(kind)
    for headers in (posts.signed(body, ""), {}):
        with pytest.raises(WebhookRejected):
            WEBHOOKS[kind].verify(call_of(body, headers), type(SAMPLES[kind].account)())


def test_what_a_person_says_is_heard_under_a_key(kind: str) -> None:
    [first] = [event for event in events_in(kind, said(kind)) if isinstance(event, InboundEvent)]
    [again] = [event for event in events_in(kind, said(kind)) if isinstance(event, InboundEvent)]
    [other] = [event for event in events_in(kind, said(kind, "id-2")) if isinstance(event, InboundEvent)]
    assert (first.address, first.at) == (SAMPLES[kind].address, NOW)
    assert first.key == again.key != other.key
    assert first.key


def test_what_becomes_of_a_message_is_heard(kind: str, posts: WebhookSamples) -> None:
    for make, kind_of_receipt in ((posts.delivered, ReceiptKind.DELIVERED), (posts.read, ReceiptKind.READ)):
        if make is not None:
            found = events_in(kind, make(SAMPLES[kind].address, NOW, "id-9"))
            receipts = [one for one in found if isinstance(one, MessageReceipt | WatermarkReceipt)]
            assert receipts, kind_of_receipt
            assert {one.kind for one in receipts} == {kind_of_receipt}
            named = {one.provider_message_id for one in receipts if isinstance(one, MessageReceipt)}
            assert named <= {"id-9"}
    if posts.failed is not None:
        found = events_in(kind, posts.failed(SAMPLES[kind].address, NOW, "id-9"))
        assert [one.provider_message_id for one in found if isinstance(one, Undelivered)] == ["id-9"]


@pytest.mark.parametrize(("name", "is_given"), [("stopped", False), ("started", True)])
def test_consent_is_heard_both_ways(kind: str, posts: WebhookSamples, name: str, is_given: bool) -> None:
    if (make := getattr(posts, name)) is not None:
        found = events_in(kind, make(SAMPLES[kind].address, NOW, "id-1"))
        assert [one.is_given for one in found if isinstance(one, Consent)] == [is_given]


def test_a_block_is_heard(kind: str, posts: WebhookSamples) -> None:
    if posts.blocked is not None:
        found = events_in(kind, posts.blocked(SAMPLES[kind].address, NOW, "id-1"))
        assert [(type(one), one.address, one.at) for one in found if isinstance(one, Blocked)] == [
            (Blocked, SAMPLES[kind].address, NOW)
        ]


def test_what_is_strange_is_passed_over(kind: str, posts: WebhookSamples) -> None:
    assert posts.strange
    for body in posts.strange:
        assert events_in(kind, body) == [], body


def test_what_cannot_be_read_is_400(kind: str, posts: WebhookSamples) -> None:
    for body in posts.unreadable:
        with pytest.raises(WebhookRejected) as caught:
            events_in(kind, body)
        assert caught.value.status == 400


def test_whatever_is_posted_never_breaks_the_reader(kind: str, posts: WebhookSamples) -> None:
    """Cut, flipped and mixed: what comes out can be stored, or the post is refused."""
    chance, address = random.Random(11), SAMPLES[kind].address
    makers = [posts.said, posts.delivered, posts.read, posts.failed, posts.stopped]
    bodies = [make(address, NOW, "id-1") for make in makers if make is not None]
    for body in bodies:
        for _ in range(150):
            torn = bytearray(body)
            for _ in range(chance.randint(1, 4)):
                torn[chance.randrange(len(torn))] = chance.choice(b'\x00"{}[]:,0n\xff')
            try:
                found = events_in(kind, bytes(torn[: chance.randint(1, len(torn))] if chance.random() < 0.2 else torn))
            except WebhookRejected:
                continue
            for event in found:
                assert "\x00" not in f"{event}"


@pytest.mark.django_db
def test_doubled_and_in_any_order_the_effect_is_one(
    kind: str, posts: WebhookSamples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    samples = SAMPLES[kind]
    channel = a_channel(kind=kind, credentials=samples.credentials, settings=samples.settings)
    address = samples.address
    moments = [NOW - timedelta(seconds=seconds) for seconds in range(3)]
    bodies = [said(kind, f"id-{number}", at) for number, at in enumerate(moments)] * 3
    if posts.delivered:
        bodies += [posts.delivered(address, NOW, "id-9")] * 2
    random.Random(3).shuffle(bodies)
    for body in [*bodies, *posts.strange]:
        assert post(channel, body, posts) == 200, body
    contact = Contact.objects.get()
    assert contact.address == address
    assert contact.last_interaction_at is not None
    assert contact.last_interaction_at == NOW or (contact.last_interaction_at > NOW and not posts.tells_moments)
    assert SeenEvent.objects.count() == 3
    if no := posts.stopped or posts.blocked:
        assert post(channel, no(address, NOW, "id-8"), posts) == 200
        contact.refresh_from_db()
        assert contact.opted_out_at or contact.blocked_at


def post(channel: Channel, body: bytes, posts: WebhookSamples) -> int:
    url = settings.PUBLIC_URL.rstrip("/") + address_of(channel)
    headers = posts.signed_at(url, body) if posts.signed_at else posts.signed(body, None)
    content_type = headers.pop("Content-Type", "application/json")
    return Client().post(address_of(channel), body, content_type=content_type, headers=headers).status_code
