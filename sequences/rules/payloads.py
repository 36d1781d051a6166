"""What a button does, written into the payload that the provider hands back when it is tapped.

`seq1:s36:<sequence id><the author's own payload>`: a letter for the verb, the length of its target, the target.
Compact, because some providers give a payload very little room; the length spares any escaping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

PREFIX = "seq1:"
MAX_TARGET_LENGTH = 64
MAX_PAYLOAD_LENGTH = 900  # with the action in front it stays below Messenger's 1,000

Verb = Literal["subscribe", "unsubscribe", "add_tag", "remove_tag"]

_LETTERS: dict[str, str] = {"subscribe": "s", "unsubscribe": "u", "add_tag": "a", "remove_tag": "r"}
_VERBS: dict[str, str] = {letter: verb for verb, letter in _LETTERS.items()}
_HEAD = re.compile(PREFIX + r"([suar])([1-9][0-9]?):")


@dataclass(frozen=True, slots=True)
class ButtonAction:
    """One verb and its target: a sequence's id, or a tag."""

    verb: Verb
    sequence: str = ""
    tag: str = ""


def read_action(action: Mapping[str, Any]) -> ButtonAction:
    """A checked action (of a block or a button) as a value."""
    verb = action["action"]
    return _action(verb, action["tag" if verb.endswith("_tag") else "sequence"])


def encode(action: Mapping[str, Any], payload: str = "") -> str:
    """The payload to send for a button with a checked action; `payload` is the author's own and may be empty."""
    read = read_action(action)
    target = read.sequence or read.tag
    return f"{PREFIX}{_LETTERS[read.verb]}{len(target)}:{target}{payload}"


def decode(text: str) -> tuple[ButtonAction | None, str]:
    """The action and the author's own payload; anything that is not ours comes back untouched, without an action."""
    head = _HEAD.match(text)
    if head is None:
        return None, text
    length = int(head[2])
    target, payload = text[head.end() : head.end() + length], text[head.end() + length :]
    if length > MAX_TARGET_LENGTH or len(target) != length:
        return None, text
    return _action(_VERBS[head[1]], target), payload


def _action(verb: str, target: str) -> ButtonAction:
    known = cast("Verb", verb)
    return ButtonAction(known, tag=target) if verb.endswith("_tag") else ButtonAction(known, sequence=target)
