"""Ask the provider whose account a channel's credentials open, and say what is missing when they open none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from channels.ask import account_of, run_ask
from channels.backends import Backend, backend_for
from channels.backends.questions import Identity, Question
from channels.errors import ChannelError, ChannelMisconfigured, MessageRejected
from channels.messages import Account
from channels.models import Channel
from channels.secrets import SecretsUnreadable
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor

Found = TypeVar("Found")
Asking = Callable[[Question[Identity]], Identity]


class Verdict(StrEnum):
    CONNECTED = "connected"
    NOTHING_TO_TEST = "nothing_to_test"
    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_UNREADABLE = "credentials_unreadable"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a verdict, no secret
    OTHER_ACCOUNT = "other_account"
    PERMISSION_MISSING = "permission_missing"
    ACCOUNT_RESTRICTED = "account_restricted"
    QUESTION_REFUSED = "question_refused"
    ADDRESS_FORBIDDEN = "address_forbidden"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail` is the provider's code or what the way there broke on, `found` whose account it is; never a secret."""

    verdict: Verdict
    detail: str = ""
    found: Identity | None = None


_LACKS = {
    "token": Verdict.TOKEN_REFUSED,
    "permission": Verdict.PERMISSION_MISSING,
    "address": Verdict.ADDRESS_FORBIDDEN,
}


def check_connection(channel: Channel, *, now: datetime, actor: Actor, ask: Asking = run_ask) -> Finding:
    """What the provider says of the stored credentials; nothing of the channel changes. Call outside transactions."""
    finding = put_question(channel, lambda backend, account: backend.me(account), _whose_account, ask, now)
    if finding.verdict is not Verdict.NOTHING_TO_TEST:
        is_connected = finding.verdict is Verdict.CONNECTED
        record_audit("tested", channel, actor=actor, now=now, changes={"is_connected": [None, is_connected]})
    return finding


def put_question(
    channel: Channel,
    question_of: Callable[[Backend, Account], Question[Found] | None],
    conclude: Callable[[Backend, Account, Found], Finding],
    ask: Callable[[Question[Found]], Found],
    now: datetime,
) -> Finding:
    """What a provider says to a question of its kind, or why it could not be asked; `conclude` reads a yes."""
    backend = backend_for(channel.kind)
    try:
        account = account_of(channel, now)
    except SecretsUnreadable:
        return Finding(Verdict.CREDENTIALS_UNREADABLE)
    question = question_of(backend, account)
    if question is None:
        return Finding(Verdict.NOTHING_TO_TEST)
    if not all(account.credentials.get(name) for name in backend.credential_fields):
        return Finding(Verdict.CREDENTIALS_MISSING)
    try:
        found = ask(question)
    except ChannelError as error:
        return Finding(verdict_on(error), error.detail)
    return conclude(backend, account, found)


def _whose_account(backend: Backend, account: Account, found: Identity) -> Finding:
    is_meant = backend.own_id(account) in ("", found.provider_id)
    return Finding(Verdict.CONNECTED if is_meant else Verdict.OTHER_ACCOUNT, found=found)


def verdict_on(error: ChannelError) -> Verdict:
    """What stands in the way, as far as the error tells."""
    match error:
        case ChannelMisconfigured(because="account_restricted"):
            return Verdict.ACCOUNT_RESTRICTED
        case ChannelMisconfigured(lacks=lacks):
            return _LACKS.get(lacks, Verdict.PERMISSION_MISSING)
        case MessageRejected():
            return Verdict.QUESTION_REFUSED
        case _:
            return Verdict.UNREACHABLE
