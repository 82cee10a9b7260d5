"""Health checks from outside (black box): public addresses, TLS certificates, clocks, and the mail server."""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from webapp.cli.finding import Finding, State
from webapp.cli.instance import config_folder
from webapp.rules import clock
from webapp.services.worker import mail_check
from webapp.settings import FILES, Settings, read_config_file

SECONDS = 10
LOOK_DAYS, BROKEN_DAYS = 14, 3


def addresses(chosen: Settings) -> Iterator[Finding]:
    """Request each door's public address through the reverse proxy, as visitors do."""
    for about, url in _doors(chosen).items():
        answer = _fetch(f"{url}/healthz")
        yield Finding(
            about, State.WELL if answer is None else State.BROKEN, f"{url}: {answer or 'answers'}"
        )
        if url.startswith("https://") and "cannot be reached" not in (answer or ""):
            yield _certificate(about, url)


def _doors(chosen: Settings) -> dict[str, str]:
    """The public address of each door, without duplicates."""
    found = {"address": chosen.base_url or f"http://{chosen.bind}"}
    desk = config_folder() / FILES["desk"]
    own = read_config_file(desk).get("BASE_URL", "") if desk.exists() else ""
    if own and own != found["address"]:
        found["desk"] = own.rstrip("/")
    return found


def _fetch(url: str) -> str | None:
    """What is wrong with the response from an address; None when nothing is."""
    try:
        # Our own settings name it, and they allow no other scheme.
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310
            return _clock_of(answer.headers.get("Date", ""))
    except urllib.error.HTTPError as error:
        why = {
            400: "the proxy does not pass on the Host that people asked for",
            502: "the proxy is there, and Hearth is not behind it",
            503: "a store does not answer",
        }
        return f"answers {error.code}; {why.get(error.code, 'look at the log of the proxy')}"
    except urllib.error.URLError as error:
        return f"cannot be reached: {_why(error.reason)}"
    except OSError as error:
        return f"cannot be reached: {type(error).__name__}"


def _why(reason: str | BaseException) -> str:
    """A connection error in an operator's words."""
    if isinstance(reason, socket.gaierror):
        return "its name is not known here"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is refused ({reason.verify_message})"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return reason if isinstance(reason, str) else type(reason).__name__


def _clock_of(stamp: str) -> str | None:
    """Clock skew between this machine and the one that responded, which may be another."""
    try:
        there = datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    apart = abs((there - clock.now()).total_seconds())
    return (
        f"answers, and its clock is {int(apart // 60)} minutes from ours" if apart > 120 else None
    )


def _certificate(about: str, url: str) -> Finding:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            until = str((secured.getpeercert() or {}).get("notAfter", ""))
    except (OSError, ssl.SSLError) as error:
        return Finding(
            about, State.BROKEN, f"its certificate cannot be checked: {type(error).__name__}"
        )
    days = int((ssl.cert_time_to_seconds(until) - clock.now().timestamp()) // 86_400)
    state = State.BROKEN if days < BROKEN_DAYS else State.LOOK if days < LOOK_DAYS else State.WELL
    words = f"its certificate is good for {days} more days"
    if state is not State.WELL:
        words += ": renew it (certbot renew), reload the proxy, and look why its timer did not"
    return Finding(about, state, words)


def mail(chosen: Settings, send_to: str) -> Iterator[Finding]:
    """Connect to the SMTP server as the worker does."""
    answer = mail_check.try_server(send_to)
    if answer.wrong:
        yield Finding("mail", State.BROKEN, answer.wrong)
    else:
        yield Finding("mail", State.WELL, "; ".join(answer.steps))
