"""`make run` makes its secrets once and never touches them again."""

from __future__ import annotations

from pathlib import Path

from sequencer.dot_env import write_once
from sequencer.env import load


def test_the_file_starts_the_product_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    assert write_once(tmp_path / ".env")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    environment = load(tmp_path, {})
    assert environment.debug
    assert environment.allow_private_addresses


def test_two_machines_never_share_secrets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_once(tmp_path / name / ".env")
    one, two = load(tmp_path / "one", {}), load(tmp_path / "two", {})
    assert one.secret_key != two.secret_key
    assert one.encryption_keys != two.encryption_keys


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=mine\n")
    assert not write_once(tmp_path / ".env")
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=mine\n"
