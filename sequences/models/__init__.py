from sequences.models.delivery import Delivery, DeliveryState, SentPart
from sequences.models.early_receipt import EarlyKind, EarlyReceipt
from sequences.models.event import ContactEvent, EventRule, EventVerb
from sequences.models.installation import Counter, Installation
from sequences.models.kept_answer import KeptAnswer
from sequences.models.rehearsal import LineKind, Rehearsal, RehearsalLine
from sequences.models.run import Run
from sequences.models.sequence import Sequence, SequenceChannel, SequenceState
from sequences.models.step import DelayUnit, OutsideReplyWindow, Step
from sequences.models.subflow import SubFlow
from sequences.models.subscription import Subscription, SubscriptionState
from sequences.models.tally import Tally
from sequences.models.trial import Trial, TrialPart, TrialPartState, TrialState

__all__ = [
    "ContactEvent",
    "Counter",
    "DelayUnit",
    "Delivery",
    "DeliveryState",
    "EarlyKind",
    "EarlyReceipt",
    "EventRule",
    "EventVerb",
    "Installation",
    "KeptAnswer",
    "LineKind",
    "OutsideReplyWindow",
    "Rehearsal",
    "RehearsalLine",
    "Run",
    "SentPart",
    "Sequence",
    "SequenceChannel",
    "SequenceState",
    "Step",
    "SubFlow",
    "Subscription",
    "SubscriptionState",
    "Tally",
    "Trial",
    "TrialPart",
    "TrialPartState",
    "TrialState",
]
