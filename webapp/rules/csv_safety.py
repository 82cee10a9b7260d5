"""Cells that a spreadsheet program cannot take for a formula.

Sources: OWASP, "CSV Injection" (the characters, their full-width forms, and that a separator or a
quote in the text can start a new cell); OWASP ASVS 5.0, 1.2.10 (a single quote in front). RFC 4180
quoting is the writer's work: use `csv.writer(..., quoting=csv.QUOTE_ALL)`. In an XLSX, write typed
strings (never `write()`, which guesses), so that a cell needs no quote that people can see.
"""

import re
from datetime import date

#: A cell that begins with one of these may be run: = + - @ tab CR LF NUL, and the full-width and
#: minus forms that some programs fold into them.
FORMULA_CHARACTERS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\u2212"

_OPENERS = re.escape(FORMULA_CHARACTERS)
_UNSEEN = "\\s\u200b-\u200f\u061c\u2060\ufeff"
_FIRST = re.compile(f"^(?=[{_UNSEEN}]*[{_OPENERS}])")
#: A program that splits at another separator than ours sees a new cell after it.
_INNER = re.compile(f'([,;|\t\n"][{_UNSEEN}]*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212])')
#: Most cells: they begin with a letter or a digit, and nothing in them could end a cell or a line.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .@:()/'+=-]*")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe_cell(value: str | int | bool | date | None) -> str:
    """The value as text that no spreadsheet runs; None is empty, dates are ISO 8601.

    Line breaks become LF and other control characters go. Applying it twice changes nothing more.
    """
    text = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    if not text or _PLAIN.fullmatch(text):
        return text
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _FIRST.sub("'", _INNER.sub(r"\1'", text))
