"""E-mail by a service: Anymail's calls leave through our door to a double, and what it reports has its effect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from channels.actions.check_connection import Verdict, check_connection
from channels.errors import ContactGone, ContactUnreachable, MessageRejected, WebhookRejected
from channels.events import Consent, Echo, Event, MessageReceipt, Undelivered
from channels.messages import Account
from channels.models import Channel, Contact
from channels.webhooks import WEBHOOKS
from channels.webhooks.email import VIEWS
from sequencer.workspaces.actor import SYSTEM
from tests.actions.cast import enter, states_of, subscription_of
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence
from tests.channels.samples import SAMPLES
from tests.channels.samples.email import bounced, told
from tests.channels.test_webhook_contract import NOW, call_of
from tests.doubles.mail_service import CREDENTIALS, SECRET, MailServiceDouble
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
HOUR = {"delay_unit": "hours", "delay_amount": 1}


@pytest.fixture
def service() -> Iterator[MailServiceDouble]:
    with MailServiceDouble() as double:
        yield double


@pytest.fixture
def mail(service: MailServiceDouble, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Channel:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    return a_channel(kind="email", credentials=CREDENTIALS, settings={**service.settings(), "sends_per_second": 1000})


def reports(channel: Channel, body: bytes, secret: str = SECRET) -> int:
    proof = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    address = f"/webhooks/email/{channel.public_id}/"
    client = Client(raise_request_exception=False)
    return client.post(address, body, content_type="application/json", headers=proof).status_code


@pytest.mark.django_db
def test_a_mail_by_a_service_carries_the_ways_out_and_our_key(
    mail: Channel, service: MailServiceDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(mail, "ann@example.com", first_name="Ann")
    enter(a_sequence(mail.workspace, [{}, HOUR]), ann, now=clock())
    engine.settle()
    [sent] = service.accepted
    headers = {one["Name"]: one["Value"] for one in sent["Headers"]}
    assert (sent["From"], sent["To"]) == ("news@shop.example", "ann@example.com")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http")
    assert "Message-ID" not in headers
    assert {"TextBody", "HtmlBody", "Metadata"} <= sent.keys()
    number, key = sent["MessageID"], sent["Metadata"]["key"]
    assert states_of(ann) == [("sent", "")]
    assert reports(mail, told("Delivery", "Ann@Example.com", number, Metadata={"key": key})) == 200
    assert states_of(ann) == [("delivered", "")]
    assert reports(mail, told("Open", "ann@example.com", number)) == 200
    ann.refresh_from_db()
    assert (states_of(ann), ann.last_interaction_at) == ([("delivered", "")], None)
    assert reports(mail, told("Click", "ann@example.com", number, OriginalLink="https://shop.example/")) == 200
    ann.refresh_from_db()
    assert (states_of(ann), ann.last_interaction_at, ann.last_reply_at) == ([("read", "")], clock(), None)
    assert reports(mail, told("Click", "ann@example.com", number), "another:word") == 403


@pytest.mark.django_db
def test_a_bounce_and_a_complaint_end_what_they_were_in(
    mail: Channel, service: MailServiceDouble, engine: Engine, clock: Clock
) -> None:
    ann, bob = (a_contact(mail, f"{name}@example.com") for name in ("ann", "bob"))
    enter(a_sequence(mail.workspace, [{}, HOUR]), ann, bob, now=clock())
    engine.settle()
    numbers = {sent["To"]: sent["MessageID"] for sent in service.accepted}
    clock.forward(minutes=1)
    assert reports(mail, bounced("ann@example.com", numbers["ann@example.com"])) == 200
    complaint = told("SpamComplaint", "bob@example.com", numbers["bob@example.com"], ID=7, Type="SpamComplaint")
    assert reports(mail, complaint) == reports(mail, complaint) == 200
    assert states_of(ann) == [("failed", "contact_gone")]
    assert [subscription_of(one).ended_because for one in (ann, bob)] == ["contact_gone", "opted_out"]
    bob.refresh_from_db()
    assert bob.opted_out_at == clock()


@pytest.mark.django_db
def test_whom_the_service_refuses_and_a_call_that_breaks_off(
    mail: Channel, service: MailServiceDouble, engine: Engine, clock: Clock
) -> None:
    ann, bob, cleo = (a_contact(mail, f"{name}@example.com") for name in ("ann", "bob", "cleo"))
    sequence = a_sequence(mail.workspace)
    service.inactive = {"ann@example.com"}
    enter(sequence, ann, now=clock())
    engine.settle()
    assert states_of(ann) == [("failed", "contact_unreachable")]
    service.fault("reset", times=1)
    enter(sequence, bob, now=clock())
    engine.settle()
    assert states_of(bob) == [("unknown", "outcome_unknown")]
    [sent] = service.accepted
    assert reports(mail, told("Delivery", sent["To"], sent["MessageID"], Metadata=sent["Metadata"])) == 200
    assert states_of(bob) == [("delivered", "")]
    service.heal()
    service.will_answer(302, {}, Location="http://169.254.169.254/")
    enter(sequence, cleo, now=clock())
    engine.settle()
    assert {request.path for request in service.requests} == {"/email"}
    assert service.accepted == [sent]


@pytest.mark.django_db
def test_the_connection_is_tested_by_asking_the_service(mail: Channel, clock: Clock) -> None:
    finding = check_connection(mail, now=clock(), actor=SYSTEM)
    assert (finding.verdict, finding.found and finding.found.name) == (Verdict.CONNECTED, "Production")
    wrong = a_channel(kind="email", credentials={"api_key": "another"}, settings=mail.settings)
    assert check_connection(wrong, now=clock(), actor=SYSTEM).verdict is Verdict.TOKEN_REFUSED


MEANINGS: list[tuple[bytes, type[Any]]] = [
    (bounced("ann@example.com", "id-1", "HardBounce"), ContactGone),
    (bounced("ann@example.com", "id-1", "BadEmailAddress"), ContactUnreachable),
    (bounced("ann@example.com", "id-1", "Blocked"), ContactUnreachable),
    (bounced("ann@example.com", "id-1", "VirusNotification"), ContactUnreachable),
    (bounced("ann@example.com", "id-1", "SMTPApiError"), MessageRejected),
]


@pytest.mark.once("sqlite")
@pytest.mark.parametrize(("body", "expected"), MEANINGS)
def test_why_a_mail_did_not_arrive(body: bytes, expected: type[Any]) -> None:
    [event] = events_of(body)
    assert isinstance(event, Undelivered)
    assert type(event.error) is expected


def events_of(body: bytes) -> list[Event]:
    return list(WEBHOOKS["email"].parse(call_of(body, {}), SAMPLES["email"].account))


@pytest.mark.once("sqlite")
def test_unsubscribing_at_the_service_counts_and_its_undoing_there_does_not() -> None:
    change = {"SuppressionReason": "ManualSuppression", "ChangedAt": NOW.isoformat()}
    [no] = events_of(told("SubscriptionChange", "ann@example.com", "id-1", SuppressSending=True, **change))
    assert isinstance(no, Consent)
    assert (no.is_given, no.at) == (False, NOW)
    assert events_of(told("SubscriptionChange", "ann@example.com", "id-1", SuppressSending=False, **change)) == []


@pytest.mark.once("sqlite")
def test_our_key_settles_what_was_in_doubt_and_anything_else_there_is_passed_over() -> None:
    found = events_of(told("Delivery", "ann@example.com", "id-1", Metadata={"key": "77.0"}))
    assert [type(one) for one in found] == [Echo, MessageReceipt]
    for odd in ({"key": ["x"]}, {"key": "\ud800"}, {"key": ""}, {}):
        assert [type(one) for one in events_of(told("Delivery", "ann@example.com", "id-1", Metadata=odd))] == [
            MessageReceipt
        ]


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("service", VIEWS)
def test_no_service_is_believed_without_its_proof(service: str) -> None:
    account = SAMPLES["email"].account
    settings = {**account.settings, "service": service}
    for credentials in (account.credentials, {}):
        for headers in ({}, {"Authorization": "Basic x"}, {"Content-Type": "application/x-www-form-urlencoded"}):
            with pytest.raises(Exception, match=r"signature or password|expects no reports") as caught:
                WEBHOOKS["email"].verify(
                    call_of(json.dumps({}).encode(), headers), type(account)(credentials, settings)
                )
            assert getattr(caught.value, "status", 0) == 403


@pytest.mark.django_db
def test_a_contact_is_known_under_one_spelling(mail: Channel) -> None:
    assert Contact.objects.filter(channel=mail).count() == 0
    assert reports(mail, told("Click", "ANN@Example.com", "id-1")) == 200
    assert reports(mail, told("Click", "ann@example.COM", "id-2")) == 200
    assert [one.address for one in Contact.objects.filter(channel=mail)] == ["ann@example.com"]


def signed_by_mailgun(event: dict[str, Any], key: str = SECRET) -> bytes:
    proof = hmac.new(key.encode(), b"1534351683token", hashlib.sha256).hexdigest()
    signature = {"timestamp": "1534351683", "token": "token", "signature": proof}
    return json.dumps({"signature": signature, "event-data": event}).encode()


FAILED_AT_MAILGUN = {
    "event": "failed",
    "severity": "permanent",
    "reason": "bounce",
    "recipient": "ann@example.com",
    "timestamp": 1534351683.8,
    "id": "e1",
    "message": {"headers": {"message-id": "m1@mg.shop.example"}},
    "delivery-status": {"code": 550},
}
BOUNCES: dict[str, tuple[Any, str]] = {
    "brevo": (
        {
            "event": "hard_bounce",
            "email": "ann@example.com",
            "id": 1,
            "message-id": "<m1@x.example>",
            "ts_event": 1604933654,
        },
        "<m1@x.example>",
    ),
    "mailjet": (
        [
            {
                "event": "bounce",
                "time": 1430812195,
                "MessageID": 13792286917004336,
                "email": "ann@example.com",
                "hard_bounce": True,
                "error_related_to": "recipient",
                "error": "user unknown",
            }
        ],
        "13792286917004336",
    ),
    "sparkpost": (
        [
            {
                "msys": {
                    "message_event": {
                        "type": "bounce",
                        "bounce_class": "10",
                        "timestamp": "1454442600",
                        "transmission_id": "65832150921904138",
                        "raw_rcpt_to": "ann@example.com",
                    }
                }
            }
        ],
        "65832150921904138",
    ),
    "mailgun": (FAILED_AT_MAILGUN, "<m1@mg.shop.example>"),
}


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("service", BOUNCES)
def test_a_bounce_is_read_whoever_reports_it(service: str) -> None:
    told_as, number = BOUNCES[service]
    body = signed_by_mailgun(told_as) if service == "mailgun" else json.dumps(told_as).encode()
    proof = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
    account = Account(CREDENTIALS, {"service": service})
    call = call_of(body, {"Content-Type": "application/json"} if service == "mailgun" else proof)
    WEBHOOKS["email"].verify(call, account)
    [event] = WEBHOOKS["email"].parse(call, account)
    assert isinstance(event, Undelivered)
    assert (event.address, event.provider_message_id) == ("ann@example.com", number)
    assert isinstance(event.error, ContactGone)


@pytest.mark.once("sqlite")
def test_mailguns_signature_is_made_with_the_key_that_is_stored() -> None:
    body = signed_by_mailgun(FAILED_AT_MAILGUN, "another key")
    with pytest.raises(WebhookRejected):
        WEBHOOKS["email"].verify(call_of(body, {}), Account(CREDENTIALS, {"service": "mailgun"}))
