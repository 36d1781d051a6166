"""All pages of a list that a channel's provider keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from channels.ask import account_of
from channels.backends import Backend, backend_for
from channels.backends.questions import Ask
from channels.errors import ChannelError, ChannelMisconfigured
from channels.messages import Account
from channels.models import Channel
from channels.secrets import SecretsUnreadable

MOST_PAGES = 100


class Page(Protocol):
    @property
    def after(self) -> str: ...


APage = TypeVar("APage", bound=Page)


def pages_of(
    channel: Channel,
    question_of: Callable[[Backend, Account, str], Ask[APage] | None],
    ask: Callable[[Ask[APage]], APage],
) -> list[APage]:
    """Page by page, as far as the cursors lead; the same cursor twice ends it. Nothing where nothing can be asked.

    Raises the ChannelError that says why there is no list. Call outside transactions.
    """
    try:
        account = account_of(channel)
    except SecretsUnreadable as error:
        raise ChannelMisconfigured("the stored credentials cannot be read", lacks="token") from error
    backend, found, seen, after = backend_for(channel.kind), list[APage](), set[str](), ""
    for _ in range(MOST_PAGES):
        question = question_of(backend, account, after)
        if question is None:
            return []
        page = ask(question)
        found.append(page)
        seen.add(after)
        after = page.after
        if after in seen or not after:
            return found
    raise ChannelError(f"more than {MOST_PAGES} pages")
