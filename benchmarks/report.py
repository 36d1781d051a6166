"""The page of figures: written by the command, so that it says what was measured and nothing else."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from pathlib import Path
from statistics import median

import psutil

from benchmarks.bulk import Bulk
from benchmarks.cost import Cost
from benchmarks.form import LOOKS as FORM_LOOKS
from benchmarks.form import Form
from benchmarks.lists import List
from benchmarks.messages import PEER_ROUNDS, Comparison
from benchmarks.pages import FEW, LOOKS, MESSAGES, Page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
MEGABYTE = 1024 * 1024

HEAD = """# Benchmarks

Written by `make bench` on {day}: {machine}; {database}; Python {python}.
CPU seconds hold better than the clock on a machine that others use too, and ratios of paired runs hold best.
"""

MESSAGE_COST = """
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

PEERS = """
## Beside what one would pick instead

One message, one job: each project's own worker with the leanest job that looks a message up, POSTs it to the same
nginx, writes one delivery row and the next step; filling the queue is not counted. pgqueuer takes 100 jobs at once,
where it takes 10 if nobody says so; django-q2 has its ORM broker and saves no successes. Medians of {rounds} runs, each
beside a run of the engine; the ratios of the pairs stand in brackets.

| | messages | CPU s / 1,000 | of it worker | of it PostgreSQL | messages/s | times the engine's cost | at least |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}
"""

PAGES = """
## Pages with {people:,} people behind them

The list of sequences and the form of a sequence of {messages} messages, in a workspace where {people:,} people are
inside it and in one where {few} are; medians of {looks} looks.

| | queries with {few} | queries with {people:,} | ms with {few} | ms with {people:,} | tables read whole |
| --- | --- | --- | --- | --- | --- |
{rows}
"""

FORM = """
## The form in a browser

The form of {messages} messages with {people:,} people inside the sequence, opened by headless Chromium at 1366 x 900
from the web server of `make run`; measured on {day} on {machine}. The clock starts when the address is asked for.

| | usable | all said | weight of the page | weight of the theme |
| --- | --- | --- | --- | --- |
| first visit | {first.usable:.0f} ms | {first.all_said:.0f} ms | {ours:.0f} KB | {theme:.0f} KB |
| coming back, median of {looks} | {median_usable:.0f} ms | {median_said:.0f} ms | | |
| coming back, fastest | {fastest_usable:.0f} ms | {fastest_said:.0f} ms | | |

*Usable*: the first card takes the focus, the timeline is filled, and the script of the cards has run. *All said*: each
message's share of closed 24-hour windows and the effect of saving are there too, which the page asks for by itself, of
{people:,} people. Weights are compressed (gzip 6) and count everything that the page fetched, its own calls included.
"""


BULK = """
## Subscribing {people:,} people by a job

The same people into a sequence: by one plain `INSERT ... SELECT` over the contacts, by a job from a filter, and by a
job from a CSV of their addresses; references checked as ever.

| | seconds | CPU s (process and PostgreSQL) | times the plain one |
| --- | --- | --- | --- |
{rows}

Taking the file in cost {upload:.1f} s. **Memory of the worker:** {before:.0f} MB before the job, {after:.0f} MB at its
peak.
"""

LISTS = """
## Lists of the API with {people:,} rows behind them

| | ms, first page | ms, last page |
| --- | --- | --- |
{rows}
"""


def write_bulk(bulk: Bulk) -> str:
    """The section on bulk jobs."""
    named = [("plain INSERT ... SELECT", bulk.plain), ("by filter", bulk.by_filter), ("by file", bulk.by_file)]
    rows = [
        f"| {name} | {spent.wall:.1f} | {spent.cpu:.1f} | {spent.cpu / bulk.plain.cpu:.2f} |" for name, spent in named
    ]
    before, after = (size / MEGABYTE for size in (bulk.memory_before, bulk.memory_after))
    return BULK.format(people=bulk.people, rows="\n".join(rows), upload=bulk.upload.wall, before=before, after=after)


def write_lists(lists: list[List], people: int) -> str:
    """The section on lists."""
    rows = [f"| `{one.name}` | {one.first * 1000:.1f} | {one.last * 1000:.1f} |" for one in lists]
    return LISTS.format(people=people, rows="\n".join(rows))


def write_messages(comparison: Comparison, limit: float, database: str) -> str:
    """The section on messages, with the head of the page."""
    engine, loop, few = comparison.engine, comparison.loop, comparison.few
    pairs = (ours.per_1000 / theirs.per_1000 for ours, theirs in zip(engine, loop, strict=True))
    text = MESSAGE_COST.format(
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
    return _head(database) + text + (_peers(comparison) if comparison.peers else "")


def _peers(comparison: Comparison) -> str:
    rows = [
        f"{_row(f'{peer.name} | {costs[0].messages:,}', costs)} {comparison.times_less_than(peer):.1f} "
        f"({', '.join(f'{ratio:.1f}' for ratio in comparison.ratios_of(peer))}) | {peer.at_least:g} |"
        for peer, costs in comparison.peers.items()
    ]
    return PEERS.format(rounds=min(PEER_ROUNDS, len(comparison.engine)), rows="\n".join(rows))


def write_pages(pages: list[Page], people: int) -> str:
    """The section on pages."""
    rows = [
        f"| {page.name} | {page.few_queries} | {page.many_queries} | {page.few_seconds * 1000:.0f} "
        f"| {page.many_seconds * 1000:.0f} | {', '.join(sorted(page.full_scans)) or 'none'} |"
        for page in pages
    ]
    return PAGES.format(people=people, few=FEW, looks=LOOKS, messages=MESSAGES, rows="\n".join(rows))


def write_form(form: Form, people: int) -> str:
    """The section on the form in Chromium."""
    usable, said = [look.usable for look in form.again], [look.all_said for look in form.again]
    return FORM.format(
        messages=MESSAGES,
        people=people,
        day=date.today().isoformat(),
        machine=_machine(),
        first=form.first,
        ours=form.first.ours / 1000,
        theme=form.first.theme / 1000,
        looks=FORM_LOOKS,
        median_usable=median(usable),
        median_said=median(said),
        fastest_usable=min(usable),
        fastest_said=min(said),
    )


def put_sections(text: str) -> None:
    """Into the page of figures: each section in the place of the one with its heading, else at the end."""
    known = PAGE.read_text() if PAGE.exists() else ""
    for section in (one.strip() + "\n\n" for one in _sections(text)):
        heading = section.splitlines()[0]
        old = next((one for one in _sections(known) if one.splitlines()[0] == heading), None)
        known = known.replace(old, section) if old else f"{known.rstrip()}\n\n{section}"
    PAGE.write_text(f"{known.rstrip()}\n")


def _sections(text: str) -> list[str]:
    """From heading to heading, in such a way that joined they are the text."""
    return [part for part in re.split(r"^(?=##? )", text, flags=re.MULTILINE) if part.strip()]


def _head(database: str) -> str:
    return HEAD.format(
        day=date.today().isoformat(), machine=_machine(), database=database, python=platform.python_version()
    )


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"


def _row(name: str, costs: list[Cost]) -> str:
    speed = median(cost.messages / cost.work.wall for cost in costs)
    figures = [
        median(getattr(cost, part) for cost in costs) for part in ("per_1000", "worker_per_1000", "database_per_1000")
    ]
    return f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + f" | {speed:,.0f} |"
