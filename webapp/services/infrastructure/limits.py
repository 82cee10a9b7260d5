"""Rate limiting: token buckets in the volatile store, keyed by a MAC of a truncated network address.

A bucket is one number, the moment at which it will be full (GCRA, virtual scheduling), reckoned in whole minutes: a
stolen row does not tell the second of a visit. A full bucket says nothing, and the worker deletes it (data
minimisation). The MAC takes a key of the doors' configuration, without which no network is found by trying all of them
(enumeration), and a salt that is deleted every day: yesterday's names identify no visitor, not even to us. Taking a
token is one atomic upsert, without read-modify-write.

Only new storage has a limit that strangers can use up (decision 52): a network's rate and its quotas of a day, and a
brake for all networks together. What is done inside a session, or with a code, counts for that session or code alone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from secrets import token_bytes
from types import MappingProxyType

from sqlalchemy import BigInteger, Connection, bindparam, delete, select
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


# A limit for each network, and for new storage one for all networks together, a brake. Shelters and colleges share an
# address, so the first is generous. Handing in a code has none here: a code has 115 random bits, so counting guesses
# protects nothing, and whoever is refused can neither withdraw nor erase.
LIMITS: dict[str, tuple[Limit, Limit | None]] = {
    # Beginning admits the sending that follows, so that strangers can refuse nobody who has written for an hour.
    "begin": (Limit(40, 20), Limit(4000, 2000)),
    # For each booking: it may send one mail to an address that a stranger typed. A meeting in an office is booked by
    # some thirty colleagues in an hour; a machine sends 300 mails a day, not 14,400.
    "book": (Limit(20, 0.2), None),
    # For a Visit that begins to take more room than usual answers need (up to 524,288 bytes instead of 32,768), because
    # a whole statement was pasted. At most 2,000 such Visits, a gigabyte, wait unused at a time; a participant who gets
    # none is told that the text is too long, and keeps all that was kept before.
    "long-words": (Limit(20, 2), Limit(500, 10)),
    # For unfinished answers under a code that need up to 262,144 bytes. They wait 14 days and not two hours: at most
    # 2,400 of them, 600 megabytes.
    "long-drafts": (Limit(10, 0.02), Limit(300, 0.1)),
    # No limit for all networks: attackers could exhaust it and lock coordinators out (denial of service). The cost of
    # Argon2id is bounded elsewhere: at most two passphrases are stretched at once.
    "sign-in": (Limit(40, 20), None),
    # Opening an invitation begins a session, which is storage. Its link has 260 random bits: nothing is guessed here.
    "join": (Limit(20, 5), Limit(200, 50)),
    # Asking for a passkey's challenge before signing in begins a session, which is storage. Strangers who use this up
    # keep nobody out: the six digits need none.
    "passkey-challenge": (Limit(40, 20), Limit(200, 50)),
    # Against brute force of six digits at a desk that was left open: only sessions of coordinators count here.
    "second-factor": (Limit(10, 2), None),
}

#: New storage also counts in kibibytes, as much as it may come to need: a submission with its own copies after a
#: beginning (its test measures that), a large session, a large draft.
SETS_ASIDE: Mapping[str, int] = MappingProxyType(
    {"begin": 128, "long-words": 512, "long-drafts": 256}
)

#: For one known account or registration, whatever its network. A name that any visitor may type counts within one
#: network alone (`take_here`), so that an attacker cannot lock its owner out.
LIMITS_FOR_ONE = {
    # Each opens a session. Only codes that open something are counted, so only their holders can use this up.
    "code": Limit(15, 5),
    # What is stored again and again in place of itself: answers under one code, a correction, needs. Each time leaves a
    # line of what was replaced.
    "send": Limit(20, 0.2),
    # Long unfinished answers under one code, opened by their writer: strangers do not keep them from that.
    "long-words-of-code": Limit(3, 0.02),
    # A draft that waits under a return code can be opened in any number of sessions, and sent once in each of them.
    "send-from-code": Limit(3, 0.002),
    # A handful of typing mistakes; with the passphrase in hand, the next limit counts.
    "sign-in-name": Limit(10, 2),
    # With the passphrase in hand, six digits are all that is left to guess.
    "six-digit-code": Limit(20, 0.5),
    # The same for a browser that has signed in here before: a lane of its own, which strangers cannot use up.
    "six-digit-code-device": Limit(20, 0.5),
    # The same inside a session, for a list or a new code: against guessing at a desk that was left open.
    "six-digit-code-inside": Limit(20, 0.5),
    # The present passphrase inside a session, to change it: against guessing at a desk that was left open.
    "passphrase-inside": Limit(10, 0.5),
    # Passphrases typed in a browser that has signed in here before.
    "sign-in-device": Limit(10, 2),
    # Decryption one by one, a bucket for each kind: for a short while as fast as a coordinator reads or dials, and in
    # all what fits a long day. A stolen session cannot read everything before a coordinator sees the audit log;
    # decision 34 says why so many.
    "answers-pace": Limit(40, 12),
    "answers": Limit(600, 1.5),
    "contacts-pace": Limit(20, 4),
    "contacts": Limit(150, 0.4),
    "registrations-pace": Limit(40, 12),
    "registrations": Limit(400, 1),
    # Each file has the answers of everyone to one call: enough to try each kind, too few for a stolen session to take
    # call after call all night.
    "answer-files": Limit(6, 0.02),
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
    # Giving one permission again, for one submission. Taking back has no limit; it needs one that was given.
    "consent-given": Limit(20, 0.2),
}


class TooMany(Exception):
    """Rate limit reached: trying again in a few minutes will do."""


@dataclass(frozen=True)
class _Charge:
    """So many tokens of one bucket."""

    bucket: str
    limit: Limit
    tokens: int = 1


def take(name: str, address: str) -> None:
    """Take one token from this network's bucket and, where there is one, from that of all networks.

    Raises `TooMany`; then none is taken.
    """
    here, everywhere = LIMITS[name]
    _take(name, [*_of(name, here, coarse(address)), *_of(name, everywhere, ALL_NETWORKS)])


def take_near(name: str, address: str) -> None:
    """Take one token from this network's bucket alone, for a visitor whose session has begun. Raises `TooMany`."""
    _take(name, _of(name, LIMITS[name][0], coarse(address)))


def take_storage(name: str, address: str) -> None:
    """Take what new storage needs: of this network's rate and quotas of a day, and of the brake for all networks.

    Raises `TooMany`; then nothing is taken.
    """
    network, (here, everywhere) = coarse(address), LIMITS[name]
    quotas = _quotas(name, network) if name in SETS_ASIDE else []
    # In one order everywhere, so that two transactions never wait for each other's bucket (deadlock).
    _take(name, [*_of(name, here, network), *quotas, *_of(name, everywhere, ALL_NETWORKS)])


def _quotas(name: str, network: str) -> list[_Charge]:
    """What a network may store in a day, in number and in size: so much at once, and as much again over a day."""
    chosen = current_settings()
    room = _Charge(
        f"kibibytes {network}", _in_a_day(chosen.network_megabytes * 1024), SETS_ASIDE[name]
    )
    if name != "begin":
        return [room]
    return [_Charge(f"beginnings {network}", _in_a_day(chosen.network_beginnings)), room]


def _in_a_day(most: int) -> Limit:
    return Limit(most, most * MINUTE / DAY)


def _of(name: str, limit: Limit | None, network: str) -> list[_Charge]:
    return [_Charge(f"{name} {network}", limit)] if limit is not None else []


def take_for(name: str, who: str) -> None:
    """Take one token for a known account or registration, whatever its network. Raises `TooMany`."""
    _take(name, [_Charge(f"{name} {who}", LIMITS_FOR_ONE[name])])


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
    """Tokens out of a bucket, if so many are left: it will be full that much later. One that is not there is full."""
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


def _take(name: str, charges: Sequence[_Charge]) -> None:
    """Take all of these tokens in one transaction. Raises `TooMany`; then none is taken."""
    with stores.writing_rows("volatile") as connection:
        salt = connection.scalar(SALT_OF, {"wanted": clock.today()})
        if salt is not None:
            if not all(_took(connection, salt, charge) for charge in charges):
                raise TooMany(name)
            return
    _make_salt()
    _take(name, charges)


def _took(connection: Connection, salt: bytes, charge: _Charge) -> bool:
    limit = charge.limit
    room = round(limit.burst * current_settings().limit_factor) * limit.step
    step = charge.tokens * limit.step
    values = {
        "bucket": _key(salt, charge.bucket),
        "now": _this_minute(),
        "step": step,
        "room": room,
    }
    if step > room:
        # More than the bucket ever holds: the insert of a bucket that is not there would not ask.
        return False
    return connection.execute(TAKING[connection.dialect.name], values).rowcount > 0


def _this_minute() -> int:
    """When this minute began. The second is not used, so that none can be read out of a bucket."""
    return int(clock.now_minute().timestamp()) * 1000


def _key(salt: bytes, name: str) -> bytes:
    """The name of a bucket. Both doors have the form key; the worker, which only deletes buckets, does not."""
    return network_mac(current_settings().form_key, salt, name)


def _make_salt() -> None:
    """Make today's salt. Another process may be first."""
    with suppress(IntegrityError), stores.writing("volatile") as volatile:
        volatile.add(DailySalt(day=clock.today(), salt=token_bytes(32)))


def forget_old() -> None:
    """Delete yesterday's salt and every bucket that is full: one that is not there is the same bucket (worker)."""
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt).where(DailySalt.day < clock.today()))
        full = select(RateBucket.key).where(RateBucket.full_at <= _this_minute())
        # A request locks several buckets in an order of its own: what it holds is left to the next round (deadlock).
        unused = full.with_for_update(skip_locked=True)
        volatile.execute(delete(RateBucket).where(RateBucket.key.in_(unused)))
    stores.overwrite_remains("volatile")
