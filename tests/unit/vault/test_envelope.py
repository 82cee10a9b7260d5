"""The layouts: sizes, strictness, padding."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.vault.envelope import (
    BUCKETS,
    LARGEST,
    DirectEnvelope,
    KeyedEnvelope,
    NotAnEnvelope,
    PartEnvelope,
    TooLong,
    UnknownSuite,
    VaultError,
    pack_direct,
    pack_keyed,
    pack_part,
    pad,
    parse_direct,
    parse_keyed,
    parse_part,
    unpad,
)

EDGES = [0, 1, 507, 508, 509, 2_044, 2_045, 8_188, 8_189, 32_763, 32_764]

PART = pack_part(PartEnvelope(b"k" * 1_168, b"n" * 12, b"c" * (512 + 16)))
KEYED = pack_keyed(KeyedEnvelope(b"n" * 12, b"c" * (512 + 16)))
DIRECT = pack_direct(DirectEnvelope(b"s" * (1_120 + 32 + 16)))
PARSERS: list[tuple[Callable[[bytes], object], bytes]] = [
    (parse_part, PART),
    (parse_keyed, KEYED),
    (parse_direct, DIRECT),
]


@pytest.mark.parametrize("length", EDGES)
def test_padding_gives_back_what_went_in(length: int) -> None:
    assert unpad(pad(b"x" * length)) == b"x" * length


@given(some.binary(max_size=3_000))
def test_padding_gives_back_any_bytes(data: bytes) -> None:
    assert unpad(pad(data)) == data


@given(some.integers(0, LARGEST), some.integers(0, LARGEST))
def test_a_padded_length_tells_only_the_bucket(one: int, other: int) -> None:
    def bucket(length: int) -> int:
        return sum(length + 4 > size for size in BUCKETS)

    same_length = len(pad(b"a" * one)) == len(pad(b"b" * other))

    assert same_length == (bucket(one) == bucket(other))
    assert len(pad(b"a" * one)) in BUCKETS


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TooLong):
        pad(b"x" * (LARGEST + 1))


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0\0",
        bytes(511),
        bytes(513),
        b"\0\0\x02\x00" + bytes(508),  # says it holds more than there is
        b"\xff\xff\xff\xff" + bytes(508),
        b"\0\0\0\x01x" + bytes(506) + b"!",  # something hidden in the zeros
        b"\0\0\0\x01x" + bytes(2_048 - 5),  # a bucket larger than needed
    ],
)
def test_no_other_padding_is_accepted(padded: bytes) -> None:
    with pytest.raises(NotAnEnvelope):
        unpad(padded)


def test_the_sizes_are_the_documented_ones() -> None:
    assert [len(PART), len(KEYED), len(DIRECT)] == [512 + 1_198, 512 + 30, 32 + 1_138]


def test_the_first_two_bytes_are_suite_and_format() -> None:
    assert [PART[:2], KEYED[:2], DIRECT[:2]] == [b"\x01\x01", b"\x01\x02", b"\x01\x03"]


@pytest.mark.parametrize(("parse", "envelope"), PARSERS)
def test_parsing_is_strict(parse: Callable[[bytes], object], envelope: bytes) -> None:
    parse(envelope)
    shorter = [envelope[:size] for size in (0, 1, 2, 3, 50, 1_138)]
    others = [other for _, other in PARSERS if other is not envelope]
    for wrong in [*shorter, b"\x01\x07" + envelope[2:], *others]:
        if wrong != envelope:
            with pytest.raises(NotAnEnvelope):
                parse(wrong)
    with pytest.raises(UnknownSuite):
        parse(b"\x02" + envelope[1:])


@pytest.mark.parametrize(("parse", "envelope"), PARSERS[:2])
def test_nothing_may_follow_the_last_piece(
    parse: Callable[[bytes], object], envelope: bytes
) -> None:
    with pytest.raises(NotAnEnvelope):
        parse(envelope + b"\0")


@pytest.mark.parametrize("size", [0, 129])
def test_direct_holds_1_to_128_bytes(size: int) -> None:
    with pytest.raises(NotAnEnvelope):
        pack_direct(DirectEnvelope(bytes(1_120 + size + 16)))


def test_pieces_of_a_wrong_size_are_not_packed() -> None:
    with pytest.raises(NotAnEnvelope):
        pack_part(PartEnvelope(b"k" * 1_167, b"n" * 13, b"c" * (512 + 16)))
    with pytest.raises(NotAnEnvelope):
        pack_keyed(KeyedEnvelope(b"n" * 11, b"c" * (512 + 16)))


@given(some.binary(max_size=2_000))
def test_any_bytes_parse_or_are_refused_in_one_way(envelope: bytes) -> None:
    for parse, _ in PARSERS:
        try:
            parse(envelope)
        except VaultError as refusal:
            assert isinstance(refusal, NotAnEnvelope | UnknownSuite)
