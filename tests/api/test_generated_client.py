"""A customer makes a client from the description, and calls the API with it: typed, and without a line of their own."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from drf_spectacular.generators import SchemaGenerator

from sequencer.workspaces.models import Workspace
from tests.api.calling import Program
from tests.api.in_process import application
from tests.builders import a_channel, a_sequence

__all__ = ["application"]

# Bodies that are files: the generator knows one sort of them.
FILES = dict.fromkeys(("text/csv", "application/x-ndjson"), "application/octet-stream")
# The client is the same on every database, and takes a while to make.
pytestmark = pytest.mark.postgresql


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the generated package, which can be imported."""
    raw = SchemaGenerator().get_schema(request=None, public=True)
    (tmp_path / "openapi.json").write_text(json.dumps(raw))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    command += ["--path", str(tmp_path / "openapi.json"), "--output-path", str(tmp_path / "sequencer_client")]
    config = tmp_path / "config.yml"
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": FILES}))
    done = subprocess.run([*command, "--config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "sequencer_client"
    for name in [name for name in sys.modules if name.startswith("sequencer_client")]:
        del sys.modules[name]
    shutil.rmtree(tmp_path / "sequencer_client")


def test_a_customer_subscribes_somebody_with_a_generated_client(
    package: str, program: Program, workspace: Workspace, application: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    channel, sequence = a_channel(workspace), a_sequence(workspace, name="Welcome")
    client = importlib.import_module(f"{package}.client").AuthenticatedClient(
        base_url="http://testserver", token=program.key, httpx_args={"transport": httpx.WSGITransport(application)}
    )

    def call(module: str, **arguments: Any) -> Any:
        return importlib.import_module(f"{package}.api.{module}").sync_detailed(client=client, **arguments)

    models = importlib.import_module(f"{package}.models")
    listed = call("channels.channels_list").parsed
    assert [one.id for one in listed.results] == [channel.public_id]
    body = models.SubscribingInputRequest.from_dict(
        {"sequence": "Welcome", "contact": {"channel": channel.public_id, "address": "noor", "first_name": "Noor"}}
    )
    answer = call("actions.actions_subscribe_to_sequence_create", body=body)
    assert answer.status_code == 201
    assert answer.parsed.created is True
    assert answer.parsed.subscription.sequence == sequence.public_id
    missing = call("contacts.contacts_retrieve", id="ctc_nobody")
    assert (missing.status_code, missing.parsed.code) == (404, "not_found")
