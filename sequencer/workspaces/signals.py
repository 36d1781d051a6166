"""What the floors above may listen to; receivers run in the sender's transaction."""

from __future__ import annotations

from django.dispatch import Signal

time_zone_changed = Signal()  # workspace, now
