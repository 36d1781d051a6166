"""Templates of the theme that ours stand in front of: when the theme changes one, ours is looked at again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import unfold
from django.conf import settings

ORIGINALS = Path(str(unfold.__file__)).parent / "templates"
OURS = Path(settings.BASE_DIR) / "templates"

# The first sixteen digits of the SHA-256 of the theme's own file, as it was when ours was written.
WRITTEN_AGAINST: dict[str, str] = {
    "admin/base_site.html": "50eb1e71a0b2729c",
    "admin/change_list.html": "5885c39760f6085d",
    "admin/object_history.html": "276be0d3eb1c5eaa",
    "unfold/helpers/empty_results.html": "5f4727a37a99da76",
    "unfold/helpers/app_list_badge.html": "bc002ff5a001fd04",
    "unfold/helpers/add_link.html": "36cc86e42047e012",
    "unfold/helpers/header_title.html": "b126ed2ab9ca1680",
    "unfold/helpers/navigation_header.html": "35139b9d94580be9",
    "unfold/helpers/navigation_user.html": "4c9ba58b3f215326",
    "unfold/helpers/theme_switch.html": "c8e659df65f5aa78",
    "unfold/helpers/unauthenticated_header.html": "904c823eb0d85052",
    "unfold/helpers/welcomemsg.html": "e8eab02522ba2319",
    "unfold/layouts/skeleton.html": "66af9f0bb45f98ba",
}


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def replaced() -> list[str]:
    """Names of templates that both have."""
    ours = [str(file.relative_to(OURS)) for file in OURS.rglob("*.html")]
    return sorted(name for name in ours if (ORIGINALS / name).exists())


def test_every_template_that_replaces_one_of_the_themes_was_written_against_the_installed_one() -> None:
    """Failing after an upgrade: compare the theme's file with ours, carry over what is new, note the hash."""
    assert {name: digest(ORIGINALS / name) for name in replaced()} == WRITTEN_AGAINST
