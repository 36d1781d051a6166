"""E-mail addresses, what becomes of a sub-flow on its way into a mail, and what servers' words mean."""

from __future__ import annotations

from typing import Any

import pytest

from channels.backends import backend_for
from channels.backends.email_address import email_address
from channels.backends.email_services import SERVICES
from channels.backends.limits import Finding
from channels.content import Button, Buttons, File, Image, Letter, Message, QuickReplies, QuickReply, Text, Video
from channels.letters import language_of, one_line, with_name, write_out
from channels.mail import MailService, Security, SmtpServer
from channels.messages import Account, MailMessage, Outgoing, Recipient
from channels.transports.addresses import AddressRules
from channels.transports.mail_services import ServiceConversation
from sequences.rules.letters import as_letter
from sequences.rules.rendering import ActionPart, MessagePart, Part, PausePart
from tests.channels.samples.email import SETTINGS

pytestmark = pytest.mark.once("sqlite")
EMAIL = backend_for("email")
ANN = Recipient(
    "ann@example.com",
    5,
    {"language": "fr"},
    "https://s.example/unsubscribe/all.1/",
    "https://s.example/unsubscribe/one.1/",
)

ADDRESSES = [
    ("ann@example.com", "ann@example.com"),
    ("  Ann.Dupont+News@EXAMPLE.com ", "ann.dupont+news@example.com"),
    ("ann@bücher.example", "ann@xn--bcher-kva.example"),  # the DNS knows no umlauts
    ("ann@XN--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
    ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),  # the dots apart
    ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ("zoé@example.com", ""),  # needs SMTPUTF8 all the way
    ("ann@localhost", ""),
    ("ann@192.0.2.1", ""),
    ("ann@[192.0.2.1]", ""),
    ("ann@@example.com", ""),
    (".ann@example.com", ""),
    ("ann..b@example.com", ""),
    ('"ann b"@example.com', ""),
    ("Ann <ann@example.com>", ""),
    ("ann@example.com, bob@example.com", ""),
    ("ann@exam ple.com", ""),
    ("ann@example.com\r\nBcc: eve@example.com", ""),
    ("ann\u202e@example.com", ""),
    ("ann@-example.com", ""),
    ("ann@example..com", ""),
    ("a" * 65 + "@example.com", ""),
    ("a@" + "b" * 64 + ".com", ""),
    ("a@" + ".".join(["b" * 60] * 4) + ".com", ""),
    ("ann@\ud800.com", ""),
    ("@", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_an_address_has_one_spelling_or_is_none(text: str, expected: str) -> None:
    assert EMAIL.address(text) == email_address(text) == expected
    assert email_address(expected) == expected


SENT: list[tuple[dict[str, Any], dict[str, str], SmtpServer]] = [
    ({"host": "mail.example"}, {}, SmtpServer("mail.example", 587)),
    (
        {"host": "mail.example", "security": "tls"},
        {"user": "shop", "password": "word"},
        SmtpServer("mail.example", 465, Security.TLS, "shop", "word"),
    ),
    ({"host": "mail.example", "security": "none"}, {}, SmtpServer("mail.example", 25, Security.NONE)),
    ({"host": "mail.example", "port": "2525"}, {}, SmtpServer("mail.example", 2525)),
]


@pytest.mark.parametrize(("own", "credentials", "expected"), SENT)
def test_a_mail_server_is_spoken_to_as_its_settings_say(
    own: dict[str, Any], credentials: dict[str, str], expected: SmtpServer
) -> None:
    settings = {"service": "smtp", "sender": "News@Bücher.example", **own}
    mail = built(Text("hi"), Account(credentials, settings, 3, "https://s.example/webhooks/email/chn_1/"))
    assert mail.server == expected
    assert mail.sender.address == "news@xn--bcher-kva.example"
    assert mail.message_id.endswith("@xn--bcher-kva.example>")


def built(content: Message, account: Account | None = None, key: str = "77.0") -> MailMessage:
    account = account or Account({}, SETTINGS, 3, "https://s.example/webhooks/email/chn_1/")
    mail = EMAIL.build(Outgoing(content, key), ANN, account)
    assert isinstance(mail, MailMessage)
    return mail


def test_the_message_id_is_the_same_for_a_message_and_no_other() -> None:
    other_channel = Account({}, SETTINGS, 4, "https://s.example/webhooks/email/chn_2/")
    ids = [built(Text("a")), built(Text("b")), built(Text("a"), key="77.1"), built(Text("a"), other_channel)]
    assert ids[0].message_id == ids[1].message_id
    assert len({mail.message_id for mail in ids}) == 3


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_one_of_anymails_and_gets_its_options(name: str) -> None:
    credentials = {"api_key": "the key", "api_secret": "the other key"}
    settings = {**SETTINGS, "service": name, "sending_domain": "mg.shop.example"}
    server = built(Text("hi"), Account(credentials, settings)).server
    assert isinstance(server, MailService)
    conversation = ServiceConversation(server, AddressRules(is_open=True), 5.0)
    known = vars(conversation._backend)
    assert known["api_url"].startswith("https://")
    assert "the key" in known.values()
    assert ("the other key" in known.values()) == bool(SERVICES[name].secret)
    conversation.close()
    assert "the key" not in repr(server)
    ask = EMAIL.me(Account(credentials, settings))
    assert ask is not None


CANNOT: list[tuple[Message, list[Finding]]] = [
    (Text("hi"), []),
    (Image("https://e.com/a.png", "Look"), []),
    (Video("https://e.com/a.mp4"), []),
    (File("https://e.com/a.pdf", "The list"), []),
    (Buttons("hi", (Button("Open", url="https://e.com/"),) * 20), []),
    (Buttons("hi", (Button("Yes", payload="YES"),)), [Finding("buttons.0.payload", "answers_unsupported")]),
    (QuickReplies("hi", (QuickReply("Yes", "YES"),)), [Finding("", "unsupported")]),
    (Letter("s", (Text("hi"), Text(" "))), [Finding("1.text", "text_empty")]),
]


@pytest.mark.parametrize(("content", "expected"), CANNOT)
def test_what_a_mail_cannot_do_is_said_with_its_place(content: Message, expected: list[Finding]) -> None:
    assert EMAIL.findings(content) == expected


TAG = ActionPart("add_tag", tag="t")
A, B, PAUSE = MessagePart(Text("a")), MessagePart(Text("b")), PausePart(5)
LETTER = MessagePart(Letter("s", (Text("a"), Text("b"))))
JOINED: list[tuple[tuple[Part, ...], tuple[Part, ...]]] = [
    ((A, B), (LETTER,)),
    ((A, PAUSE, B), (LETTER,)),
    ((TAG, A, TAG, B, TAG), (TAG, LETTER, TAG, TAG)),
    ((PAUSE, A, B), (LETTER,)),
    ((TAG, PAUSE), (TAG,)),
    ((), ()),
]


@pytest.mark.parametrize(("parts", "expected"), JOINED)
def test_blocks_become_one_letter_and_deeds_keep_their_order(
    parts: tuple[Part, ...], expected: tuple[Part, ...]
) -> None:
    assert as_letter(parts, "s") == expected


HOSTILE = "Ann\r\nBcc: eve@example.com\x00\u2028\ud800"


def test_nothing_that_people_wrote_becomes_a_header() -> None:
    account = Account({}, {**SETTINGS, "sender_name": f'"{HOSTILE}" <eve@example.com>,'}, 3)
    mail = write_out(built(Letter(HOSTILE, (Text("hi"),)), account))
    raw = mail.message().as_bytes().replace(b"\n", b"\r\n")
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head
    assert b"\r\nbcc" not in head.lower()
    assert mail.recipients() == ["ann@example.com"]
    assert mail.message()["Subject"] == "Ann Bcc: eve@example.com"
    assert mail.message()["From"].endswith("<news@shop.example>")


def test_nothing_that_people_wrote_becomes_markup() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=1>\"'&"
    blocks = (
        Text(evil),
        Image('https://e.com/a.png?"><script>', evil),
        Buttons(evil, (Button(evil, url='https://e.com/?a="><script>'),)),
        File("https://e.com/'><b>", evil),
    )
    account = Account({}, {**SETTINGS, "sender_name": evil, "postal_address": evil}, 3)
    html = str(write_out(built(Letter(evil, blocks), account)).alternatives[0][0])
    assert "<script" not in html
    assert "<img src=x" not in html
    assert html.count("<img ") == 1
    assert html.count("<a ") == 4  # a file, a button, two ways out


def test_a_mail_speaks_the_persons_language() -> None:
    assert [language_of(code) for code in ("fr", "fr_CA", "en-GB", "de", "", "\x00")] == [
        "fr",
        "fr",
        "en",
        "en",
        "en",
        "en",
    ]
    assert 'lang="fr"' in str(write_out(built(Text("hi"))).alternatives[0][0])


def test_names_are_quoted_and_lines_joined() -> None:
    assert with_name('The "Shop", Ltd', "a@b.example") == '"The \\"Shop\\", Ltd" <a@b.example>'
    assert with_name("", "a@b.example") == "a@b.example"
    assert one_line(" 👨‍👩‍👧 \t two\nlines ") == "👨‍👩‍👧 two lines"
