"""What everybody must know on every page: that nothing is being sent."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from sequencer.workspaces.admin.site import site
from sequences.rules.readiness import Trouble, troubles_of
from sequences.vital_signs import signs_of_sending
from sequences.worker import database_clock

log = logging.getLogger(__name__)

# Looked at anew so often, for all pages together.
LOOKED_AT_EVERY = 10
KEPT_AS = "troubles-of-sending"
TOLD = (Trouble.HELD_AFTER_RESTORE, Trouble.NO_WORKER, Trouble.NOT_SENDING, Trouble.CANARY_SILENT)


def not_sending(request: HttpRequest) -> list[dict[str, Any]]:
    """The first trouble that keeps messages back, in the words of somebody who cannot mend it."""
    return [{"text": text} for trouble in _troubles()[:1] if (text := _sentence(trouble))]


def _troubles() -> list[str]:
    found = _kept()
    if found is None:
        signs = signs_of_sending(now=database_clock(), machine_now=timezone.now())
        # Before the first worker was ever started, only messages that wait for one are worth a word.
        told = TOLD if signs.heartbeat_age is not None else (Trouble.NOT_SENDING,)
        found = [trouble.value for trouble in troubles_of(signs) if trouble in told]
        with suppress(RedisError):
            cache.set(KEPT_AS, found, LOOKED_AT_EVERY)
    return found


def _kept() -> list[str] | None:
    """What somebody saw a moment ago. A cache that is away knows nothing, and takes no page away with it."""
    try:
        kept: list[str] | None = cache.get(KEPT_AS)
    except RedisError:
        log.exception("the shared cache does not answer")
        return None
    return kept


def _sentence(trouble: str) -> str:
    match trouble:
        case Trouble.NO_WORKER:
            return _("Nothing is being sent: no worker is running. Messages keep their place; tell your administrator.")
        case Trouble.NOT_SENDING | Trouble.CANARY_SILENT:
            return _("Messages are late: sending has come to a halt. They keep their place; tell your administrator.")
        case Trouble.HELD_AFTER_RESTORE:
            return _("Nothing is being sent: the database was restored, and your administrator must say what goes.")
    return ""


site.notices.append(not_sending)
