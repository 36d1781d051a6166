"""The description of the API: complete, without warnings, and readable without a key or the internet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sequences.api.request_examples import EXAMPLES


@pytest.mark.once("sqlite")
def test_the_description_is_valid_and_without_warnings(tmp_path: Path) -> None:
    file = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    schema = yaml.safe_load(file.read_text())
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    resources = ("sequences", "sub-flows", "channels", "contacts", "subscriptions", "deliveries")
    paths = [f"/api/v1/{name}/{rest}" for name in resources for rest in ("", "{id}/")]
    paths += [f"/api/v1/{name}/" for name in ("actions", "preview", "interactions")]
    assert set(paths) <= set(schema["paths"])
    for path in paths:
        for operation in schema["paths"][path].values():
            refusals = [code for code in operation["responses"] if code >= "400"]
            assert {"401", "403", "422", "429"} <= set(refusals)
            assert "default" not in operation["responses"], "each status is named"
            for code in refusals:
                assert "application/problem+json" in operation["responses"][code]["content"]


def test_every_example_stands_in_the_description_and_fits_its_schema() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for (method, path), example in EXAMPLES.items():
        operation = schema["paths"][f"/api/v1/{path}"][method.lower()]
        content = operation["requestBody"]["content"]["application/json"]
        assert content["example"] == example
        Draft202012Validator({**content["schema"], "components": schema["components"]}).validate(example)


@pytest.mark.django_db
def test_the_description_and_its_page_need_no_key() -> None:
    client = Client()
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200


@pytest.mark.django_db
def test_the_page_works_offline_and_without_inline_scripts() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert not re.search(r"\son\w+=", page)
