"""What others may listen to. Receivers run in the sender's transaction; every signal carries `now`."""

from __future__ import annotations

from django.dispatch import Signal

people_interacted = Signal()  # interactions (channels.inbound.Interaction, in order), now, actor: they did something
contact_unavailable = Signal()  # contact, because ("opted_out" | "blocked" | "contact_gone"), now, actor
contact_changed = Signal()  # contact, now: the time zone or the offset is another one
receipts_arrived = Signal()  # channel, receipts (channels.events: receipts and echoes), now
