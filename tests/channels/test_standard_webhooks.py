"""Our signatures are those of Standard Webhooks: by its own vector, and as its own library reads them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from channels.standard_webhooks import NotASecret, key_of, new_secret, signed_headers

# standard-webhooks, libraries/go/webhook_test.go.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specifications_own_vector() -> None:
    headers = dict(signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY, [SECRET]))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": EXPECTED,
    }


@given(data=st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5))
def test_their_library_takes_what_we_sign(data: dict[str, str]) -> None:
    secret, body = new_secret(), json.dumps({"type": "test", "data": data}, ensure_ascii=False).encode()
    headers = dict(signed_headers("whm_1", datetime.now(UTC), body, [secret]))
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_while_a_secret_changes_either_one_opens() -> None:
    old, fresh = new_secret(), new_secret()
    headers = dict(signed_headers("whm_1", datetime.now(UTC), BODY, [fresh, old]))
    for secret in (old, fresh):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_no_two_secrets_are_alike_and_each_is_long_enough() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(key_of(secret)) for secret in made} == {32}


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_???", "whsec_" + base64.b64encode(b"x" * 23).decode(), "x" * 200]
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(NotASecret):
        key_of(text)


def test_an_id_with_a_dot_is_refused() -> None:
    with pytest.raises(ValueError, match="dot"):
        signed_headers("7.1", AT, BODY, [SECRET])
