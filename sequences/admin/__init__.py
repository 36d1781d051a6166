from sequencer.workspaces.admin.site import site
from sequences.admin import contacts, deliveries, event_rules, notices, sequences, sub_flows, subscriptions
from sequences.sentences import sentence

__all__ = ["contacts", "deliveries", "event_rules", "notices", "sequences", "sub_flows", "subscriptions"]

site.more_words = sentence
