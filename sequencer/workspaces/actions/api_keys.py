"""Keys of the API: `seq_live_<8 id>_<30 secret><6 checksum>`, so that a scanner can recognize a leaked one."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import ApiKey, Scope, Workspace
from sequencer.workspaces.moments import check_moment
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_FORMAT = re.compile(r"seq_live_([0-9A-Za-z]{8})_([0-9A-Za-z]{30})([0-9A-Za-z]{6})")
_LAST_USE_IS_WRITTEN_EVERY = timedelta(minutes=1)
LONGEST_OVERLAP = timedelta(days=30)


@in_one_transaction
def create_api_key(
    workspace: Workspace,
    *,
    name: str,
    scopes: Iterable[str],
    actor: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its full text, which nobody can ever read again. Raises Refused."""
    if problems := check_moment("expires_at", expires_at):
        raise Refused(problems)
    prefix, secret = _random(8), _random(30)
    body = f"seq_live_{prefix}_{secret}"
    text = body + _checksum(body)
    key = ApiKey.objects.create(
        workspace=workspace,
        name=name,
        prefix=prefix,
        last_four=text[-4:],
        secret_hash=_hash(text),
        scopes=[str(Scope(scope)) for scope in scopes],
        created_at=now,
        expires_at=expires_at,
    )
    record_audit("created", key, actor=actor, now=now, changes={"scopes": [None, ",".join(key.scopes)]})
    return key, text


@in_one_transaction
def rotate_api_key(key: ApiKey, *, overlap: timedelta, actor: Actor, now: datetime) -> tuple[ApiKey, str]:
    """A new key with the same name and rights, and its full text; the old one works until `overlap` is over.

    The new one ends when the old one would have, or never. Raises Refused for an overlap out of bounds and Conflict
    for a key that works no more.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Refused([Problem("overlap", "out_of_range", {"min": 0, "max": LONGEST_OVERLAP.days})])
    old: ApiKey = ApiKey.objects.select_for_update().get(pk=key.pk)
    if not old.is_valid(now):
        raise Conflict("key_is_over")
    fresh, text = create_api_key(
        old.workspace, name=old.name, scopes=old.scopes, actor=actor, now=now, expires_at=old.expires_at
    )
    ends_at = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=ends_at)
    record_audit("rotated", old, actor=actor, now=now, changes={"expires_at": [None, ends_at.isoformat()]})
    return fresh, text


@in_one_transaction
def revoke_api_key(key: ApiKey, *, actor: Actor, now: datetime) -> None:
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        record_audit("revoked", key, actor=actor, now=now)


def find_api_key(text: str, *, now: datetime) -> ApiKey | None:
    """The living key that this text opens. A wrong checksum costs no query."""
    match = KEY_FORMAT.fullmatch(text)
    if match is None or not compare_digest(_checksum(text[:-6]), match[3]):
        return None
    key: ApiKey
    for key in ApiKey.objects.filter(prefix=match[1], revoked_at=None).select_related("workspace"):
        if compare_digest(key.secret_hash, _hash(text)) and (key.expires_at is None or now < key.expires_at):
            return key
    return None


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Remember that the key was used; written at most once a minute."""
    if key.last_used_at is None or now - key.last_used_at >= _LAST_USE_IS_WRITTEN_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits
