"""preview/: what would happen, message after message. Nothing is stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.messages import Route
from channels.models import Contact
from sequencer.workspaces.refusals import Refused
from sequences.api.deliveries import REASONS
from sequences.api.fields import Choice, Many, Number, PublicId, Text, YesNo
from sequences.api.moments import Moment, utc_text
from sequences.api.preview_contact import PreviewContactInput, person_of
from sequences.api.preview_steps import previewed_steps
from sequences.api.shapes import Shape
from sequences.api.steps import StepShape
from sequences.api.views import ActionView
from sequences.models import Sequence
from sequences.rules.drafts import MAX_STEPS
from sequences.rules.problems import Problem
from sequences.rules.timeline import Entry, Outcome, timeline
from sequences.rules.zones import Zone, ZoneSource


class PreviewInput(Shape):
    """Either `steps` or `sequence`."""

    steps = Many(StepShape(), most=MAX_STEPS, required=False, allow_null=True)
    sequence = PublicId(Sequence, required=False, allow_null=True)
    subscribed_at = Moment(required=False, allow_null=True, help_text="Any moment, past or future; now when absent.")
    contact = PreviewContactInput(required=False, allow_null=True)


class EntryShape(Shape):
    """`step` counts the given steps from 0; those that are switched off have no entry."""

    step = Number()
    countdown_starts_at = Moment(allow_null=True)
    countdown_ends_at = Moment(allow_null=True)
    sends_at = Moment(allow_null=True)
    sends_at_local = Text(allow_null=True)
    time_zone = Text()
    time_zone_from = Choice(choices=[word.value for word in ZoneSource])
    held = YesNo()
    outcome = Choice(choices=[word.value for word in Outcome])
    route = Choice(choices=[word.value for word in Route], allow_null=True)
    reason = Choice(choices=REASONS, allow_null=True)
    goes_to = PublicId(Contact, required=False)
    fell_back_because = Choice(choices=REASONS, required=False)


class PreviewAnswer(Shape):
    timeline = Many(EntryShape(), most=MAX_STEPS)


class PreviewView(ActionView):
    @extend_schema(request=PreviewInput, responses={200: PreviewAnswer})
    def post(self, request: Request) -> Response:
        values = PreviewInput.read(request.data)
        person = person_of(values.get("contact") or {}, self.workspace)
        steps = previewed_steps(values, self.workspace, person)
        subscribed_at = values.get("subscribed_at") or self.now
        try:
            entries = timeline(steps, subscribed_at, person.zone.tz, is_contact_gone=person.is_gone)
            return Response({"timeline": [_line(entry, person.zone) for entry in entries]})
        except OverflowError as error:
            raise Refused([Problem("subscribed_at", "out_of_range", {"min": "0001", "max": "9999"})]) from error


def _line(entry: Entry, zone: Zone) -> dict[str, Any]:
    return {
        "step": entry.index,
        "countdown_starts_at": utc_text(entry.countdown_starts_at),
        "countdown_ends_at": utc_text(entry.countdown_ends_at),
        "sends_at": utc_text(entry.sends_at),
        "sends_at_local": entry.sends_at.astimezone(zone.tz).isoformat() if entry.sends_at else None,
        "time_zone": zone.name,
        "time_zone_from": zone.came_from.value,
        "held": entry.is_held,
        "outcome": entry.outcome.value,
        "route": entry.route.value if entry.route else None,
        "reason": entry.reason.value if entry.reason else None,
        **_elsewhere(entry),
    }


def _elsewhere(entry: Entry) -> dict[str, str | None]:
    """Nothing, of a message that goes to the person's own contact."""
    if entry.via is None or entry.instead_because is None:
        return {}
    return {
        "goes_to": Contact.public_id.of(entry.via.contact_id),
        "fell_back_because": entry.instead_because.value,
    }
