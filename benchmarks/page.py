"""A section of docs/benchmarks.md that one question writes by itself."""

from __future__ import annotations

from datetime import date

from benchmarks.report import put_sections


def put_section(heading: str, text: str, *, is_dry: bool) -> None:
    """Print a section and, unless `is_dry`, store it: in the place of the one with its heading, else at the end."""
    section = f"\n## {heading}\n\nMeasured on {date.today().isoformat()}. {text.strip()}\n"
    print(section)
    if not is_dry:
        put_sections(section)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
