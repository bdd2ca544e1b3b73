"""Tell the person at the terminal which page to open."""

import io
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import psutil
import segno
import typer

from pitboard.contract.errors import BadTopic
from pitboard.contract.topics import Topic, new_id, status_filter
from pitboard.options import BrokerAccess
from pitboard.publisher.events import Received
from pitboard.publisher.link import Tagged, open_link


def local_url(port: int, session_id: str | None = None) -> str:
    """A page as this machine's own browser opens it."""
    return _url("127.0.0.1", port, session_id)


def lan_url(port: int, session_id: str | None = None) -> str | None:
    """A page as other machines in the network open it; `None` without a network."""
    address = _lan_address()
    return None if address is None else _url(address, port, session_id)


def demo(port: int, broker_url: str, session_id: str) -> None:
    """Print where the demo runs; the first URL is the one to open."""
    typer.echo(f"Open        {local_url(port, session_id)}")
    other = lan_url(port, session_id)
    if other is not None:
        typer.echo(f"In the LAN  {other}")
        code = _qr_code(other)
        if _can_print(code):
            typer.echo(f"\n{code}")
    typer.echo(f"MQTT        {broker_url}  (mosquitto_sub -t 'pitboard/v1/#' -v)")
    typer.echo("Ctrl-C stops everything.")


def up(port: int, broker_url: str) -> None:
    """Print where `pitboard up` listens; the first URL is the one to open."""
    typer.echo(f"pages   {local_url(port)}")
    typer.echo(f"broker  {broker_url}")


@contextmanager
def new_sessions(access: BrokerAccess, port: int, *, is_lan: bool) -> Iterator[None]:
    """While entered, print a link for each session that appears on the broker."""
    events: SimpleQueue[Tagged | None] = SimpleQueue()
    link = open_link(access.urls, access.link, client_id=f"pb-up-{new_id()}", events=events)
    link.subscribe([status_filter()])
    thread = threading.Thread(target=_print_links, args=(events, port, is_lan), name="new sessions")
    thread.start()
    try:
        yield
    finally:
        link.close()
        events.put(None)
        thread.join()


def _print_links(events: "SimpleQueue[Tagged | None]", port: int, is_lan: bool) -> None:
    seen: set[str] = set()
    while (tagged := events.get()) is not None:
        if not isinstance(tagged.event, Received) or not tagged.event.payload:
            continue
        try:
            session_id = Topic.parse(tagged.event.topic).session_id
        except BadTopic:
            continue
        if session_id not in seen:
            seen.add(session_id)
            url = (lan_url(port, session_id) if is_lan else None) or local_url(port, session_id)
            typer.echo(f"session {url}")


def _url(host: str, port: int, session_id: str | None) -> str:
    base = f"http://{host}:{port}/"
    return base if session_id is None else f"{base}s/{session_id}"


def _lan_address() -> str | None:
    """The first IPv4 address that is up and not loopback."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for name, addresses in psutil.net_if_addrs().items():
        for address in addresses:
            is_usable = address.family == socket.AF_INET and not address.address.startswith(
                ("127.", "169.254.")
            )
            if name in up and is_usable:
                return address.address
    return None


def _can_print(text: str) -> bool:
    """Not every terminal has the blocks that a code is drawn with."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        return False
    return True


def _qr_code(url: str) -> str:
    drawn = io.StringIO()
    segno.make(url, error="l").terminal(out=drawn, compact=True)
    return drawn.getvalue()
