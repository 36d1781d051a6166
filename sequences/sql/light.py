"""Stored rows as instances of their models at a fraction of the usual cost, for what is read with every wave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from sequencer.stored_rows import stored_rows
from sequencer.workspaces.models import Workspace
from sequences.models import Sequence as SequenceModel
from sequences.sql import dialect

AnyModel = TypeVar("AnyModel", bound=Model)
_OF_SEQUENCE, _OF_WORKSPACE = (
    tuple(field.attname for field in model._meta.concrete_fields) for model in (SequenceModel, Workspace)
)


def light_rows(
    model: type[AnyModel], ids: Iterable[int], columns: Sequence[str] = (), *, key: str = "id", **guard: Any
) -> list[AnyModel]:
    """The rows whose `key` is among `ids` and which match `guard`, in any order; columns not named are deferred.

    Neither a queryset nor Model.__init__ is asked: together they cost more than the query.
    """
    wanted = columns or [field.attname for field in model._meta.concrete_fields]
    listed = dialect().rows_of(model, wanted, ids, key=key, **guard)
    return stored_rows(model, wanted, listed)


def shared_light_sequences(ids: Iterable[int], *, is_patient: bool) -> list[SequenceModel]:
    """The sequences, by id, with their workspaces, read under a lock that keeps edits out till the transaction ends."""
    rows = dialect().shared_sequences(_OF_SEQUENCE, _OF_WORKSPACE, ids, is_patient=is_patient)
    workspaces = stored_rows(Workspace, _OF_WORKSPACE, [values[len(_OF_SEQUENCE) :] for values in rows])
    own = [(*values[: len(_OF_SEQUENCE)], workspace) for values, workspace in zip(rows, workspaces, strict=True)]
    return stored_rows(SequenceModel, (*_OF_SEQUENCE, "workspace"), own)
