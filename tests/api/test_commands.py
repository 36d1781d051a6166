"""The commands that set a workspace up for a program."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sequencer.workspaces.models import ApiKey, Workspace


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_workspace_and_a_key_are_made_in_two_commands() -> None:
    public_id = run("create_workspace", "Bakery", "--time-zone", "Europe/Paris").removesuffix("\n")
    bakery = Workspace.objects.get()
    assert (public_id, bakery.name, bakery.time_zone) == (bakery.public_id, "Bakery", "Europe/Paris")
    key = run("create_api_key", public_id).removesuffix("\n")
    assert "\n" not in key
    assert Client().get("/api/v1/sequences/", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert ApiKey.objects.get().scopes == ["read", "actions", "manage"]


@pytest.mark.django_db
def test_a_workspace_lives_by_utc_and_a_key_may_be_narrow() -> None:
    public_id = run("create_workspace", "Bakery").strip()
    run("create_api_key", public_id, "--scopes", "actions")
    assert (Workspace.objects.get().time_zone, ApiKey.objects.get().scopes) == ("UTC", ["actions"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ("create_workspace", ""),
        ("create_workspace", "x" * 101),
        ("create_workspace", "Bake\x00ry"),
        ("create_workspace", "Bakery", "--time-zone", "localtime"),
        ("create_workspace", "Bakery", "--time-zone", ""),
        ("create_workspace", "Bakery", "--time-zone", "Mars/Olympus"),
        ("create_api_key", "wsp_nothing"),
        ("create_api_key", "1"),
    ],
)
def test_what_cannot_be_is_an_error(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_an_unknown_scope_is_an_error() -> None:
    public_id = run("create_workspace", "Bakery").strip()
    for scopes in ("root", ""):
        with pytest.raises(CommandError):
            run("create_api_key", public_id, "--scopes", scopes)
