"""For whom a preview is made: a contact of the workspace, or a made-up person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.actions.channel_settings import AFTER_24_HOURS
from channels.backends import KINDS, backend_for
from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequences.actions.forecast import Person, linked_person
from sequences.api.fields import Choice, Number, PublicId, Text, YesNo
from sequences.api.moments import Moment
from sequences.api.shapes import OPTIONAL, Shape
from sequences.rules.policy import ReplyRule
from sequences.rules.problems import Problem
from sequences.rules.zones import pick_zone


class PreviewContactInput(Shape):
    """{"id"} alone, or a made-up person. A zone that does not exist falls back, as it does when a message is sent."""

    id = PublicId(Contact, **OPTIONAL)
    time_zone = Text(max_length=64, allow_blank=True, **OPTIONAL)
    utc_offset_minutes = Number(**OPTIONAL)
    last_interaction_at = Moment(**OPTIONAL)
    channel_kind = Text(max_length=20, **OPTIONAL)
    after_24_hours = Choice(choices=AFTER_24_HOURS, **OPTIONAL)
    has_utility_template = YesNo(**OPTIONAL)


def person_of(values: Mapping[str, Any], workspace: Workspace) -> Person:
    """Raises Refused with fields under "contact"."""
    given = {name: value for name, value in values.items() if value is not None}
    if "id" not in given:
        return _made_up(given, workspace)
    if others := sorted(set(given) - {"id"}):
        raise Refused([Problem(f"contact.{name}", "not_together") for name in others])
    rows = visible(Contact.objects.select_related("channel"), workspace)
    contact: Contact | None = rows.filter(pk=given["id"]).first()
    if contact is None:
        raise Refused([Problem("contact.id", "not_found")])
    return linked_person(contact, workspace)


def _made_up(given: Mapping[str, Any], workspace: Workspace) -> Person:
    kind = given.get("channel_kind")
    if kind is not None and kind not in KINDS:
        raise Refused([Problem("contact.channel_kind", "unknown_kind", {"value": kind})])
    rule = ReplyRule(None)
    if kind is not None:
        backend = backend_for(kind)
        rule = ReplyRule(backend.reply_window({}), backend.after_24_hours(given), given.get("last_interaction_at"))
    zone = pick_zone(given.get("time_zone", ""), given.get("utc_offset_minutes"), workspace.time_zone)
    return Person(zone, rule, given.get("has_utility_template"))
