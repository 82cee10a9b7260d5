"""Reads a pack of Hearth without Hearth, offline: what one person holds keys for, as files for a spreadsheet.

    python3 hearth_reader.py hearth.pack --keys hearth.keys --to NEW-FOLDER

It needs Python 3.11 or newer, the library `cryptography` (48 or newer, for HPKE with X-Wing), and words.txt beside it.
It is written from pack-format.md alone, and changes nothing but the new folder.
"""

import argparse
import base64
import csv
import getpass
import hashlib
import hmac
import io
import itertools
import json
import os
import re
import sys
import tarfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PACK, KEYS, BLOCK, CHUNK, LARGEST = 4, 5, 512, 1 << 20, 16 << 20
HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
BUCKETS = (512, 2_048, 8_192, 32_768)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
#: Read whole. The rows of `LARGE` are many, and are read one by one in a second pass.
SMALL = {
    *("calls", "events", "form_versions", "consent_statements", "consents", "submissions"),
    *("registrations", "coordinators", "slots", "recovery_keys", "recovery_pairs", "purpose_keys"),
    *("purpose_key_seals", "erasure_secrets"),
}
LARGE = {"parts", "registration_parts"}
Row = dict[str, Any]


class Refused(Exception):
    """The pack, or what was typed, cannot be used. Its text is for the person at the keyboard."""


# Bytes: pack-format.md, "Primitives"


def framed(*pieces: bytes) -> bytes:
    return b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)


def derive(key: bytes, label: str, bound_to: bytes = b"", salt: bytes = b"") -> bytes:
    info = f"hearth/1/{label}".encode() + bound_to
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def context(
    kind: int, names: str, owner: bytes, row: bytes, epoch: int = 0, form: int = 0
) -> bytes:
    purpose, _, field = names.partition("/")
    return framed(
        *(b"\x01", bytes((kind,)), purpose.encode(), field.encode()),
        *(owner, epoch.to_bytes(8, "big"), row, form.to_bytes(8, "big")),
    )


def expanded(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    data = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(data[:64]), X25519PrivateKey.from_private_bytes(
        data[64:]
    )


def public_of(seed: bytes) -> bytes:
    return b"".join(half.public_key().public_bytes_raw() for half in expanded(seed))


def opened(
    key: bytes, nonce: bytes, sealed: bytes, label: str, secret: bytes, bound: bytes
) -> bytes:
    content_key = derive(key, label, hashlib.sha256(bound).digest(), secret)
    padded = AESGCM(content_key).decrypt(nonce, sealed, bound)
    end = 4 + int.from_bytes(padded[:4], "big")
    if end > len(padded) or any(padded[end:]):
        raise InvalidTag
    return padded[4:end]


def open_direct(envelope: bytes, seed: bytes, bound: bytes) -> bytes:
    if envelope[:2] != b"\x01\x03":
        raise InvalidTag
    return HPKE.decrypt(envelope[2:], MLKEM768X25519PrivateKey(*expanded(seed)), bound)


def open_keyed(envelope: bytes, key: bytes, label: str, bound: bytes) -> bytes:
    if envelope[:2] != b"\x01\x02":
        raise InvalidTag
    return opened(key, envelope[2:14], envelope[14:], label, b"", bound)


def open_part(envelope: bytes, key: MLKEM768X25519PrivateKey, secret: bytes, bound: bytes) -> bytes:
    if envelope[:2] != b"\x01\x01" or len(envelope) - 1198 not in BUCKETS:
        raise InvalidTag
    data_key = HPKE.decrypt(envelope[2:1170], key, bound)
    return opened(data_key, envelope[1170:1182], envelope[1182:], "part/content", secret, bound)


# What people type


def secret_of(typed: str, label: str) -> bytes:
    """32 bytes out of 24 words."""
    words = (Path(__file__).parent / "words.txt").read_text("ascii").split()
    told = re.findall("[a-z]+", typed.lower())
    if len(told) != 24:
        raise Refused(
            f"{len(told)} words were typed. There are 24: all of them, in order, on one line."
        )
    for place, word in enumerate(told, 1):
        if word not in words:
            raise Refused(f"Word {place} is not in the list. Look at its letters.")
    number = 0
    for word in told:
        number = number << 11 | words.index(word)
    secret = (number >> 8).to_bytes(32, "big")
    if hashlib.sha256(f"hearth/1/{label}".encode() + secret).digest()[0] != number & 255:
        raise Refused(
            "A word is wrong, or two are exchanged, or these words are for something else."
        )
    return secret


def ask(question: str) -> str:
    """A line from the keyboard, unseen; in a script from the standard input. Never an argument."""
    return (
        getpass.getpass(f"{question}: ")
        if sys.stdin.isatty()
        else sys.stdin.readline().strip("\r\n")
    )


# The file: pack-format.md, "The outer file" and "The archive"


def chunks(path: Path, kind: int, seed: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        head, sealed = file.read(30), file.read(1170)
        if head[:10] != b"hearth-b\x01" + bytes((kind,)) or len(sealed) < 1170:
            raise Refused(f"{path.name} is not the right file, or was made by a newer Hearth.")
        bound = context(
            3,
            "backup/file-key",
            head[14:],
            bytes(15) + head[9:10],
            int.from_bytes(head[10:14], "big"),
        )
        try:
            key = open_direct(sealed, seed, bound)
        except (InvalidTag, ValueError):
            raise Refused(f"These are not the words of the backup key of {path.name}.") from None
        cipher = AESGCM(derive(key, "backup/content", hashlib.sha256(head).digest()))
        number, piece = 0, file.read(CHUNK + 16)
        while True:
            after = file.read(CHUNK + 16)
            nonce = number.to_bytes(11, "big") + bytes((not after,))
            try:
                yield cipher.decrypt(nonce, piece, head)
            except (InvalidTag, ValueError):
                raise Refused(
                    f"{path.name} is damaged, or cut off. Look for another copy."
                ) from None
            if not after:
                return
            number, piece = number + 1, after


def members(pieces: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    waiting = bytearray()

    def take(size: int) -> bytes:
        while len(waiting) < size:
            waiting.extend(next(pieces, b"") or damaged("it is cut off"))
        taken = bytes(waiting[:size])
        del waiting[:size]
        return taken

    while any(header := take(BLOCK)):
        try:
            told = tarfile.TarInfo.frombuf(header, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            damaged("it is no archive")
        if told.type != tarfile.REGTYPE or told.size > LARGEST:
            damaged("it has a file that no pack has")
        data = take(told.size)
        take(-told.size % BLOCK)
        yield told.name, data
    if any(take(BLOCK)) or waiting or any(list(pieces)):
        damaged("something stands behind its end")


def damaged(what: str) -> NoReturn:
    raise Refused(f"The pack is not as Hearth wrote it: {what}.")


READ: dict[str, Callable[[Any], Any]] = {
    "uuid": bytes.fromhex,
    "day": date.fromisoformat,
    "bytes": lambda told: base64.b64decode(told, validate=True),
}


def rows(data: bytes, types: dict[str, str]) -> Iterator[Row]:
    for line in data.splitlines():
        try:
            told = json.loads(line)
            if list(told) != list(types):
                damaged("a row has other columns than its table")
            yield {
                name: None if one is None else READ.get(types[name], lambda same: same)(one)
                for name, one in told.items()
            }
        except (ValueError, TypeError, AttributeError, RecursionError):
            damaged("a row cannot be read")


class Pack:
    """A pack that was read to its end and is whole: its small tables in memory, its large ones to be read again."""

    def __init__(self, path: Path, seed: bytes, audit_key: bytes | None) -> None:
        self.path, self.seed = path, seed
        self.about: Row = {}
        self.types: dict[str, dict[str, str]] = {}
        self.tables: dict[str, list[Row]] = {name: [] for name in SMALL}
        self.gone: set[bytes] = set()
        self._check(audit_key)

    def _members(self) -> Iterator[tuple[str, bytes]]:
        return members(chunks(self.path, PACK, self.seed))

    def _check(self, audit_key: bytes | None) -> None:
        found, counted, manifest, mac = [], dict[str, int](), b"", b""
        for name, data in self._members():
            if name == "manifest.json":
                manifest = data
            elif name == "manifest.mac":
                mac = data
            else:
                found.append(
                    {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                )
                self._take(name, data, counted)
        told = json.loads(manifest or b"{}")
        if told.get("members") != found or not found:
            damaged("its contents are not those of its manifest")
        if {name: number for name, number in told["rows"].items() if number} != counted:
            damaged("rows are missing, or there are too many")
        if audit_key is not None:
            ours = hmac.digest(audit_key, framed(b"hearth/1/mac/pack", manifest), "sha256")
            if not hmac.compare_digest(ours.hex().encode(), mac):
                damaged("Hearth did not make it, or these are the keys of another Hearth")

    def _take(self, name: str, data: bytes, counted: dict[str, int]) -> None:
        if name == "pack.json":
            self.about = json.loads(data)
            if (self.about.get("format"), self.about.get("version")) != ("hearth-pack", 1):
                raise Refused("This pack is of a format that this reader does not know.")
            for table in self.about["tables"]:
                self.types[f"{table['store']}/{table['name']}"] = {
                    one["name"]: one["type"] for one in table["columns"]
                }
        elif name.endswith(".jsonl"):
            path = name.rpartition("/")[0]
            counted[path] = counted.get(path, 0) + data.count(b"\n")
            if (table := path.rpartition("/")[2]) in SMALL:
                self.tables[table] += rows(data, self.types.get(path, {}))
        elif name.startswith("tombstones/"):
            self.leave_out(data)

    def leave_out(self, lines: bytes) -> None:
        """Ids of what was deleted, one a line."""
        for line in lines.split():
            with suppress(ValueError):
                self.gone.add(bytes.fromhex(line.decode("ascii", "replace")))

    def large(self, table: str) -> Iterator[Row]:
        """The rows of a large table, one by one."""
        for name, data in self._members():
            if name.startswith(f"main/{table}/"):
                yield from rows(data, self.types[f"main/{table}"])


# Who reads: pack-format.md, "Keys"


def by_passphrase(pack: Pack, name: str, typed: str, pepper: bytes | None) -> tuple[bytes, bytes]:
    """(id, private key) of a coordinator, with their passphrase, or without a pepper with their recovery code."""
    kind = "recovery_code" if pepper is None else "passphrase"
    person = next(
        (one for one in pack.tables["coordinators"] if one["sign_in_name"] == name.strip().lower()),
        None,
    )
    for slot in pack.tables["slots"]:
        if person is None or (slot["coordinator_id"], slot["kind"]) != (person["id"], kind):
            continue
        cost = re.fullmatch(
            r"argon2id,v=19,m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})", slot["parameters"]
        )
        memory, rounds, lanes = (
            map(int, cost.groups()) if cost else damaged("a key slot cannot be read")
        )
        stretch = Argon2id(
            salt=slot["salt"],
            length=32,
            iterations=rounds,
            lanes=lanes,
            memory_cost=memory,
            secret=pepper,
        )
        if pepper is None:
            folded = re.sub("[^0-9A-Z]", "", typed.upper()).translate(str.maketrans("OIL", "011"))
        else:
            folded = unicodedata.normalize("NFKC", typed)
        bound = context(2, "coordinator-key/slot", person["id"], slot["id"])
        label = "slot/recovery/content" if pepper is None else "slot/passphrase/content"
        with suppress(InvalidTag):
            seed = open_keyed(
                slot["envelope"], stretch.derive(folded.encode() or b"-"), label, bound
            )
            if public_of(seed) == person["public_key"]:
                return person["id"], seed
    raise Refused("The name and what you typed do not belong together. Nothing was opened.")


def by_sheets(pack: Pack, typed: list[str]) -> tuple[bytes, bytes]:
    """(id, private key) of the recovery key, with two of its three sheets in any order."""
    secrets = [secret_of(words, "recovery-sheet/check") for words in typed]
    keys = {one["id"]: one for one in pack.tables["recovery_keys"]}
    for pair, (low, high) in itertools.product(
        pack.tables["recovery_pairs"], itertools.permutations(secrets)
    ):
        key, numbers = (
            keys[pair["recovery_key_id"]],
            bytes((pair["first_sheet"], pair["second_sheet"])),
        )
        bound = context(2, "recovery-key/seed", key["id"], pair["id"], key["epoch"])
        with suppress(InvalidTag):
            pair_key = derive(low + high, "recovery-pair/key", numbers)
            seed = open_keyed(pair["envelope"], pair_key, "recovery-pair/content", bound)
            if public_of(seed) == key["public_key"]:
                return key["id"], seed
    raise Refused(
        "These two sheets do not open this pack: one is of another set, or is there twice."
    )


def purpose_keys(
    pack: Pack, holder: bytes, seed: bytes
) -> dict[tuple[bytes, str, int], MLKEM768X25519PrivateKey]:
    """What this holder's seals open, by owner, purpose and epoch. A key that is not the public one's is left out."""
    seals = {
        one["purpose_key_id"]: one
        for one in pack.tables["purpose_key_seals"]
        if one["holder_id"] == holder
    }
    found = {}
    for key in pack.tables["purpose_keys"]:
        if key["id"] in seals:
            bound = context(3, "purpose-key/seal", holder, key["id"], key["epoch"])
            with suppress(InvalidTag, ValueError):
                private = open_direct(seals[key["id"]]["envelope"], seed, bound)
                if public_of(private) == key["public_key"]:
                    owner = (key["owner_id"], key["purpose"], key["epoch"])
                    found[owner] = MLKEM768X25519PrivateKey(*expanded(private))
    return found


# What is read: pack-format.md, "What a reader must respect"


class Reading:
    """What these keys open and people allow, for the files. `left_out` says how much was not opened, and why."""

    def __init__(
        self, pack: Pack, keys: dict[tuple[bytes, str, int], MLKEM768X25519PrivateKey], today: date
    ) -> None:
        self.pack, self.keys, self.today = pack, keys, today
        self.secrets = {one["id"]: one["secret"] for one in pack.tables["erasure_secrets"]}
        self.people = {
            one["id"]: one for one in pack.tables["submissions"] if one["id"] not in pack.gone
        }
        self.left_out: dict[str, int] = {}
        self.consents: dict[bytes, list[Row]] = {}
        for consent in sorted(pack.tables["consents"], key=lambda one: one["n"]):
            self.consents.setdefault(consent["submission_id"], []).append(consent)
        self.forms = {
            (one["owner_id"], one["number"]): json.loads(one["definition"])
            for one in pack.tables["form_versions"]
        }

    def parts(self, table: str, purpose: str) -> Iterator[tuple[Row, Row]]:
        """Each sealed part of a purpose with its answers, of those that open and may still be read."""
        for part in self.pack.large(table):
            if part["purpose"] == purpose:
                answers = self._open(part)
                if isinstance(answers, str):
                    self.left_out[answers] = self.left_out.get(answers, 0) + 1
                else:
                    yield part, answers

    def _open(self, part: Row) -> Row | str:
        owner = part.get("call_id") or part["event_id"]
        key = self.keys.get((owner, part["purpose"], part["epoch"]))
        person = part.get("submission_id") or part.get("registration_id")
        secret = self.secrets.get(part["secret_id"])
        if secret is None or self.pack.gone & {part["id"], person, part["secret_id"]}:
            return "deleted"
        if part.get("due_on", date.max) <= self.today:
            return "past the day on which it had to be deleted"
        if key is None:
            return "sealed to keys that you do not hold"
        bound = context(
            1,
            f"{part['purpose']}/part",
            person or owner,
            part["id"],
            part["epoch"],
            part["form_version"],
        )
        try:
            told = json.loads(open_part(part["envelope"], key, secret, bound))
        except (InvalidTag, ValueError):
            return "damaged"
        answers: Row = told["answers"] if "copy-key" in told else told
        return answers

    def standing(self, person: Row) -> dict[str, Row]:
        """The permissions of a person that stand; none where a row of them is missing or is one too many."""
        theirs, numbers = self.consents.get(person["id"], []), dict[str, int]()
        for one in theirs:
            numbers[one["purpose"]] = numbers.get(one["purpose"], 0) + 1
            if one["n"] != numbers[one["purpose"]]:
                return {}
        latest = {one["purpose"]: one for one in theirs}
        whole = len(theirs) == person["consent_count"]
        return {purpose: one for purpose, one in latest.items() if one["granted"] and whole}

    def may_be_reached_for(self, person: Row) -> list[str]:
        """The purposes for which contact details may be used. Sharing is not one: it names its own members."""
        if person["do_not_contact_on"] or person["set_aside_id"]:
            return []
        form = self.forms[person["call_id"], person["form_version"]]
        uses = {one["purpose"] for one in form["consents"] if one["uses_contact"]}
        return sorted(
            self.standing(person).keys() & (uses - {"share", "mail_confirmation", "through_helper"})
        )


def safe_ways(answers: Row, *, through_helper: bool) -> Row | None:
    """The ways of reaching a person that they called safe, and nothing of any other; None where there is none."""

    def said(key: str) -> str:
        return answers[key].strip() if isinstance(answers.get(key), str) else ""

    def says_yes(key: str) -> bool:
        return answers.get(key) == "yes"

    def others(key: str) -> str:
        known = {"yes": "yes", "no": "no", "unsure": "not sure"}
        return known.get(said(key), "not said")

    ways = set(answers["safe_ways"]) if isinstance(answers.get("safe_ways"), list) else set()
    wanted = says_yes("contact_wanted")
    ways = ways if wanted and "none" not in ways else set()
    found: Row = {}
    if said("phone") and ways & {"text", "call"}:
        found |= {"Phone": phone_cell(said("phone"))}
        found |= {"Text messages safe?": yes("text" in ways), "Calls safe?": yes("call" in ways)}
        found["Voicemail safe?"] = yes("call" in ways and says_yes("voicemail"))
        found["Phone: may we say who we are?"] = yes(says_yes("phone_say_who"))
        found["Phone: does anyone else use it?"] = others("phone_shared")
    if said("email") and "email" in ways:
        found |= {
            "E-mail": said("email"),
            "E-mail: may we say who we are?": yes(says_yes("email_say_who")),
        }
        found["E-mail: does anyone else see it?"] = others("email_shared")
    if said("app_name") and "app" in ways:
        found |= {"App": said("app"), "App: number or name": phone_cell(said("app_name"))}
        found["App: may we say who we are?"] = yes(says_yes("app_say_who"))
        found["App: does anyone else see it?"] = others("app_shared")
    if through_helper and wanted and (said("helper_email") or said("helper_phone")):
        found |= {
            f"THROUGH A HELPER: {one}": said(f"helper_{one}") for one in ("name", "email", "phone")
        }
    if not found:
        return None
    times = answers.get("contact_times")
    best = ", ".join(times) if isinstance(times, list) else ""
    return {
        "Name to use": said("name_to_use"),
        **found,
        "Best times": best,
        "To keep in mind": said("contact_notes"),
    }


def yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def reference(row_id: bytes) -> str:
    """The short name of a person, as the desk showed it."""
    characters, number = "23456789" + LETTERS, int.from_bytes(row_id[:6], "big") * 15_680**3 >> 48
    groups = [number // 15_680**place % 15_680 for place in (2, 1, 0)]
    return "-".join(
        LETTERS[one // 784] + characters[one % 784 // 28] + characters[one % 28] for one in groups
    )


# Files


FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212"
UNSEEN = "[\\s\u200b-\u200f\u061c\u2060\ufeff]*"


def phone_cell(number: str) -> str:
    """A phone number in two groups, which no spreadsheet takes for a number, a sum or a formula."""
    told = re.fullmatch(r"(\+?)([0-9 ()./-]+)", number)
    digits = re.sub("[^0-9]", "", told[2]) if told else ""
    return f"{told[1]}{digits[:-6]} {digits[-6:]}" if told and len(digits) > 6 else number


def cell(value: Any) -> str:
    """A text that no spreadsheet takes for a formula: a quote in front of what could begin one."""
    text = (
        ""
        if value is None
        else value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )
    if re.fullmatch(r"\+?[0-9]+ [0-9]{6}", text):
        return text
    text = re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n")
    )
    text = re.sub(f'([,;|\t\n"]{UNSEEN})(?=[{FORMULA}])', r"\1'", text)
    return re.sub(f"^(?={UNSEEN}[{FORMULA}\t\n])", "'", text)


class Folder:
    """A new folder, for its owner alone. Nothing is written anywhere else, and nothing is ever replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            raise Refused(f"{path} is there already. Name a folder that is new.") from None

    def write(self, name: str, text: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*\.(csv|json|txt)", name):
            raise Refused(
                "A file would have a name that leads elsewhere. Nothing more was written."
            )
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(
            os.open(self.path / name, flags, 0o600), "w", encoding="utf-8", newline=""
        ) as file:
            file.write(text)

    def table(self, name: str, found: list[Row]) -> None:
        """The same rows for a spreadsheet, and as JSON."""
        headings = list(dict.fromkeys(heading for row in found for heading in row))
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        writer.writerow([cell(one) for one in headings])
        writer.writerows([cell(row.get(one)) for one in headings] for row in found)
        # The mark in front tells a spreadsheet that it is UTF-8.
        self.write(f"{name}.csv", f"\ufeff{text.getvalue()}")
        self.write(f"{name}.json", json.dumps(found, ensure_ascii=False, indent=1))


def file_name(row: Row) -> str:
    """The address of a call or an event, where it is one; otherwise its id."""
    slug: str = row["slug"]
    return slug if re.fullmatch("[a-z0-9][a-z0-9-]{0,59}", slug) else row["id"].hex()


def write_all(reading: Reading, folder: Folder) -> None:
    tables, contacts, answers = (
        reading.pack.tables,
        dict[tuple[bytes, str], list[Row]](),
        dict[bytes, list[Row]](),
    )
    for part, told in reading.parts("parts", "contact"):
        person = reading.people.get(part["submission_id"])
        for purpose in reading.may_be_reached_for(person) if person else []:
            ways = safe_ways(
                told, through_helper="through_helper" in reading.standing(person or {})
            )
            if person and ways:
                day = person["contact_changed_on"] or person["received_on"]
                row = {"Reference": reference(person["id"]), **ways, "Language": person["language"]}
                contacts.setdefault((part["call_id"], purpose), []).append(
                    {**row, "Safe as told on": day.isoformat()}
                )
    for part, told in reading.parts("parts", "testimony"):
        if person := reading.people.get(part["submission_id"]):
            about = {"Reference": reference(person["id"]), "Language": person["language"]}
            about |= {"Day": person["received_on"].isoformat(), "Typed by": person["typed_by"]}
            about["Put aside as not genuine"] = yes(person["set_aside_id"] is not None)
            about["Permissions that stand"] = ", ".join(sorted(reading.standing(person)))
            answers.setdefault(part["call_id"], []).append({**about, **told})
    # By random ids: neither their order nor anything else says whose they are.
    equality = dict[bytes, list[Row]]()
    for part, told in reading.parts("parts", "equality"):
        equality.setdefault(part["call_id"], []).append(told)
    for call in tables["calls"]:
        name = file_name(call)
        folder.table(f"answers-{name}", answers.get(call["id"], []))
        folder.table(f"equality-{name}", equality.get(call["id"], []))
        for (call_id, purpose), found in sorted(contacts.items()):
            if call_id == call["id"]:
                folder.table(f"contacts-{name}-{re.sub('[^a-z0-9_]', '', purpose)}", found)
    write_events(reading, folder)
    wordings = [
        {name: one[name] for name in ("purpose", "version", "language", "wording")}
        for one in tables["consent_statements"]
    ]
    folder.table("permission-wordings", wordings)
    for (owner, number), form in reading.forms.items():
        folder.write(
            f"form-{owner.hex()}-{number}.json", json.dumps(form, ensure_ascii=False, indent=1)
        )


def write_events(reading: Reading, folder: Folder) -> None:
    told: dict[bytes, Row] = {}
    booked = {
        one["id"]: one
        for one in reading.pack.tables["registrations"]
        if one["id"] not in reading.pack.gone and one["due_on"] > reading.today
    }
    for purpose in ("registrant", "needs", "room"):
        for part, answers in reading.parts("registration_parts", purpose):
            if part["registration_id"] in booked:
                told.setdefault(part["registration_id"], {}).update(answers)
    for event in reading.pack.tables["events"]:
        found = [
            {
                "Reference": reference(one["id"]),
                "State": one["state"],
                "Seat": one["seat"],
                **told[one["id"]],
            }
            for one in booked.values()
            if one["event_id"] == event["id"] and one["id"] in told
        ]
        folder.table(f"registrations-{file_name(event)}", found)


TO_READ = """What you hold keys for, out of the Hearth pack of {made_on}.
Every copy of the pack must be destroyed by {delete_by}.

contacts-*       one list for each permission. It has only people whose permission for it stood on the day of the pack,
                 who did not ask us not to contact them, and only the ways that they called safe. A person who is not in
                 a list must not be contacted. Use each list for its own permission alone.
answers-*        what people wrote. Quote only those with the permission "quote", and leave out who they are.
equality-*       answers that are only counted. Nothing says whose they are; do not try to find out.
registrations-*  bookings.
form-*, permission-wordings   the questions, and the exact words that people said yes to.

Not opened: {left_out}.
{checked}
This folder is NOT SEALED: anyone who has it can read it. Keep it on an encrypted disk, for as long as you need it and
no longer, and destroy it then. People may still ask for what is theirs, take a permission back, or have it deleted: do
it in every copy.
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Read a pack of Hearth without Hearth.")
    parser.add_argument("pack", type=Path, help="the file hearth.pack")
    parser.add_argument("--to", type=Path, required=True, help="a new folder for what you may read")
    parser.add_argument("--keys", type=Path, help="the file hearth.keys, for a passphrase")
    parser.add_argument("--sheets", action="store_true", help="open with two recovery sheets")
    parser.add_argument("--recovery-code", action="store_true", help="open with a recovery code")
    parser.add_argument(
        "--deleted",
        type=Path,
        help="the newest tombstones.txt: who was deleted after the pack was made",
    )
    parser.add_argument(
        "--after-its-day", action="store_true", help="read a pack that had to be destroyed already"
    )
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if not given.keys and not given.sheets and not given.recovery_code:
        raise Refused(
            "Give --keys hearth.keys to use a passphrase; or --sheets, or --recovery-code."
        )
    backup_seed = secret_of(ask("The 24 words of the backup key"), "backup/words")
    settings = (
        json.loads(b"".join(chunks(given.keys, KEYS, backup_seed)))["settings"]["desk"]
        if given.keys
        else {}
    )
    audit_key = bytes.fromhex(settings["AUDIT_KEY"]) if settings else None
    pack, today = Pack(given.pack, backup_seed, audit_key), date.today()  # noqa: DTZ011  (the reader's own day)
    if date.fromisoformat(pack.about["delete_by"]) < today and not given.after_its_day:
        raise Refused(
            f"Every copy of this pack had to be destroyed by {pack.about['delete_by']}, because it opens what people "
            "have deleted since. Destroy it. If it is the only copy there is, --after-its-day reads it all the same."
        )
    if given.deleted:
        pack.leave_out(given.deleted.read_bytes())
    if given.sheets:
        holder, seed = by_sheets(
            pack, [ask(f"The 24 words of the {which} sheet") for which in ("first", "second")]
        )
    else:
        name, secret = (
            ask("The name you sign in with"),
            ask("Your recovery code" if given.recovery_code else "Your passphrase"),
        )
        pepper = None if given.recovery_code else bytes.fromhex(settings["PEPPER"])
        holder, seed = by_passphrase(pack, name, secret, pepper)
    folder, reading = Folder(given.to), Reading(pack, purpose_keys(pack, holder, seed), today)
    write_all(reading, folder)
    left_out = ", ".join(f"{number} {why}" for why, number in reading.left_out.items()) or "nothing"
    checked = (
        "" if audit_key else "Without hearth.keys, nobody checked that Hearth made this pack.\n"
    )
    folder.write("read-me.txt", TO_READ.format(**pack.about, left_out=left_out, checked=checked))
    print(f"Written to {given.to}. Read read-me.txt there first. Not opened: {left_out}.")


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(str(refused))
    except OSError as error:
        sys.exit(f"{error.filename or 'A file'}: {error.strerror}.")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        sys.exit(f"This pack, or its keys, cannot be read: {type(error).__name__}.")
