"""Who asks, for the limits."""

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

from pitboard.contract.addresses import Address, counted, parse


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
        address = parse(client[0]) if client else None
        if address is None:
            return counted(None)
        for hop in self._hops(scope):
            # Each proxy appends whom it has the request from, so only what a trusted one wrote
            # counts; further left stands what anybody may have made up.
            if not self._is_trusted(address):
                break
            named = parse(hop)
            if named is None:
                break
            address = named
        return counted(address)

    def _hops(self, scope: Scope) -> list[str]:
        if not self._trusted:
            return []
        whole = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        return whole.split(",")[::-1]

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)
