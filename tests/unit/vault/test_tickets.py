"""Tickets and room codes: what a registrant's link opens, and what it does not."""

import hashlib
import hmac
import re
from dataclasses import astuple
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.vault.factories import flipped
from tests.unit.vault.test_standards import expand, extract
from webapp.vault import receipts
from webapp.vault.crockford import ALPHABET
from webapp.vault.envelope import VaultError
from webapp.vault.tickets import (
    MistypedCode,
    WrongRoomCode,
    check_room_code,
    labels,
    new_room_code,
    new_ticket,
    read_room_code,
    read_ticket,
    room_code_mac,
)

SALT = b"s" * 32
SMALL = ALPHABET.lower()


def problem_with(text: str) -> str | None:
    try:
        read_ticket(text)
    except MistypedCode as mistyped:
        return mistyped.problem
    return None


# The ticket


def test_a_ticket_goes_into_a_link_as_it_is() -> None:
    for _ in range(50):
        ticket = new_ticket()
        assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{32}", ticket)
        assert read_ticket(ticket) == ticket


def test_tickets_do_not_repeat_and_every_place_uses_the_whole_alphabet() -> None:
    tickets = [new_ticket() for _ in range(1_000)]

    assert len(set(tickets)) == 1_000
    assert len(SMALL) ** 32 >= 2**155
    assert all({ticket[at] for ticket in tickets} == set(SMALL) for at in range(32))


@pytest.mark.parametrize(
    "as_it_came",
    [
        str.upper,
        lambda ticket: ticket + ".",
        lambda ticket: ticket[:20] + "\r\n " + ticket[20:],
        lambda ticket: " " + ticket + "\u200b",
        lambda ticket: ticket.replace("0", "o").replace("1", "l"),
    ],
)
def test_what_mail_programs_and_hands_do_is_forgiven(as_it_came: object) -> None:
    assert callable(as_it_came)
    for ticket in ("01" * 16, new_ticket()):
        assert read_ticket(as_it_came(ticket)) == ticket


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "length"),
        ("0" * 31, "length"),
        ("0" * 33, "length"),
        ("0" * 5_000, "length"),
        ("u" * 32, "characters"),
        ("0" * 31 + "?", "characters"),
        ("../" + "0" * 32, "characters"),
        ("0" * 32 + "%0d", "characters"),
    ],
)
def test_what_is_no_ticket_is_named(text: str, problem: str) -> None:
    assert problem_with(text) == problem


@given(some.text(max_size=300))
def test_any_text_is_a_ticket_or_mistyped(text: str) -> None:
    assert problem_with(text) in {None, "length", "characters"}


@given(some.text(SMALL, min_size=32, max_size=32))
def test_reading_gives_one_form_only(ticket: str) -> None:
    assert read_ticket(ticket) == ticket == read_ticket(read_ticket(ticket.upper()))


# What comes out of it


def test_one_ticket_gives_three_unlike_keys() -> None:
    ticket = new_ticket()

    keys = astuple(labels(ticket, SALT))

    assert len(set(keys)) == 2
    assert all(len(key) == 32 for key in keys)
    assert astuple(labels(ticket.upper() + ".", SALT)) == keys
    assert not set(keys) & set(astuple(labels(new_ticket(), SALT)))
    assert not set(keys) & set(astuple(labels(ticket, b"t" * 32)))


def test_a_tickets_keys_are_as_documented() -> None:
    found = labels("0123456789abcdefghjkmnpqrstvwxyz", SALT)

    def by_hand(label: bytes) -> bytes:
        return expand(extract(SALT, b"0123456789abcdefghjkmnpqrstvwxyz"), label, 32)

    assert found.lookup == by_hand(b"hearth/1/ticket/lookup")
    assert found.room == by_hand(b"hearth/1/ticket/room")


def test_keys_do_not_show_in_a_log() -> None:
    assert repr(labels(new_ticket(), SALT)) == "TicketLabels()"


def test_only_a_whole_ticket_and_a_whole_salt_give_keys() -> None:
    with pytest.raises(MistypedCode):
        labels(new_ticket()[:-1], SALT)
    for salt in (b"", b"s" * 31, b"s" * 33):
        with pytest.raises(ValueError, match="32 bytes"):
            labels(new_ticket(), salt)


# The room code

ROOM_KEY = labels("0" * 32, SALT).room
REGISTRATION = UUID(int=7)


def mac_of(code: str) -> bytes:
    return room_code_mac(code, room_key=ROOM_KEY, registration_id=REGISTRATION)


def test_a_room_code_looks_as_promised() -> None:
    codes = [new_room_code() for _ in range(500)]

    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", c) for c in codes)
    assert all(read_room_code(code) == code for code in codes)
    assert len(set(codes)) == 500


def test_a_right_room_code_passes_however_it_is_typed() -> None:
    for code in (new_room_code(), "K7QF-2M9Z"):
        for typed in (code, code.lower(), code.replace("-", " "), f" {code.replace('-', '')}\n"):
            check_room_code(
                typed, mac=mac_of(code), room_key=ROOM_KEY, registration_id=REGISTRATION
            )


@given(
    some.text(ALPHABET, min_size=7, max_size=7), some.integers(0, 7), some.sampled_from(ALPHABET)
)
def test_a_slip_of_the_hand_is_not_a_guess(data: str, at: int, wrong: str) -> None:
    code = next(data + last for last in ALPHABET if _is_room_code(data + last))
    if code[at] != wrong:
        with pytest.raises(MistypedCode) as mistyped:
            check_room_code(
                code[:at] + wrong + code[at + 1 :],
                mac=mac_of(code),
                room_key=ROOM_KEY,
                registration_id=REGISTRATION,
            )
        assert mistyped.value.problem == "check"


def _is_room_code(typed: str) -> bool:
    try:
        read_room_code(typed)
    except MistypedCode:
        return False
    return True


def test_only_this_registrations_code_and_link_pass() -> None:
    code = "K7QF-2M9Z"
    right: dict[str, object] = {
        "mac": mac_of(code),
        "room_key": ROOM_KEY,
        "registration_id": REGISTRATION,
    }
    other_code = mac_of("0000-0000")
    wrong_ways: list[dict[str, object]] = [
        {"mac": other_code},
        {"mac": b""},
        {"mac": mac_of(code)[:31]},
        {"mac": flipped(mac_of(code), 31)},
        {"room_key": labels("0" * 31 + "1", SALT).room},
        {"room_key": labels("0" * 32, b"t" * 32).room},
        {"registration_id": uuid4()},
    ]
    for wrong in wrong_ways:
        with pytest.raises(WrongRoomCode):
            check_room_code(code, **{**right, **wrong})  # type: ignore[arg-type]
    assert issubclass(WrongRoomCode, VaultError)


def test_a_room_codes_mark_is_as_documented() -> None:
    covered = b"\0\0\0\x16hearth/1/mac/room-code" + b"\0\0\0\x10" + REGISTRATION.bytes
    covered += b"\0\0\0\x08K7QF2M9Z"

    assert mac_of("k7qf 2m9z") == hmac.digest(ROOM_KEY, covered, hashlib.sha256)


def test_only_a_whole_key_marks_a_room_code() -> None:
    for key in (b"", b"k" * 31, b"k" * 33):
        with pytest.raises(ValueError, match="32 bytes"):
            room_code_mac("K7QF-2M9Z", room_key=key, registration_id=REGISTRATION)


def test_no_code_is_another_kind_of_code() -> None:
    for code in (new_room_code(), receipts.new_receipt()):
        assert problem_with(code) == "length"
    for read in (read_room_code, receipts.read_receipt):
        with pytest.raises(MistypedCode):
            read(new_ticket())
