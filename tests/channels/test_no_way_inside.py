"""No address of this machine or its network is reached for anybody: by form, by API, as a channel's setting."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from typing import Any

import pycurl
import pytest
from django.conf import LazySettings
from django.urls import reverse

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_templates import refresh_templates
from channels.admin.connection import SAYS
from channels.errors import ChannelError
from channels.messages import Answer, Unreached
from channels.models import Channel, Contact
from channels.reach import address_rules
from channels.tasks import read_profiles
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from channels.transports.http_line import Line
from channels.transports.own_machine import has_own_name, is_of_this_machine
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from sequences.worker import open_doors
from tests.admin.conftest import Shop, a_shop
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact
from tests.channels.through_the_door import ask, post
from tests.doubles.graph_events import CREDENTIALS
from tests.doubles.raw_server import OK, RawServer

pytestmark = pytest.mark.once("postgresql")

# A curl that maps such signs to digits is refused; another one knows no such name (its error 6).
CIRCLED = "①②⑦.⓪.⓪.①"
# Every way to write "this machine" or "inside" that trust in a library's `is_private` would let through, and more.
VECTORS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST.",
    "127.1",
    "2130706433",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    CIRCLED,
    "0",
    "0.0.0.0",  # noqa: S104
    "127.255.255.254",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",
    "[fec0::1]",
    "[fe80::1]",
    "[fd00::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
]


def _has_ipv6() -> bool:
    """Whether something can be reached at ::1 here."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


HAS_IPV6 = _has_ipv6()


@pytest.fixture
def trap(settings: LazySettings) -> Iterator[list[RawServer]]:
    """Whoever comes inside is counted, by either protocol, on a port that channels may use."""

    def answer(server: RawServer, connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            connection.sendall(OK)

    with ExitStack() as stack:
        four = stack.enter_context(RawServer(answer, host="0.0.0.0"))  # noqa: S104 - to hear every spelling
        traps = [four, *(stack.enter_context(RawServer(answer, host="::", port=four.port)) for _ in range(HAS_IPV6))]
        settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, ()
        settings.OUTGOING_PORTS = (80, 443, four.port)
        yield traps
        assert [one.connections for one in traps] == [0] * len(traps)


def test_the_trap_would_hear(trap: list[RawServer]) -> None:
    """By either protocol, where the machine has both."""
    for server, host in zip(trap, ("127.0.0.1", "::1"), strict=False):
        with socket.create_connection((host, trap[0].port), timeout=5):
            pass
        while not server.connections:
            pass
        server.connections = 0
    assert len(trap) == 1 + HAS_IPV6


@pytest.fixture
def shop(db: None) -> Shop:
    return a_shop("Librairie Nord", "Léa")


def inside(host: str, trap: list[RawServer], scheme: str = "https") -> str:
    return f"{scheme}://{host}:{trap[0].port}"


@pytest.mark.parametrize("host", VECTORS)
def test_by_form(shop: Shop, trap: list[RawServer], host: str) -> None:
    """An owner types it, saves and presses the buttons: refused on its field, or when somebody would go there."""
    form = {"name": "Page", "settings_base_url": inside(host, trap)}
    form |= {f"credentials_{name}": value for name, value in CREDENTIALS.items()}
    browser = shop.as_(Role.OWNER)
    browser.post("/admin/channels/channel/add/?kind=messenger", form)
    page = Channel.objects.filter(kind="messenger").first()
    if page is None:
        return
    for name in ("channels_channel_test", "channels_channel_templates"):
        text = browser.post(reverse(f"admin:{name}", args=[page.pk]), follow=True).content.decode()
        assert str(SAYS[Verdict.ADDRESS_FORBIDDEN]) in text or "No usable answer from the provider" in text


@pytest.mark.parametrize("host", VECTORS)
def test_by_api(shop: Shop, trap: list[RawServer], host: str) -> None:
    """In clear it is refused at once; over https when somebody would go there."""
    program = Program(shop.workspace)
    body: dict[str, Any] = {"kind": "messenger", "name": "Page", "credentials": CREDENTIALS}
    refused = program.post("channels/", {**body, "settings": {"base_url": inside(host, trap, "http")}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "settings.base_url"
    made = program.post("channels/", {**body, "settings": {"base_url": inside(host, trap)}})
    assert made.status_code in (201, 422)
    for page in Channel.objects.filter(kind="messenger"):
        finding = check_connection(page, now=LONG_AGO, actor=SYSTEM)
        assert finding.verdict in (Verdict.ADDRESS_FORBIDDEN, Verdict.UNREACHABLE)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", VECTORS)
def test_as_a_setting_that_is_stored_already(shop: Shop, trap: list[RawServer], host: str, scheme: str) -> None:
    """Stored while the operator had opened it: messages, profiles, templates and tests all meet the same door."""
    page = a_channel(shop.workspace, "messenger", CREDENTIALS, settings={"base_url": inside(host, trap, scheme)})
    ann: Contact = a_contact(page, "ann")
    assert check_connection(page, now=LONG_AGO, actor=SYSTEM).verdict is not Verdict.CONNECTED
    assert read_profiles([ann.pk]) == 0
    with pytest.raises(ChannelError):
        refresh_templates(page, now=LONG_AGO, actor=SYSTEM)
    doors = open_doors()
    doors.start("message", post(inside(host, trap, scheme) + "/me/messages"))
    while not (heard := doors.poll(1.0)):
        pass
    doors.close()
    result = heard[0][1]
    assert isinstance(result, Unreached)
    assert result.is_forbidden or (host == CIRCLED and "curl error 6" in result.why), result


class Resolved(Line):
    """A line whose names stand for what the test says, one answer for each call: a resolver that changes its mind."""

    answers: list[str] = []

    def aim(self, ticket: object, call: Any) -> None:
        super().aim(ticket, call)
        self.handle.setopt(pycurl.RESOLVE, [self.answers.pop(0)])


def answer_and_hang_up(server: RawServer, connection: socket.socket, number: int) -> None:
    server.read_request(connection)
    connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def test_a_name_that_stands_for_something_else_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the address that was right a moment ago is no passport for the next connection."""
    monkeypatch.setattr("channels.transports.http.Line", Resolved)
    with RawServer(answer_and_hang_up, host="0.0.0.0") as server:  # noqa: S104
        rules = AddressRules(networks=(ip_network("127.0.0.2/32"),), ports=frozenset({server.port}))
        name = f"rebind.example:{server.port}"
        Resolved.answers = [f"+{name}:127.0.0.2", f"+{name}:127.0.0.1", f"+{name}:127.0.0.2,127.0.0.1"]
        door = HttpDoor(allow=rules, connect_timeout=2.0)
        first, second = (ask(door, post(f"http://{name}/")) for _ in range(2))
        assert isinstance(first, Answer)
        assert isinstance(second, Unreached)
        assert second.is_forbidden
        assert server.connections == 1
        # Among several addresses only the right one is tried.
        assert isinstance(ask(door, post(f"http://{name}/")), Answer)
        door.close()
    assert server.connections == 2


def test_our_own_port_stays_closed_where_its_network_is_open(settings: LazySettings) -> None:
    """Somebody with a gateway on the same machine opens loopback: Sequencer itself is not behind that door."""
    with RawServer(answer_and_hang_up) as gateway, RawServer(answer_and_hang_up) as ourselves:
        settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, (ip_network("127.0.0.0/8"),)
        settings.OUTGOING_PORTS = (gateway.port, ourselves.port)
        settings.PUBLIC_URL = f"http://sequencer.example:{ourselves.port}"
        door = HttpDoor(allow=address_rules())
        assert isinstance(ask(door, post(gateway.url)), Answer)
        result = ask(door, post(ourselves.url))
        door.close()
        assert isinstance(result, Unreached)
        assert (result.is_forbidden, ourselves.connections) == (True, 0)


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://sequencer.example.com/api/v1/", True),
        ("https://SEQUENCER.example.com.:443/x", True),
        ("https://user@sequencer.example.com/", True),
        ("http://sequencer.example.com/", False),  # another port, which answers with a redirect at most
        ("https://sequencer.example.com:8443/", False),
        ("https://sequencer.example.com.evil.example/", False),
        ("https://[/", False),
    ],
)
def test_our_own_public_name_is_ours(settings: LazySettings, url: str, is_ours: bool) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES, settings.PUBLIC_URL = False, "https://sequencer.example.com"
    assert has_own_name(url, address_rules()) is is_ours
    settings.ALLOW_PRIVATE_ADDRESSES = True
    assert not has_own_name(url, address_rules())


def test_our_own_public_name_is_not_called(settings: LazySettings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES, settings.PUBLIC_URL = False, "https://sequencer.example.com"
    door = HttpDoor(allow=address_rules())
    result = ask(door, post("https://sequencer.example.com/api/v1/actions/"))
    door.close()
    assert isinstance(result, Unreached)
    assert result.is_forbidden


def test_this_machine_is_known_by_its_addresses() -> None:
    assert is_of_this_machine("127.0.0.1")
    assert is_of_this_machine("127.9.9.9")
    assert not is_of_this_machine("8.8.8.8")
    assert not is_of_this_machine("no address")


def test_a_list_of_networks_is_no_way_to_their_neighbours(shop: Shop, settings: LazySettings) -> None:
    """The trap would hear it: what is not refused does arrive."""

    def answer(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        body = json.dumps({"id": CREDENTIALS["page_id"], "name": "The Page"}).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with RawServer(answer, host="0.0.0.0") as server:  # noqa: S104
        settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, (ip_network("127.0.0.1/32"),)
        settings.OUTGOING_PORTS = (server.port,)
        verdicts = []
        for host in ("127.0.0.1", "127.0.0.2"):
            base = {"base_url": f"http://{host}:{server.port}"}
            page = a_channel(shop.workspace, "messenger", CREDENTIALS, settings=base)
            verdicts.append(check_connection(page, now=LONG_AGO, actor=SYSTEM).verdict)
        assert verdicts == [Verdict.CONNECTED, Verdict.ADDRESS_FORBIDDEN]
        assert server.connections == 1
