"""Who asks, for the limits: an address, or the network that one subscriber of IPv6 has."""

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

IPV6_PREFIX = 64
"""Whoever has one IPv6 address mostly has all of its /64."""

UNKNOWN = "unknown"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """The address of a request: its peer's, or what a trusted proxy says of whom it serves.

    Args:
        trusted_proxies: Addresses and networks whose `X-Forwarded-For` is believed.
    """

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        self._trusted = [ipaddress.ip_network(text, strict=False) for text in trusted_proxies]

    def of(self, scope: Scope) -> str:
        """The address that a request counts for."""
        client = scope.get("client")
        address = _parse(client[0]) if client else None
        if address is None:
            return UNKNOWN
        for hop in self._hops(scope):
            # Each proxy appends whom it has the request from, so only what a trusted one wrote
            # counts; further left stands what anybody may have made up.
            if not self._is_trusted(address):
                break
            named = _parse(hop)
            if named is None:
                break
            address = named
        return _counted(address)

    def _hops(self, scope: Scope) -> list[str]:
        if not self._trusted:
            return []
        whole = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        return whole.split(",")[::-1]

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _parse(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _counted(address: _Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
