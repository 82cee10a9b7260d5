"""Text sanitising: Unicode normalisation (NFC), and removal of control characters and other invisible characters.

Invisible characters are removed silently rather than refused, because participants who pasted them from another page
could not find them.

Removed: control characters (a tab becomes a space), bidirectional embeddings, overrides and isolates
(U+202A to U+202E, U+2066 to U+2069), which can make a text read differently from what it says
("Trojan Source", CVE-2021-42574), lone surrogates and noncharacters, which cannot be stored or put
in a spreadsheet, and the byte order mark. Not removed: the plain direction marks U+200E, U+200F and
U+061C and the joiners U+200C and U+200D, which Arabic, Persian, Hebrew and emoji need.
"""

import re
import unicodedata

#: More than any request may carry (`size_limits.LARGEST_BODY`, at one byte a letter), so nothing is cut before it is
#: counted. The bound matters for text that does not come from a form of ours.
LONGEST_RAW = 1_000_000

_MARKS = "".join(
    re.escape(chr(point)) for point in range(0x300, 0x20000) if unicodedata.combining(chr(point))
)
_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_OUT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(at)}{chr(at + 1)}" for at in range(0x1FFFE, 0x110000, 0x10000))
    + "]"
)

# Thirty combining marks on one letter are more than any script has (Stream-Safe Text, UAX 15). Sorting thousands takes
# quadratic time (denial of service).
_EXCESS_MARKS = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")

#: Soft hyphens, joiners, direction marks and variation selectors: a paste or a keyboard leaves them around numbers and
#: addresses, where they mean nothing.
_FORMAT_MARKS = re.compile("[\u00ad\u200b-\u200f\u061c\u2060-\u2064\ufe0f]")

#: A decimal digit of a script that has its own.
_DIGIT = re.compile(r"[^\D0-9]")

#: Plain ASCII, with LF as its only line break, needs no cleaning.
_NOT_PLAIN = re.compile("[^\n\x20-\x7e]")


def clean_lines(value: str) -> str:
    """NFC, newlines as LF, no hidden characters, no white space around the text or at line ends."""
    value = value[:LONGEST_RAW].replace("\r\n", "\n")
    if _NOT_PLAIN.search(value):
        value = _clean_any(value)
    return "\n".join(line.rstrip() for line in value.split("\n")).strip()


def _clean_any(value: str) -> str:
    value = without_hidden(value).replace("\t", " ")
    value = unicodedata.normalize("NFC", _EXCESS_MARKS.sub(r"\1", value))
    # Normalise twice: canonical ordering can merge marks, and cleaning must be idempotent.
    return _EXCESS_MARKS.sub(r"\1", value)


def without_hidden(value: str) -> str:
    """Remove the characters that no page may contain and that no reader would see; change nothing else."""
    if not _NOT_PLAIN.search(value):
        return value
    return _OUT.sub("", _BREAKS.sub("\n", value.replace("\r\n", "\n")))


def clean_line(value: str) -> str:
    """Clean like `clean_lines`, for one line: runs of white space become one space."""
    return " ".join(clean_lines(value).split())


def is_empty(value: str) -> bool:
    """True when nothing in a text can be seen: white space and format characters only."""
    return all(one.isspace() or unicodedata.category(one) in ("Cf", "Cc", "Cs") for one in value)


def without_marks(value: str) -> str:
    """Remove format characters that stand in words of some scripts, and never in a number or an address."""
    return _FORMAT_MARKS.sub("", value)


def plain_digits(value: str) -> str:
    """Convert decimal digits of any script to 0-9, so that every reader can read the number."""
    return _DIGIT.sub(lambda found: str(unicodedata.decimal(found.group())), value)
