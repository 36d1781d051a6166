"""Do a call's work once, however often it is repeated under the same key: its effect and its answer are one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import KeptAnswer
from sequences.rules.problems import Problem
from sequences.sql import dialect

KEPT_FOR = timedelta(hours=72)
FIELD = "Idempotency-Key"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the answer's text, the same for everybody who asks again."""

    status: int
    body: str
    is_repeated: bool = False


@in_one_transaction
def answer_once(
    workspace: Workspace, key: str, fingerprint: str, work: Callable[[], Answer], *, now: datetime
) -> Answer:
    """The answer kept under `key`, else what `work` answers now, kept with its effect.

    What `work` refuses by raising has no effect and is not kept. Raises Conflict while another call with the key is
    running, Refused where the key was used for something else.
    """
    if not dialect().try_to_take(f"answer:{workspace.pk}:{key}"):
        raise Conflict("idempotency_key_in_use")
    kept = KeptAnswer.objects.in_workspace(workspace).filter(key=key).first()
    if kept is not None and now - kept.kept_at < KEPT_FOR:
        if kept.fingerprint != fingerprint:
            raise Refused([Problem(FIELD, "idempotency_key_reused")])
        return Answer(kept.status, kept.body, is_repeated=True)
    answer = work()
    values = {"fingerprint": fingerprint, "status": answer.status, "body": answer.body, "kept_at": now}
    KeptAnswer.objects.update_or_create(workspace=workspace, key=key, defaults=values)
    return answer


def forget_kept_answers(*, now: datetime) -> int:
    """Drop a batch of what nobody may ask for any more; how many."""
    return KeptAnswer.objects.filter(kept_at__lte=now - KEPT_FOR).order_by("kept_at").drop_first(BATCH)
