"""Every table of a tenant carries its workspace, in every unique key; PostgreSQL refuses references across them."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from sequencer.workspaces.composite_keys import constraint_name, tenant_references
from sequencer.workspaces.models import TenantModel
from sequences.models import SentPart
from sequences.sql.references import LOOKED_UP
from tests.builders import a_channel, a_contact, a_sequence, a_workspace

OURS = ("workspaces", "channels", "sequences")
# Tables of the installation, not of a tenant: who logs in, the tenants themselves, the workers, the operator's counts.
GLOBAL = {"User", "Workspace", "Run", "Installation", "Counter"}


def our_models() -> list[type[models.Model]]:
    return [model for label in OURS for model in apps.get_app_config(label).get_models(include_auto_created=True)]


def without_workspace(listed: list[type[models.Model]]) -> list[str]:
    return [model.__name__ for model in listed if not issubclass(model, TenantModel) and model.__name__ not in GLOBAL]


def unique_keys_without_workspace(model: type[models.Model]) -> list[str]:
    keys = [constraint for constraint in model._meta.constraints if isinstance(constraint, models.UniqueConstraint)]
    found = [key.name for key in keys if "workspace" not in key.fields and models.F("workspace") not in key.expressions]
    found += [field.name for field in model._meta.local_fields if field.unique and not field.primary_key]
    return found + [str(fields) for fields in model._meta.unique_together]


def test_every_tenant_table_carries_its_workspace() -> None:
    assert without_workspace(our_models()) == []


def test_a_planted_table_without_workspace_is_found() -> None:
    class Planted(models.Model):  # noqa: DJ008  # planted
        class Meta:
            app_label = "planted"

    assert without_workspace([Planted]) == ["Planted"]


def test_every_unique_key_of_a_tenant_table_contains_its_workspace() -> None:
    tenants = [model for model in our_models() if issubclass(model, TenantModel)]
    assert {model.__name__: unique_keys_without_workspace(model) for model in tenants} == {
        model.__name__: [] for model in tenants
    }


def test_every_tenant_table_has_the_key_that_references_point_at() -> None:
    """But for parts of messages, which nothing points at."""
    tenants = [model for model in our_models() if issubclass(model, TenantModel) and model is not SentPart]
    for model in tenants:
        keys = [tuple(key.fields) for key in model._meta.constraints if isinstance(key, models.UniqueConstraint)]
        assert ("workspace", "id") in keys, model.__name__


@pytest.mark.django_db
def test_postgresql_ties_every_reference_between_tenant_tables_to_the_workspace() -> None:
    """On SQLite, which has no way to add such a key, the references stay single: there is nothing to find."""
    references = list(tenant_references(our_models()))
    assert len(references) > 15
    for model, field in references:
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
        name = constraint_name(model, field)
        is_looked_up = (model._meta.db_table, field.column) in LOOKED_UP  # tests/actions/test_references.py
        assert (name in constraints) == (connection.vendor == "postgresql" and not is_looked_up), name


@pytest.mark.django_db(transaction=True)
def test_a_reference_into_another_workspace_is_refused_by_postgresql() -> None:
    mine, theirs = a_workspace(), a_workspace()
    contact, channel = a_contact(a_channel(mine)), a_channel(theirs)
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError), transaction.atomic():
            type(contact).objects.filter(pk=contact.pk).update(channel=channel)
    else:
        assert list(tenant_references([type(contact)]))


@pytest.mark.django_db
def test_two_workspaces_may_use_the_same_name() -> None:
    one, other = a_sequence(name="Coupon"), a_sequence(name="Coupon")
    assert one.workspace != other.workspace
