from sequencer.workspaces.admin.site import site
from sequences.admin import (
    badges,
    contacts,
    dashboard,
    deliveries,
    event_rules,
    sequences,
    sub_flows,
    subscriptions,
)
from sequences.sentences import sentence

__all__ = [
    "badges",
    "contacts",
    "dashboard",
    "deliveries",
    "event_rules",
    "sequences",
    "sub_flows",
    "subscriptions",
]

site.more_words = sentence
