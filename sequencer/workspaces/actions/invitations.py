"""Invite somebody by e-mail, and let them in: the link proves that the address is theirs, only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.models import Invitation, Membership, Role, User, Workspace
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction

VALID_FOR = timedelta(days=7)


@in_one_transaction
def invite(workspace: Workspace, *, email: str, role: Role, now: datetime, actor: Actor) -> tuple[Invitation, str]:
    """A new invitation and the secret of its link; earlier ones to the same address end.

    Raises Refused for what is no address and for somebody who is a member already.
    """
    email = email.strip().lower()
    problems = _check_address(workspace, email)
    if problems:
        raise Refused(problems)
    Invitation.objects.filter(workspace=workspace, email=email, accepted_at=None, expires_at__gt=now).update(
        expires_at=now
    )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        workspace=workspace, email=email, role=role, token_hash=_hash(token), created_at=now, expires_at=now + VALID_FOR
    )
    record_audit("invited", invitation, actor=actor, now=now, changes={"role": [None, role.value]})
    return invitation, token


@in_one_transaction
def revoke_invitation(invitation: Invitation, *, now: datetime, actor: Actor) -> None:
    open_one = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now)
    if open_one.update(expires_at=now):
        record_audit("revoked", invitation, actor=actor, now=now)


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The open invitation whose link this is."""
    found = Invitation.objects.filter(token_hash=_hash(token), accepted_at=None, expires_at__gt=now)
    return found.select_related("workspace").first()


@in_one_transaction
def accept_invitation(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    """Join as the user whose address was invited; a member keeps the role they have.

    Raises Conflict("wrong_user") for anybody else and Conflict("invitation_over") when it was used or has ended.
    """
    if user.email != invitation.email:
        raise Conflict("wrong_user")
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now).update(accepted_at=now):
        raise Conflict("invitation_over")
    membership, _ = Membership.objects.get_or_create(
        workspace_id=invitation.workspace_id, user=user, defaults={"role": invitation.role, "created_at": now}
    )
    User.objects.filter(pk=user.pk).update(last_workspace=invitation.workspace_id)
    actor = Actor(ActorKind.USER, id=user.pk, label=str(user))
    record_audit("joined", membership, actor=actor, now=now, changes={"role": [None, membership.role]})
    return membership


@in_one_transaction
def accept_as_new_user(invitation: Invitation, *, name: str, password: str, now: datetime) -> User:
    """Make the user whom the invitation is for, and let them join. Raises Conflict as `accept_invitation` does."""
    if User.objects.filter(email=invitation.email).exists():
        raise Conflict("wrong_user")
    user = User.objects.create_user(invitation.email, password, name=name.strip()[:150])
    accept_invitation(invitation, user, now=now)
    return user


def _check_address(workspace: Workspace, email: str) -> list[Problem]:
    try:
        validate_email(email)
    except ValidationError:
        return [Problem("email", "invalid_email")]
    is_member = Membership.objects.filter(workspace=workspace, user__email=email).exists()
    return [Problem("email", "already_member")] if is_member else []


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
