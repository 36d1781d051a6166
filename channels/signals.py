"""What others may listen to. Receivers run in the sender's transaction; every signal carries `now`."""

from __future__ import annotations

from django.dispatch import Signal

# interactions (channels.inbound.Interaction, in order), now, actor: they did something. Who listens says in the
# database whom that may matter to (channels_words_matter): of others nothing is sent where PostgreSQL takes it up.
people_interacted = Signal()
contact_unavailable = Signal()  # contact, because ("opted_out" | "blocked" | "contact_gone"), now, actor
contact_erased = Signal()  # contact (blank already), address, now: nothing may say any more who they were
contact_changed = Signal()  # contact, now: the time zone or the offset is another one
receipts_arrived = Signal()  # channel, receipts (channels.events: receipts and echoes), people (by address), now
# channel, receipts, now; outside of any transaction: whoever did all that they ask for, at once, answers True.
receipts_told = Signal()
messages_failed = Signal()  # channel, failures (channels.events.Undelivered), now; their contacts' rows are locked
webhook_answered = (
    Signal()
)  # kind, result ("recorded" | "rejected" | "failed"); outside of any transaction, without `now`
