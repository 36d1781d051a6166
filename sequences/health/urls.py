"""The addresses for monitors."""

from __future__ import annotations

from django.urls import path

from sequences.health.metrics import metrics
from sequences.health.views import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
