"""The mail door before a real server on loopback: what leaves, over how many connections, and what is known of it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from channels.content import Letter, Text
from channels.mail import MailReply, MailStage, Security, Sender, SmtpServer
from channels.messages import DoorResult, Lost, MailLogin, MailMessage, Recipient, Unreached
from channels.transports import MailDoor
from channels.transports.addresses import AddressRules
from tests.channels.test_http_failures import self_signed
from tests.doubles.smtp import PASSWORD, USER, SmtpDouble

pytestmark = pytest.mark.once("sqlite")
OPEN = AddressRules(is_open=True)


def plain(mail: MailMessage) -> EmailMultiAlternatives:
    """The least that is a mail."""
    headers = {"Message-ID": mail.message_id}
    return EmailMultiAlternatives(mail.letter.subject, "Hi", mail.sender.address, [mail.to.address], headers=headers)


@pytest.fixture
def door() -> Iterator[MailDoor]:
    door = MailDoor(allow=OPEN, compose=plain, timeout=30.0)
    yield door
    door.close()


def server_of(double: SmtpDouble, **more: Any) -> SmtpServer:
    return SmtpServer("127.0.0.1", double.port, **{"security": Security.NONE, **more})


def a_mail(server: SmtpServer, number: int = 1, to: str = "ann@example.com") -> MailMessage:
    letter = Letter("Hello", (Text(f"This is mail {number}"),))
    return MailMessage(
        server,
        Sender("news@shop.example", "The Shop"),
        Recipient(to),
        letter,
        f"{number}.0",
        f"<{number}@shop.example>",
    )


def results_of(door: MailDoor, seconds: float = 15.0) -> dict[object, DoorResult]:
    found: dict[object, DoorResult] = {}
    until = time.monotonic() + seconds
    while door.in_flight and time.monotonic() < until:
        found.update(door.poll(1.0))
    assert not door.in_flight
    return found


def send(door: MailDoor, mail: MailMessage | MailLogin) -> DoorResult:
    door.start("only", mail)
    return results_of(door)["only"]


def test_five_hundred_mails_go_over_four_connections(door: MailDoor) -> None:
    with SmtpDouble() as double:
        for number in range(500):
            door.start(number, a_mail(server_of(double), number))
        found = results_of(door)
    assert {type(result) for result in found.values()} == {MailReply}
    assert [found[number].message_id for number in (0, 499)] == ["<0@shop.example>", "<499@shop.example>"]  # type: ignore[union-attr]
    assert len({mail.parsed["Message-ID"] for mail in double.taken}) == len(double.taken) == 500
    assert double.connections == 4


def test_a_connection_is_kept_for_the_next_mail_and_replaced_when_its_server_ends_it(door: MailDoor) -> None:
    with SmtpDouble(closes_after=2) as double:
        found = [send(door, a_mail(server_of(double), number)) for number in range(5)]
    assert {result.stage for result in found if isinstance(result, MailReply)} == {MailStage.TAKEN}
    assert [mail.connection for mail in double.taken] == [1, 1, 2, 2, 3]


REFUSALS = [
    ({"refuses": {"ann@example.com": "550 5.1.1 no such user"}}, MailReply(MailStage.RECIPIENT, 550, "5.1.1")),
    ({"refuses": {"ann@example.com": "451 4.7.1 greylisted"}}, MailReply(MailStage.RECIPIENT, 451, "4.7.1")),
    ({"refuses": {"ann@example.com": "421 busy"}}, MailReply(MailStage.RECIPIENT, 421)),
    ({"sender": "553 5.7.1 not your address"}, MailReply(MailStage.SENDER, 553, "5.7.1")),
    ({"content": "554 5.7.1 spam"}, MailReply(MailStage.CONTENT, 554, "5.7.1")),
    ({"content": "451 later"}, MailReply(MailStage.CONTENT, 451)),
    ({"greeting": "554 nobody here"}, MailReply(MailStage.GREETING, 554)),
    ({"asks_login": True}, MailReply(MailStage.SENDER, 530, "5.7.0")),
    # Who talks without an end is not listened to.
    ({"greeting": "220-and\r\n" * 3000 + "220 so on"}, Unreached("SMTPServerDisconnected")),
    ({"greeting": "220 " + "x" * 100_000}, Unreached("SMTPServerDisconnected")),
    ({"content": "250-and\r\n" * 3000 + "250 so on"}, Lost("SMTPServerDisconnected")),
    # Before the bytes of the mail began to leave nothing can have arrived.
    ({"hangs_up": "greeting"}, Unreached("SMTPServerDisconnected")),
    ({"hangs_up": "mail"}, Unreached("SMTPServerDisconnected")),
    ({"hangs_up": "rcpt"}, Unreached("SMTPServerDisconnected")),
    ({"hangs_up": "data"}, Unreached("SMTPServerDisconnected")),
    # From then on it may have.
    ({"hangs_up": "content"}, Lost("SMTPServerDisconnected")),
    ({"hangs_up": "answer"}, Lost("SMTPServerDisconnected")),
    ({"content": "nonsense"}, Lost("no SMTP answer")),
    ({"refuses": {"ann@example.com": "nonsense"}}, Unreached("no SMTP answer")),
]


@pytest.mark.parametrize(("manners", "expected"), REFUSALS, ids=lambda value: str(value)[:60])
def test_what_a_server_refuses_and_when_it_hangs_up(
    door: MailDoor, manners: dict[str, Any], expected: DoorResult
) -> None:
    with SmtpDouble(**manners) as double:
        assert send(door, a_mail(server_of(double))) == expected


def test_a_refused_recipient_stands_in_nobodys_way(door: MailDoor) -> None:
    with SmtpDouble(refuses={"bob@example.com": "550 5.1.1 no"}) as double:
        people = ["ann", "bob", "cleo", "bob", "dora"]
        found = [
            send(door, a_mail(server_of(double), number, f"{who}@example.com")) for number, who in enumerate(people)
        ]
    assert [result.stage.value for result in found if isinstance(result, MailReply)] == [
        "taken", "recipient", "taken", "recipient", "taken",
    ]  # fmt: skip
    assert double.connections == 1


def test_only_the_right_password_signs_in(door: MailDoor) -> None:
    with SmtpDouble(asks_login=True) as double:
        known = server_of(double, user=USER, password=PASSWORD)
        assert send(door, MailLogin(known)) == MailReply(MailStage.TAKEN)
        assert isinstance(send(door, a_mail(known)), MailReply)
        wrong = replace(known, password="another")
        assert send(door, MailLogin(wrong)) == MailReply(MailStage.LOGIN, 535, "5.7.8")
        assert send(door, a_mail(wrong)) == MailReply(MailStage.LOGIN, 535, "5.7.8")
    assert len(double.taken) == 1


def test_an_encryption_that_the_server_does_not_offer_is_a_refusal_not_a_plain_password(door: MailDoor) -> None:
    with SmtpDouble(asks_login=True) as double:
        server = server_of(double, security=Security.STARTTLS, user=USER, password=PASSWORD)
        result = send(door, a_mail(server))
    assert isinstance(result, MailReply)
    assert (result.stage, result.code) == (MailStage.LOGIN, 502)
    assert "AUTH" not in double.heard


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's, which the door trusts."""
    path = self_signed(tmp_path / "own.pem")
    monkeypatch.setattr("channels.transports.mail.trusted", lambda: ssl.create_default_context(cafile=str(path)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_mails_and_passwords_go_encrypted(door: MailDoor, certificate: ssl.SSLContext, security: Security) -> None:
    with SmtpDouble(certificate, from_the_start=security is Security.TLS, asks_login=True) as double:
        server = SmtpServer("localhost", double.port, security, USER, PASSWORD)
        assert [type(send(door, a_mail(server, number))) for number in range(2)] == [MailReply] * 2
    assert (len(double.taken), double.connections) == (2, 1)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_for_another_name_gets_no_password(
    door: MailDoor, certificate: ssl.SSLContext, security: Security
) -> None:
    with SmtpDouble(certificate, from_the_start=security is Security.TLS, asks_login=True) as double:
        result = send(door, a_mail(SmtpServer("127.0.0.1", double.port, security, USER, PASSWORD)))
    assert isinstance(result, Unreached)
    assert result.why.startswith("certificate: ")
    assert "AUTH" not in double.heard


def test_nobody_listens(door: MailDoor) -> None:
    with SmtpDouble() as double:
        server = server_of(double)
    assert send(door, a_mail(server)) == Unreached("connection refused", is_refused=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]".strip("[]"), "10.1.2.3"])
@pytest.mark.parametrize("port", [25, 465, 587, 80, 5432])
def test_what_channels_may_not_reach_mail_does_not_reach_either(host: str, port: int) -> None:
    door = MailDoor(allow=AddressRules(), compose=plain, timeout=5.0)
    result = send(door, a_mail(SmtpServer(host, port, Security.NONE)))
    door.close()
    assert isinstance(result, Unreached)
    assert result.is_forbidden


@pytest.mark.parametrize("host", ["", "a..b", "x" * 70 + ".example"])
def test_what_is_no_name_of_a_server_is_not_the_installations_own(door: MailDoor, host: str, settings: Any) -> None:
    with SmtpDouble() as double:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", double.port
        assert isinstance(send(door, a_mail(SmtpServer(host, double.port, Security.NONE))), Unreached)
        assert double.connections == 0


def test_everybody_has_a_thread_and_nobody_has_all(door: MailDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.transports.mail.MANY", 2)
    with SmtpDouble() as one, SmtpDouble() as other, SmtpDouble() as third:
        for number in range(12):
            for double in (one, other, third):
                door.start((double.port, number), a_mail(server_of(double), number))
        assert len(results_of(door)) == 36
    assert sorted(double.connections for double in (one, other, third)) == [1, 1, 1]


def test_a_slow_server_holds_up_neither_the_wheel_nor_others(door: MailDoor) -> None:
    gate = threading.Event()
    with SmtpDouble(slow=gate) as slow, SmtpDouble() as quick:
        for number in range(4):
            door.start(f"slow {number}", a_mail(server_of(slow), number))
        door.start("quick", a_mail(server_of(quick)))
        assert [ticket for ticket, _ in door.poll(10.0)] == ["quick"]
        assert door.poll(0.0) == []
        gate.set()
        assert len(results_of(door)) == 4


def test_who_never_answers_is_given_up_and_not_heard_afterwards() -> None:
    gate = threading.Event()
    door = MailDoor(allow=OPEN, compose=plain, timeout=0.4, connections=1)
    with SmtpDouble(slow=gate) as double:
        door.start("begun", a_mail(server_of(double), 1))
        door.start("waits", a_mail(server_of(double), 2))
        found = results_of(door)
        gate.set()
    assert found["begun"] == Lost("no answer in time")
    assert found["waits"] in (
        Unreached("no connection was free in time"),
        MailReply(MailStage.TAKEN, message_id="<2@shop.example>"),
    )
    assert door.poll(0.2) == []
    door.close()


def test_no_thread_outlives_the_door() -> None:
    before = threading.active_count()
    door = MailDoor(allow=OPEN, compose=plain, timeout=5.0)
    with SmtpDouble() as double:
        assert isinstance(send(door, a_mail(server_of(double))), MailReply)
        door.close()
        until = time.monotonic() + 5
        while threading.active_count() > before + 1 and time.monotonic() < until:  # the double's own
            time.sleep(0.01)
        assert threading.active_count() <= before + 1
