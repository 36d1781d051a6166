"""Whether a sub-flow's content may be saved: the shapes of blocks and of the bound template, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from sequences.rules import payloads, shapes
from sequences.rules.problems import Code, Problem
from sequences.rules.shapes import Key, is_blank, shown

__all__ = ["Code", "Problem", "check_blocks", "check_subject", "check_utility_template", "references"]

MAX_BLOCKS = 50
MAX_BUTTONS = 20  # ours; each channel's own, smaller limits are its backend's to name
MAX_PARAMETERS = 50
MAX_LABEL_LENGTH = 100
MAX_NAME_LENGTH = 512
MAX_LANGUAGE_LENGTH = 32
MAX_PARAMETER_LENGTH = 1024
MAX_SUBJECT_LENGTH = 200

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_blocks(blocks: object, may_be_empty: bool = False) -> list[Problem]:
    """Everything that is wrong with a sub-flow's blocks; takes any JSON value and never raises."""
    if blocks is None or blocks in ([], ()):
        return [] if may_be_empty else [Problem("blocks", Code.REQUIRED)]
    return list(shapes.list_of(blocks, "blocks", each=_block, at_most=MAX_BLOCKS))


def check_utility_template(value: object) -> list[Problem]:
    """Everything that is wrong with a bound template; none bound (null) is right."""
    return [] if value is None else list(shapes.shape(value, "utility_template", _TEMPLATE))


def check_subject(value: object) -> list[Problem]:
    """Everything that is wrong with the subject of a mail; none is right."""
    if is_blank(value):
        return []
    problems = list(shapes.text(value, "subject", at_most=MAX_SUBJECT_LENGTH))
    if isinstance(value, str) and not value.isprintable() and _CONTROLS.search(value):
        problems.append(Problem("subject", Code.INVALID_CHARACTER))
    return problems


def references(blocks: object) -> set[str]:
    """The ids of all sequences that blocks and buttons name; takes any JSON value and never raises."""
    return {named for action in _actions_in(blocks) if isinstance(named := action.get("sequence"), str)}


def _actions_in(blocks: object) -> Iterator[Mapping[str, object]]:
    for block in _mappings_in(blocks):
        if block.get("type") == "action":
            yield block
        for key in ("buttons", "replies"):
            yield from _mappings_in([button.get("action") for button in _mappings_in(block.get(key))])


def _mappings_in(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def _block(value: object, where: str) -> Iterator[Problem]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        yield Problem(where, Code.INVALID_TYPE, {"expected": "object"})
    elif is_blank(kind):
        yield Problem(f"{where}.type", Code.REQUIRED)
    elif kind == "action":
        yield from _action(value, where)
    elif isinstance(kind, str) and kind in _BLOCKS:
        yield from shapes.shape(value, where, {"type": Key(shapes.anything), **_BLOCKS[kind]})
    else:
        yield Problem(f"{where}.type", Code.UNKNOWN_TYPE, {"type": shown(kind)})


def _action(value: object, where: str) -> Iterator[Problem]:
    verb = value.get("action") if isinstance(value, Mapping) else None
    target = TARGETS.get(verb) if isinstance(verb, str) else None
    # While the verb is not known nobody can say which target belongs to it.
    unclear = dict.fromkeys(("sequence", "tag"), Key(shapes.anything, is_required=False))
    yield from shapes.shape(value, where, {**_ACTION, **({target: _TARGET} if target else unclear)})


def _type_of_action(value: object, where: str) -> Iterator[Problem]:
    if value != "action":
        yield Problem(where, Code.UNKNOWN_TYPE, {"type": shown(value)})


def _verb(value: object, where: str) -> Iterator[Problem]:
    if not isinstance(value, str) or value not in TARGETS:
        yield Problem(where, Code.UNKNOWN_ACTION, {"action": shown(value)})


def _button(value: object, where: str) -> Iterator[Problem]:
    yield from shapes.shape(value, where, _BUTTON)
    if not isinstance(value, Mapping):
        return
    url, payload, action = (not is_blank(value.get(key)) for key in ("url", "payload", "action"))
    if url and action:
        yield Problem(f"{where}.url", Code.URL_WITH_ACTION)
    elif url and payload:
        yield Problem(f"{where}.payload", Code.URL_AND_PAYLOAD)
    elif not (url or payload or action):
        yield Problem(f"{where}.url", Code.URL_OR_PAYLOAD)


def _reply(value: object, where: str) -> Iterator[Problem]:
    yield from shapes.shape(value, where, _REPLY)
    if isinstance(value, Mapping) and is_blank(value.get("payload")) and is_blank(value.get("action")):
        yield Problem(f"{where}.payload", Code.REQUIRED)


def _payload(value: object, where: str) -> Iterator[Problem]:
    yield from shapes.plain(value, where, at_most=payloads.MAX_PAYLOAD_LENGTH)
    if isinstance(value, str) and value.startswith(payloads.PREFIX):
        yield Problem(where, Code.RESERVED_PAYLOAD, {"prefix": payloads.PREFIX})


def _parameters(value: object, where: str) -> Iterator[Problem]:
    if value != []:
        each = partial(shapes.text, at_most=MAX_PARAMETER_LENGTH)
        yield from shapes.list_of(value, where, each=each, at_most=MAX_PARAMETERS)


_TEXT = Key(shapes.text)
_LABEL = Key(partial(shapes.text, at_most=MAX_LABEL_LENGTH))
_TARGET = Key(partial(shapes.plain, at_most=payloads.MAX_TARGET_LENGTH))
_MEDIA = {"url": Key(shapes.url), "caption": Key(shapes.text, is_required=False)}

# What each action is done with.
TARGETS = {"subscribe": "sequence", "unsubscribe": "sequence", "add_tag": "tag", "remove_tag": "tag"}
_ACTION = {"type": Key(_type_of_action, is_required=False), "action": Key(_verb)}
_REPLY = {"label": _LABEL, "payload": Key(_payload, is_required=False), "action": Key(_action, is_required=False)}
_BUTTON = {**_REPLY, "url": Key(shapes.url, is_required=False)}
_BLOCKS = {
    "text": {"text": _TEXT},
    "image": _MEDIA,
    "video": _MEDIA,
    "audio": _MEDIA,
    "file": _MEDIA,
    "buttons": {"text": _TEXT, "buttons": Key(partial(shapes.list_of, each=_button, at_most=MAX_BUTTONS))},
    "quick_replies": {"text": _TEXT, "replies": Key(partial(shapes.list_of, each=_reply, at_most=MAX_BUTTONS))},
    "pause": {"seconds": Key(partial(shapes.whole_number, least=1, most=60))},
}
_TEMPLATE = {
    "name": Key(partial(shapes.plain, at_most=MAX_NAME_LENGTH)),
    "language": Key(partial(shapes.plain, at_most=MAX_LANGUAGE_LENGTH)),
    "parameters": Key(_parameters, is_required=False),
}
