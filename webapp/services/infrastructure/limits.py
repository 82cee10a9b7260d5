"""Rate limiting: token buckets in the volatile store, keyed by a MAC of a truncated network address.

A bucket is one number, the moment at which it will be full (GCRA, virtual scheduling), reckoned in whole minutes: a
stolen row does not tell the second of a visit. A full bucket says nothing, and the worker deletes it (data
minimisation). The MAC takes a key of the doors' configuration, without which no network is found by trying all of them
(enumeration), and a salt that is deleted every day: yesterday's names identify no visitor, not even to us. Taking a
token is one atomic upsert, without read-modify-write.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from secrets import token_bytes
from types import MappingProxyType

from sqlalchemy import BigInteger, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Insert, case

from webapp.extensions import current_settings
from webapp.models import DailySalt, RateBucket
from webapp.rules import clock
from webapp.rules.reasons import DANGER, Reason
from webapp.services.infrastructure import stores
from webapp.vault.macs import network_mac

#: In thousandths of a second, because the fastest limit regains a token every thirty of them.
MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE
#: The network of a bucket that all visitors share.
ALL_NETWORKS = ""


@dataclass(frozen=True)
class Limit:
    """A token bucket: its capacity (`burst`), and the tokens that it regains each minute, when the minute is over."""

    burst: int
    per_minute: float

    @property
    def step(self) -> int:
        """How long it takes to regain one token; of a limit that regains nothing, the day on which its name ends."""
        return round(MINUTE / self.per_minute) if self.per_minute else DAY


# A limit for each network, and one for all networks together. Shelters and colleges share an address, so the first is
# generous.
LIMITS: dict[str, tuple[Limit, Limit | None]] = {
    "begin": (Limit(40, 20), Limit(4000, 2000)),
    "send": (Limit(20, 10), Limit(2000, 1000)),
    # For each booking: it may send one mail to an address that a stranger typed. A meeting in an office is booked by
    # some thirty colleagues in an hour; a machine sends 300 mails a day, not 14,400.
    "book": (Limit(20, 0.2), Limit(2000, 1000)),
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
    # For one e-mail address and day, whoever types it, for whatever event: mails that its owner has not confirmed.
    "mails-to-address": Limit(5, 0),
    # For one network, event and day: seats that are held by bookings without an e-mail address.
    "seats-without-address": Limit(2, 0),
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
        if limit is not None and not _take(_key(salt, f"{name} {network}"), limit):
            raise TooMany(name)


def take_for(name: str, who: str) -> None:
    """Take one token for a known account or registration, whatever its network. Raises `TooMany`."""
    if not _take(_key(_salt(), f"{name} {who}"), LIMITS_FOR_ONE[name]):
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


def _taking(into: Callable[[type[RateBucket]], sqlite.Insert | postgresql.Insert]) -> Insert:
    """One token out of a bucket, if one is left: it will be full one step later. One that is not there is full."""
    now, step, room = (bindparam(name, type_=BigInteger) for name in ("now", "step", "room"))
    full_at = case((RateBucket.full_at > now, RateBucket.full_at), else_=now) + step
    return (
        into(RateBucket)
        .values(key=bindparam("bucket"), full_at=now + step)
        .on_conflict_do_update(
            index_elements=[RateBucket.key], set_={"full_at": full_at}, where=full_at <= now + room
        )
        .execution_options(preserve_rowcount=True)
    )


# Written once: putting a statement together takes longer than running it.
TAKING: Mapping[str, Insert] = MappingProxyType(
    {"sqlite": _taking(sqlite.insert), "postgresql": _taking(postgresql.insert)}
)
SALT_OF = select(DailySalt.salt).where(DailySalt.day == bindparam("wanted"))


def _take(key: bytes, limit: Limit) -> bool:
    room = round(limit.burst * current_settings().limit_factor) * limit.step
    values = {"bucket": key, "now": _this_minute(), "step": limit.step, "room": room}
    with stores.writing("volatile") as volatile:
        connection = volatile.connection()
        return connection.execute(TAKING[connection.dialect.name], values).rowcount > 0


def _this_minute() -> int:
    """When this minute began. The second is not used, so that none can be read out of a bucket."""
    return int(clock.now_minute().timestamp()) * 1000


def _key(salt: bytes, name: str) -> bytes:
    """The name of a bucket. Both doors have the form key; the worker, which only deletes buckets, does not."""
    return network_mac(current_settings().form_key, salt, name)


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
    """Delete yesterday's salt and every bucket that is full: one that is not there is the same bucket (worker)."""
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt).where(DailySalt.day < clock.today()))
        volatile.execute(delete(RateBucket).where(RateBucket.full_at <= _this_minute()))
    stores.empty_log("volatile")
