"""The lines of a rehearsal as the page shows them: bubbles, and notes that say what happened and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from channels.admin.sandbox_bubbles import drawn
from sequences.actions.rehearsal_scene import zone_of
from sequences.actions.rehearse import Played
from sequences.admin.sequence_page import moment_in
from sequences.models import LineKind, Rehearsal, RehearsalLine, Sequence, Step
from sequences.rules.walk import Happening, upcoming
from sequences.sentences import sentence

_ICONS = {
    Happening.SENT: "check_circle",
    Happening.FAILED: "error",
    Happening.SKIPPED: "block",
    Happening.HELD: "hourglass_top",
    Happening.ENDED: "flag",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What messages and sequences are called, by id; read once for all lines."""

    steps: Mapping[int, str]
    sequences: Mapping[str, str]


def names_of(rehearsal: Rehearsal) -> Names:
    steps = Step.objects.filter(sequence=rehearsal.sequence_id).in_order().select_related("sub_flow")
    living = Sequence.objects.in_workspace(rehearsal.workspace_id).in_use()[:500]
    named = {step.pk: step.title for step in steps}
    return Names(named, {row.public_id: row.name for row in living})


def shown_lines(request: HttpRequest, rehearsal: Rehearsal, rows: Iterable[RehearsalLine]) -> list[dict[str, Any]]:
    """Ready HTML, with every moment on the person's own clock."""
    names = names_of(rehearsal)
    address = reverse("admin:rehearsal_answer", args=[rehearsal.pk])
    with timezone.override(zone_of(rehearsal).tz):
        return [{"id": row.number, "html": _html(request, row, names, address)} for row in rows]


def status_of(played: Played) -> dict[str, Any]:
    """Where the rehearsal stands, in words."""
    rehearsal, zone = played.rehearsal, zone_of(played.rehearsal)
    plan = upcoming(played.stand, played.scene)
    status: dict[str, Any] = {
        "clock": moment_in(zone, rehearsal.virtual_at),
        "is_over": bool(rehearsal.ended_because),
        "next": "",
        "why": "",
    }
    if rehearsal.ended_because:
        status["why"] = sentence(rehearsal.ended_because)
    elif played.stand.waits_for_reply:
        status["why"] = _("The 24-hour rule holds this message: it goes as soon as the person writes.")
    elif plan is not None and plan.next_send_at is not None:
        name = names_of(rehearsal).steps.get(plan.step.id, "")
        status["next"] = f"{name}: {moment_in(zone, plan.next_send_at)}"
        status["why"] = sentence(plan.because.value)
    return status


def _html(request: HttpRequest, row: RehearsalLine, names: Names, address: str) -> str:
    if row.kind == LineKind.NOTE:
        return render_to_string("sequences/rehearsal_note.html", {"line": row, "note": _note(row, names)}, request)
    bubble = drawn(row.number, row.at, row.content, is_answer=row.kind == LineKind.ANSWER)
    return render_to_string("channels/bubble.html", {"bubble": bubble, "answer_address": address}, request)


def _note(row: RehearsalLine, names: Names) -> dict[str, Any]:
    facts = row.content
    if row.code not in list(Happening):
        return {"icon": "bolt", "title": _done(row.code, facts, names), "text": ""}
    name = names.steps.get(facts.get("step") or 0, "")
    happening = Happening(row.code)
    title = {
        Happening.SENT: _("Sent: %(message)s"),
        Happening.FAILED: _("Failed: %(message)s"),
        Happening.SKIPPED: _("Not sent: %(message)s"),
        Happening.HELD: _("Held: %(message)s"),
        Happening.ENDED: _("The sequence is over for this person"),
    }[happening] % {"message": name}
    return {"icon": _ICONS[happening], "title": title, "text": " ".join(filter(None, _reasons(happening, facts)))}


def _reasons(happening: Happening, facts: Mapping[str, Any]) -> list[str]:
    ready_at = parse_datetime(facts.get("countdown_ends_at") or "")
    reasons = []
    if ready_at is not None:
        reasons.append(_held(ready_at, str(facts.get("because", ""))))
    if facts.get("reason"):
        reasons.append(sentence(str(facts["reason"]), {"detail": facts.get("detail", "")}))
    if happening == Happening.HELD:
        reasons.append(_("It goes as soon as they write."))
    if facts.get("detail"):
        reasons.append(f"({facts['detail']})")
    return reasons


def _held(ready_at: datetime, because: str) -> str:
    """Why it did not go when its countdown ended."""
    ready = _("Its countdown ended on %(moment)s.") % {"moment": moment_in(None, ready_at)}
    return f"{ready} {sentence(because)}" if because and because != "countdown" else ready


def _done(verb: str, facts: Mapping[str, Any], names: Names) -> str:
    """What an action did, or would do to a real person."""
    name = names.sequences.get(str(facts.get("sequence", "")), "")
    match verb:
        case "add_tag":
            return _("Tag added: %(tag)s") % {"tag": facts.get("tag", "")}
        case "remove_tag":
            return _("Tag removed: %(tag)s") % {"tag": facts.get("tag", "")}
        case "subscribe":
            return _("A real person would enter %(sequence)s here") % {"sequence": name}
        case _:
            return _("A real person would leave %(sequence)s here") % {"sequence": name}
