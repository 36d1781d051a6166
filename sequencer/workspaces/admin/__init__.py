from sequencer.workspaces.admin import api_keys, audit_events, invitations, members, settings_page

__all__ = ["api_keys", "audit_events", "invitations", "members", "settings_page"]
