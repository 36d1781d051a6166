"""The services that take mails by HTTP instead of SMTP, as data (docs/providers/email.md).

Each is one of Anymail's: its module there, what that calls our credentials, and the question whose account it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable
from channels.backends.base import server_of
from channels.backends.basic_auth import basic_auth
from channels.backends.email_answers import error_of_service
from channels.backends.questions import Ask, Identity
from channels.backends.reading import identity_of, one_line
from channels.mail import MailService
from channels.messages import Account, DoorResult, HttpCall

Json = Mapping[str, Any]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Service:
    """`path` is the version behind the base address. `key`, `secret` and `domain` are Anymail's names for ours.

    `signing_key`: its name for the key that signs reports; empty where our own user:password comes with each.
    `proof` is how a question signs in, `question` its path, `read` finds (id, name) in the answer.
    """

    base_url: str
    path: str
    key: str
    proof: Callable[[Account], Headers]
    question: Callable[[Account], str]
    read: Callable[[Json], tuple[object, object]]
    secret: str = ""
    domain: str = ""
    signing_key: str = ""

    def server(self, name: str, account: Account) -> MailService:
        known = account.credentials
        options = {self.key: known.get("api_key", ""), "api_url": server_of(account, self.base_url) + self.path}
        if self.secret:
            options[self.secret] = known.get("api_secret", "")
        if self.domain:
            options[self.domain] = str(account.settings.get("sending_domain", ""))
        return MailService(name, tuple(options.items()))

    def me(self, account: Account) -> Ask[Identity]:
        headers = (*self.proof(account), ("Accept", "application/json"))
        return Ask(HttpCall("GET", server_of(account, self.base_url) + self.question(account), headers), self._identity)

    def _identity(self, result: DoorResult) -> Identity:
        answer = answer_of(result)
        found = json_object(answer)
        if answer.status != 200:
            raise error_of_service(answer)
        if found is None:
            raise meaning_of_unreadable(answer)
        number, name = self.read(found)
        return identity_of(one_line(str(number or name or ""), 200), name)


def _header(name: str) -> Callable[[Account], Headers]:
    return lambda account: ((name, account.credentials.get("api_key", "")),)


def _at(found: Json, *path: str) -> Json:
    """The object at a path, and the first of a list; empty where there is none."""
    value: Any = found
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
        value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, dict) else {}


SERVICES: dict[str, Service] = {
    "brevo": Service(
        "https://api.brevo.com",
        "/v3/",
        key="api_key",
        proof=_header("api-key"),
        question=lambda account: "/v3/account",
        read=lambda found: (found.get("email"), found.get("companyName")),
    ),
    "mailgun": Service(
        "https://api.mailgun.net",
        "/v3/",
        key="api_key",
        domain="sender_domain",
        signing_key="webhook_signing_key",
        proof=lambda account: (basic_auth("api", account.credentials.get("api_key", "")),),
        question=lambda account: f"/v4/domains/{quote(str(account.settings.get('sending_domain', '')), safe='')}",
        read=lambda found: (_at(found, "domain").get("id"), _at(found, "domain").get("name")),
    ),
    "mailjet": Service(
        "https://api.mailjet.com",
        "/v3.1/",
        key="api_key",
        secret="secret_key",  # noqa: S106 - a name
        proof=lambda account: (
            basic_auth(account.credentials.get("api_key", ""), account.credentials.get("api_secret", "")),
        ),
        question=lambda account: "/v3/REST/user",
        read=lambda found: (_at(found, "Data").get("ID"), _at(found, "Data").get("Email")),
    ),
    "postmark": Service(
        "https://api.postmarkapp.com",
        "/",
        key="server_token",
        proof=_header("X-Postmark-Server-Token"),
        question=lambda account: "/server",
        read=lambda found: (found.get("ID"), found.get("Name")),
    ),
    "sparkpost": Service(
        "https://api.sparkpost.com",
        "/api/v1/",
        key="api_key",
        proof=_header("Authorization"),
        question=lambda account: "/api/v1/account",
        read=lambda found: (_at(found, "results").get("customer_id"), _at(found, "results").get("company_name")),
    ),
}
