"""Whatever the description allows, and what it does not, is answered as described: Schemathesis with all its checks.

`make fuzz` makes up 2,000 calls on PostgreSQL, unless told otherwise, which takes many minutes. An everyday run makes a
few for each operation, always the same ones.
"""

from __future__ import annotations

import os
import random
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings as django_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from sequences.api.throttling import PerKeyThrottle
from tests.api.in_process import application
from tests.isolation.world import Business, a_business
from tests.journeys.conftest import Report, report

__all__ = ["application", "report"]

CASES = int(os.environ.get("FUZZ_CASES") or 0)
# For each operation. The first wrong call is one without a key.
EVERYDAY = {GenerationMode.POSITIVE: 1, GenerationMode.NEGATIVE: 2}
pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
# What a right body or address may still be refused with: what only the server can judge (an id, a name taken...).
ONLY_THE_SERVER_KNOWS = ["2xx", "400", "404", "409", "412", "422"]
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": ONLY_THE_SERVER_KNOWS}}}


def operations(application: Any) -> list[Any]:
    raw = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(raw, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = application
    found: list[Any] = list(schema.get_all_operations())
    return [result.ok() for result in found]


def with_real_ids(value: Any, ids: dict[str, str], chance: random.Random, name: str = "") -> Any:
    """Some ids in a right body become real ones, so that calls come further than their first look-up."""
    kinds = {"sequence": "seq", "channel": "chn", "sub_flow": "sfl", "contact": "ctc", "id": "ctc"}
    if isinstance(value, dict):
        return {key: with_real_ids(inner, ids, chance, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_real_ids(inner, ids, chance, name.removesuffix("s")) for inner in value]
    if isinstance(value, str) and name in kinds and chance.random() < 0.7:
        return ids[kinds[name]]
    return value


def id_for(path: str, ids: dict[str, str]) -> str:
    kinds = {"sequences": "seq", "sub-flows": "sfl", "channels": "chn", "contacts": "ctc", "subscriptions": "sub"}
    kinds |= {"deliveries": "dlv", "events": "evt", "webhook-endpoints": "whe", "webhook-messages": "whm"}
    return ids.get(kinds.get(path.split("/")[3], ""), "nothing")


class Fuzzer:
    """Makes the cases of one operation, in both modes, and counts them."""

    def __init__(self, business: Business, most: dict[GenerationMode, int]) -> None:
        self.business, self.most, self.made = business, most, 0
        self.statuses: dict[int, int] = {}

    def try_out(self, operation: Any, mode: GenerationMode) -> None:
        ids, headers = self.business.public_ids(), {"Authorization": f"Bearer {self.business.key}"}

        @given(case=operation.as_strategy(generation_mode=mode), seed=st.integers(0, 10**6))
        @hypothesis.settings(
            max_examples=self.most[mode],
            deadline=None,
            database=None,
            derandomize=not CASES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any, seed: int) -> None:
            chance = random.Random(seed)
            if mode is GenerationMode.POSITIVE:
                if "id" in (case.path_parameters or {}) and chance.random() < 0.8:
                    case.path_parameters["id"] = id_for(operation.path, ids)
                if isinstance(case.body, dict | list):
                    case.body = with_real_ids(case.body, ids, chance)
            response = case.call(headers=headers)
            self.made += 1
            self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
            case.validate_response(response, headers=headers)

        check()


def test_every_call_answers_as_described(application: Any, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerKeyThrottle, "CALLS", 10**9)
    monkeypatch.setattr(django_settings, "ALLOWED_HOSTS", ["*"])
    listed = operations(application)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    each = -(-CASES // (len(listed) * 2))
    fuzzer = Fuzzer(a_business("MINE"), dict.fromkeys(modes, each) if CASES else EVERYDAY)
    failures = list[str]()
    for operation in listed:
        for mode in modes:
            try:
                fuzzer.try_out(operation, mode)
            except BaseExceptionGroup as group:  # every failing check of an operation
                failures.append(f"{operation.label} {mode}: {[str(one)[:1500] for one in group.exceptions]}")
            except hypothesis.errors.Unsatisfiable:
                continue  # an operation without anything to get wrong
    report(f"{fuzzer.made} cases of {len(listed)} operations: {dict(sorted(fuzzer.statuses.items()))}")
    assert failures == []
    assert fuzzer.made >= (CASES or len(listed) * 2)
    assert not [status for status in fuzzer.statuses if status >= 500]
