"""actions/subscribe-to-sequence/ and actions/unsubscribe-from-sequence/."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, When
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.subscribe import subscribe
from sequences.actions.unsubscribe import unsubscribe
from sequences.api.contact_input import ContactInput, contact_of, known_contact_of
from sequences.api.fields import Choice, Text, YesNo
from sequences.api.pagination import refuse_parameter
from sequences.api.shapes import Shape
from sequences.api.subscriptions import SubscriptionShape
from sequences.api.views import ActionView
from sequences.models import Sequence, SequenceState, Subscription
from sequences.rules.problems import Problem
from sequences.rules.shapes import shown

REASONS = ["already_active", "reentry_not_allowed", "contact_unavailable"]


class SubscribingInput(Shape):
    sequence = Text(
        max_length=100, help_text="The id of a sequence, or its exact name; where both could match, the id."
    )
    contact = ContactInput()


class SubscribeAnswer(Shape):
    created = YesNo()
    reason = Choice(choices=REASONS, allow_null=True)
    subscription = SubscriptionShape(allow_null=True)


class UnsubscribeAnswer(Shape):
    stopped = YesNo()
    subscription = SubscriptionShape(allow_null=True)


class SubscribingView(ActionView):
    """`?version=` is that of the catalogue entry by which a form was drawn; without it, the newest."""

    versions = (1,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in request.query_params.items():
            if name != "version":
                refuse_parameter(shown(name), "unknown_field")
            if str(value) not in {str(version) for version in self.versions}:
                refuse_parameter(name, "unknown_choice", value=shown(str(value)[:50]))

    def shown(self, subscription: Subscription | None) -> Any:
        """The subscription as it is stored now."""
        if subscription is None:
            return None
        stored = Subscription.objects.in_workspace(self.workspace).select_related("channel").get(pk=subscription.pk)
        return SubscriptionShape(stored, context={"now": self.now}).data


class SubscribeToSequenceView(SubscribingView):
    @extend_schema(request=SubscribingInput, responses={200: SubscribeAnswer, 201: SubscribeAnswer})
    @in_one_transaction
    def post(self, request: Request) -> Response:
        """An unknown contact is created with it, or, where the sequence takes nobody, neither is."""
        values = SubscribingInput.read(request.data)
        sequence = sequence_named(values["sequence"], self.workspace)
        contact = contact_of(values["contact"], self.workspace, now=self.now, actor=self.actor)
        (done,) = subscribe(sequence, [contact], now=self.now, actor=self.actor)
        body = {
            "created": done.created,
            "reason": done.reason or None,
            "subscription": self.shown(done.subscription),
        }
        return Response(body, status=201 if done.created else 200)


class UnsubscribeFromSequenceView(SubscribingView):
    @extend_schema(request=SubscribingInput, responses={200: UnsubscribeAnswer})
    @in_one_transaction
    def post(self, request: Request) -> Response:
        """Somebody unknown is in no sequence, and stays unknown."""
        values = SubscribingInput.read(request.data)
        sequence = sequence_named(values["sequence"], self.workspace)
        contact = known_contact_of(values["contact"], self.workspace)
        if contact is None:
            return Response({"stopped": False, "subscription": None})
        contact = contact_of(values["contact"], self.workspace, now=self.now, actor=self.actor)
        (done,) = unsubscribe(sequence, [contact], now=self.now, actor=self.actor)
        shown = self.shown(done.subscription or latest_subscription(sequence, contact))
        return Response({"stopped": done.stopped, "subscription": shown})


def sequence_named(text: str, workspace: Workspace) -> Sequence:
    """By id, else by exact name: the one in use, else the archived one of that name that was made last."""
    rows = visible(Sequence.objects.all(), workspace)
    number = Sequence.public_id.parse(text)
    found: Sequence | None = rows.filter(pk=number).first() if number else None
    if found is None:
        is_archived = Case(When(state=SequenceState.ARCHIVED, then=1), default=0, output_field=IntegerField())
        found = rows.filter(name=text).order_by(is_archived, "-id").first()
    if found is None:
        raise Refused([Problem("sequence", "not_found")])
    return found


def latest_subscription(sequence: Sequence, contact: Contact) -> Subscription | None:
    return Subscription.objects.filter(sequence=sequence, contact=contact).order_by("-id").first()
