"""Telegram (docs/providers/telegram.md)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from channels.backends.telegram import secret_token
from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactMoved,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import Account, Answer
from tests.channels.samples.shape import Samples, WebhookSamples
from tests.doubles.telegram import CREDENTIALS, member, message

SECRET = "stored-with-the-channel"


def refused(code: int, words: str, status: int = 0, **parameters: int) -> Answer:
    told = {"ok": False, "error_code": code, "description": words, "parameters": parameters}
    return Answer(status or code, body=json.dumps(told).encode())


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    return {"X-Telegram-Bot-Api-Secret-Token": SECRET if secret is None else secret}


def said(address: str, at: datetime, name: str, text: str = "Hello") -> bytes:
    person, moment = int(address), int(at.timestamp())
    return json.dumps({"update_id": name, "message": message(person, moment, text)}).encode()


def posts(*updates: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(json.dumps(update).encode() for update in updates)


SAMPLES = Samples(
    address="3527065",
    credentials={**CREDENTIALS, "secret_token": SECRET},
    taken=Answer(200, body=b'{"ok": true, "result": {"message_id": 133, "chat": {"id": 3527065}}}'),
    taken_id="133",
    refusals=(
        (refused(429, "Too Many Requests: retry after 5", retry_after=5), ChannelTrouble),
        (refused(401, "Unauthorized"), ChannelMisconfigured),
        (refused(404, "Not Found"), ChannelMisconfigured),
        (refused(500, "Internal Server Error"), TemporaryFailure),
        (refused(400, "Bad Request: message is too long"), MessageRejected),
        (refused(403, "Forbidden: bot was blocked by the user"), ContactGone),
        (refused(403, "Forbidden: user is deactivated", status=200), ContactGone),
        (refused(400, "坏请求: chat not found"), ContactGone),
        (refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1004), ContactMoved),
    ),
    webhook=WebhookSamples(
        signed=signed,
        forged=lambda body: {
            "made of the token, while another is stored": signed(body, secret_token(Account(CREDENTIALS))),
            "not ascii": signed(body, "é"),
        },
        said=said,
        started=lambda address, at, name: said(address, at, name, "/start"),
        blocked=lambda address, at, name: posts(
            {"update_id": name, "my_chat_member": member(int(address), int(at.timestamp()), "kicked")}
        )[0],
        strange=posts({"update_id": 1}, {"update_id": 2, "novelty": {"a": 1}}, {"update_id": 3, "message": "x"}),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
        signs_body=False,
    ),
    carries_key=False,
)
