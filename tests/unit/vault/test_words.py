"""The word list: final, so that a printed recovery key works in thirty years."""

import hashlib
import re
from pathlib import Path

from webapp.vault import words

FROZEN = "6b8d3571018266450561b61d7a3001d969f4004782371a09a6686d3e28ca2e9c"


def test_the_list_is_2048_plain_words_told_apart_by_four_letters() -> None:
    assert len(words.WORDS) == 2_048
    assert list(words.WORDS) == sorted(set(words.WORDS))
    assert all(re.fullmatch("[a-z]{3,8}", word) for word in words.WORDS)
    assert len({word[:4] for word in words.WORDS}) == 2_048


def test_the_list_never_changes() -> None:
    written = Path(words.__file__).with_name("words.txt").read_bytes()

    assert hashlib.sha256(written).hexdigest() == FROZEN
