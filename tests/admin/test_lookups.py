"""A list answers its own filters and nothing else: no column can be spelled out by asking."""

from __future__ import annotations

import pytest
from django.test import Client

from sequencer.workspaces.models import Role
from tests.builders import a_channel, a_contact, a_member, a_sequence, a_workspace

pytestmark = pytest.mark.django_db

REFUSED = [
    ("channels/channel", "credentials__startswith=gAAA"),
    ("channels/channel", "settings__x__y__regex=["),
    ("channels/contact", "first_name__regex=^(a%2B)%2B$"),
    ("channels/contact", "contact__workspace=1"),
    ("sequences/sequence", "name__regex=["),
    ("sequences/sequence", "id__range=1"),
    ("sequences/sequence", "created_at__year=99999999999999999999999"),
    ("sequences/sequence", "updated_at__year=-1"),
    ("sequences/sequence", "state__exact=%00"),
    ("sequences/sequence", "name__contains=%00"),
    ("sequences/sequence", "q=%00"),
    ("sequences/delivery", "reason_details__0__regex=["),
    ("workspaces/apikey", "secret_hash__startswith=0"),
]
TAKEN = [
    ("channels/channel", "kind__exact=sandbox"),
    ("channels/contact", "channel__id__exact={channel}"),
    ("sequences/sequence", "state__exact=active"),
    ("sequences/subscription", "sequence__id__exact={sequence}"),
    ("sequences/delivery", "subscription__sequence__id__exact={sequence}"),
    ("sequences/delivery", "state__exact=sent"),
    ("sequences/delivery", "reason=expired"),
    ("sequences/delivery", "day=today"),
    ("sequences/delivery", "step__id__exact=1"),
    ("channels/contact", "consent=opted_out"),
]


@pytest.fixture
def client() -> Client:
    client = Client(raise_request_exception=False)
    workspace = a_workspace()
    client.force_login(a_member(workspace, Role.OWNER))
    a_contact(a_channel(workspace), first_name="a" * 24 + "b")
    a_sequence(workspace)
    return client


@pytest.mark.parametrize(("page", "query"), REFUSED)
def test_what_no_filter_offers_is_refused(page: str, query: str, client: Client) -> None:
    assert client.get(f"/admin/{page}/?{query}").status_code == 400


@pytest.mark.parametrize(("page", "query"), TAKEN)
def test_the_filters_that_are_offered_work(page: str, query: str, client: Client) -> None:
    assert client.get(f"/admin/{page}/?" + query.format(channel=1, sequence=1)).status_code == 200
