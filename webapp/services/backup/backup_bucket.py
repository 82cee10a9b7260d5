"""A bucket of an S3-compatible store (`BackupPlace`): objects with the names that files have in a folder.

An object is there whole or not at all. `erasure` and the configuration are one request each (PutObject), and nothing
of a request that broke off is kept. `main`, of any size in constant memory, is a multipart upload: no object before it
is completed, and aborted where it fails. Of a run that was killed, parts of an encrypted `main` stay in the store,
listed nowhere; a lifecycle rule of the store removes them. No part of an `erasure` can stay that way.

A store that keeps versions keeps what was removed, and with it what people deleted. So it is refused, unless the
operator says that a rule of the store destroys old versions within a day.

The client is `obstore`, which is imported only here, and only where a bucket is chosen. Its errors tell requests and
responses, with parts of signatures in them: what is told here is one of the reasons of `Why`, and the store's own code.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from ipaddress import ip_address
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

from webapp.services.backup.backup_places import (
    FOLDERS,
    SUFFIX,
    BackupFile,
    file_name,
    newest_first,
)
from webapp.vault.backup_files import (
    BackupHead,
    BackupKind,
    NotABackup,
    sealed_pieces,
)

if TYPE_CHECKING:
    from obstore.store import S3Store
    from typing_extensions import Buffer

#: Multipart uploads have at most 10,000 parts: 78 GiB.
PART: Final = 8 << 20
PARTS_AT_ONCE: Final = 2
PROBE: Final = "probe"
SCHEME: Final = "s3://"
_NAME: Final = re.compile(
    rf"(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})-(?P<id>[0-9a-f]{{32}}){re.escape(SUFFIX)}"
)
_CODE: Final = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")


class Why(Enum):
    """Why a bucket could not be used."""

    NO_LIBRARY = auto()
    UNREACHABLE = auto()
    UNTRUSTED = auto()
    SLOW = auto()
    BROKE_OFF = auto()
    BUSY = auto()
    CLOCK = auto()
    WRONG_KEY = auto()
    WRONG_REGION = auto()
    NOT_ALLOWED = auto()
    NO_BUCKET = auto()
    GONE = auto()
    KEEPS_VERSIONS = auto()
    OTHER = auto()


#: The codes that S3 and its likes answer with.
CODES: Final[Mapping[str, Why]] = MappingProxyType(
    {
        "InvalidAccessKeyId": Why.WRONG_KEY,
        "SignatureDoesNotMatch": Why.WRONG_KEY,
        "AuthorizationHeaderMalformed": Why.WRONG_REGION,
        "PermanentRedirect": Why.WRONG_REGION,
        "RequestTimeTooSkewed": Why.CLOCK,
        "RequestExpired": Why.CLOCK,
        "AccessDenied": Why.NOT_ALLOWED,
        "NoSuchBucket": Why.NO_BUCKET,
        "NoSuchKey": Why.GONE,
        "InternalError": Why.BUSY,
        "ServiceUnavailable": Why.BUSY,
        "SlowDown": Why.BUSY,
    }
)
#: What the client says of a connection that failed, the first that fits.
SIGNS: Final = (
    ("kind: Timeout", Why.SLOW),
    ("TimedOut", Why.SLOW),
    ("certificate", Why.UNTRUSTED),
    ("Certificate", Why.UNTRUSTED),
    ("InvalidMessage", Why.UNTRUSTED),
    ("kind: Connect", Why.UNREACHABLE),
    ("kind: Body", Why.BROKE_OFF),
    ("kind: Interrupted", Why.BROKE_OFF),
    ("kind: Request", Why.UNREACHABLE),
    ("403 Forbidden", Why.NOT_ALLOWED),
)


class BucketFailed(Exception):
    """A bucket could not be used. `code` is what the store answered, where it is none that is known here."""

    def __init__(self, why: Why, place: str, code: str = "") -> None:
        super().__init__(f"{place}: {why.name} {code}".rstrip())
        self.why, self.place, self.code = why, place, code


@dataclass(frozen=True)
class Patience:
    """How long a store may take: to connect, without a byte of an answer, and for all of a request."""

    connect: timedelta = timedelta(seconds=10)
    silent: timedelta = timedelta(minutes=10)
    whole: timedelta = timedelta(hours=12)
    #: For questions with a short answer.
    short: timedelta = timedelta(seconds=30)
    tries: int = 3


@dataclass(frozen=True)
class BackupBucket:
    """A bucket, and the key by which it lets us in. The secret is in no repr."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    #: A rule of the store destroys versions that are not current within a day.
    versions_go: bool = False
    patience: Patience = Patience()

    @property
    def name(self) -> str:
        """Its address."""
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def disk(self) -> None:
        """None of this machine."""

    def try_out(self) -> None:
        """List, write and remove a small object: whether this key may, and whether the store keeps versions.

        Raises `BucketFailed`.
        """
        self.files(BackupKind.MAIN)
        client, store = _client(self), self._store(self.patience.short)
        with self._asked():
            version = client.put(store, PROBE, b"hearth", use_multipart=False)["version"]
            client.delete(store, PROBE)
        if version not in (None, "null") and not self.versions_go:
            raise BucketFailed(Why.KEEPS_VERSIONS, self.name)

    def prepare(self) -> None:
        """The same: what a run that was killed has left is no object, and cannot be removed from here."""
        self.try_out()

    def files(self, kind: BackupKind) -> list[BackupFile]:
        """The objects of a kind, by their names, the newest first. Raises `BucketFailed`."""
        client, store = _client(self), self._store(self.patience.short)
        found = []
        with self._asked():
            for page in client.list(store, FOLDERS[kind]):
                for one in page:
                    head = _head_of(str(one["path"]), kind)
                    if head is not None:
                        found.append(self._file(head, int(one["size"]), one["last_modified"]))
        return newest_first(found)

    def write(self, head: BackupHead, pieces: Iterable[bytes], public_key: bytes) -> BackupFile:
        """Encrypt these pieces into a new object. Raises `BucketFailed`, and what reading the pieces raises."""
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in sealed_pieces(pieces, head=head, public_key=public_key):
                size += len(piece)
                yield piece

        # Signed with the SHA-256 of what is sent, by which the store refuses what was changed on its way.
        client, store = _client(self), self._store(self.patience.whole)
        if head.kind is BackupKind.MAIN:
            with self._asked():
                client.put(
                    store, _key(head), counted(), chunk_size=PART, max_concurrency=PARTS_AT_ONCE
                )
        else:
            whole = b"".join(counted())
            with self._asked():
                client.put(store, _key(head), whole, use_multipart=False)
        return self._file(head, size, datetime.now(UTC))

    def remove(self, one: BackupFile) -> None:
        """Remove an object. What the store does with its disks is the store's. Raises `BucketFailed`."""
        client, store = _client(self), self._store(self.patience.short)
        with self._asked():
            client.delete(store, _key(one.head))

    def _file(self, head: BackupHead, size: int, stored: datetime) -> BackupFile:
        name = f"{self.name}/{_key(head)}"
        return BackupFile(head, name, size, stored.timestamp(), lambda: self._opened(head))

    def _opened(self, head: BackupHead) -> AbstractContextManager[BinaryIO]:
        client, store = _client(self), self._store(self.patience.whole)
        with self._asked():
            pieces = iter(client.get(store, _key(head)).stream(min_chunk_size=1 << 20))
        source = io.BufferedReader(_Pieces(self, pieces), 1 << 20)
        # Whoever can write to the store can rename an object: another day, or `main` for `erasure`.
        whole_head = head.encode()
        if not source.peek(len(whole_head)).startswith(whole_head):
            source.close()
            raise NotABackup
        return closing(cast(BinaryIO, source))

    def _store(self, whole: timedelta) -> "S3Store":
        patience = self.patience
        return _client(self).store.S3Store(
            self.bucket,
            prefix=self.prefix or None,
            endpoint=self.endpoint,
            region=self.region,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": is_loopback(urlsplit(self.endpoint).hostname or ""),
                "connect_timeout": patience.connect,
                "read_timeout": min(patience.silent, whole),
                "timeout": whole,
            },
            # A request goes out again with its first signature, which a store takes for 15 minutes.
            retry_config={"max_retries": patience.tries, "retry_timeout": timedelta(minutes=3)},
        )

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """What the client raises, as `BucketFailed`; what the pieces raise that it reads, as it is."""
        try:
            yield
        except _client(self).exceptions.BaseError as error:
            told = str(error)
        except OSError as error:
            # The client's own have no number.
            if error.errno is not None:
                raise
            told = str(error)
        else:
            return
        raise BucketFailed(*_reason(told, self.name)) from None


class _Pieces(io.RawIOBase):
    """An object's bytes as a file that is read once."""

    def __init__(self, place: BackupBucket, pieces: "Iterator[Buffer]") -> None:
        self.place, self.pieces, self.left = place, pieces, memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, target: "Buffer") -> int:
        """The next bytes; 0 at the end. Raises `BucketFailed`."""
        if not self.left:
            with self.place._asked():
                self.left = memoryview(bytes(next(self.pieces, b"")))
        into = memoryview(target).cast("B")
        size = min(len(into), len(self.left))
        into[:size], self.left = self.left[:size], self.left[size:]
        return size


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, where nobody listens on the way."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client(place: BackupBucket) -> ModuleType:
    try:
        import obstore
        import obstore.exceptions
        import obstore.store
    except ImportError:
        raise BucketFailed(Why.NO_LIBRARY, place.name) from None
    return obstore


def _key(head: BackupHead) -> str:
    return f"{FOLDERS[head.kind]}/{file_name(head)}"


def _head_of(key: str, kind: BackupKind) -> BackupHead | None:
    """What an object says by its name; None for one that is no backup of this kind."""
    found = _NAME.fullmatch(key.removeprefix(f"{FOLDERS[kind]}/"))
    if found is None:
        return None
    try:
        return BackupHead(kind, date.fromisoformat(found["day"]), UUID(hex=found["id"]))
    except ValueError:
        return None


def _reason(told: str, place: str) -> tuple[Why, str, str]:
    if code := _CODE.search(told):
        known = CODES.get(code[1], Why.OTHER)
        return known, place, code[1] if known is Why.OTHER else ""
    return next((why for sign, why in SIGNS if sign in told), Why.OTHER), place, ""
