"""The cases without a web server: exports, mail, and what the disk costs. Each runs in a process of its own."""

import json
import multiprocessing
import os
import resource
import smtplib
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pyotp
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from bench.house import House, free_port
from bench.pages import CALL, Measured
from bench.rows import EXPORTED
from webapp import long_lived
from webapp.models import Consent, Part
from webapp.rules import clock
from webapp.rules.reasons import OTHER, Reason
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports, disclosure, exported_lists
from webapp.services.sealed.parts import part_context
from webapp.services.worker import delivery, smtp

PURPOSE, PASSWORD = EXPORTED, "for this bench alone"
MANY = 1000


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a fresh process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def fsync_cost(folder: Path, times: int = 200) -> Measured:
    """What one fsync of a small write costs where the stores are."""
    path = folder / "fsync"
    taken = []
    with path.open("wb") as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    path.unlink()
    taken.sort()
    figures = {"p50 ms": 1000 * taken[times // 2], "p99 ms": 1000 * taken[int(times * 0.99)]}
    return Measured("one fsync", figures)


# Exports


def exports(house: House, people: int) -> list[Measured]:
    """Raw openings a second, then both files: rows a second, as a share, and how much memory they took."""
    raw = _apart(_open_raw, house)
    measured = [Measured("raw opening of a contact", {"per second": raw})]
    for turn, file_format in enumerate(("xlsx", "csv"), start=1):
        seconds, rows, grown, _ = _apart(_export, house, file_format, 2 * turn, False)
        _, _, _, peak = _apart(_export, house, file_format, 2 * turn + 1, True)
        figures = {
            "per second": rows / seconds,
            "over raw": rows / seconds / raw,
            "rows": rows,
            "more memory MiB (RSS)": grown,
            "more memory MiB (tracemalloc)": peak,
        }
        measured.append(Measured(f"export as {file_format.upper()}", figures))
    return measured


def _open_raw(house: House) -> float:
    """Only what must be done to open: envelopes and secrets are in memory already."""
    app = house.app()
    with app.app_context():
        holder = _sign_in(house, 0)
        with stores.reading() as main:
            wanted = (
                select(Part)
                .join(Consent, Consent.submission_id == Part.submission_id)
                .where(Part.purpose == "contact", Consent.purpose == PURPOSE)
                .limit(10_000)
            )
            parts = main.scalars(wanted).all()
        secrets: dict[Any, bytes] = {}
        for start in range(0, len(parts), 500):
            secrets |= disclosure.secrets_of(
                [part.secret_id for part in parts[start : start + 500]]
            )
        key = (parts[0].owner_id, "contact", parts[0].epoch)
        _, reader = disclosure._keys(holder, {key})[key]
        mine = [part for part in parts if (part.owner_id, "contact", part.epoch) == key]
        started = time.perf_counter()
        for part in mine:
            reader.open_part(
                part.envelope, secret=secrets[part.secret_id], context=part_context(part)
            )
        return len(mine) / (time.perf_counter() - started)


def _export(
    house: House, file_format: Any, turn: int, traced: bool
) -> tuple[float, int, float, float]:
    app = house.app()
    with app.app_context():
        holder = _sign_in(house, 4 * turn)
        call = published_calls.find_call(CALL)
        long_lived.settle()
        before = _peak_mebibytes()
        if traced:
            tracemalloc.start()
        started = time.perf_counter()
        file = contact_exports.export_consented(
            holder,
            call,
            purpose=PURPOSE,
            reason=Reason(OTHER.key, "bench"),
            file_format=file_format,
            password=PASSWORD,
        )
        written = sum(len(piece.content) for piece in file.pieces)
        seconds = time.perf_counter() - started
        if not written:
            raise RuntimeError("the file is empty")
        peak = tracemalloc.get_traced_memory()[1] / 2**20 if traced else 0.0
        rows = exported_lists.find_export(file.export_id).people
        return seconds, rows, _peak_mebibytes() - before, peak


def _peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sign_in(house: House, minutes: int) -> Holder:
    _turn_clock(minutes)
    known = _known(house)
    return authentication.sign_in(known["sign_in_name"], known["passphrase"], _code(house))


def _code(house: House) -> str:
    return pyotp.TOTP(_known(house)["totp_secret"]).at(int(clock.now().timestamp()))


def _known(house: House) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((house.folder / "demo-sign-in.json").read_text())
    return known


def _turn_clock(minutes: int) -> None:
    """Each six-digit code is good once: later cases happen a little later."""
    now = datetime.now
    clock.now = lambda: now(UTC) + timedelta(minutes=minutes)


# Mail


class Sink:
    """Takes every mail and forgets it."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd for every mail."""
        return "250 OK"


def mail(house: House) -> Measured:
    """All that waits in the outbox, sent; over what `smtplib` alone sends to the same server."""
    port = free_port()
    context = multiprocessing.get_context("spawn")
    stop, sink = context.Event(), None
    sink = context.Process(target=_serve_sink, args=(port, stop))
    sink.start()
    try:
        _wait_for(port)
        raw, raw_together = _apart(_send_raw, port, MANY)
        sent, seconds = _apart(_send_waiting, house, port)
    finally:
        stop.set()
        sink.join()
    rate = sent / seconds if seconds else 0.0
    figures = {
        "per second": rate,
        "over raw": rate / raw,
        "sent": sent,
        "raw smtplib per second": raw,
        "raw on one connection": raw_together,
    }
    return Measured("mail through the outbox", figures)


def _serve_sink(port: int, stop: Any) -> None:
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, server_hostname="localhost")
    controller.start()
    stop.wait()
    controller.stop()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the mail sink did not start")


def _send_raw(port: int, number: int) -> tuple[float, float]:
    """Mails a second: with a connection for each, and all on one."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "no-reply@localhost", "a@example.org", "x"
    message.set_content("Hello.\n" * 20)
    started = time.perf_counter()
    for _ in range(number // 4):
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as link:
            link.send_message(message)
    each = number // 4 / (time.perf_counter() - started)
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as link:
        for _ in range(number):
            link.send_message(message)
    return each, number / (time.perf_counter() - started)


def _send_waiting(house: House, port: int) -> tuple[int, float]:
    app: Flask = house.app(
        MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port), BASE_URL="http://localhost"
    )
    smtp.init_app(app)
    with app.app_context():
        started = time.perf_counter()
        sent = delivery.send_waiting()
        return sent, time.perf_counter() - started
