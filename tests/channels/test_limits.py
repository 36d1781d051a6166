"""The table of limits says what a channel takes; a backend's own check, the form and the preview all read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from channels.backends import Backend, backend_for, kinds
from channels.backends.limits import Finding, Limit, Limits, Unit, findings
from channels.content import Audio, Button, Buttons, Image, Message, QuickReplies, QuickReply, Text

GREEK = "αβγ"  # two bytes each in UTF-8
SUN = "🌞"  # one character, two code units, four bytes

SIZES = [
    (Unit.CHARACTERS, GREEK + SUN, 4),
    (Unit.UTF16, GREEK + SUN, 5),
    (Unit.BYTES, GREEK + SUN, 10),
    (Unit.BYTES, "", 0),
]


@pytest.mark.parametrize(("unit", "text", "size"), SIZES)
def test_a_text_is_measured_in_the_providers_unit(unit: Unit, text: str, size: int) -> None:
    limit = Limit(10, unit)
    assert (limit.size(text), limit.left(text)) == (size, 10 - size)


TIGHT = Limits(
    text=Limit(4, Unit.BYTES),
    caption=Limit(3),
    payload=Limit(2, Unit.BYTES),
    unsupported=frozenset({"quick_replies"}),
    without_caption=frozenset({"audio"}),
)
URL = "https://a.example/"
FOUND: list[tuple[Message, list[Finding]]] = [
    (Text(SUN), []),
    (Text(SUN + "x"), [Finding("text", "text_too_long", 4)]),
    (Image(URL, "abcd"), [Finding("caption", "caption_too_long", 3)]),
    (Audio(URL, "a"), [Finding("caption", "caption_unsupported")]),
    (Audio(URL), []),
    (Buttons("x", (Button("A", payload="αβ"),)), [Finding("buttons.0.payload", "payload_too_long", 2)]),
    (QuickReplies("x", (QuickReply("A", "a"),)), [Finding("", "unsupported")]),
]


@pytest.mark.parametrize(("content", "found"), FOUND)
def test_what_exceeds_the_table_is_found_at_its_place(content: Message, found: list[Finding]) -> None:
    assert list(findings(content, TIGHT)) == found


@pytest.fixture(params=kinds())
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_for(request.param)


def _tap(label: str, limits: Limits) -> Button:
    """A button that such a kind takes."""
    return Button(label, payload="a") if limits.answers else Button(label, url="https://e.com/")


def test_a_backend_refuses_exactly_one_more_than_its_table_allows(backend: Backend) -> None:
    """Nothing between the table and the check: what the form counts is what the engine enforces."""
    limits = backend.capabilities.limits
    rows: list[tuple[Limit | None, Callable[[str], Message]]] = [
        (limits.text, Text),
        (limits.buttons_text, lambda text: Buttons(text, (_tap("A", limits),))),
        (limits.quick_replies_text, lambda text: QuickReplies(text, (QuickReply("A", "a"),))),
        (limits.label, lambda text: Buttons("x", (_tap(text, limits),))),
    ]
    for limit, content_of in rows:
        if limit:
            assert backend.problems(content_of("x" * limit.most)) == []
            assert backend.problems(content_of("x" * (limit.most + 1))) != []
