from sequences.models.delivery import Delivery, DeliveryState, SentPart
from sequences.models.early_receipt import EarlyKind, EarlyReceipt
from sequences.models.event import ContactEvent, EventRule, EventVerb
from sequences.models.installation import Installation, Tally
from sequences.models.kept_answer import KeptAnswer
from sequences.models.run import Run
from sequences.models.sequence import Sequence, SequenceChannel, SequenceState
from sequences.models.step import DelayUnit, OutsideReplyWindow, Step
from sequences.models.subflow import SubFlow
from sequences.models.subscription import Subscription, SubscriptionState

__all__ = [
    "ContactEvent",
    "DelayUnit",
    "Delivery",
    "DeliveryState",
    "EarlyKind",
    "EarlyReceipt",
    "EventRule",
    "EventVerb",
    "KeptAnswer",
    "Installation",
    "OutsideReplyWindow",
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
]
