"""The page of figures: written by the command, so that it says what was measured and nothing else."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path
from statistics import median

import psutil

from benchmarks.cost import Cost
from benchmarks.messages import Comparison
from benchmarks.pages import FEW, LOOKS, Page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
MEGABYTE = 1024 * 1024

HEAD = """# Benchmarks

Written by `make bench` on {day}: {machine}; {database}; Python {python}.
CPU seconds hold better than the clock on a machine that others use too, and ratios of paired runs hold best.
"""

MESSAGES = """
## What a message costs

{count:,} due messages, one HTTP POST each to nginx on loopback, {rounds} runs of each in turns; medians. Counted are
the worker process from its first claim to its last commit and every process of PostgreSQL (durable, its own defaults).

| | CPU s / 1,000 | of it worker | of it PostgreSQL | messages/s |
| --- | --- | --- | --- | --- |
{rows}

**{ratio:.2f} times** the least that could work (median of the pairs: {pairs}); the limit is {limit:g}.

The least is `benchmarks/loop.py`: claim 500 under a lease, POST, one delivery row, next step scheduled, two commits a
batch; no rules, no rendering, no error handling, nothing that survives a kill. The engine does all that product and
docs/architecture.md promise: it decides anew at the moment of sending, marks what leaves, keeps the provider's ids.

**Memory of the worker:** {few:.0f} MB at its peak with {few_count:,} due messages, {many:.0f} MB with {count:,}.
"""

PAGES = """
## Pages with {people:,} people behind them

The list of sequences and the form of a sequence, in a workspace where {people:,} people are inside it and in one where
{few} are; medians of {looks} looks.

| | queries with {few} | queries with {people:,} | ms with {few} | ms with {people:,} | tables read whole |
| --- | --- | --- | --- | --- | --- |
{rows}
"""


def write_messages(comparison: Comparison, limit: float, database: str) -> str:
    """The section on messages, with the head of the page."""
    engine, loop, few = comparison.engine, comparison.loop, comparison.few
    pairs = (ours.per_1000 / theirs.per_1000 for ours, theirs in zip(engine, loop, strict=True))
    text = MESSAGES.format(
        count=engine[0].messages,
        rounds=len(engine),
        rows="\n".join([_row("the engine", engine), _row("the least that could work", loop)]),
        ratio=comparison.ratio,
        pairs=", ".join(f"{pair:.2f}" for pair in pairs),
        limit=limit,
        few=few.work.peak_memory / MEGABYTE,
        few_count=few.messages,
        many=median(cost.work.peak_memory for cost in engine) / MEGABYTE,
    )
    return _head(database) + text


def write_pages(pages: list[Page], people: int) -> str:
    """The section on pages."""
    rows = [
        f"| {page.name} | {page.few_queries} | {page.many_queries} | {page.few_seconds * 1000:.0f} "
        f"| {page.many_seconds * 1000:.0f} | {', '.join(sorted(page.full_scans)) or 'none'} |"
        for page in pages
    ]
    return PAGES.format(people=people, few=FEW, looks=LOOKS, rows="\n".join(rows))


def _head(database: str) -> str:
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"
    return HEAD.format(
        day=date.today().isoformat(), machine=machine, database=database, python=platform.python_version()
    )


def _row(name: str, costs: list[Cost]) -> str:
    speed = median(cost.messages / cost.work.wall for cost in costs)
    figures = [
        median(getattr(cost, part) for cost in costs) for part in ("per_1000", "worker_per_1000", "database_per_1000")
    ]
    return f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + f" | {speed:,.0f} |"
