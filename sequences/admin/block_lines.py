"""Buttons as lines of text, one a button, both ways.

Shop -> https://example.com          opens an address
Tell me more -> more                 answers with a payload
Coupon => subscribe: Spring coupon   does something (subscribe, unsubscribe, add tag, remove tag)
Coupon -> code => add tag: vip       both
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERBS = {"subscribe": "sequence", "unsubscribe": "sequence", "add_tag": "tag", "remove_tag": "tag"}
Names = Mapping[str, str]


def write_lines(taps: Any, names_by_id: Names) -> str:
    """The lines of stored buttons or quick replies; sequences by their names."""
    return (
        "\n".join(_write(tap, names_by_id) for tap in taps if isinstance(tap, dict)) if isinstance(taps, list) else ""
    )


def read_lines(text: str, ids_by_name: Names) -> list[dict[str, Any]]:
    """Buttons of the lines; what is wrong with them is for `check_blocks` to say. Empty lines do not count."""
    return [_read(line, ids_by_name) for line in text.splitlines() if line.strip()]


def _write(tap: dict[str, Any], names_by_id: Names) -> str:
    line = str(tap.get("label", ""))
    target = tap.get("url") or tap.get("payload")
    if target:
        line += f" -> {target}"
    action = tap.get("action")
    if isinstance(action, dict):
        verb = str(action.get("action", ""))
        what = action.get("tag") or names_by_id.get(str(action.get("sequence")), action.get("sequence"))
        line += f" => {verb.replace('_', ' ')}: {what}"
    return line


def _read(line: str, ids_by_name: Names) -> dict[str, Any]:
    # Fonts draw "->" as an arrow, so people paste one.
    head, has_action, deed = _last_split(line.replace("→", "->").replace("⇒", "=>"), "=>")
    label, has_target, target = head.partition("->")
    tap: dict[str, Any] = {"label": label.strip()}
    target = target.strip()
    if has_target and target:
        tap["url" if "://" in target else "payload"] = target
    if has_action:
        tap["action"] = read_action(*_verb_and_target(deed), ids_by_name)
    return tap


def read_action(verb: str, target: str, ids_by_name: Names) -> dict[str, Any]:
    """An action as it is stored: a sequence by its id."""
    if VERBS.get(verb) == "sequence":
        return {"action": verb, "sequence": ids_by_name.get(target, target)}
    return {"action": verb, "tag": target}


def _verb_and_target(deed: str) -> tuple[str, str]:
    verb, _, target = deed.partition(":")
    return verb.strip().lower().replace(" ", "_"), target.strip()


def _last_split(line: str, by: str) -> tuple[str, str, str]:
    head, found, tail = line.rpartition(by)
    return (head, found, tail) if found else (line, "", "")
