"""A mail written out: the blocks of a letter in HTML and in plain text, in the person's language, with the ways out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_supported_language_variant, override

from channels.content import Audio, Block, Buttons, File, Image, Text, Video
from channels.messages import MailMessage

MAX_SUBJECT = 200
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSUITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def write_out(message: MailMessage) -> EmailMultiAlternatives:
    """The mail as Django's e-mail framework sends it; nothing that people wrote becomes a header or a tag."""
    sender, to = message.sender, message.to
    mail = EmailMultiAlternatives(
        subject=one_line(message.letter.subject)[:MAX_SUBJECT],
        from_email=with_name(one_line(sender.name), sender.address),
        to=[to.address],
        reply_to=[sender.reply_to] if sender.reply_to else None,
        headers=_headers(message),
    )
    language = language_of(str(to.known.get("language") or ""))
    with override(language):
        known = {"blocks": [_shown(block) for block in message.letter.blocks], "message": message, "language": language}
        mail.body = _rendered("channels/letter.txt", known)
        mail.attach_alternative(_rendered("channels/letter.html", known), "text/html")
    mail.metadata = {"key": message.key}  # type: ignore[attr-defined]  # Anymail's: comes back in a service's reports
    return mail


def _rendered(template: str, known: dict[str, Any]) -> str:
    """No mail program shows control characters, and UTF-8 has no halves of characters."""
    return _UNPRINTABLE.sub("", render_to_string(template, known)).strip() + "\n"


def language_of(language: str, otherwise: str = "") -> str:
    """The one of ours that a person reads best; where none is known `otherwise`, else the installation's."""
    try:
        return get_supported_language_variant(language.replace("_", "-"))
    except LookupError:
        return otherwise or settings.LANGUAGE_CODE


def one_line(text: str) -> str:
    """Without line breaks and what else cannot stand in a header."""
    return " ".join(_UNSUITABLE.sub(" ", text).split())


def with_name(name: str, address: str) -> str:
    """As a header of the mail names a person."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if quoted else address


def _headers(message: MailMessage) -> dict[str, str]:
    """RFC 8058 for the way out, RFC 3834 so that no machine answers a machine."""
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated", "Precedence": "bulk"}
    ways = [f"<{message.to.opt_out_url}>"] if message.to.opt_out_url else []
    if message.sender.unsubscribe_to and message.to.opt_out_url:
        token = message.to.opt_out_url.rstrip("/").rpartition("/")[2]
        ways.append(f"<mailto:{quote(message.sender.unsubscribe_to, safe='@')}?subject={token}>")
    if ways:
        headers["List-Unsubscribe"] = ", ".join(ways)
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _shown(block: Block) -> dict[str, Any]:
    """A block as the templates read it."""
    match block:
        case Text(text=text):
            return {"kind": "text", "text": text}
        case Buttons(text=text, buttons=buttons):
            return {"kind": "buttons", "text": text, "buttons": buttons}
        case Image(url=url, caption=caption):
            return {"kind": "image", "text": caption, "url": url}
        case Video() | Audio() | File():
            return {"kind": type(block).__name__.lower(), "text": block.caption, "url": block.url}
        case _:
            raise TypeError("refused before")
