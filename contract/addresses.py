"""Who is one peer, for limits: an address, or the network that one subscriber of IPv6 has."""

import ipaddress

IPV6_PREFIX = 64
"""Whoever has one IPv6 address mostly has all of its /64."""

UNKNOWN = "unknown"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse(text: str) -> Address | None:
    """The address; an IPv4 one that is written as IPv6 is IPv4. `None` where it is none."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def counted(address: Address | None) -> str:
    """What the address counts for."""
    if address is None:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
