"""The secrets of a webhook endpoint: made here, sealed to its row, changed with an overlap."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from channels.actions.rotate_keys import Rotated
from channels.secrets import SecretsUnreadable, is_under_newest_key, seal, unseal
from channels.standard_webhooks import new_secret
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import WebhookEndpoint

NEW, OLD = "new", "old"
LONGEST_OVERLAP = timedelta(days=7)
USUAL_OVERLAP = timedelta(hours=24)
AT_ONCE = 100


def signing_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """What signs now, the newest first: the old one too until its time is over. Raises SecretsUnreadable."""
    stored = _opened(endpoint)
    names = [NEW, OLD] if endpoint.old_secret_until and now < endpoint.old_secret_until else [NEW]
    return [stored[name] for name in names if name in stored]


def first_secret(endpoint: WebhookEndpoint) -> str:
    """Make a secret for an endpoint that has just got its row; its only showing."""
    secret = new_secret()
    _store(endpoint, {NEW: secret})
    return secret


@in_one_transaction
def rotate_secret(endpoint: WebhookEndpoint, *, overlap: timedelta, now: datetime, actor: Actor) -> str:
    """A new secret; every message is signed with the old one too while `overlap` lasts. Raises Refused."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds() // 3600)
        raise Refused([Problem("overlap_hours", "out_of_range", {"min": 0, "max": most})])
    row: WebhookEndpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    secret = new_secret()
    try:
        before = _opened(row).get(NEW)
    except SecretsUnreadable:
        before = None
    keeps = before is not None and overlap > timedelta()
    row.old_secret_until = now + overlap if keeps else None
    _store(row, {NEW: secret, **({OLD: before} if before and keeps else {})})
    record_audit("secret_changed", row, actor=actor, now=now)
    return secret


@in_one_transaction
def renew_encryption(*, at_once: int = AT_ONCE) -> Rotated:
    """Bring the secrets of every endpoint under the first of ENCRYPTION_KEYS; a second call changes nothing."""
    total = Rotated()
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).exclude(secrets="").order_by("pk")
    for endpoint in rows.iterator(chunk_size=at_once):
        total += _renew(endpoint)
    return total


def _renew(endpoint: WebhookEndpoint) -> Rotated:
    seen = Rotated(looked_at=1)
    try:
        stored = _opened(endpoint)
    except SecretsUnreadable:
        return replace(seen, unreadable=(endpoint.public_id,))
    if is_under_newest_key(endpoint.secrets):
        return seen
    _store(endpoint, stored)
    return replace(seen, on_old_keys=1, changed=1)


def _opened(endpoint: WebhookEndpoint) -> dict[str, str]:
    return unseal(endpoint.secrets, workspace_id=endpoint.workspace_id, endpoint_id=endpoint.pk)


def _store(endpoint: WebhookEndpoint, secrets: dict[str, str]) -> None:
    endpoint.secrets = seal(secrets, workspace_id=endpoint.workspace_id, endpoint_id=endpoint.pk)
    endpoint.save(update_fields=["secrets", "old_secret_until"])
