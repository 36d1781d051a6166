"""The mail door: a few connections to each server, each in a thread of its own, for mail libraries block."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from django.core.mail import EmailMultiAlternatives

from channels.mail import MailServer, SmtpServer
from channels.messages import DoorResult, Lost, MailLogin, MailMessage, Unreached
from channels.transports.addresses import WEB_PORTS, AddressRules, is_reachable
from channels.transports.mail_services import ServiceConversation
from channels.transports.own_machine import is_own_listener
from channels.transports.smtp import SmtpConversation
from channels.transports.trust import trusted

log = logging.getLogger(__name__)

MANY = 100  # threads
MAIL_PORTS = frozenset({25, 465, 587, 2525})
Compose = Callable[[MailMessage], EmailMultiAlternatives]


class Conversation(Protocol):
    """What a thread holds with one server."""

    def greet(self) -> DoorResult: ...
    def carry(self, mail: EmailMultiAlternatives) -> DoorResult: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """`until`: after that moment of the steady clock nobody waits any longer. `by` is who carries it."""

    ticket: object
    call: MailMessage | MailLogin
    until: float
    by: Conversation | None = None
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Counter:
    """The mails that wait for one server, and how many threads serve it, or lie in wait."""

    waiting: deque[Job] = field(default_factory=deque)
    threads: int = 0
    idle: int = 0


class MailDoor:
    """Starts mails and gives back what became of them; never repeats one of which anything left.

    Up to `connections` to a server, each kept for `idle` seconds after its last mail. `timeout` is for one mail,
    however slow its server: what it did with the mail is unknown then. Make it after a fork, not before.
    """

    def __init__(
        self,
        *,
        allow: AddressRules,
        compose: Compose,
        connections: int = 4,
        timeout: float = 60.0,
        idle: float = 10.0,
    ) -> None:
        ports = MAIL_PORTS | (allow.ports - WEB_PORTS)
        self._web_rules, self._rules = allow, replace(allow, ports=ports)
        self._compose, self._connections, self._timeout, self._idle = compose, connections, timeout, idle
        self._changed = threading.Condition()
        self._counters: dict[MailServer, Counter] = {}
        self._jobs: set[Job] = set()
        self._finished: list[tuple[object, DoorResult]] = []
        self._is_closed = False

    @property
    def in_flight(self) -> int:
        """Mails started and not yet given back."""
        with self._changed:
            return len(self._jobs) + len(self._finished)

    def start(self, ticket: object, call: MailMessage | MailLogin) -> None:
        """Hand this mail to a free connection, a new one where there may be more, else to the next that gets free."""
        job = Job(ticket, call, monotonic() + self._timeout)
        with self._changed:
            counter = self._counters.setdefault(call.server, Counter())
            counter.waiting.append(job)
            self._jobs.add(job)
            if counter.idle < len(counter.waiting) and self._may_have_another(counter):
                counter.threads += 1
                threading.Thread(target=self._serve, args=(call.server, counter), daemon=True).start()
            self._changed.notify_all()

    def _may_have_another(self, counter: Counter) -> bool:
        """Everybody gets one thread; more of them only while there are not many altogether."""
        in_all = sum(one.threads for one in self._counters.values())
        return counter.threads == 0 or (counter.threads < self._connections and in_all < MANY)

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        """What finished; waits at most `timeout` seconds for the first to finish."""
        until = monotonic() + timeout
        with self._changed:
            self._give_up(monotonic())
            while not self._finished and self._jobs and (left := until - monotonic()) > 0:
                self._changed.wait(left)
                self._give_up(monotonic())
            finished, self._finished = self._finished, []
        return finished

    def close(self) -> None:
        """Abandon what is in flight and have every connection closed."""
        with self._changed:
            self._is_closed = True
            for job in self._jobs:
                job.is_over = True
            carried = [job.by for job in self._jobs if job.by is not None]
            self._jobs.clear()
            self._changed.notify_all()
        for conversation in carried:
            conversation.abort()

    def _give_up(self, now: float) -> None:
        for job in [job for job in self._jobs if job.until <= now]:
            if job.by is None:
                self._end(job, Unreached("no connection was free in time"))
            else:
                self._end(job, Lost("no answer in time"))
                job.by.abort()

    def _end(self, job: Job, result: DoorResult) -> None:
        """Write down the first result; a thread that comes later with another one is not heard."""
        if not job.is_over:
            job.is_over = True
            self._jobs.discard(job)
            self._finished.append((job.ticket, result))
            self._changed.notify_all()

    def _serve(self, server: MailServer, counter: Counter) -> None:
        """The life of a thread: one mail after the other, until none came for a while."""
        conversation = self._conversation_with(server)
        try:
            while (job := self._next(counter, conversation)) is not None:
                result = self._carry(conversation, job.call)
                with self._changed:
                    self._end(job, result)
        finally:
            conversation.close()

    def _next(self, counter: Counter, conversation: Conversation) -> Job | None:
        """The next mail; None, and the thread no longer counts, when it is time to go."""
        until = monotonic() + self._idle
        with self._changed:
            counter.idle += 1
            while not counter.waiting and not self._is_closed and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            counter.idle -= 1
            while counter.waiting and not self._is_closed:
                job = counter.waiting.popleft()
                if not job.is_over:
                    job.by, job.until = conversation, monotonic() + self._timeout
                    return job
            counter.threads -= 1
            return None

    def _carry(self, conversation: Conversation, call: MailMessage | MailLogin) -> DoorResult:
        try:
            if isinstance(call, MailLogin):
                return conversation.greet()
            mail = self._compose(call)
        except Exception:  # a mail that cannot be written is its own trouble, not the thread's
            log.exception("a mail could not be written")
            return Unreached("the mail could not be written")
        try:
            return conversation.carry(mail)
        except Exception:
            log.exception("a mail went lost")
            return Lost("a mistake of ours")

    def _conversation_with(self, server: MailServer) -> Conversation:
        if isinstance(server, SmtpServer):
            return SmtpConversation(server, self._may_reach, trusted(), min(self._timeout, 20.0))
        return ServiceConversation(server, self._web_rules, self._timeout)

    def _may_reach(self, ip: str, port: int) -> bool:
        return is_reachable(ip, port, self._rules) and not is_own_listener(ip, port, self._rules)
