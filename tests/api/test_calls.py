"""What holds for every call: keys, scopes, the limit, and how the API says no."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sequencer.workspaces.actions.api_keys import find_api_key, revoke_api_key, rotate_api_key
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import ApiKey, Workspace
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.api.throttling import PerKeyThrottle
from tests.api.calling import Program
from tests.builders import a_member

PROBLEM = {"type", "title", "status", "detail", "code", "errors"}


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer nonsense", "Basic abc", "Bearer seq_live_12345678_" + "a" * 36]
)
def test_no_key_or_a_wrong_one_is_401(workspace: Workspace, header: str | None) -> None:
    client = Client(headers={"authorization": header} if header else {})
    response = client.get("/api/v1/sequences/")
    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert set(response.json()) == PROBLEM
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_and_an_expired_key_open_nothing(workspace: Workspace) -> None:
    ann, bob = Program(workspace), Program(workspace)
    revoke_api_key(ApiKey.objects.earliest("id"), actor=SYSTEM, now=timezone.now())
    ApiKey.objects.filter(pk=ApiKey.objects.latest("id").pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [ann.get("sequences/").status_code, bob.get("sequences/").status_code] == [401, 401]


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("get", "sequences/", {"read"}),
        ("get", "deliveries/", {"read"}),
        ("get", "actions/", {"read", "actions"}),
        ("post", "actions/subscribe-to-sequence/", {"actions"}),
        ("post", "actions/unsubscribe-from-sequence/", {"actions"}),
        ("post", "preview/", {"actions"}),
        ("post", "interactions/", {"actions"}),
        ("post", "sequences/", {"manage"}),
        ("post", "sub-flows/", {"manage"}),
        ("post", "contacts/", {"manage"}),
        ("post", "channels/", {"manage"}),
    ],
)
@pytest.mark.parametrize("scope", ["read", "actions", "manage"])
def test_each_call_needs_its_scope(workspace: Workspace, method: str, path: str, scopes: set[str], scope: str) -> None:
    response = getattr(Program(workspace, (scope,)), method)(path)
    assert (response.status_code == 403) == (scope not in scopes)
    if response.status_code == 403:
        assert response.json()["code"] == "forbidden"


def test_what_is_not_there_is_a_problem_too(program: Program) -> None:
    for path in ("nothing/", "sequences/seq_12345678/", "sequences/1/", "sequences/%00/"):
        response = program.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    response = program.client.put("/api/v1/sequences/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response["Allow"]


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff", b'{"a": NaN}', b'{"fields": {"x": 1e400}}', b'{"a": [-1e400]}', b"[" * 100_000]
)
def test_malformed_json_is_400(program: Program, body: bytes) -> None:
    response = program.client.post("/api/v1/contacts/", body, content_type="application/json")
    if body == b"":
        assert response.status_code == 422  # nothing was sent: everything is missing
    else:
        assert (response.status_code, response.json()["code"]) == (400, "malformed_json")


def test_another_content_type_is_415(program: Program) -> None:
    response = program.client.post("/api/v1/contacts/", {"address": "ann"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_422(program: Program, body: object) -> None:
    response = program.patch("contacts/", body)
    assert response.status_code == 405
    response = program.client.post("/api/v1/contacts/", __import__("json").dumps(body), content_type="application/json")
    assert response.status_code == 422


def test_whatever_is_asked_for_json_comes(program: Program) -> None:
    response = program.client.get("/api/v1/sequences/", headers={"accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_problems_speak_the_callers_language(workspace: Workspace) -> None:
    from_paris = Program(workspace, language="fr").post("contacts/").json()
    in_english = Program(workspace, language="en").post("contacts/").json()
    assert from_paris["code"] == in_english["code"]
    assert from_paris["detail"] != in_english["detail"]
    assert from_paris["errors"][0]["detail"] != in_english["errors"][0]["detail"]


def test_what_nobody_expected_tells_no_internals(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("sequences.api.views.narrowed", fail)
    program.client.raise_request_exception = False
    response = program.get("sequences/")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert b"secret" not in response.content


def test_the_limit_of_a_key_is_kept_over_all_processes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerKeyThrottle, "CALLS", 30)
    monkeypatch.setattr(PerKeyThrottle, "WINDOW", 10**9)
    ann, bob = Program(workspace), Program(workspace)
    answers = [ann.get("sequences/") for _ in range(25)]
    PerKeyThrottle.leases.clear()  # as another process would: what the first one had leased counts as used
    assert [answer.status_code for answer in answers] == [200] * 25
    left = [int(answer["RateLimit"].split("r=")[1].split(";")[0]) for answer in answers]
    assert left == list(range(29, 4, -1))
    assert {answer["RateLimit-Policy"] for answer in answers} == {f'"default";q=30;w={10**9}'}
    response = ann.get("sequences/")
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert int(response["Retry-After"]) >= 1
    assert response["RateLimit"] == f'"default";r=0;t={response["Retry-After"]}'
    assert bob.get("sequences/").status_code == 200


def test_the_default_limit_allows_50_calls_a_second() -> None:
    assert PerKeyThrottle.CALLS / PerKeyThrottle.WINDOW >= 50


def test_the_use_of_a_key_is_noted(program: Program) -> None:
    program.get("sequences/")
    assert ApiKey.objects.get().last_used_at is not None


def test_a_key_is_renewed_with_an_overlap(workspace: Workspace) -> None:
    before, now = Program(workspace, ("read",)), timezone.now()
    old = ApiKey.objects.get()
    fresh, text = rotate_api_key(old, overlap=timedelta(hours=24), actor=SYSTEM, now=now)
    after = Client(headers={"authorization": f"Bearer {text}"})
    assert (fresh.scopes, fresh.expires_at, fresh.name) == (["read"], None, old.name)
    assert [before.get("sequences/").status_code, after.get("/api/v1/sequences/").status_code] == [200, 200]
    assert find_api_key(before.key, now=now + timedelta(hours=25)) is None
    assert find_api_key(text, now=now + timedelta(hours=25)) == fresh
    with pytest.raises(Conflict):
        rotate_api_key(old, overlap=timedelta(hours=1), actor=SYSTEM, now=now + timedelta(hours=25))
    with pytest.raises(Refused):
        rotate_api_key(fresh, overlap=timedelta(days=31), actor=SYSTEM, now=now)


def test_an_owner_renews_a_key_on_its_page_and_sees_the_new_one_once(workspace: Workspace) -> None:
    Program(workspace)
    old, owner = ApiKey.objects.get(), Client()
    owner.force_login(a_member(workspace))
    page = owner.get(f"/admin/workspaces/apikey/{old.pk}/change/").content.decode()
    assert f"/admin/workspaces/apikey/{old.pk}/rotate/" in page
    shown = owner.post(f"/admin/workspaces/apikey/{old.pk}/rotate/", {"overlap": "168"})
    fresh = ApiKey.objects.latest("pk")
    assert f"seq_live_{fresh.prefix}_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(days=6) < old.expires_at - timezone.now() < timedelta(days=8)
    assert owner.post(f"/admin/workspaces/apikey/{old.pk}/rotate/", {"overlap": "never"}).status_code == 302
