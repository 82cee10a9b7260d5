"""Every setting Hearth reads, checked once at the start.

Settings come from environment variables, and from the files named in ``CONFIG`` (separated by colons; see
`env_files`); the environment wins. A wrong setting stops the start with `WrongSetting`, whose message names the
setting and never its value: it may be a secret.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from webapp import env_files

DOORS = ("public", "desk")
#: Which secrets (32 bytes, written in hex) each process needs. The public door must not hold the desk's.
SECRETS_OF = {
    "public": {"FORM_KEY", "RECEIPT_SALT", "KEY_MAC_KEY", "SERVICE_KEY", "MAILER_PUBLIC_KEY"},
    # The desk makes receipts, too: for people whose answers came by phone or on paper. And it seals to the worker the
    # address that a registrant tells it.
    "desk": {
        *("FORM_KEY", "RECEIPT_SALT", "KEY_MAC_KEY", "SERVICE_KEY", "MAILER_PUBLIC_KEY"),
        *("PEPPER", "AUDIT_KEY"),
    },
    "worker": {"AUDIT_KEY", "MAILER_KEY"},
}
#: What a process must not hold that does not need it.
APART = {"PEPPER", "AUDIT_KEY", "MAILER_KEY"}
SECRET_BYTES = 32
PUBLIC_KEY_BYTES = 1216
#: Most mail servers refuse it, and a mail from it is for nobody: said at each start until `MAIL_FROM` is set.
NO_SENDER = "no-reply@localhost"
SECURITIES = ("tls", "starttls", "none")
LOCAL = ("127.0.0.1", "::1", "localhost")
STORE_SETTINGS = {
    "main": "DATABASE_URL",
    "erasure": "ERASURE_DATABASE_URL",
    "volatile": "VOLATILE_DATABASE_URL",
}

SUPPORT = (
    "Modern Slavery Helpline | 08000 121 700 | Free, in many languages;"
    "Samaritans (someone to listen) | 116 123 | Free, day and night, about anything;"
    "In danger now (police, ambulance, fire) | 999 | They ask where you are"
)


class WrongSetting(ValueError):
    """A setting is missing or wrong; the message says which one and how it must look."""


@dataclass(frozen=True)
class SupportContact:
    """Somebody to talk to, shown in the same place on every page."""

    name: str
    detail: str
    note: str


@dataclass(frozen=True)
class Mailing:
    """How the worker reaches the SMTP server. `security` is tls (from the first byte), starttls or none."""

    server: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True)
class Settings:
    """The checked settings of one process. Secrets never show in its repr."""

    instance: Path
    host: str
    port: int
    doors: tuple[str, ...]
    database_url: str = field(repr=False)
    erasure_database_url: str = field(repr=False)
    volatile_database_url: str = field(repr=False)
    base_url: str
    #: Where people find the public door, for a desk that has a host name of its own; empty while it is not set.
    public_url: str
    #: Where coordinators find the desk, for the worker that writes to them.
    desk_url: str
    proxy_hops: int
    site_name: str
    organisation: str
    support_contacts: tuple[SupportContact, ...]
    #: None until somebody says it: then no page claims that the numbers were checked.
    support_checked_on: date | None
    hand_in: str
    reach_us: str
    leave_url: str
    draft_languages: bool
    demo: bool
    limit_factor: int
    #: The worker deletes at most so many hundredths of what is held at once, unless a person confirms more.
    erase_share: int
    mailing: Mailing
    form_key: bytes = field(repr=False, default=b"")
    receipt_salt: bytes = field(repr=False, default=b"")
    key_mac_key: bytes = field(repr=False, default=b"")
    pepper: bytes = field(repr=False, default=b"")
    audit_key: bytes = field(repr=False, default=b"")
    service_key: bytes = field(repr=False, default=b"")
    mailer_public_key: bytes = field(repr=False, default=b"")
    mailer_key: bytes = field(repr=False, default=b"")

    @property
    def secure(self) -> bool:
        """Whether visitors reach Hearth over TLS (cookies are then Secure and HSTS is sent)."""
        return self.base_url.startswith("https://")

    @property
    def tombstone_file(self) -> Path:
        """Where the ids of everything erased are kept apart from the databases."""
        return self.instance / "tombstones.txt"

    @property
    def support_is_proposed(self) -> bool:
        """Whether nobody of the coalition has chosen the help lines: the pages show those that Hearth proposes."""
        return self.support_contacts is PROPOSED

    @property
    def bind(self) -> str:
        """The one address that this process listens on."""
        return _bind(self.host, self.port)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check all settings. Raises `WrongSetting`, with the file and line where one gave the value."""
        values, places = _with_config_files(environ)
        try:
            return cls._checked(values)
        except WrongSetting as wrong:
            raise WrongSetting(_with_place(str(wrong), places)) from None

    @classmethod
    def _checked(cls, values: Mapping[str, str]) -> "Settings":
        instance = Path(values.get("INSTANCE") or "instance").resolve()
        doors = tuple(
            name.strip() for name in values.get("DOORS", "public,desk").split(",") if name.strip()
        )
        if not set(doors) <= {*DOORS, "worker"} or not doors:
            raise WrongSetting("DOORS must be public, desk or worker, separated by commas")
        main, erasure, volatile = _store_urls(values, instance)
        secrets = _secrets(values, doors)
        base_url = _address(values, "BASE_URL")
        if doors == ("worker",) and not base_url:
            # Its mails would wait for a link that it cannot write, until they are wiped.
            raise WrongSetting("BASE_URL is missing: the worker writes it into mails")
        if not _yes(values, "DEMO"):
            _check_real(values, doors, base_url)
        return cls(
            instance=instance,
            host=_host(values),
            port=_port(values),
            doors=doors,
            database_url=main,
            erasure_database_url=erasure,
            volatile_database_url=volatile,
            base_url=base_url,
            public_url=_address(values, "PUBLIC_URL"),
            desk_url=_address(values, "DESK_URL") or base_url,
            proxy_hops=_number(values, "PROXY_HOPS", 0, 0, 5),
            site_name=values.get("SITE_NAME") or "Hearth",
            organisation=values.get("ORGANISATION", "").strip(),
            support_contacts=_support(values["SUPPORT_CONTACTS"])
            if values.get("SUPPORT_CONTACTS")
            else PROPOSED,
            support_checked_on=_day(values, "SUPPORT_CHECKED_ON"),
            hand_in=values.get("HAND_IN", "").strip(),
            reach_us=values.get("REACH_US", "").strip(),
            leave_url=_leave_url(values),
            draft_languages=_yes(values, "DRAFT_LANGUAGES"),
            demo=_yes(values, "DEMO"),
            limit_factor=_number(values, "LIMIT_FACTOR", 1, 1, 1_000_000),
            erase_share=_number(values, "ERASE_SHARE", 20, 1, 100),
            mailing=_mailing(values),
            form_key=secrets.get("FORM_KEY", b""),
            receipt_salt=secrets.get("RECEIPT_SALT", b""),
            key_mac_key=secrets.get("KEY_MAC_KEY", b""),
            pepper=secrets.get("PEPPER", b""),
            audit_key=secrets.get("AUDIT_KEY", b""),
            service_key=secrets.get("SERVICE_KEY", b""),
            mailer_public_key=secrets.get("MAILER_PUBLIC_KEY", b""),
            mailer_key=secrets.get("MAILER_KEY", b""),
        )


def _support(text: str) -> tuple[SupportContact, ...]:
    contacts = []
    for entry in filter(str.strip, text.split(";")):
        pieces = [piece.strip() for piece in entry.split("|")]
        if len(pieces) != 3:
            raise WrongSetting(
                "SUPPORT_CONTACTS must be like: Name | number | note; Name | number | note"
            )
        contacts.append(SupportContact(*pieces))
    return tuple(contacts)


#: Told from the same lines in an operator's file by identity: those were chosen.
PROPOSED = _support(SUPPORT)


def bind_address(environ: Mapping[str, str]) -> str:
    """Where a web server listens, by `HOST` and `PORT` in the environment and in the files that `CONFIG` names.

    gunicorn.conf.py asks here, before there is an application: left to itself, gunicorn takes `PORT` from the
    environment and then listens on every interface. Raises `WrongSetting`.
    """
    values, places = _with_config_files(environ)
    try:
        return _bind(_host(values), _port(values))
    except WrongSetting as wrong:
        raise WrongSetting(_with_place(str(wrong), places)) from None


def _bind(host: str, port: int) -> str:
    bare = host.strip("[]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def _host(values: Mapping[str, str]) -> str:
    host = (values.get("HOST") or LOCAL[0]).strip()
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}\]?", host):
        raise WrongSetting("HOST must be one host name or address alone, like 127.0.0.1")
    return host


def _port(values: Mapping[str, str]) -> int:
    return _number(values, "PORT", 8000, 1, 65535)


def known_names() -> set[str]:
    """The name of every setting in the environment and in configuration files."""
    alone = {one.name for one in fields(Settings)} - {"mailing"}
    mail = {f"mail_{one.name}".replace("sender", "from") for one in fields(Mailing)}
    return {name.upper() for name in alone | mail}


def read_config_file(path: Path) -> dict[str, str]:
    """The settings in one configuration file. Raises `WrongSetting`, which names the file and the line."""
    return {name: found.value for name, found in _find(path).items()}


def _find(path: Path) -> dict[str, env_files.Found]:
    try:
        return env_files.find(path, known_names())
    except env_files.NotReadable as problem:
        raise WrongSetting(str(problem)) from None


def _with_config_files(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """All values, and for each that comes from a file the file and the line."""
    values: dict[str, str] = {}
    places: dict[str, str] = {}
    for name in filter(None, environ.get("CONFIG", "").split(":")):
        found = _find(Path(name))
        values |= {setting: one.value for setting, one in found.items()}
        places |= {setting: f"{name}, line {one.line}" for setting, one in found.items()}
    from_files = {setting: place for setting, place in places.items() if setting not in environ}
    return {**values, **environ}, from_files


def _with_place(message: str, places: Mapping[str, str]) -> str:
    """The message with the file and the line of the setting that it begins with."""
    place = places.get(message.partition(" ")[0])
    return f"{message} ({place})" if place else message


def _check_real(values: Mapping[str, str], doors: tuple[str, ...], base_url: str) -> None:
    """What only a demo may do without. People write the truth about themselves here."""
    for name in ("BASE_URL", "PUBLIC_URL", "DESK_URL"):
        url = urlsplit(_address(values, name))
        if url.scheme == "http" and url.hostname not in LOCAL:
            raise WrongSetting(
                f"{name} must begin with https://, because answers would cross the network in the clear"
            )
    behind_proxy = _number(values, "PROXY_HOPS", 0, 0, 5) > 0
    if not base_url and (behind_proxy or (values.get("HOST") or LOCAL[0]) not in LOCAL):
        raise WrongSetting(
            "BASE_URL is missing: it must be the https:// address that people use, "
            "unless Hearth is only used on this machine"
        )
    if "public" in doors:
        for name, what in (
            ("ORGANISATION", "who runs this"),
            ("REACH_US", "how people reach you by other ways, like a phone number with its hours"),
        ):
            if not values.get(name, "").strip():
                raise WrongSetting(
                    f"{name} is missing in the public door's settings: the pages must say {what}"
                )


def _number(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = values.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise WrongSetting(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _yes(values: Mapping[str, str], name: str) -> bool:
    text = (values.get(name) or "no").lower()
    if text not in ("yes", "no"):
        raise WrongSetting(f"{name} must be yes or no")
    return text == "yes"


def _day(values: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(values[name]) if values.get(name) else None
    except ValueError:
        raise WrongSetting(f"{name} must be a day like 2026-11-21") from None


def _store_urls(values: Mapping[str, str], instance: Path) -> tuple[str, str, str]:
    urls = []
    for store, name in STORE_SETTINGS.items():
        url = values.get(name) or f"sqlite:///{instance / store}.sqlite3"
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise WrongSetting(f"{name} must be a sqlite:/// or postgresql:// address")
        urls.append(url)
    if len(set(urls)) != len(urls):
        # One database for two stores would keep erasure secrets beside what they protect.
        raise WrongSetting(
            "DATABASE_URL, ERASURE_DATABASE_URL and VOLATILE_DATABASE_URL must name three databases"
        )
    main, erasure, volatile = urls
    return main, erasure, volatile


def _address(values: Mapping[str, str], name: str) -> str:
    url = (values.get(name) or "").rstrip("/")
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
        raise WrongSetting(f"{name} must be like https://take-part.example.org, without a path")
    return url


def _leave_url(values: Mapping[str, str]) -> str:
    url = values.get("LEAVE_URL") or "https://www.bbc.co.uk/weather"
    if urlsplit(url).scheme not in ("http", "https"):
        raise WrongSetting("LEAVE_URL must be the address of a neutral web page")
    return url


def _mailing(values: Mapping[str, str]) -> Mailing:
    security = values.get("MAIL_SECURITY") or "none"
    if security not in SECURITIES:
        raise WrongSetting("MAIL_SECURITY must be tls, starttls or none")
    server = values.get("MAIL_SERVER") or "127.0.0.1"
    if security == "none" and server not in LOCAL:
        # Addresses of registrants would cross the network in the clear.
        raise WrongSetting("MAIL_SECURITY must be tls or starttls for a server on another machine")
    sender = values.get("MAIL_FROM") or NO_SENDER
    if not re.fullmatch(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", sender):
        raise WrongSetting("MAIL_FROM must be a plain address like no-reply@example.org")
    return Mailing(
        server=server,
        port=_number(values, "MAIL_PORT", 25, 1, 65535),
        security=security,
        username=values.get("MAIL_USERNAME") or "",
        password=values.get("MAIL_PASSWORD") or "",
        sender=sender,
    )


def _secrets(values: Mapping[str, str], doors: tuple[str, ...]) -> dict[str, bytes]:
    needed = set().union(*(SECRETS_OF[door] for door in doors))
    for name in sorted(APART - needed):
        if values.get(name):
            raise WrongSetting(
                f"{name} is for another process; one with DOORS={','.join(doors)} must not hold it"
            )
    return {name: _secret(values, name) for name in sorted(needed)}


def _secret(values: Mapping[str, str], name: str) -> bytes:
    size = PUBLIC_KEY_BYTES if name == "MAILER_PUBLIC_KEY" else SECRET_BYTES
    if not values.get(name):
        raise WrongSetting(
            f"{name} is missing: after an upgrade, the migrate command adds it; "
            "if it was there before, take it from a copy of config/"
        )
    try:
        secret = bytes.fromhex(values[name])
    except ValueError:
        secret = b""
    if len(secret) != size:
        raise WrongSetting(f"{name} must be {size * 2} hex digits, as it was made")
    return secret
