"""Rate limiting: token buckets in the volatile store, keyed by a MAC of a truncated network address.

The MAC takes a salt that is deleted every day, so that yesterday's keys identify no visitor (data minimisation). Taking
a token is one atomic UPDATE, without read-modify-write.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from secrets import token_bytes

from sqlalchemy import BindParameter, Update, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import case

from webapp.extensions import current_settings
from webapp.models import DailySalt, RateBucket
from webapp.rules import clock
from webapp.rules.reasons import DANGER, Reason
from webapp.services.infrastructure import stores
from webapp.vault.macs import network_mac

DAY = 24 * 60 * 60
#: The network of a bucket that all visitors share.
ALL_NETWORKS = ""


@dataclass(frozen=True)
class Limit:
    """A token bucket: its capacity (`burst`), and the tokens that it regains each minute."""

    burst: int
    per_minute: float


# A limit for each network, and one for all networks together. Shelters and colleges share an address, so the first is
# generous.
LIMITS: dict[str, tuple[Limit, Limit | None]] = {
    "begin": (Limit(40, 20), Limit(4000, 2000)),
    "send": (Limit(20, 10), Limit(2000, 1000)),
    "code": (Limit(15, 5), Limit(1500, 500)),
    # For a Visit that begins to take more room than usual answers need (up to 524,288 bytes instead of 32,768), because
    # a whole statement was pasted. At most 2,000 such Visits, a gigabyte, wait unused at a time; a participant who gets
    # none is told that the text is too long, and keeps all that was kept before.
    "long-words": (Limit(20, 2), Limit(500, 10)),
    # For unfinished answers of that size under a code. They wait 14 days and not two hours: at most 4,500 of them, two
    # gigabytes.
    "long-drafts": (Limit(10, 0.02), Limit(400, 0.2)),
    # No limit for all networks: attackers could exhaust it and lock coordinators out (denial of service). The cost of
    # Argon2id is bounded elsewhere: at most two passphrases are stretched at once.
    "sign-in": (Limit(40, 20), None),
    # Against brute force of six digits at a desk that was left open.
    "second-factor": (Limit(10, 2), Limit(60, 30)),
}

#: For one known account or registration, whatever its network. A name that any visitor may type counts within one
#: network alone (`take_here`), so that an attacker cannot lock its owner out.
LIMITS_FOR_ONE = {
    # A handful of typing mistakes; with the passphrase in hand, the next limit counts.
    "sign-in-name": Limit(10, 2),
    # With the passphrase in hand, six digits are all that is left to guess.
    "six-digit-code": Limit(20, 0.5),
    # Decryption one by one, a bucket for each kind: for a short while as fast as a coordinator reads or dials, and in
    # all what fits a long day. A stolen session cannot read everything before a coordinator sees the audit log;
    # decision 34 says why so many.
    "answers-pace": Limit(40, 12),
    "answers": Limit(600, 1.5),
    "contacts-pace": Limit(20, 4),
    "contacts": Limit(150, 0.4),
    "registrations-pace": Limit(40, 12),
    "registrations": Limit(400, 1),
    # Each search for a caller opens the contact details of all participants in memory: enough for a morning at the
    # telephone.
    "caller-search": Limit(20, 0.5),
    # What is done for callers, person by person: a stolen session cannot silence or delete a whole coalition.
    "caller-act": Limit(30, 1),
    # Opening contact details to correct them, whatever was opened for other reasons today.
    "caller-opening": Limit(20, 1),
    # For one registration: a room code has 35 bits, and the holder of the link may have read it in another person's
    # mail.
    "room": Limit(20, 1),
    # Each sends one mail to the address that was typed: enough for typing mistakes, too few to flood a stranger's
    # inbox.
    "address": Limit(5, 0.2),
    "link-again": Limit(3, 0.05),
}


class TooMany(Exception):
    """Rate limit reached: trying again in a few minutes will do."""


def take(name: str, address: str) -> None:
    """Take one token from this network's bucket and, where there is one, from that of all networks.

    Raises `TooMany`.
    """
    here, everywhere = LIMITS[name]
    salt = _salt()
    for limit, network in ((here, coarse(address)), (everywhere, ALL_NETWORKS)):
        if limit is not None and not _take(network_mac(salt, f"{name} {network}"), limit):
            raise TooMany(name)


def take_for(name: str, who: str) -> None:
    """Take one token for a known account or registration, whatever its network. Raises `TooMany`."""
    if not _take(network_mac(_salt(), f"{name} {who}"), LIMITS_FOR_ONE[name]):
        raise TooMany(name)


def take_opening(kind: str, who: str, reason: Reason) -> None:
    """Take one token for opening one thing of this kind: of the pace, and of the day. Raises `TooMany`.

    Danger is exempt: a participant in danger must never wait for a rate limit. Each such opening is in the record
    before it happens, and Today says when there are many.
    """
    if reason.key == DANGER.key:
        return
    take_for(f"{kind}-pace", who)
    take_for(kind, who)


def take_here(name: str, who: str, address: str) -> None:
    """Take one token for a claimed identity within this network: from another network it cannot be exhausted.

    Raises `TooMany`.
    """
    take_for(name, f"{who} {coarse(address)}")


def coarse(address: str) -> str:
    """The network that an address is in: 256 IPv4 neighbours, or one IPv6 site."""
    try:
        exact = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(exact, IPv6Address):
        # A server that listens on IPv6 sees IPv4 visitors inside one and the same IPv6 network.
        exact = exact.ipv4_mapped or exact
    return str(ip_network(f"{exact}/{24 if exact.version == 4 else 48}", strict=False))


def _taking() -> Update:
    """One token out of a bucket that has been filling since it was last asked."""
    now: BindParameter[float] = bindparam("now")
    burst: BindParameter[float] = bindparam("burst")
    refilled = RateBucket.tokens + (now - RateBucket.updated_at) * bindparam("a_second")
    level = case((refilled > burst, burst), else_=refilled)
    return (
        update(RateBucket)
        .where(RateBucket.key == bindparam("bucket"), level >= 1)
        .values(tokens=level - 1, updated_at=now)
    )


# Written once: putting a statement together takes longer than running it.
TAKING = _taking()
SALT_OF = select(DailySalt.salt).where(DailySalt.day == bindparam("wanted"))


def _take(key: bytes, limit: Limit) -> bool:
    burst = float(limit.burst * current_settings().limit_factor)
    now = clock.now().timestamp()
    values = {"bucket": key, "now": now, "a_second": limit.per_minute / 60, "burst": burst}
    # Twice, because another request may create the bucket between the two statements (a race that the key decides).
    for _ in range(2):
        with stores.writing("volatile") as volatile:
            if volatile.connection().execute(TAKING, values).rowcount:
                return True
            there = volatile.get(RateBucket, key) is not None
        if not there and _open_bucket(key, burst, now):
            return True
    return False


def _open_bucket(key: bytes, burst: float, now: float) -> bool:
    try:
        with stores.writing("volatile") as volatile:
            volatile.add(RateBucket(key=key, tokens=burst - 1.0, updated_at=now))
    except IntegrityError:
        return False
    return True


def _salt() -> bytes:
    with stores.reading("volatile") as volatile:
        salt = volatile.connection().scalar(SALT_OF, {"wanted": clock.today()})
    return salt or _new_salt()


def _new_salt() -> bytes:
    try:
        with stores.writing("volatile") as volatile:
            volatile.add(DailySalt(day=clock.today(), salt=token_bytes(32)))
    except IntegrityError:
        pass
    with stores.reading("volatile") as volatile:
        return volatile.scalars(SALT_OF, {"wanted": clock.today()}).one()


def forget_old() -> None:
    """Delete yesterday's salt, and every bucket that was idle for a day: it would be full again (worker)."""
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt).where(DailySalt.day < clock.today()))
        volatile.execute(
            delete(RateBucket).where(RateBucket.updated_at < clock.now().timestamp() - DAY)
        )
    stores.empty_log("volatile")
