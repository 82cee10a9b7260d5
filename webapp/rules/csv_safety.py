"""Protection against CSV injection (formula injection): cells that no spreadsheet program takes for a formula.

Sources: OWASP, "CSV Injection" (the characters, their full-width forms, and that a separator or a
quote in the text can start a new cell); OWASP ASVS 5.0, 1.2.10 (a single quote in front). RFC 4180
quoting is the writer's work: use `csv.writer(..., quoting=csv.QUOTE_ALL)`. In an XLSX, write typed
strings (never `write()`, which guesses), so that a cell needs no quote that people can see.

Phone numbers are the exception to the quote in front: a mail merge or a dialler would take it for a part of the
number. What has only digits, spaces and a plus in front is no formula that any program can run.
"""

import re
from datetime import date

#: A cell that begins with one of these may be executed: = + - @ tab CR LF NUL, and the full-width and
#: minus forms that some programs fold into them.
FORMULA_CHARACTERS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\u2212"

_OPENERS = re.escape(FORMULA_CHARACTERS)
_UNSEEN = "\\s\u200b-\u200f\u061c\u2060\ufeff"
_FIRST = re.compile(f"^(?=[{_UNSEEN}]*[{_OPENERS}])")
#: A program that splits at another separator than ours starts a new cell after it.
_INNER = re.compile(f'([,;|\t\n"][{_UNSEEN}]*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212])')
#: The common case: it begins with a letter or a digit, and has no character that could end a cell or a line.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .@:()/'+=-]*")
#: A number as `phone_cell` writes it. "(0)" is a trunk prefix; only a caller can decide whether to dial it.
_PHONE = re.compile(r"\+[0-9]{1,15}(?:(?: | \(0\))[0-9]{1,15})+(?: ext [0-9]{1,7})?")
#: Everything that a phone question accepts (`kinds.phone`).
_AS_TYPED = re.compile(r"(\+?)([0-9 ()./-]*)(?:(?:ext\.?|x|#) ?([0-9]{1,7}))?", re.IGNORECASE)
_TRUNK = "(0)"
#: How many digits the last group gets when a number was written without spaces.
_LAST_DIGITS, _LAST_OF_SHORT = 6, 4
_SHORT = 8
_THOUSANDS = 3
#: ITU-T E.164: country codes of one and two digits; all others have three.
_LONGEST_COUNTRY_CODE = 3
_ONE_OR_TWO_DIGITS = re.compile("[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe_cell(value: str | int | bool | date | None) -> str:
    """Neutralise a value for a spreadsheet cell; None is empty, dates are ISO 8601.

    Line breaks become LF and other control characters are removed. Idempotent.
    """
    text = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    if not text or _PLAIN.fullmatch(text) or _PHONE.fullmatch(text):
        return text
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _FIRST.sub("'", _INNER.sub(r"\1'", text))


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in text)


def phone_cell(number: str) -> str:
    """Format a phone number in groups that no spreadsheet parses as a number, a date, a sum or a formula.

    Without spaces, +447700900456 would lose its plus and 07700900456 its zero. With them it stays a text, in every
    locale, as long as the last group has not exactly three digits: where a space parts thousands, "+33 612 345 678"
    is a number. Hyphens, dots and slashes become spaces, because +44-7700-900456 is a subtraction and 07/12/2026 is a
    date. No digit is added, dropped or moved. What is not written like a phone number is returned as it is.
    """
    typed = _AS_TYPED.fullmatch(number.strip())
    if not typed or not _has_digits(typed[2]):
        return number
    plus, body, extension = typed.groups()
    country, trunk, rest = body.partition(_TRUNK) if plus else (body, "", "")
    if trunk and _has_digits(country) and _has_digits(rest):
        words = f"{_spaced(country)} {trunk}{_spaced(rest)}"
    else:
        words = " ".join(_not_thousands(_groups(body), international=bool(plus)))
    return f"{plus}{words} ext {extension}" if extension else plus + words


def _groups(digits: str) -> list[str]:
    return re.findall("[0-9]+", digits)


def _spaced(digits: str) -> str:
    return " ".join(_groups(digits))


def _not_thousands(groups: list[str], *, international: bool) -> list[str]:
    """Regroup so that there are at least two groups, of which the last does not have three digits."""
    *others, last = groups
    if others and len(last) != _THOUSANDS:
        return groups
    if len(others) > 1:
        return [*others[:-1], others[-1] + last]
    digits = "".join(groups)
    at = _country_code(digits) if international else _before_the_last(digits)
    return [digits[:at], digits[at:]]


def _country_code(digits: str) -> int:
    """The number of digits of the country code in an international number."""
    short = _ONE_OR_TWO_DIGITS.match(digits)
    return short.end() if short else _LONGEST_COUNTRY_CODE


def _before_the_last(digits: str) -> int:
    return len(digits) - (_LAST_DIGITS if len(digits) > _SHORT else _LAST_OF_SHORT)
