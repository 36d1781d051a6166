"""E-mail by a real mail server on loopback and the real engine: what leaves, what is refused, what is in doubt."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from channels.models import Channel, ChannelState
from sequences.actions.rescue import rescue
from sequences.actions.runs import end_run
from sequences.models import Delivery
from tests.actions.cast import enter, states_of, subscription_of
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow
from tests.doubles.smtp import PASSWORD, USER, SmtpDouble
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db

HOUR = {"delay_unit": "hours", "delay_amount": 1}
BLOCKS: list[dict[str, Any]] = [
    {"type": "text", "text": 'Hello {{ first_name|default:"you" }}, 1 < 2 & more.\n.a line with a full stop'},
    {"type": "image", "url": "https://shop.example/a.png?w=1&h=2", "caption": "The shelf"},
    {"type": "action", "action": "add_tag", "tag": "written to"},
    {
        "type": "buttons",
        "text": "Look",
        "buttons": [{"label": "To the <shop>", "url": "https://shop.example/?a=1&b=2"}],
    },
]


@pytest.fixture
def server() -> Iterator[SmtpDouble]:
    with SmtpDouble() as double:
        yield double


@pytest.fixture
def mail(server: SmtpDouble) -> Channel:
    own = {"sender_name": "La Boutique é", "reply_to": "hello@shop.example", "postal_address": "1 Main Street"}
    return a_channel(kind="email", settings={**server.settings(**own), "sends_per_second": 1000})


def test_a_sub_flow_leaves_as_one_mail_and_every_header_is_ours(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    mail.settings["unsubscribe_to"] = "out@shop.example"
    mail.save()
    sub_flow = a_sub_flow(mail.workspace, blocks=BLOCKS, subject="{{ first_name }}, your “basket”")
    sequence = a_sequence(mail.workspace, [{"sub_flow": sub_flow}])
    ann = a_contact(mail, "ann@example.com", first_name="Zoé\r\nBcc: eve@example.com", language="fr")
    enter(sequence, ann, now=clock())
    engine.settle()
    [taken] = server.taken
    assert (taken.sender, taken.recipients) == ("news@shop.example", ["ann@example.com"])
    lines = taken.raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    base = re.escape(settings.PUBLIC_URL)
    expected = {
        "Content-Type": r'multipart/alternative; boundary="=+\d+=="',
        "MIME-Version": r"1\.0",
        # "Zoé Bcc: eve@example.com, your “basket”": the line break of a name ends no header
        "Subject": r"=\?utf-8\?b\?[A-Za-z0-9+/=]+\?=( =\?utf-8\?b\?[A-Za-z0-9+/=]+\?=)*",
        "From": r"=\?utf-8\?q\?La_Boutique_=C3=A9\?= <news@shop\.example>",
        "To": r"ann@example\.com",
        "Reply-To": r"hello@shop\.example",
        "Date": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d -0000",
        "Message-ID": r"<[0-9a-f]{32}@shop\.example>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "List-Unsubscribe": rf"<{base}/unsubscribe/[\w.-]+/>, <mailto:out@shop\.example\?subject=[\w.-]+>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert [line.split(":")[0] for line in lines] == list(expected)
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, headers[name].strip()), (name, headers[name])
    assert all(len(line) <= 998 for line in taken.raw.split(b"\r\n"))
    assert b"\n" not in taken.raw.replace(b"\r\n", b"")
    html, text = body_of(server, "text/html"), body_of(server, "text/plain")
    assert "1 &lt; 2 &amp; more." in html
    assert "\n.a line with a full stop" in text
    assert 'src="https://shop.example/a.png?w=1&amp;h=2" alt="The shelf"' in html
    assert 'href="https://shop.example/?a=1&amp;b=2"' in html
    assert "To the &lt;shop&gt;" in html
    assert "To the <shop>: https://shop.example/?a=1&b=2" in text
    assert all("1 Main Street" in body and "Se désabonner de tous les e-mails" in body for body in (html, text))
    ann.refresh_from_db()
    assert (ann.tags, states_of(ann)) == (["written to"], [("sent", "")])
    [number] = Delivery.objects.get().parts.values_list("provider_message_id", flat=True)
    assert number == headers["Message-ID"]


def test_a_sub_flow_without_a_subject_goes_under_its_name(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    sub_flow = a_sub_flow(mail.workspace, name="Welcome", subject="{{ fields.headline }}")
    enter(a_sequence(mail.workspace, [{"sub_flow": sub_flow}]), a_contact(mail, "ann@example.com"), now=clock())
    engine.settle()
    assert server.taken[0].parsed["Subject"] == "Welcome"


def body_of(server: SmtpDouble, kind: str) -> str:
    [part] = [part for part in server.taken[-1].parsed.walk() if part.get_content_type() == kind]
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_who_is_refused_for_good_is_gone_and_who_is_refused_for_now_gets_it_later(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    sequence = a_sequence(mail.workspace, [{}, HOUR])
    ann, bob, cleo = (a_contact(mail, f"{name}@example.com") for name in ("ann", "bob", "cleo"))
    server.manners.refuses = {"bob@example.com": "550 5.1.1 no such user", "cleo@example.com": "451 4.7.1 greylisted"}
    enter(sequence, ann, bob, cleo, now=clock())
    engine.settle()
    assert states_of(bob) == [("failed", "contact_gone")]
    assert subscription_of(bob).ended_because == "contact_gone"
    assert (states_of(ann), states_of(cleo)) == ([("sent", "")], [("waiting", "")])
    server.manners.refuses = {}
    engine.travel(minutes=2)
    assert states_of(cleo) == [("sent", "")]
    assert [one.recipients for one in server.taken] == [["ann@example.com"], ["cleo@example.com"]]
    assert subscription_of(ann).state == "active"


def test_a_refused_password_pauses_the_channel_and_nothing_burns(engine: Engine, clock: Clock) -> None:
    with SmtpDouble(asks_login=True) as server:
        wrong = {"user": USER, "password": "another"}
        mail = a_channel(kind="email", credentials=wrong, settings=server.settings())
        ann, bob = (a_contact(mail, f"{name}@example.com") for name in ("ann", "bob"))
        enter(a_sequence(mail.workspace), ann, bob, now=clock())
        engine.settle()
        mail.refresh_from_db()
        assert (mail.state, mail.paused_because) == (ChannelState.PAUSED, "credentials_refused")
        assert "SMTP 535" in mail.paused_detail
        assert PASSWORD not in mail.paused_detail
        assert {one.state for one in Delivery.objects.all()} == {"waiting"}
        assert server.taken == []


def test_a_connection_lost_after_data_leaves_the_mail_in_doubt_and_it_is_never_sent_again(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(mail, "ann@example.com")
    enter(a_sequence(mail.workspace, [{}, HOUR]), ann, now=clock())
    server.manners.hangs_up = "answer"
    engine.settle()
    assert states_of(ann) == [("unknown", "outcome_unknown")]
    assert len(server.taken) == 1
    server.manners.hangs_up = ""
    engine.travel(minutes=30)
    assert len(server.taken) == 1
    engine.travel(hours=1)
    assert len(server.taken) == 2  # the next message


def test_a_connection_lost_before_data_costs_nothing_but_time(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(mail, "ann@example.com")
    enter(a_sequence(mail.workspace), ann, now=clock())
    server.manners.hangs_up = "data"
    engine.settle()
    assert states_of(ann) == [("waiting", "")]
    server.manners.hangs_up = ""
    engine.travel(minutes=2)
    assert (states_of(ann), len(server.taken)) == ([("sent", "")], 1)


def test_no_more_are_on_their_way_than_a_death_may_leave_in_doubt(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock
) -> None:
    people = [a_contact(mail, f"person{number}@example.com") for number in range(30)]
    enter(a_sequence(mail.workspace), *people, now=clock())
    most = 0
    while not (engine.dispatcher.is_idle and len(server.taken) == 30):
        engine.dispatcher.turn(wait=0.05)
        most = max(most, engine.doors.in_flight)
        assert most <= 8
    assert most > 1
    assert server.connections <= 4
    assert Delivery.objects.filter(state="sent").count() == 30


def test_a_death_leaves_what_is_in_the_air_in_doubt_and_nobody_gets_a_mail_twice(
    mail: Channel, server: SmtpDouble, clock: Clock
) -> None:
    server.manners.slow = gate = threading.Event()
    people = [a_contact(mail, f"person{number}@example.com") for number in range(20)]
    first = Engine(clock)
    enter(a_sequence(mail.workspace), *people, now=clock())
    while len(server.heard_of("DATA")) < 4:
        first.dispatcher.turn(wait=0.05)
    first.close()
    gate.set()
    end_run(first.run, because="lost", now=clock())
    rescue(first.run, now=clock())
    second = Engine(clock)
    second.settle()
    second.close()
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert states == {"unknown": 8, "sent": 12}
    taken = Counter(one.recipients[0] for one in server.taken)
    assert set(taken.values()) == {1}
    assert len(taken) >= 12 + 4


def test_what_a_mail_client_posts_unsubscribes_at_once(
    mail: Channel, server: SmtpDouble, engine: Engine, clock: Clock, client: Any
) -> None:
    ann = a_contact(mail, "ann@example.com")
    enter(a_sequence(mail.workspace, [{}, HOUR]), ann, now=clock())
    engine.settle()
    found = re.search(r"<https?://[^/>]+(/[^>]+)>", server.taken[0].parsed["List-Unsubscribe"].replace("\n", ""))
    assert found
    body, kind = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    for _ in range(2):
        answer = client.post(found[1], body, content_type=kind)
        assert (answer.status_code, answer.cookies) == (200, {})
    ann.refresh_from_db()
    assert ann.opted_out_at is not None
    assert subscription_of(ann).ended_because == "opted_out"
    engine.travel(hours=2)
    assert len(server.taken) == 1
