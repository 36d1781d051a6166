"""What those above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

# workspace, now: sent in the transaction that changed it; contacts without a zone of their own live by this one.
time_zone_changed = Signal()
