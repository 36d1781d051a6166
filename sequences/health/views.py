"""Where load balancers and monitors ask: no log-in, and no data of anybody's."""

from __future__ import annotations

import logging
import time
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sequences.rules.readiness import Signs, Trouble, troubles_of
from sequences.vital_signs import signs_of
from sequences.worker import database_clock

log = logging.getLogger(__name__)

# Seconds for which a process says again what it said: nobody's asking costs the database more than that.
KEPT_FOR = 2.0


class _Answer(NamedTuple):
    until: float
    body: dict[str, Any]
    status: int


READY = "readyz"
_KEPT: dict[str, _Answer] = {}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while the installation does its work, else 503 with the reasons (rules/readiness.py)."""
    kept = _KEPT.get(READY)
    if kept is None or time.monotonic() >= kept.until:
        kept = _KEPT[READY] = _Answer(time.monotonic() + KEPT_FOR, *_look())
    return JsonResponse(kept.body, status=kept.status)


def _look() -> tuple[dict[str, Any], int]:
    try:
        signs = signs_of(now=database_clock(), machine_now=timezone.now())
    except (DatabaseError, InterfaceError):
        log.exception("the database does not answer")
        return {"status": "not ready", "reasons": [Trouble.DATABASE_AWAY.value]}, 503
    troubles = troubles_of(signs)
    body = {"status": "not ready" if troubles else "ready", "reasons": [one.value for one in troubles]}
    return {**body, "ages": _ages(signs)}, 503 if troubles else 200


def _ages(signs: Signs) -> dict[str, float | None]:
    """Seconds; null where nothing was ever seen."""
    ages = {"heartbeat": signs.heartbeat_age, "canary": signs.canary_age, "stalled": signs.stalled_for}
    return {name: None if age is None else round(age.total_seconds(), 1) for name, age in ages.items()}
