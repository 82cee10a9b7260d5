"""Rate limiting and admission of new storage at the public door."""

from flask import request

from webapp.services.infrastructure import disk_space, limits


def admit_beginning() -> None:
    """Admit something new: it counts against its network, and against all together. The IP address is not stored.

    What is begun may be sent later whatever strangers do meanwhile. Raises `TooMany`, and `LittleRoom` on a disk that
    is nearly full.
    """
    disk_space.ensure_room_to_begin()
    limits.take_storage("begin", request.remote_addr or "")


def count_booking() -> None:
    """Count a booking against its network: it may send a mail to an address that a stranger typed. Raises `TooMany`."""
    limits.take("book", request.remote_addr or "")


def admit_long_draft() -> None:
    """Admit unfinished answers that need more room than usual ones, under a return code. Raises `TooMany`."""
    limits.take_storage("long-drafts", request.remote_addr or "")


def limit_one(name: str, which: str) -> None:
    """Count an act against the one code, draft or booking that it is about: no stranger can use that up.

    `which` is a secret of its holder where there is one, and never a stored id: the bucket's name could be guessed from
    that. Raises `TooMany`.
    """
    limits.take_for(name, which)


def admit_sending(return_code: str | None) -> None:
    """Admit a submission. Its beginning admitted it, unless its draft waits under a return code, which opens any number
    of sessions: the first few a day are free, and then each counts as a beginning. Raises `TooMany`.
    """
    if return_code is None:
        return
    try:
        limit_one("send-from-code", return_code)
    except limits.TooMany:
        admit_beginning()
