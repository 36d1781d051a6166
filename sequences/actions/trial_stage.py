"""What one message of a test is sent with, and whether it may go: the engine's own rules, but for the clock's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from channels.content import Letter, Slot
from channels.messages import Route
from channels.models import Channel, Contact
from sequences.actions.flight import Wire
from sequences.actions.shelf import Content, contents_of, wire_of
from sequences.actions.templates_at_hand import TemplatesAtHand, templates_at_hand
from sequences.models import Step, Trial, TrialPart, TrialPartState
from sequences.rules.policy import Facts, Hold, ReplyRule, Send, Skip, Stop, choose_route, decide
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.rendering import ActionPart, MessagePart, Part, RenderingFailed
from sequences.rules.steps import StepSettings
from sequences.rules.timing import Schedule
from sequences.rules.zones import pick_zone

_BY_THE_PERSON = (EndedBecause.OPTED_OUT, EndedBecause.BLOCKED)


@dataclass(frozen=True, slots=True)
class Stage:
    """One message of a test, with all that it depends on read just now."""

    trial: Trial
    step: StepSettings
    contact: Contact
    channel: Channel
    wire: Wire
    content: Content
    templates: TemplatesAtHand


@dataclass(frozen=True, slots=True)
class Going:
    """A part that may leave; its row waits under `place`."""

    place: int
    part: MessagePart
    route: Route


def stage_of(trial: Trial, step: Step) -> Stage:
    contact = Contact.objects.select_related("channel", "workspace").get(pk=trial.contact_id)
    content = contents_of([step.sub_flow_id])[step.sub_flow_id].on(contact.channel_id)
    templates = templates_at_hand([contact.channel], [content.template])
    return Stage(trial, step.settings, contact, contact.channel, wire_of(contact.channel), content, templates)


def decide_message(stage: Stage, *, now: datetime) -> list[Going]:
    """The parts that may leave; what does not is written down with its reason."""
    trouble_until = stage.channel.trouble_until
    if trouble_until is not None and trouble_until > now:
        return _note(stage, TrialPartState.NOT_SENT, Because.CHANNEL_TROUBLE)
    facts = _facts(stage, now)
    match decide(facts):
        case Send(route=route):
            return _fill_in(stage, route)
        case Skip(why=why):
            return _note(stage, TrialPartState.NOT_SENT, why)
        case Stop(ended_because=because, why=why) if because in _BY_THE_PERSON or why is None:
            return _note(stage, TrialPartState.NOT_SENT, because)
        case Stop(why=why) if why is not None:
            return _note(stage, TrialPartState.NOT_SENT, why)
        case Hold(why=Because.REPLY_WINDOW_CLOSED):
            chosen = choose_route(facts.step, facts.reply_rule, now)
            return _note(
                stage, TrialPartState.NOT_SENT, chosen if isinstance(chosen, Reason) else Reason.REPLY_WINDOW_CLOSED
            )
        case Hold(why=waits):
            return _note(stage, TrialPartState.NOT_SENT, waits)
        case other:
            raise AssertionError(f"a test has no countdown: {other}")


def leave_the_rest(stage: Stage, going: list[Going]) -> None:
    """What stood behind a part that did not arrive is not sent either."""
    places = [one.place for one in going]
    waiting = TrialPart.objects.filter(trial=stage.trial, place__in=places, state=TrialPartState.WAITING)
    waiting.update(state=TrialPartState.NOT_SENT, reason="test_stopped")


def _facts(stage: Stage, now: datetime) -> Facts:
    """Without the countdown, the send window and the state of the sequence."""
    contact, wire = stage.contact, stage.wire
    return Facts(
        now=now,
        step=replace(stage.step, schedule=Schedule(timedelta())),
        zone=pick_zone(contact.time_zone, contact.utc_offset_minutes, contact.workspace.time_zone).tz,
        countdown_started_at=now,
        reply_rule=ReplyRule(
            length=wire.backend.reply_window(wire.account.settings),
            after_24_hours=wire.after_24_hours,
            last_interaction_at=contact.last_interaction_at,
            has_utility_template=stage.templates.may_send(stage.channel.pk, stage.content.template),
        ),
        has_opted_out=contact.opted_out_at is not None,
        has_blocked=contact.blocked_at is not None,
        is_channel_paused=stage.channel.is_paused,
    )


def _fill_in(stage: Stage, route: Route) -> list[Going]:
    try:
        values = stage.contact.placeholder_values()
        parts = stage.content.render_for(stage.wire.backend, route, values, _slots(stage))
    except RenderingFailed as error:
        return _note(stage, TrialPartState.FAILED, Reason.RENDERING_FAILED, str(error))
    if not parts:
        return _note(stage, TrialPartState.FAILED, Reason.UNSUPPORTED)
    first = stage.trial.parts.count()
    TrialPart.objects.bulk_create(_row(stage, place, part, route) for place, part in enumerate(parts, first))
    listed = enumerate(parts, first)
    return [Going(place, part, route) for place, part in listed if isinstance(part, MessagePart)]


def _slots(stage: Stage) -> tuple[Slot, ...]:
    template = stage.content.template
    return stage.templates.slots_of(stage.channel.pk, template) if template else ()


def _row(stage: Stage, place: int, part: Part, route: Route) -> TrialPart:
    """Actions and pauses are for real people: a test leaves them out, and says so."""
    leaves = isinstance(part, MessagePart)
    return TrialPart(
        workspace_id=stage.trial.workspace_id,
        trial=stage.trial,
        step_id=stage.step.id,
        place=place,
        state=TrialPartState.WAITING if leaves else TrialPartState.LEFT_OUT,
        reason="" if leaves else ("test_action" if isinstance(part, ActionPart) else "test_pause"),
        text=_text_of(part),
        route=route.value,
    )


def _text_of(part: Part) -> str:
    """What a list shows of it."""
    if isinstance(part, ActionPart):
        return part.tag[:200]
    content = getattr(part, "content", None)
    content = content.blocks[0] if isinstance(content, Letter) else content
    shown = [getattr(content, name, "") for name in ("text", "caption", "url", "name", "reference")]
    return next((text for text in shown if text), "")[:200]


def _note(stage: Stage, state: TrialPartState, why: Reason | Because | EndedBecause, detail: str = "") -> list[Going]:
    TrialPart.objects.create(
        workspace_id=stage.trial.workspace_id,
        trial=stage.trial,
        step_id=stage.step.id,
        place=stage.trial.parts.count(),
        state=state,
        reason=why.value,
        detail=detail[:500],
    )
    return []
