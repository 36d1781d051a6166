from sequencer.workspaces.admin.site import site
from sequences.admin import (
    badges,
    bulk_jobs,
    contacts,
    dashboard,
    deliveries,
    event_rules,
    notices,
    numbers,
    people,
    recipes,
    rehearsals,
    sequences,
    sub_flows,
    subscriptions,
    trying,
    webhook_endpoints,
    webhook_messages,
)
from sequences.sentences import sentence

__all__ = [
    "badges",
    "bulk_jobs",
    "contacts",
    "dashboard",
    "deliveries",
    "event_rules",
    "notices",
    "numbers",
    "people",
    "recipes",
    "rehearsals",
    "sequences",
    "sub_flows",
    "subscriptions",
    "trying",
    "webhook_endpoints",
    "webhook_messages",
]

site.more_words = sentence
