from sequencer.workspaces.models.api_key import ApiKey, Scope
from sequencer.workspaces.models.audit_event import AuditEvent
from sequencer.workspaces.models.invitation import Invitation
from sequencer.workspaces.models.membership import Membership, Role
from sequencer.workspaces.models.tenant import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.models.user import User
from sequencer.workspaces.models.workspace import Workspace

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Invitation",
    "Membership",
    "Role",
    "Scope",
    "TenantModel",
    "TenantQuerySet",
    "User",
    "Workspace",
    "workspace_key",
]
