"""What every peer does for a message: look it up, POST it, one durable delivery row, the next step scheduled."""

from __future__ import annotations

ONE = "SELECT address, text, step FROM bench_subscription WHERE id = {0}"
RECORD = """
    WITH recorded AS (
        INSERT INTO bench_delivery (subscription_id, step, provider_message_id, sent_at) VALUES ({0}, {1}, {2}, now())
    )
    UPDATE bench_subscription SET step = step + 1, next_send_at = now() + interval '1 day' WHERE id = {0}
"""


def numbered(statement: str) -> str:
    """With asyncpg's placeholders."""
    return statement.format("$1", "$2", "$3")


def named(statement: str) -> str:
    """With psycopg's and Django's placeholders: a mapping of one, two, three."""
    return statement.format("%(one)s", "%(two)s", "%(three)s")


def message(address: str, text: str) -> dict[str, object]:
    return {"recipient": {"id": address}, "message": {"text": text}}
