"""One libcurl handle and the one exchange that it carries at a time."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

import certifi
import pycurl

from channels.messages import Answer, DoorResult, HttpCall, Lost, Unreached
from channels.transports.http_connections import Connections
from channels.transports.http_headers import AnswerHeaders
from channels.transports.http_sockets import Sockets

ANSWER_LIMIT = 1_000_000  # bytes
IDLE_LIMIT = 50  # seconds; below the 60 to 75 s after which common servers close an idle connection

# Errors of the address itself: no bytes can have left, and trying again is no use.
_UNUSABLE_ADDRESS = frozenset({pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL})

_GO, _ABORT = int(pycurl.PREREQFUNC_OK), int(pycurl.PREREQFUNC_ABORT)

MayReach = Callable[[str, int], bool]


class Line:
    """Carries one call after the other over a handle that keeps its options; connections live in the door's pool."""

    __slots__ = (
        "_aimed",
        "_body",
        "_call",
        "_chunks",
        "_connections",
        "_has_left",
        "_has_tried",
        "_headers",
        "_is_refused",
        "_may_reach",
        "_opened",
        "_sockets",
        "handle",
        "is_stale",
        "ticket",
    )

    def __init__(
        self,
        may_reach: MayReach,
        sockets: Sockets,
        connections: Connections,
        *,
        timeout: float,
        connect_timeout: float,
    ) -> None:
        self.handle = pycurl.Curl()
        self._may_reach = may_reach
        self._sockets, self._connections = sockets, connections
        # What the handle is set to already: one channel's calls differ by their bodies only.
        self._aimed: tuple[object, ...] | None = None
        self._chunks: list[bytes] = []
        self._headers: list[bytes] = []
        self._opened: list[int] = []
        self._begin(None, None)
        self._set_for_life(timeout, connect_timeout)

    def _begin(self, ticket: object, call: HttpCall | None) -> None:
        self.ticket, self._call = ticket, call
        self._body = call.body if call else b""
        self._chunks.clear()
        self._headers.clear()
        self._opened.clear()
        self._has_tried = self._is_refused = self._has_left = False
        self.is_stale = False  # the pool gave us a connection that had ended: nothing left, aim again

    def _set_for_life(self, timeout: float, connect_timeout: float) -> None:
        option = self.handle.setopt
        option(pycurl.TIMEOUT_MS, round(timeout * 1000))
        option(pycurl.CONNECTTIMEOUT_MS, round(connect_timeout * 1000))
        option(pycurl.NOSIGNAL, 1)
        option(pycurl.FOLLOWLOCATION, 0)
        option(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        option(pycurl.PROXY, "")  # none, whatever the environment says
        # HTTP/1.1: a connection that breaks then takes one message into doubt, not a hundred streams.
        option(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        option(pycurl.CAINFO, certifi.where())
        option(pycurl.USERAGENT, "Sequencer")
        option(pycurl.TCP_KEEPALIVE, 1)
        option(pycurl.TCP_NODELAY, 1)
        option(pycurl.MAXAGE_CONN, IDLE_LIMIT)
        option(pycurl.MAXFILESIZE, ANSWER_LIMIT)
        option(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        option(pycurl.SOCKOPTFUNCTION, self._note_socket)
        option(pycurl.PREREQFUNCTION, self._before_request)
        # libcurl repeats a POST by itself when a reused connection is cut; a body that cannot be rewound forbids it.
        option(pycurl.READFUNCTION, self._read_body)
        option(pycurl.SEEKFUNCTION, _refuse_to_rewind)
        option(pycurl.WRITEFUNCTION, self._chunks.append)
        option(pycurl.HEADERFUNCTION, self._headers.append)

    def aim(self, ticket: object, call: HttpCall) -> None:
        """Make the handle ready for this call; ValueError when the call cannot be put on a line."""
        aimed = (call.url, call.headers, call.method, bool(call.body))
        if aimed != self._aimed:
            self._turn_to(call)
            self._aimed = aimed
        self._begin(ticket, call)
        if self._body:
            self.handle.setopt(pycurl.POSTFIELDSIZE, len(self._body))

    def aim_again(self) -> None:
        """Make the handle ready for the same call on a connection of its own."""
        if self._call is not None:
            self.aim(self.ticket, self._call)
            self.handle.setopt(pycurl.FRESH_CONNECT, 1)
            self._aimed = None

    def _turn_to(self, call: HttpCall) -> None:
        """Set all but the body's length."""
        self._aimed = None
        lines = [f"{name}: {value}" for name, value in call.headers]
        if any("\r" in line or "\n" in line for line in (call.url, call.method, *lines)):
            raise ValueError("a line break in a header or address")
        option = self.handle.setopt
        option(pycurl.URL, call.url.encode())
        option(pycurl.HTTPHEADER, [line.encode() for line in ("Expect:", *lines)])
        is_plain_get = call.method == "GET" and not call.body
        # Nothing could stop libcurl from repeating a write without a body: such a one gets its own connection.
        option(pycurl.FRESH_CONNECT, int(not call.body and not is_plain_get))
        if is_plain_get:
            option(pycurl.HTTPGET, 1)
        else:
            option(pycurl.POST, 1)
            option(pycurl.POSTFIELDSIZE, len(call.body))
        if call.method in ("GET", "POST"):
            self.handle.unsetopt(pycurl.CUSTOMREQUEST)
        if call.method != "POST" and not is_plain_get:
            option(pycurl.CUSTOMREQUEST, call.method)

    def _open_socket(self, purpose: int, address: Any) -> Any:
        """Called by libcurl with the address it is about to connect to: what is checked is what is used."""
        ip, port = address.addr[0], address.addr[1]
        if isinstance(ip, bytes):
            ip = ip.decode("ascii", "replace")
        if not self._may_reach(ip, port):
            self._is_refused = True
            return pycurl.SOCKET_BAD
        self._has_tried = True
        return _LentSocket(address.family, address.socktype, address.protocol)

    def _note_socket(self, descriptor: int, purpose: int) -> int:
        self._opened.append(descriptor)
        self._sockets.is_new(descriptor)
        return 0

    def _before_request(self, remote_ip: str, local_ip: str, remote_port: int, local_port: int) -> int:
        """Called by libcurl when a connection is there and the request is about to be written."""
        ends = (local_ip, local_port, remote_ip, remote_port)
        if self._opened:
            self._connections.remember(ends, self._opened)
        elif self._connections.has_ended(ends):
            self.is_stale = True
            return _ABORT
        # A request whose body was not read yet is none: with a body, _read_body decides.
        self._has_left = self._has_left or not self._body
        return _GO

    def _read_body(self, size: int) -> bytes:
        self._has_left = True
        body = self._body
        if len(body) <= size:
            self._body = b""
            return body
        self._body = body[size:]
        return body[:size]

    def answer(self) -> Answer:
        """What came back; a body over the limit is cut there, so that it cannot be read as a whole one."""
        status = int(self.handle.getinfo(pycurl.RESPONSE_CODE))
        return Answer(status, AnswerHeaders(b"".join(self._headers)), b"".join(self._chunks)[:ANSWER_LIMIT])

    def failure(self, code: int) -> DoorResult:
        """What a libcurl error means: whether anything of the request can have left, and the safe side otherwise."""
        why = f"curl error {code}"
        if code == pycurl.E_FILESIZE_EXCEEDED:
            return self.answer()
        if self._has_left:
            return Lost(why)
        if code in _UNUSABLE_ADDRESS or (self._is_refused and not self._has_tried):
            return Unreached(why, is_forbidden=True)
        os_error = self.handle.getinfo(pycurl.OS_ERRNO)
        return Unreached(why, is_refused=code == pycurl.E_COULDNT_CONNECT and os_error == errno.ECONNREFUSED)

    def close(self) -> None:
        self.handle.close()


class _LentSocket(socket.socket):
    """pycurl takes a duplicate of the descriptor and drops the object, which then closes its own, without a warning."""

    def __del__(self) -> None:
        self.close()


def _refuse_to_rewind(offset: int, origin: int) -> int:
    return int(pycurl.SEEKFUNC_FAIL)
