"""The schema of the settings: each one's name, type, default and confidentiality, and what must fit together.

A setting's name in the environment and in configuration files is its field's name in capitals.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webapp.settings.loading import Declared, find_in_file, load, names_of
from webapp.settings.processes import SECRETS_OF
from webapp.settings.store_addresses import LOCAL
from webapp.settings.support import PROPOSED
from webapp.settings.values import (
    ContactAddresses,
    Contacts,
    Day,
    Folder,
    Host,
    LocalAddress,
    MailAddress,
    Origin,
    Port,
    Processes,
    Secret,
    SecurePage,
    Security,
    StoreUrl,
    Text,
    WebPage,
    YesOrNo,
    whole_number,
    wrong_together,
)

#: Most mail servers refuse it, and no reply reaches the coalition: said at each start until `MAIL_FROM` is set.
NO_SENDER = "no-reply@localhost"
STORE_SETTINGS = {
    "main": "DATABASE_URL",
    "erasure": "ERASURE_DATABASE_URL",
    "volatile": "VOLATILE_DATABASE_URL",
}


def _sqlite(store: str) -> Any:
    """The default of a store's address: a file in the instance's folder."""

    def address(data: dict[str, Any]) -> str:
        return f"sqlite:///{data['instance'] / store}.sqlite3"

    return Field(default_factory=address)


class Listening(BaseSettings, Declared):
    """The address that a web server listens on, for how long it goes on when it stops, and where its metrics are."""

    host: Host = LOCAL[0]
    port: Port = 8000
    #: So long a door that was asked to stop still serves, and says "not ready" to a load balancer.
    drain_seconds: Annotated[int, whole_number(0, 10)] = 0
    #: Where this process tells its metrics: a loopback address, or the path of a Unix socket. Empty: nowhere.
    metrics_address: LocalAddress = ""

    @property
    def bind(self) -> str:
        """The one address that this process listens on, as gunicorn takes it."""
        bare = self.host.strip("[]")
        return f"[{bare}]:{self.port}" if ":" in bare else f"{bare}:{self.port}"


class Mailing(Declared):
    """How the worker reaches the SMTP server. `security` is tls (from the first byte), starttls or none."""

    model_config = SettingsConfigDict(alias_generator=lambda name: f"MAIL_{name.upper()}")

    server: str = LOCAL[0]
    port: Port = 25
    security: Security = "none"
    username: str = ""
    password: str = Field(default="", repr=False)
    sender: MailAddress = Field(default=NO_SENDER, alias="MAIL_FROM")

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.security == "none" and self.server not in LOCAL:
            # Addresses of registrants would cross the network in cleartext.
            raise wrong_together(
                "MAIL_SECURITY must be tls or starttls for a server on another machine"
            )
        return self


class Settings(Listening):
    """The validated settings of one process. Secrets never show in its repr."""

    instance: Folder = Field(default_factory=lambda: Path("instance").resolve())
    config_folder: Folder = Field(default_factory=lambda data: data["instance"] / "config")
    doors: Processes = ("public", "desk")
    database_url: StoreUrl = _sqlite("main")
    erasure_database_url: StoreUrl = _sqlite("erasure")
    volatile_database_url: StoreUrl = _sqlite("volatile")
    #: A pooler in transaction mode (PgBouncer) stands before PostgreSQL.
    database_pooler: YesOrNo = False
    # Configuration keys. Which of them a process has depends on its doors (`processes`).
    audit_key: Secret = b""
    mailer_key: Secret = b""
    pepper: Secret = b""
    form_key: Secret = b""
    key_mac_key: Secret = b""
    mailer_public_key: Secret = b""
    receipt_salt: Secret = b""
    row_key: Secret = b""
    service_key: Secret = b""
    public_visit_key: Secret = b""
    desk_visit_key: Secret = b""
    base_url: Origin = ""
    #: The public door's address, for a desk that has a host name of its own; empty while it is not set.
    public_url: Origin = ""
    #: The desk's address, for the worker that writes to coordinators.
    desk_url: Origin = Field(default_factory=lambda data: data["base_url"])
    proxy_hops: Annotated[int, whole_number(0, 5)] = 0
    site_name: str = "Hearth"
    organisation: Text = ""
    support_contacts: Contacts = PROPOSED
    #: None until an operator sets it: then no page claims that the numbers were checked.
    support_checked_on: Day | None = None
    hand_in: Text = ""
    reach_us: Text = ""
    #: How to report a weakness of this instance, for /.well-known/security.txt: addresses, a key, a policy.
    security_contact: ContactAddresses = ()
    security_key: SecurePage = ""
    security_policy: SecurePage = ""
    leave_url: WebPage = "https://www.bbc.co.uk/weather"
    draft_languages: YesOrNo = False
    demo: YesOrNo = False
    limit_factor: Annotated[int, whole_number(1, 1_000_000)] = 1
    #: The quotas of new storage for one network: so much at once, and as much again over a day.
    network_beginnings: Annotated[int, whole_number(1, 1_000_000)] = 720
    network_megabytes: Annotated[int, whole_number(1, 1_000_000)] = 96
    #: With less room than this on the disk nothing new is begun; with less than half of it, nothing new is stored.
    keep_free_mb: Annotated[int, whole_number(1, 1_000_000)] = 200
    #: The worker deletes at most this percentage of what is held at once, unless an operator confirms more.
    erase_share: Annotated[int, whole_number(1, 100)] = 20
    mailing: Mailing

    @property
    def secure(self) -> bool:
        """Whether visitors reach Hearth over TLS (cookies are then Secure and HSTS is sent)."""
        return self.base_url.startswith("https://")

    @property
    def tombstone_file(self) -> Path:
        """The file of tombstones: the ids of everything erased, kept apart from the databases."""
        return self.instance / "tombstones.txt"

    @property
    def head_file(self) -> Path:
        """The file of noted heads of the record, kept apart from the databases."""
        return self.instance / "record-heads.txt"

    @property
    def reserve_file(self) -> Path:
        """The file whose room is given up on a full disk, so that people can still withdraw and erase."""
        return self.instance / "reserve"

    @property
    def support_is_proposed(self) -> bool:
        """Whether the pages show the help lines that Hearth proposes, because the operator has set none."""
        return self.support_contacts is PROPOSED

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read and validate all settings. Raises `WrongSetting`, with the file and line where one gave the value."""
        return load(cls, environ, known_names())

    @model_validator(mode="after")
    def _three_databases(self) -> Self:
        if len({self.database_url, self.erasure_database_url, self.volatile_database_url}) < 3:
            # One database for two stores would keep erasure secrets beside what they protect.
            raise wrong_together(
                "DATABASE_URL, ERASURE_DATABASE_URL and VOLATILE_DATABASE_URL must name three databases"
            )
        return self

    @model_validator(mode="after")
    def _no_secret_twice(self) -> Self:
        names = sorted(set().union(*SECRETS_OF.values()))
        held: dict[bytes, str] = {}
        for name in names:
            if (key := getattr(self, name.lower())) and held.setdefault(key, name) != name:
                # A placeholder that was copied; and one leak would then be several (key separation).
                raise wrong_together(
                    f"{name} is the same as {held[key]}: each secret must be its own"
                )
        return self

    @model_validator(mode="after")
    def _mails_can_hold_links(self) -> Self:
        if self.doors == ("worker",) and not self.base_url:
            # Its mails would wait for a link that it cannot write, until they are wiped.
            raise wrong_together("BASE_URL is missing: the worker writes it into mails")
        return self

    @model_validator(mode="after")
    def _nothing_in_cleartext(self) -> Self:
        for name in () if self.demo else ("base_url", "public_url", "desk_url"):
            url = urlsplit(getattr(self, name))
            if url.scheme == "http" and url.hostname not in LOCAL:
                raise wrong_together(
                    f"{name.upper()} must begin with https://, because answers would cross the network in the clear"
                )
        return self

    @model_validator(mode="after")
    def _served_to_others_at_an_address(self) -> Self:
        for_others = self.proxy_hops > 0 or self.host not in LOCAL
        if for_others and not self.base_url and not self.demo:
            raise wrong_together(
                "BASE_URL is missing: it must be the https:// address that people use, "
                "unless Hearth is only used on this machine"
            )
        return self

    @model_validator(mode="after")
    def _says_who_runs_it(self) -> Self:
        required = {
            "organisation": "who runs this",
            "reach_us": "how people reach you by other ways, like a phone number with its hours",
        }
        for name, what in required.items() if "public" in self.doors and not self.demo else ():
            if not getattr(self, name):
                raise wrong_together(
                    f"{name.upper()} is missing in the public door's settings: the pages must say {what}"
                )
        return self


def listening(environ: Mapping[str, str]) -> Listening:
    """The address a web server binds, by `HOST` and `PORT` in the environment and in the files that `CONFIG` names.

    gunicorn.conf.py asks here, before there is an application: left to itself, gunicorn takes `PORT` from the
    environment and then listens on every interface. Raises `WrongSetting`.
    """
    return load(Listening, environ, known_names())


def known_names() -> set[str]:
    """The name of every setting in the environment and in configuration files."""
    return names_of(Settings)


def read_config_file(path: Path) -> dict[str, str]:
    """The settings in one configuration file. Raises `WrongSetting`, which names the file and the line."""
    return {name: found.value for name, found in find_in_file(path, known_names()).items()}
