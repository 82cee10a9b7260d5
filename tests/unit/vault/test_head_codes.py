"""Codes of the record's heads: the same for the same head alone, and read as people copy them."""

import pytest

from webapp.vault.head_codes import MistypedCode, head_code, read_head_code

KEY, HEAD = b"k" * 32, b"h" * 32


def test_a_code_is_fixed_for_ever() -> None:
    # A code that was noted on paper must be found by every later version
    assert head_code(KEY, HEAD) == "0DHM-2N20-TWEQ-QTDK-MYVK-WYJH"


def test_another_head_and_another_key_have_other_codes() -> None:
    codes = {head_code(KEY, HEAD), head_code(KEY, b"i" * 32), head_code(b"l" * 32, HEAD)}
    assert len(codes) == 3


def test_it_is_read_as_people_copy_it() -> None:
    code = head_code(KEY, HEAD)
    for typed in (code, code.lower(), code.replace("-", " "), f"Code: {code}"):
        assert read_head_code(typed) == code


def test_a_typing_error_is_no_lost_entry() -> None:
    code = head_code(KEY, HEAD)
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    for typed in (wrong, code[:-1], "", "x" * 500):
        with pytest.raises(MistypedCode):
            read_head_code(typed)
