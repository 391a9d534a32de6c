"""Which addresses lie within this machine, and which within a company's own network.

In: a host as an URL names it, or the address that a connection has reached. Out: whether what is
sent there unencrypted stays among ourselves. No name is looked up here: a name is judged by itself,
and what it led to by the connection, once there is one.
"""

from __future__ import annotations

import ipaddress
from typing import Final

_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_ip(host: str) -> bool:
    """Tell whether a host is written as an address."""
    return _ip(host) is not None


def is_loopback(host: str) -> bool:
    """Tell whether nothing sent to a host leaves this machine."""
    ip = _ip(host)
    return ip.is_loopback if ip else host == "localhost"


def is_private(host: str) -> bool:
    """Tell whether an address belongs to networks that the internet does not route."""
    ip = _ip(host)
    return ip is not None and any(ip.version == net.version and ip in net for net in _NETWORKS)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
