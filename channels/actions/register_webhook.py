"""Tell a channel's provider where it shall call us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from channels.actions.check_connection import Finding, Verdict, put_question
from channels.ask import run_ask
from channels.backends import Backend
from channels.backends.questions import Question
from channels.messages import Account
from channels.models import Channel
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor

Asking = Callable[[Question[None]], None]


def register_webhook(channel: Channel, *, now: datetime, actor: Actor, ask: Asking = run_ask) -> Finding:
    """What the provider said to it: CONNECTED when it will call us. Call outside transactions; it may call at once."""
    finding = put_question(channel, lambda backend, account: backend.register_webhook(account), _registered, ask, now)
    if finding.verdict is not Verdict.NOTHING_TO_TEST:
        is_registered = finding.verdict is Verdict.CONNECTED
        record_audit("registered", channel, actor=actor, now=now, changes={"is_registered": [None, is_registered]})
    return finding


def _registered(backend: Backend, account: Account, nothing: None) -> Finding:
    return Finding(Verdict.CONNECTED)
