"""How often a key may call: counted over all processes in the shared cache, in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from sequences.api.authentication import Caller


@dataclass(slots=True)
class Lease:
    """What one process may still use of a key's window without asking again; `beyond` is what nobody had taken then."""

    window: int
    left: int = 0
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a key is told of its limit: as far as this process knows, so many calls are left for so many seconds."""

    calls: int
    window: int
    left: int
    ends_in: int

    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers-10 (read 2026-11-29)."""
        return {
            "RateLimit-Policy": f'"default";q={self.calls};w={self.window}',
            "RateLimit": f'"default";r={self.left};t={self.ends_in}',
        }


class PerKeyThrottle(BaseThrottle):
    """6,000 calls a minute and key: 100 a second on average, and a burst of all of them at once is fine.

    A process takes calls from the shared count in blocks of `BLOCK`, so most calls cost nothing; what it does not use
    is lost with the window.
    """

    CALLS = 6000
    WINDOW = 60
    BLOCK = 20
    MAX_LEASES = 10_000
    leases: dict[int, Lease] = {}
    lock = Lock()

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            return True
        seconds = int(cast("Caller", request.user).now.timestamp())
        self.retry_after = self.WINDOW - seconds % self.WINDOW
        key, window = request.auth.pk, seconds // self.WINDOW
        is_allowed = self._take(key, window)
        with self.lock:
            lease = self._lease(key, window)
            left = lease.left + lease.beyond
        view.standing = Standing(self.CALLS, self.WINDOW, left if is_allowed else 0, self.retry_after)
        return is_allowed

    def wait(self) -> float | None:
        return self.retry_after

    def _take(self, key: int, window: int) -> bool:
        with self.lock:
            lease = self._lease(key, window)
            if lease.left > 0:
                lease.left -= 1
                return True
        block = min(self.BLOCK, self.CALLS)
        used = self._count(key, window, block)
        granted = max(0, min(block, self.CALLS - used))
        with self.lock:
            lease = self._lease(key, window)
            lease.left += max(0, granted - 1)
            lease.beyond = max(0, self.CALLS - used - block)
        return granted > 0

    def _lease(self, key: int, window: int) -> Lease:
        lease = self.leases.get(key)
        if lease is None or lease.window != window:
            if len(self.leases) >= self.MAX_LEASES:
                self.leases.clear()
            lease = self.leases[key] = Lease(window)
        return lease

    def _count(self, key: int, window: int, block: int) -> int:
        """What all processes had taken before this block."""
        name = f"api-calls:{key}:{window}"
        if cache.add(name, block, timeout=2 * self.WINDOW):
            return 0
        try:
            return cache.incr(name, block) - block
        except ValueError:  # it expired, or was evicted, in between
            return 0
