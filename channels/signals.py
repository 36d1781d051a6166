"""What others may listen to. Receivers run in the sender's transaction; every signal carries `now`."""

from __future__ import annotations

from django.dispatch import Signal

contact_interacted = Signal()  # contact, at, kind (InboundKind), payload, now, actor: somebody did something
contact_unavailable = Signal()  # contact, because ("opted_out" | "blocked" | "contact_gone"), now, actor
contact_changed = Signal()  # contact, now: the time zone or the offset is another one
