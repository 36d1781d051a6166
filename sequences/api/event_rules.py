"""sequences/<id>/rules/: which events start the sequence, stop it, or start it anew."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sequencer.workspaces.access import visible
from sequences.actions.save_event_rules import MAX_RULES, RuleDraft, rules_of, save_event_rules
from sequences.api.fields import Choice, Many, Text
from sequences.api.shapes import Shape
from sequences.api.views import ApiView
from sequences.models import EventVerb, Sequence
from sequences.rules.event_names import MAX_NAME


class RuleShape(Shape):
    event = Text(max_length=MAX_NAME)
    verb = Choice(choices=EventVerb.values)


class RulesShape(Shape):
    rules = Many(RuleShape(), most=MAX_RULES)


class EventRulesView(ApiView):
    @extend_schema(responses={200: RulesShape})
    def get(self, request: Request, id: str) -> Response:
        return self._shown(self._sequence(id))

    @extend_schema(request=RulesShape, responses={200: RulesShape})
    def patch(self, request: Request, id: str) -> Response:
        """Replaces them all; nobody is started or stopped by that."""
        sequence, values = self._sequence(id), RulesShape.read(request.data)
        drafts = [RuleDraft(rule["event"], rule["verb"]) for rule in values["rules"]]
        save_event_rules(sequence, drafts, now=self.now, actor=self.actor)
        return self._shown(sequence)

    def _sequence(self, public_id: str) -> Sequence:
        rows: Any = visible(Sequence.objects.all(), self.workspace)
        found: Sequence | None = rows.filter(pk=Sequence.public_id.parse(public_id)).first()
        if found is None:
            raise Http404
        return found

    def _shown(self, sequence: Sequence) -> Response:
        return Response({"rules": [{"event": rule.event, "verb": rule.verb} for rule in rules_of(sequence)]})
