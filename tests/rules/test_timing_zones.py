"""Whose clock counts, and that no zone, however odd, ever fails a send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from sequencer.workspaces import zones as workspace_zones
from sequences.rules import zones
from sequences.rules.zones import ZoneSource, is_valid_zone, pick_zone

# empty, spelled otherwise, folders, paths out of the database, files beside it, NUL, too long, and the machine's own
NO_ZONES = [
    "", " ", "Paris", "europe/paris", "EUROPE/PARIS", "Europe/Paris ", "Europe", "America/Argentina", "posix", "right",
    "../UTC", "../../etc/passwd", "/etc/localtime", "Europe/../UTC", ".", "..", "zone.tab", "tzdata.zi", "leapseconds",
    "Europe/\0Paris", "\0", "Europe/Paris\n", "é", "\ud800", "x" * 5_000, "localtime", "posixrules", "Factory",
    "Europe\\Paris", "Europe//Paris", "UTC+1", "GMT+25", "None",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_ZONES, ids=lambda name: ascii(name[:30]))
def test_what_is_no_zone_falls_back_without_a_word(name: str) -> None:
    assert not is_valid_zone(name)
    assert pick_zone(name, None, "Asia/Tokyo").name == "Asia/Tokyo"
    assert pick_zone(name, 330, "Asia/Tokyo").name == "UTC+05:30"
    assert pick_zone(name, None, name).name == "UTC"


PICKED = [
    # the contact's zone wins over everything
    ("Europe/Paris", 330, "Asia/Tokyo", "Europe/Paris", "contact"),
    # else the offset, fractions, zero and west of Greenwich included
    ("", 330, "Asia/Tokyo", "UTC+05:30", "utc_offset"),
    ("", 0, "Asia/Tokyo", "UTC", "utc_offset"),
    ("Mars/Base", -570, "Asia/Tokyo", "UTC-09:30", "utc_offset"),
    ("", 840, "Asia/Tokyo", "UTC+14:00", "utc_offset"),
    ("", -899, "Asia/Tokyo", "UTC-14:59", "utc_offset"),
    # an absurd offset is as good as none
    ("", 900, "Asia/Tokyo", "Asia/Tokyo", "workspace"),
    ("", -900, "Asia/Tokyo", "Asia/Tokyo", "workspace"),
    ("", 10**30, "Asia/Tokyo", "Asia/Tokyo", "workspace"),
    # else the workspace's, and in the very end UTC
    ("", None, "Asia/Tokyo", "Asia/Tokyo", "workspace"),
    ("", None, "Mars/Base", "UTC", "workspace"),
    ("", 10**30, "", "UTC", "workspace"),
]


@pytest.mark.parametrize(("contact", "offset", "workspace", "name", "came_from"), PICKED)
def test_the_nearest_valid_zone_is_picked(
    contact: str, offset: int | None, workspace: str, name: str, came_from: str
) -> None:
    zone = pick_zone(contact, offset, workspace)
    assert (zone.name, zone.came_from) == (name, came_from)


def test_the_picked_zone_reads_the_clock() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert noon.astimezone(pick_zone("Europe/Paris", None, "UTC").tz).utcoffset() == timedelta(hours=2)
    assert noon.astimezone(pick_zone("", -570, "UTC").tz).utcoffset() == timedelta(hours=-9, minutes=-30)


def test_every_valid_zone_can_be_loaded() -> None:
    valid = [name for name in available_timezones() if is_valid_zone(name)]
    assert len(valid) > 400
    assert all(pick_zone(name, None, "UTC").came_from is ZoneSource.CONTACT for name in valid)


def test_the_names_that_people_may_give_are_those_that_are_read() -> None:
    """The rules and the workspaces keep a list each, for neither may import the other."""
    assert {name for name in available_timezones() if is_valid_zone(name)} == workspace_zones.zone_names()
    assert not any(is_valid_zone(name) or workspace_zones.is_valid_zone(name) for name in ("localtime", "", "UTC+1"))


def test_a_zone_whose_file_is_broken_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> ZoneInfo:
        raise ValueError("Invalid TZif file: magic not found")

    monkeypatch.setattr(zones, "ZoneInfo", broken)
    assert pick_zone.__wrapped__("Europe/Paris", None, "Europe/Paris").name == "UTC"
