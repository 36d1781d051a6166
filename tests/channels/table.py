"""docs/channels.md: what each kind of channel can do, found out by building real calls and reading sample posts.

`make channel-table` writes it; tests/channels/test_channel_table.py says when it is old.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from channels.backends import KINDS, Backend
from channels.content import Button, Buttons, Image, Message, Template, Text
from channels.errors import ContactGone, UnsupportedMessage
from channels.events import Blocked, Consent, MessageReceipt, ReceiptKind, WatermarkReceipt
from channels.messages import HttpCall, LocalMessage, NotificationType, Outgoing, OutgoingCall, Recipient, Route
from channels.webhooks import WEBHOOKS, Call
from tests.channels.samples import SAMPLES
from tests.channels.samples.shape import WEBHOOK_URL, Body

PAGE = Path(__file__).resolve().parents[2] / "docs" / "channels.md"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "77.2"
YES, NO = "yes", "–"

HEAD = """# What each channel can do

Written by `make channel-table` from the backends themselves: each cell is a call that was really built, or a sample
of the provider's posts that was really read (`tests/channels/table.py`). A test fails while this page is older.

"""
FOOT = """
Texts are counted as the provider counts them. *Buttons*: how many at most, with an address or an answer each.
*Silent*: a message can arrive without sound. *Delivered*, *read*: the provider tells. *Opt-out*: how we learn that
somebody wants nothing more; `webhook` at once, `answer` when the next message is refused. *Window*: how long after a
person's last word they may be written to freely. *Idempotent*: a message in doubt may be sent again under its key and
arrives once. *Time zone*: where the provider tells none, people live in the workspace's.
"""


def page() -> str:
    """The whole page."""
    rows = [["", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    rows += [[_name(backend), *(cell(backend) for cell in COLUMNS.values())] for backend in KINDS.values()]
    return HEAD + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n" + FOOT


def build(backend: Backend, content: Message, **more: object) -> OutgoingCall | None:
    """The call, or None where this kind cannot express the content."""
    samples = SAMPLES[backend.kind]
    route = Route.UTILITY_TEMPLATE if isinstance(content, Template) else Route.MESSAGE
    message = Outgoing(content, KEY, route=route, **more)  # type: ignore[arg-type]  # a notification type
    try:
        return backend.build(message, Recipient(samples.address, 5), samples.account)
    except UnsupportedMessage:
        return None


def _name(backend: Backend) -> str:
    page_of_facts = PAGE.parent / "providers" / f"{backend.kind}.md"
    return f"[{backend.label}](providers/{backend.kind}.md)" if page_of_facts.exists() else backend.label


def _text(backend: Backend) -> str:
    limit = backend.capabilities.limits.text
    if build(backend, Text("hi")) is None:
        return NO
    return f"{limit.most:,} {limit.unit.value}" if limit else YES


def _image(backend: Backend) -> str:
    if build(backend, Image("https://e.com/a.png")) is None:
        return NO
    return YES if build(backend, Image("https://e.com/a.png", "caption")) is not None else "without caption"


def _buttons(backend: Backend) -> str:
    """The most of either sort that can be built."""
    sorts = {"an answer": Button("Yes", payload="YES"), "an address": Button("Open", url="https://e.com/")}
    most = {name: _most(button, backend) for name, button in sorts.items()}
    if len(set(most.values())) == 1:
        return _count(most["an answer"])
    return ", ".join(f"{_count(count)} with {name}" for name, count in most.items() if count)


def _most(button: Button, backend: Backend) -> int:
    counts = [count for count in range(1, 30) if build(backend, Buttons("hi", (button,) * count)) is not None]
    return max(counts, default=0)


def _count(most: int) -> str:
    return NO if not most else YES if most == 29 else str(most)


def _template(backend: Backend) -> str:
    # The sandbox shows any content, and has no templates of a provider to pick from.
    return YES if backend.capabilities.templates and build(backend, Template("order", "en", ("1",))) else NO


def _silent(backend: Backend) -> str:
    """Whether the call differs."""
    loud, quiet = (build(backend, Text("hi"), notification_type=one) for one in NotificationType if one != "no_push")
    assert (loud != quiet) == backend.capabilities.silent, backend.kind
    return YES if loud != quiet else NO


def _receipts(kind_of_receipt: ReceiptKind) -> Callable[[Backend], str]:
    def cell(backend: Backend) -> str:
        posts = SAMPLES[backend.kind].webhook
        make = getattr(posts, kind_of_receipt.value) if posts else None
        found = _read(backend, make) if make else []
        receipts = [one for one in found if isinstance(one, MessageReceipt | WatermarkReceipt)]
        assert all(one.kind == kind_of_receipt for one in receipts)
        assert not receipts or backend.capabilities.receipts, backend.kind
        return YES if receipts else NO

    return cell


def _opt_out(backend: Backend) -> str:
    samples = SAMPLES[backend.kind]
    make = (samples.webhook.stopped or samples.webhook.blocked) if samples.webhook else None
    if make and any(
        isinstance(one, Blocked) or (isinstance(one, Consent) and not one.is_given) for one in _read(backend, make)
    ):
        return "webhook"
    return "answer" if any(error is ContactGone for _, error in samples.refusals) else NO


def _read(backend: Backend, make: Body) -> list[object]:
    samples = SAMPLES[backend.kind]
    call = Call(make(samples.address, NOW, "id-1"), {}, WEBHOOK_URL)
    return list(WEBHOOKS[backend.kind].parse(call, samples.account))


def _time_zone(backend: Backend) -> str:
    samples = SAMPLES[backend.kind]
    asked = backend.profile(samples.address, samples.account)
    return "offset" if backend.capabilities.has_time_zone and asked is not None else NO


def _window(backend: Backend) -> str:
    window = backend.reply_window({})
    return f"{window.total_seconds() / 3600:.0f} h" if window else NO


def _idempotent(backend: Backend) -> str:
    """The provider takes our key, so the key must be in the call."""
    if not backend.capabilities.is_idempotent:
        return NO
    match build(backend, Text("hi")):
        case HttpCall() as call:
            written = f"{call.headers} {call.body.decode()}"
            assert KEY in written or re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", written), backend.kind
        case LocalMessage() as local:
            assert local.key == KEY
    return YES


COLUMNS: dict[str, Callable[[Backend], str]] = {
    "text": _text,
    "image": _image,
    "buttons": _buttons,
    "template": _template,
    "silent": _silent,
    "delivered": _receipts(ReceiptKind.DELIVERED),
    "read": _receipts(ReceiptKind.READ),
    "opt-out": _opt_out,
    "time zone": _time_zone,
    "window": _window,
    "idempotent": _idempotent,
}

if __name__ == "__main__":
    sys.stdout.write(str(PAGE.write_text(page())) + " characters\n")
