"""What may be set on an e-mail channel, and that a password never follows to another server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.save_channel import ChannelDraft, save_channel
from channels.ask import account_of
from channels.models import Channel
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Refused
from tests.builders import a_channel, a_workspace
from tests.doubles.smtp import PASSWORD, USER, SmtpDouble

pytestmark = [pytest.mark.django_db, pytest.mark.once("sqlite")]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMTP = {"service": "smtp", "sender": "news@shop.example", "host": "mail.example"}
KNOWN = {"user": "shop", "password": "word"}
POSTMARK = {"service": "postmark", "sender": "news@shop.example"}

REFUSED: list[tuple[dict[str, Any], dict[str, str], set[tuple[str, str]]]] = [
    (SMTP, {}, set()),  # a relay that knows us by our address
    (SMTP, KNOWN, set()),
    (SMTP, {"user": "shop"}, {("credentials.password", "required")}),
    ({**SMTP, "host": None}, {}, {("settings.host", "required")}),
    ({**SMTP, "sender": None}, {}, {("settings.sender", "required")}),
    ({**SMTP, "sender": "news"}, {}, {("settings.sender", "invalid_format")}),
    ({**SMTP, "sender": "news@shop"}, {}, {("settings.sender", "invalid_format")}),
    ({**SMTP, "sender": "né@shop.example"}, {}, {("settings.sender", "invalid_format")}),
    ({**SMTP, "reply_to": "a@b.example, c@d.example"}, {}, {("settings.reply_to", "invalid_format")}),
    ({**SMTP, "sender_name": "Shop\r\nBcc: x"}, {}, {("settings.sender_name", "invalid_character")}),
    ({**SMTP, "host": "mail.example/x"}, {}, {("settings.host", "invalid_format")}),
    ({**SMTP, "port": "70000"}, {}, {("settings.port", "invalid_format")}),
    ({**SMTP, "port": 587}, {}, {("settings.port", "invalid_type")}),
    ({**SMTP, "service": "pigeon"}, {}, {("settings.service", "unknown_choice")}),
    ({**SMTP, "security": "none"}, KNOWN, {("settings.security", "encryption_required")}),
    (
        {**SMTP, "security": "none", "host": "127.0.0.1"},
        {},
        {("settings.security", "encryption_required"), ("settings.host", "address_forbidden")},
    ),
    (POSTMARK, {}, {("credentials.api_key", "required")}),
    (POSTMARK, {"api_key": "k"}, set()),
    ({**POSTMARK, "service": "mailjet"}, {"api_key": "k"}, {("credentials.api_secret", "required")}),
    ({**POSTMARK, "service": "mailgun"}, {"api_key": "k"}, {("settings.sending_domain", "required")}),
]


@pytest.mark.parametrize(("own", "credentials", "expected"), REFUSED)
def test_what_may_be_set(
    own: dict[str, Any], credentials: dict[str, str], expected: set[tuple[str, str]], settings: Any
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, ()
    draft = ChannelDraft("email", "Mail", own, credentials)
    try:
        save_channel(a_workspace(), None, draft, now=NOW, actor=SYSTEM)
    except Refused as refused:
        found = {(one.field, one.code) for one in refused.problems}
        assert found == expected  # noqa: PT017  # what is right is not refused at all
    else:
        assert not expected


def stored(channel: Channel) -> dict[str, str]:
    return account_of(Channel.objects.get(pk=channel.pk)).credentials


@pytest.mark.parametrize(
    "moved", [{"host": "evil.example"}, {"port": "2525"}, {"security": "tls"}, {"host": None, **POSTMARK}]
)
def test_a_password_never_follows_to_another_server(moved: dict[str, Any]) -> None:
    channel = a_channel(kind="email", credentials=KNOWN, settings=SMTP)
    save_channel(
        channel.workspace,
        channel,
        ChannelDraft(name="New", settings={"reply_to": "a@b.example"}),
        now=NOW,
        actor=SYSTEM,
    )
    assert stored(channel) == KNOWN
    needed = {"api_key": "k"} if "service" in moved else {}
    save_channel(channel.workspace, channel, ChannelDraft(settings=moved, credentials=needed), now=NOW, actor=SYSTEM)
    assert stored(channel) == needed


@pytest.mark.parametrize(("password", "verdict"), [(PASSWORD, Verdict.CONNECTED), ("another", Verdict.TOKEN_REFUSED)])
def test_the_connection_is_tested_by_signing_in(password: str, verdict: Verdict) -> None:
    with SmtpDouble(asks_login=True) as server:
        credentials = {"user": USER, "password": password}
        channel = a_channel(kind="email", credentials=credentials, settings=server.settings())
        finding = check_connection(channel, now=NOW, actor=SYSTEM)
    assert finding.verdict is verdict
    assert (finding.found and finding.found.provider_id) == (USER if verdict is Verdict.CONNECTED else None)
    assert server.taken == []
