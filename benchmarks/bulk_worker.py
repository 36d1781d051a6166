"""Carries one bulk job on until it is done, in a process of its own that may be killed: `python -m ... JOB`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import django

django.setup()

from sequences.actions.carry_on_bulk_job import carry_on_bulk_job  # noqa: E402  # models want their settings first

while carry_on_bulk_job(int(sys.argv[1]), now=datetime.now(UTC)):
    pass
