"""How allauth behaves here: people come in by invitation only."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from sequencer.workspaces.client_ip import client_ip


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an invitation makes the user."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose failed attempts to log in are counted together."""
        ip = client_ip(request)
        if ip is None:
            raise PermissionDenied("nobody to count attempts for")
        return ip
