from sequencer.workspaces.admin.site import site
from sequences.admin import (
    badges,
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
)
from sequences.sentences import sentence

__all__ = [
    "badges",
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
]

site.more_words = sentence
