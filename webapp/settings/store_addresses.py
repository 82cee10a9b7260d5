"""Addresses of PostgreSQL databases: which hosts they lead to, and whether TLS with a verified certificate is demanded.

What crosses a network to a database is erasure secrets, sessions and the password of the role.
"""

from urllib.parse import parse_qs, urlsplit

#: This machine's own names: what goes there crosses no network.
LOCAL = ("127.0.0.1", "::1", "localhost")
#: The one mode of libpq in which a server must prove that it is the host that was asked for.
VERIFIED = "verify-full"


def is_local(host: str) -> bool:
    """Whether a host, as libpq names it, is this machine: none at all, the folder of a socket, or loopback."""
    return not host or host.startswith(("/", "@")) or host.strip("[]") in LOCAL


def crosses_network_unverified(address: str) -> bool:
    """Whether a connection to this address could leave the machine without TLS that is verified (`verify-full`)."""
    asked = parse_qs(urlsplit(address).query, keep_blank_values=True)
    # What a service file says about the host cannot be seen here.
    elsewhere = "service" in asked or not all(map(is_local, _hosts(address, asked)))
    return elsewhere and not (
        asked.get("sslmode") == [VERIFIED] and any(asked.get("sslrootcert", ()))
    )


def _hosts(address: str, asked: dict[str, list[str]]) -> list[str]:
    """Every host that libpq may connect to, by the address itself and its parameters. Each of them can be a list."""
    listed = urlsplit(address).netloc.rpartition("@")[2].split(",")
    for name in ("host", "hostaddr"):
        listed += [one for value in asked.get(name, ()) for one in value.split(",")]
    return [_without_port(one) for one in listed]


def _without_port(host: str) -> str:
    return (
        host.partition("]")[0]
        if host.startswith("[")
        else host.partition(":")[0]
        if host.count(":") == 1
        else host
    )
