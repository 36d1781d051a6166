"""interactions/: this person just wrote, or tapped; for platforms that hold the conversation themselves."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.actions.answer_in_sandbox import show_as_theirs
from channels.inbound import record_inbound
from channels.messages import InboundEvent, InboundKind
from channels.models import Contact
from sequencer.workspaces.moments import check_moment
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.api.contact_input import ContactInput, contact_of
from sequences.api.contacts import ContactShape
from sequences.api.fields import Choice, Text
from sequences.api.moments import Moment
from sequences.api.shapes import Shape
from sequences.api.views import ActionView
from sequences.rules.problems import Problem


class InteractionInput(Shape):
    contact = ContactInput()
    at = Moment(required=False, allow_null=True, help_text="Not in the future; now when it is absent.")
    kind = Choice(choices=[word.value for word in InboundKind])
    text = Text(allow_blank=True, required=False, allow_null=True)


class InteractionAnswer(Shape):
    contact = ContactShape()


class InteractionsView(ActionView):
    @extend_schema(request=InteractionInput, responses={200: InteractionAnswer})
    @in_one_transaction
    def post(self, request: Request) -> Response:
        """Opens the reply window; the kinds message and button count as a reply."""
        values = InteractionInput.read(request.data)
        at = values.get("at") or self.now
        if at > self.now:
            raise Refused([Problem("at", "in_the_future")])
        if problems := check_moment("at", at):
            raise Refused(problems)
        contact = contact_of(values["contact"], self.workspace, now=self.now, actor=self.actor)
        event = InboundEvent(contact.address, at, InboundKind(values["kind"]), values.get("text") or "")
        if event.text and contact.channel.kind == "sandbox":
            show_as_theirs(contact, event.text, at=at)
        record_inbound(contact.channel, [event], now=self.now, actor=self.actor)
        stored = Contact.objects.in_workspace(self.workspace).get(pk=contact.pk)
        return Response({"contact": ContactShape(stored).data})
