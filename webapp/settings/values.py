"""Field types: how the text of a setting is parsed and validated.

A refusal says how the value must look and never repeats it (a configuration error must not leak a secret). It follows
the setting's name: `PORT must be a whole number from 1 to 65535`.
"""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from webapp.settings.processes import (
    APART,
    PROCESSES,
    PUBLIC_KEY_BYTES,
    SECRET_BYTES,
    secrets_of,
)
from webapp.settings.store_addresses import crosses_network_unverified
from webapp.settings.support import SupportContact, read_contacts

#: Errors about one setting, and about several that do not fit together: their sentence names the setting itself.
WRONG_VALUE = "wrong_value"
WRONG_TOGETHER = "wrong_together"
#: An address in `security.txt`: of a mail, a page, or a telephone (RFC 9116, section 2.5.3).
CONTACT_ADDRESS = r"(mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+|https://[!-~]+|tel:\+[0-9-]+)"
SECURITIES = ("tls", "starttls", "none")


def wrong(sentence: str) -> PydanticCustomError:
    """The error about one value; the sentence continues the setting's name."""
    return PydanticCustomError(WRONG_VALUE, sentence)


def wrong_together(sentence: str) -> PydanticCustomError:
    """The error about values that do not fit together; a whole sentence, which begins with a setting's name."""
    return PydanticCustomError(WRONG_TOGETHER, sentence)


def whole_number(low: int, high: int) -> BeforeValidator:
    """A bounded integer in decimal digits; no sign, no spaces."""

    def parse(value: str | int) -> int:
        text = str(value)
        if not text.isdecimal() or not low <= int(text) <= high:
            raise wrong(f"must be a whole number from {low} to {high}")
        return int(text)

    return BeforeValidator(parse)


def matching(pattern: str, sentence: str, tidy: Callable[[str], str] = str) -> BeforeValidator:
    """A text that matches a pattern whole, once tidied."""

    def parse(value: str) -> str:
        text = tidy(value)
        if not re.fullmatch(pattern, text):
            raise wrong(sentence)
        return text

    return BeforeValidator(parse)


def _processes(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names or not set(names) <= set(PROCESSES):
        raise wrong("must be public, desk or worker, separated by commas")
    return names


def _yes(value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise wrong("must be yes or no")
    return value.lower() == "yes"


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise wrong("must be a day like 2026-11-21") from None


def _contacts(value: str) -> tuple[SupportContact, ...]:
    try:
        return read_contacts(value)
    except ValueError:
        raise wrong("must be like: Name | number | note; Name | number | note") from None


def _web_page(value: str) -> str:
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise wrong("must be the address of a neutral web page")
    return value


def _store_url(value: str) -> str:
    url = re.sub("^postgresql://", "postgresql+psycopg://", value)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise wrong("must be a sqlite:/// or postgresql:// address")
    if url.startswith("postgresql") and crosses_network_unverified(url):
        raise wrong(
            "leads to another machine: it must end with ?sslmode=verify-full&sslrootcert=FILE, the certificate of the "
            "authority that signed the database server's (or sslrootcert=system), because what deletes answers for "
            "good would cross the network in the clear, or go to a server that only says it is yours"
        )
    return url


def _contact_addresses(value: str) -> tuple[str, ...]:
    addresses = tuple(value.split())
    if not all(re.fullmatch(CONTACT_ADDRESS, one) for one in addresses):
        raise wrong(
            "must be like mailto:security@example.org or https://example.org/report, several with spaces between"
        )
    return addresses


def _security(value: str) -> str:
    if value not in SECURITIES:
        raise wrong("must be tls, starttls or none")
    return value


def _secret(value: str | bytes, info: ValidationInfo) -> bytes:
    """A key, if the processes need it; least privilege: some keys must not even be there when they do not."""
    name, processes = str(info.field_name).upper(), info.data.get("doors", ())
    if name not in secrets_of(processes):
        if value and name in APART and processes:
            raise wrong(
                f"is for another process; one with DOORS={','.join(processes)} must not hold it"
            )
        return b""
    if not value:
        raise wrong(
            "is missing: after an upgrade, the migrate command adds it; "
            "if it was there before, take it from a copy of config/"
        )
    return _key(str(value), PUBLIC_KEY_BYTES if name == "MAILER_PUBLIC_KEY" else SECRET_BYTES)


def _key(digits: str, size: int) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != size:
        raise wrong(f"must be {size * 2} hex digits, as it was made")
    if _is_guessable(key):
        raise wrong("repeats itself, so it is not random: take the one that init or migrate made")
    return key


def _is_guessable(key: bytes) -> bool:
    """Whether a key is a placeholder: zeros, or a short text again and again. Of random bytes, thirty of 32 differ."""
    half = len(key) // 2
    return len(set(key)) < SECRET_BYTES // 2 or key[:half] == key[half:]


Text = Annotated[str, BeforeValidator(str.strip)]
Folder = Annotated[Path, BeforeValidator(lambda value: Path(value).resolve())]
Processes = Annotated[tuple[str, ...], BeforeValidator(_processes)]
YesOrNo = Annotated[bool, BeforeValidator(_yes)]
Day = Annotated[date, BeforeValidator(_day)]
Contacts = Annotated[tuple[SupportContact, ...], BeforeValidator(_contacts)]
ContactAddresses = Annotated[tuple[str, ...], BeforeValidator(_contact_addresses)]
#: A page that is reached over TLS alone.
SecurePage = Annotated[str, matching(r"https://[!-~]+", "must begin with https://", str.strip)]
WebPage = Annotated[str, BeforeValidator(_web_page)]
StoreUrl = Annotated[str, BeforeValidator(_store_url), Field(repr=False)]
Security = Annotated[str, BeforeValidator(_security)]
#: A host name or address alone, as a socket takes it.
Host = Annotated[
    str,
    matching(
        r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}\]?",
        "must be one host name or address alone, like 127.0.0.1",
        str.strip,
    ),
]
Port = Annotated[int, whole_number(1, 65535)]
#: A socket that this machine alone reaches: a loopback address with its port, or the path of a Unix socket.
LocalAddress = Annotated[
    str,
    matching(
        r"(127\.0\.0\.1|localhost|\[::1\]):[1-9][0-9]{1,4}|/[!-~]{1,100}",
        "must be like 127.0.0.1:9101, or the whole path of a Unix socket",
        str.strip,
    ),
]
#: An origin: scheme, host and port, without a path.
Origin = Annotated[
    str,
    matching(
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?",
        "must be like https://take-part.example.org, without a path",
        lambda value: value.rstrip("/"),
    ),
]
MailAddress = Annotated[
    str,
    matching(
        r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", "must be a plain address like no-reply@example.org"
    ),
]
#: Validated even when it is unset: a key that is needed and missing stops the start.
Secret = Annotated[bytes, BeforeValidator(_secret), Field(repr=False, validate_default=True)]
