"""A Bot API on loopback that keeps Telegram's rules (docs/providers/telegram.md)."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import Deliver, ProviderDouble, said

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
CREDENTIALS = {"bot_token": TOKEN}
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_TRIES = 3
_WRONG = "Bad Request: "


class TelegramDouble(ProviderDouble):
    """`chats` are open to the bot: "member", "kicked", "deactivated", or "moved <new id>" for a group."""

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__(deliver)
        self.chats: dict[str, str] = {}
        self.limited_for: int | None = None  # seconds
        self.webhook: dict[str, Any] = {}
        self.answered: list[dict[str, Any]] = []  # method calls that stood in the answers of our webhook
        self._numbers = itertools.count(1)

    def answer(self, request: Request) -> Reply:
        _, token, method = request.path.split("/")
        payload = json.loads(request.body or b"{}")
        if token != f"bot{TOKEN}":
            return _refused(401, "Unauthorized")
        match method:
            case "getMe":
                return said({"ok": True, "result": {"id": 110201543, "is_bot": True, "username": "shop_bot"}})
            case "setWebhook":
                return self._register(payload)
            case "sendChatAction":
                return said({"ok": True, "result": True})
            case "sendMessage" | "sendPhoto" | "sendVideo" | "sendAudio" | "sendDocument":
                return self._take(method, payload)
        return _refused(404, "Not Found")

    def _register(self, payload: dict[str, Any]) -> Reply:
        if not _SECRET.fullmatch(payload.get("secret_token", "")):
            return _refused(400, _WRONG + "secret token contains unallowed characters")
        self.webhook = payload
        return said({"ok": True, "result": True, "description": "Webhook was set"})

    def _take(self, method: str, payload: dict[str, Any]) -> Reply:
        if self.limited_for is not None:
            wait = self.limited_for
            return _refused(429, f"Too Many Requests: retry after {wait}", {"Retry-After": str(wait)}, retry_after=wait)
        chat = str(payload.get("chat_id", ""))
        state = self.chats.get(chat, "")
        if state.startswith("moved "):
            new = int(state.removeprefix("moved "))
            words = _WRONG + "group chat was upgraded to a supergroup chat"
            return _refused(400, words, migrate_to_chat_id=new)
        if state == "kicked":
            return _refused(403, "Forbidden: bot was blocked by the user")
        if state == "deactivated":
            return _refused(403, "Forbidden: user is deactivated")
        if wrong := _WRONG + "chat not found" if not state else _wrong_with(method, payload):
            return _refused(400, wrong)
        self.accepted.append({"method": method, **payload})
        kind = "supergroup" if chat.startswith("-") else "private"
        sent = {"message_id": next(self._numbers), "chat": {"id": int(chat), "type": kind}, "date": 1795000000}
        return said({"ok": True, "result": sent})

    def tell(self, update: dict[str, Any]) -> int:
        """Post an update until it is taken, a few times; the last status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"], "Content-Type": "application/json"}
        for _ in range(_TRIES):
            status, answer = self.call(self.webhook["url"], json.dumps(update).encode(), headers)
            if 200 <= status < 300:
                if answer:
                    self.answered.append(json.loads(answer))
                break
        return status


def _wrong_with(method: str, payload: dict[str, Any]) -> str:
    text, caption = payload.get("text", ""), payload.get("caption", "")
    if method == "sendMessage" and not 0 < len(text) <= 4096:
        return _WRONG + ("message is too long" if text else "message text is empty")
    if len(caption) > 1024:
        return _WRONG + "message caption is too long"
    for row in payload.get("reply_markup", {}).get("inline_keyboard", ()):
        for button in row:
            if len(button.get("callback_data", "").encode()) > 64:
                return _WRONG + "BUTTON_DATA_INVALID"
            if "url" in button and "." not in (urlsplit(button["url"]).hostname or ""):
                return _WRONG + "inline keyboard button URL is invalid: Wrong HTTP URL"
    return ""


def _refused(code: int, words: str, headers: dict[str, str] | None = None, **parameters: int) -> Reply:
    told = {"ok": False, "error_code": code, "description": words}
    return said({**told, **({"parameters": parameters} if parameters else {})}, code, **(headers or {}))


def message(person: int, at: int, text: Any = "Hello", **more: Any) -> dict[str, Any]:
    sender = {"id": person, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "fr"}
    chat = {"id": person, "type": "private"}
    return {"message_id": at % 1000, "from": sender, "chat": chat, "date": at, "text": text, **more}


def tap(person: int, data: str) -> dict[str, Any]:
    below = {"message_id": 7, "chat": {"id": person, "type": "private"}, "date": 1}
    return {"id": "4382bfdwdsb323b2d9", "from": {"id": person}, "message": below, "data": data}


def member(person: int, at: int, status: str, was: str = "member") -> dict[str, Any]:
    chat, bot = {"id": person, "type": "private"}, {"id": 110201543, "is_bot": True}
    old, new = ({"status": word, "user": bot} for word in (was, status))
    return {"chat": chat, "from": {"id": person}, "date": at, "old_chat_member": old, "new_chat_member": new}
