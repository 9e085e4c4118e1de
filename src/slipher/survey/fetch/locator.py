"""Addresses that are not ours: which of them may be asked, and where a server may send us on to."""

import ipaddress
import socket
from urllib.parse import SplitResult, quote, urljoin, urlsplit

__all__ = ["UnfitError", "fit", "redirected"]

LONGEST = 2000
"""Characters of an address."""
SHOWN = 200


class UnfitError(ValueError):
    """An address that is not asked; says which, and why."""


def fit(address: str) -> SplitResult:
    """The parts of an address that can be asked.

    Raises:
        UnfitError: if it cannot.
    """
    shown = address[:SHOWN] if address.isprintable() else ascii(address[:SHOWN])
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        # names of other scripts are written in ASCII on the way, and labels have at most 63 bytes
        named = bool(host) and bool(host.encode("idna"))
    except ValueError as error:
        raise UnfitError(f"{shown}, which is no address ({error})") from error
    if not address.isprintable() or " " in address or len(address) > LONGEST:
        raise UnfitError(f"{shown}, which is no address")
    if parts.scheme not in ("http", "https"):
        raise UnfitError(f"{shown}, which begins with neither https:// nor http://")
    if not named:
        raise UnfitError(f"{shown}, which names no server")
    if parts.username is not None or parts.password is not None:
        raise UnfitError(f"{host} with a name or password in the address")
    return parts


def redirected(first: str, place: str, target: str) -> str:
    """Where a server sends us on to.

    Args:
        first: the address that was asked for at the beginning.
        place: the one that sends us on.
        target: what it says, which may begin at the place.

    Raises:
        UnfitError: if that is not to be followed: it cannot be asked, it would leave an encrypted connection, or a
            public server names one inside the network here, where it has no say.
    """
    # some servers leave spaces and letters of other scripts as they are
    target = quote(target.encode("latin-1", "replace"), safe="%/:=&?~#+!$,;'@()*[]")
    try:
        address = urljoin(place, target)
    except ValueError as error:
        raise UnfitError(f"{target[:SHOWN]}, which is no address") from error
    parts, asked = fit(address), urlsplit(first)
    if asked.scheme == "https" and parts.scheme != "https":
        raise UnfitError(f"{address[:SHOWN]}, which is not encrypted")
    if parts.hostname != asked.hostname and _is_private(parts.hostname) and not _is_private(asked.hostname):
        raise UnfitError(f"{address[:SHOWN]}, inside this network")
    return parts._replace(fragment="").geturl()


def _is_private(host: str | None) -> bool:
    """Whether a server, as far as this machine can tell, is not of the public network."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        # a proxy may know better
        return False
    return any(not _is_global(str(place[0])) for *_, place in found)


def _is_global(address: str) -> bool:
    number = ipaddress.ip_address(address.partition("%")[0])
    inner = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return (inner or number).is_global
