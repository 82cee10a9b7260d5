"""The word list: final, so that a printed recovery key works in thirty years."""

import hashlib
import re
from pathlib import Path

from webapp.vault import word_list

FROZEN = "6b8d3571018266450561b61d7a3001d969f4004782371a09a6686d3e28ca2e9c"


def test_the_list_is_2048_plain_words_told_apart_by_four_letters() -> None:
    assert len(word_list.WORDS) == 2_048
    assert list(word_list.WORDS) == sorted(set(word_list.WORDS))
    assert all(re.fullmatch("[a-z]{3,8}", word) for word in word_list.WORDS)
    assert len({word[:4] for word in word_list.WORDS}) == 2_048


def test_the_list_never_changes() -> None:
    written = Path(word_list.__file__).with_name("words.txt").read_bytes()

    assert hashlib.sha256(written).hexdigest() == FROZEN
