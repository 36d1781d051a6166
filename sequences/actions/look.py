"""One message before it is decided: the facts as they are now, of the person here and elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from channels.models import Contact
from sequences.actions.ledger import Entry
from sequences.actions.planning import zone_of
from sequences.actions.refusals import refusal_of
from sequences.actions.take_off import Wave
from sequences.models import Subscription
from sequences.rules.fall_back import Elsewhere, other_way
from sequences.rules.policy import Decision, Facts, Send, Skip, Stop, decide
from sequences.rules.reasons import EndedBecause, Reason
from sequences.rules.steps import StepSettings

_WISHES = (EndedBecause.OPTED_OUT, EndedBecause.BLOCKED, EndedBecause.CONTACT_GONE)


@dataclass(slots=True, eq=False)
class Look:
    """`bound_to` is the contact that a message which went elsewhere, or may have, goes on with; None: it is free."""

    wave: Wave
    subscription: Subscription
    step: StepSettings
    entry: Entry

    def decision(self) -> Decision:
        """What becomes of the message, by rules/policy.py."""
        bound = self.bound_to
        if bound is None:
            return decide(self._facts(self.subscription.contact, self.others))
        decision = decide(self._facts(bound, ()))
        match decision:
            case Send(route=route):
                return Send(route, via=bound.pk)
            case Stop(ended_because=because) if because in _WISHES:
                # What they want there ends what they are in there; here the message alone is over.
                return Skip(Reason.CONTACT_GONE)
        return decision

    def recipient(self, decision: Decision) -> Contact | None:
        """Who gets it instead of the subscription's own contact."""
        return self.wave.shelf.ways.by_id[decision.via] if isinstance(decision, Send) and decision.via else None

    def has_other_way(self) -> bool:
        if not self.step.fall_back_to or self.bound_to is not None:
            return False
        return other_way(self.step, self.others, self.wave.now) is not None

    @property
    def bound_to(self) -> Contact | None:
        is_elsewhere = self.entry.contact_id != self.subscription.contact_id and self.entry.is_bound
        return self.wave.shelf.ways.by_id.get(self.entry.contact_id) if is_elsewhere else None

    @property
    def others(self) -> tuple[Elsewhere, ...]:
        """Nobody, for a message that has to go on where it is."""
        if not self.step.fall_back_to or self.entry.is_bound:
            return ()
        return tuple(self._elsewhere(one) for one in self.wave.shelf.ways.others_of(self.subscription.contact))

    def _elsewhere(self, contact: Contact) -> Elsewhere:
        is_refused = refusal_of(contact, self.entry.reason_details) is not None
        kind = self.wave.shelf.wires[contact.channel_id].backend.kind
        rule = self.wave.reply_rule(contact, self.step.sub_flow_id)
        return Elsewhere(contact.pk, kind, rule, contact.is_available and not is_refused)

    def _facts(self, contact: Contact, others: tuple[Elsewhere, ...]) -> Facts:
        wave, subscription, home = self.wave, self.subscription, self.subscription.contact
        standing, is_gone = wave.standing(subscription.sequence_id), contact.is_gone
        zone, refused = zone_of(home, standing.time_zone).tz, None
        if others:
            refused = refusal_of(contact, self.entry.reason_details)
        # In the order of the fields: with a name for each it would take twice as long, for every message.
        return Facts(
            wave.now,
            self.step,
            zone,
            subscription.countdown_started_at,
            wave.reply_rule(contact, self.step.sub_flow_id),
            subscription.not_before_at,
            self.entry.sent_at is not None,  # has_begun
            standing.is_paused,
            standing.is_over,
            contact.opted_out_at is not None,
            contact.blocked_at is not None and not is_gone,
            contact.channel_id in wave.shelf.paused_channels,
            is_gone,
            refused,
            others,
        )
