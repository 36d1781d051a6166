from sequencer.workspaces.admin import api_keys, audit_events, invitations, members, profile_page, settings_page

__all__ = ["api_keys", "audit_events", "invitations", "members", "profile_page", "settings_page"]
