"""May what became of a referral be sent to this address?

An address that a webhook is registered with is called from inside the council's network. So it is
a public one: whoever chose it must not reach what only this machine, or its neighbours, may reach
(server-side request forgery; OWASP API Security 2023, API7). A name is looked up when something is
sent, and what it stands for then passes `is_public` too.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from domain.identity import nhs_number_ok

LONGEST = 500
"""Characters of an address."""

NAME = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
"""A host's name with its domain, whose last part no reader takes for a number (RFC 1123)."""

PATH = re.compile(r"(?:/[A-Za-z0-9._~-]*)*")

HERE = ("localhost", "127.0.0.1", "::1")
"""This machine, as it is called where that is allowed: for demos and tests."""

NOT_AN_AGENCYS = (
    ip_network("192.0.0.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("168.63.129.16/32"),
)
"""Said to be global: assigned to protocols (RFC 6890), relays of 6to4 (RFC 7526), and the host
beneath a machine in Azure, which tells that machine about itself and its keys (WireServer).
"""

HTTPS = 443
SYSTEM_PORTS = range(1024)
"""RFC 6335. Of them only that of HTTPS is called: none of mail, shells or name servers."""

PUBLIC_IPV6 = ip_network("2000::/3")
CARRYING_IPV4 = (ip_network("2002::/16"), ip_network("2001::/32"))
"""IPv6 that leads to an address of IPv4 in its middle: 6to4 (RFC 3056), Teredo (RFC 4380)."""


def wrong_with(address: str, *, here: bool = False) -> str | None:
    """A sentence about what does not fit; None for an address that may be registered.

    `here`: this machine's own addresses, and only those, are meant; they may do without encryption.
    """
    if not address.isascii() or not address.isprintable() or len(address) > LONGEST:
        return f"An address is at most {LONGEST} letters, digits and signs without spaces."
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "This is no address: write it as https://hooks.example.org/outcomes."
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        return "The address begins with https://: nothing is sent unencrypted."
    if "@" in parts.netloc or port == 0:
        return "The address holds no user, password or port 0: give a host, and a port if needed."
    if port in SYSTEM_PORTS and port != HTTPS and not here:
        return f"The port is {HTTPS}, or one from {SYSTEM_PORTS.stop} on: no other service's."
    if "?" in address or "#" in address or not PATH.fullmatch(parts.path):
        return (
            "After the host the address has only letters, digits and . _ ~ - between its slashes:"
            " nothing about anybody stands in an address."
        )
    if any(nhs_number_ok(digits) for digits in re.findall(r"\d{10}", parts.path)):
        return "The address holds what may be an NHS number: nothing about anybody stands in it."
    return _wrong_host(parts, here=here)


def _wrong_host(parts: SplitResult, *, here: bool) -> str | None:
    host = parts.hostname or ""
    if here:
        return None if host in HERE else f"This machine is called {' or '.join(HERE)}."
    try:
        given: IPv4Address | IPv6Address | None = ip_address(host)
    except ValueError:
        given = None
    if given is None and NAME.fullmatch(host):
        return None
    if given is None or not is_public(host):
        return "The host is not one on the internet: nothing is sent into our own network."
    return None


def is_public(address: str) -> bool:
    """Whether an IP address (as text) is one on the internet, of one machine, in its plain form."""
    given = ip_address(address)
    if given.is_multicast or given.is_reserved or not given.is_global:
        return False
    if isinstance(given, IPv6Address):
        return given in PUBLIC_IPV6 and not any(given in each for each in CARRYING_IPV4)
    return not any(given in each for each in NOT_AN_AGENCYS)
