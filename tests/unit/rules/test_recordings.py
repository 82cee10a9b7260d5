"""Names of recordings come from an address: only what can be one is read as one."""

import pytest

from webapp.rules.recordings import START, NotARecording, Slot, read_name


@pytest.mark.parametrize(
    ("name", "slot", "mimetype"),
    [
        ("support-needs.first.mp3", Slot("support-needs", "first"), "audio/mpeg"),
        ("support-needs.0-start.ogg", Slot("support-needs", START), "audio/ogg"),
        ("round-table.booking.m4a", Slot("round-table", "booking"), "audio/mp4"),
        ("support-needs.first.12.mp3", Slot("support-needs", "first", 12), "audio/mpeg"),
    ],
)
def test_a_name_means_a_page_and_a_type(name: str, slot: Slot, mimetype: str) -> None:
    assert read_name(name) == (slot, mimetype)
    assert name in slot.file_names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "first.mp3",
        "../first.mp3",
        "..%2fsupport-needs.first.mp3",
        "a/b.first.mp3",
        "a\\b.first.mp3",
        ".support-needs.first.mp3",
        "support-needs..mp3",
        "support-needs.first.mp3\n",
        "support-needs.first.mp3\0.mp3",
        "support-needs.first.exe",
        "support-needs.first.MP3",
        "support-needs.first.tar.mp3",
        "support-needs.first.1.mp3",
        "support-needs.first.02.mp3",
        "support-needs.first.99999.mp3",
        "Support-needs.first.mp3",
        "-.first.mp3",
        "support-needs." + "a" * 41 + ".mp3",
        "ѕupport-needs.first.mp3",
    ],
)
def test_nothing_else_is_a_name(name: str) -> None:
    with pytest.raises(NotARecording):
        read_name(name)
