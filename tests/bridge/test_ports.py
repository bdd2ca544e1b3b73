"""A port that one process has for itself, and one that several share."""

import socket
import sys

import pytest

from pitboard.bridge.ports import hold, listen
from pitboard.contract.errors import PortTaken

HOST = "127.0.0.1"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares a port")


@on_linux
def test_held_port_is_closed_until_somebody_shares_it() -> None:
    with hold(HOST, 0) as held:
        address = held.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)

        with (
            listen(*address, is_shared=True),
            listen(*address, is_shared=True),
            socket.create_connection(address),
        ):
            pass


@on_linux
@pytest.mark.parametrize("is_served", [False, True])
def test_held_port_is_taken_for_all_who_do_not_share_it(is_served: bool) -> None:
    """Also before the first worker listens, and after the last has died."""
    with hold(HOST, 0) as held:
        port = held.getsockname()[1]
        shared = listen(HOST, port, is_shared=True)
        if not is_served:
            shared.close()

        for take in (hold, listen):
            for host in (HOST, "0.0.0.0"):
                with pytest.raises(PortTaken):
                    take(host, port)
        shared.close()


@on_linux
def test_port_of_one_process_cannot_be_held() -> None:
    with listen(HOST, 0) as alone, pytest.raises(PortTaken):
        hold(*alone.getsockname())


@on_linux
@pytest.mark.parametrize("is_shared", [False, True])
def test_port_can_be_held_though_the_kernel_remembers_connections(is_shared: bool) -> None:
    """A bridge that is restarted with another number of workers comes back."""
    with hold(HOST, 0) as held:
        address = held.getsockname()
        if is_shared:
            serve_one(listen(*address, is_shared=True), address)
    if not is_shared:
        serve_one(listen(*address), address)

    hold(*address).close()


def serve_one(listening: socket.socket, address: tuple[str, int]) -> None:
    """Take a connection and be the first to close it, so that the kernel remembers it here."""
    listening.setblocking(True)
    with listening, socket.create_connection(address) as near:
        listening.accept()[0].close()
        assert near.recv(1) == b""
