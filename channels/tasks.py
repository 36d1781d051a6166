"""What django-q2 runs for channels. The names never change: they are stored as text in queues."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import DatabaseError
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from channels.actions import refresh_profiles

log = logging.getLogger(__name__)

READ_PROFILES = "channels.tasks.read_profiles"
AT_ONCE = 200  # questions of up to 10 seconds, ten at a time, stay far below the time that a task may take


def enqueue_profiles(contact_ids: Sequence[int]) -> None:
    """Ask for these people's profiles soon. Nothing hangs on it: whoever writes again is asked for again."""
    try:
        for start in range(0, len(contact_ids), AT_ONCE):
            async_task(READ_PROFILES, list(contact_ids[start : start + AT_ONCE]), q_options={"save": False})
    except (DatabaseError, RedisError):
        log.exception("profiles could not be asked for")


def read_profiles(contact_ids: Sequence[int]) -> int:
    """Read the profiles of these contacts; how many were told."""
    return refresh_profiles.read_profiles(contact_ids, now=timezone.now())
