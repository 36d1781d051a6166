from sequences.models.bulk_job import BulkChunk, BulkJob, BulkProblem, BulkSource, BulkState, BulkVerb
from sequences.models.delivery import Delivery, DeliveryState, SentPart
from sequences.models.early_receipt import EarlyKind, EarlyReceipt
from sequences.models.event import ContactEvent, EventRule, EventVerb
from sequences.models.installation import Counter, Installation
from sequences.models.kept_answer import KeptAnswer
from sequences.models.past_entry import PastEntry
from sequences.models.rehearsal import LineKind, Rehearsal, RehearsalLine
from sequences.models.run import Run
from sequences.models.sequence import Sequence, SequenceChannel, SequenceState
from sequences.models.step import DelayUnit, OutsideReplyWindow, Step
from sequences.models.subflow import SubFlow
from sequences.models.subscription import Subscription, SubscriptionState
from sequences.models.tally import EntryDay, EntryTally, StepDay, Tally
from sequences.models.trial import Trial, TrialPart, TrialPartState, TrialState
from sequences.models.webhook import (
    DisabledBecause,
    EndpointState,
    TellingState,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
)

__all__ = [
    "BulkChunk",
    "BulkJob",
    "BulkProblem",
    "BulkSource",
    "BulkState",
    "BulkVerb",
    "ContactEvent",
    "Counter",
    "DelayUnit",
    "Delivery",
    "DeliveryState",
    "DisabledBecause",
    "EarlyKind",
    "EarlyReceipt",
    "EndpointState",
    "EntryDay",
    "EntryTally",
    "EventRule",
    "EventVerb",
    "Installation",
    "KeptAnswer",
    "LineKind",
    "OutsideReplyWindow",
    "PastEntry",
    "Rehearsal",
    "RehearsalLine",
    "Run",
    "SentPart",
    "Sequence",
    "SequenceChannel",
    "SequenceState",
    "Step",
    "StepDay",
    "SubFlow",
    "Subscription",
    "SubscriptionState",
    "Tally",
    "TellingState",
    "Trial",
    "TrialPart",
    "TrialPartState",
    "TrialState",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookMessage",
]
