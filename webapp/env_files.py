"""Strict parser of configuration files: `NAME=value` lines, read as systemd reads an EnvironmentFile.

What systemd would ignore or what another parser would read otherwise is refused: a line that is no setting, a
name that Hearth does not know, a quote that is not closed, a comment after a value. `NotReadable` names the file and
the line, and never a value: it may be a secret.

Understood, whatever editor saved the file: UTF-8 with or without a byte order mark; LF, CRLF or CR at the ends of
lines; empty lines; comments (`#` or `;` first on a line); `export ` before a name, as in files for a shell; spaces
around the name and the value; 'single quotes', in which everything is as it is written; "double quotes", in which \\"
\\\\ \\$ and \\` are the character; and without quotes a backslash before any character, which stands for that
character. A backslash at the end of a line continues it. Nothing is expanded.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)", re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'(.*)", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"(.*)', re.DOTALL)
#: Typographic quotes, into which editors turn straight ones.
_CURLY = "\u201c\u201d\u201e\u2018\u2019"
#: Values that need no quotes when they are written.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_ENDS_IN_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\$")


class NotReadable(ValueError):
    """A configuration file cannot be parsed unambiguously; the message names the line and never a value."""


@dataclass(frozen=True)
class Found:
    """The value of one setting and its line number. The value may be a secret, so it is not in the repr."""

    value: str = field(repr=False)
    line: int


def read(path: Path, known: Container[str]) -> dict[str, str]:
    """Parse the settings in one file. Raises `NotReadable`, also for a name that is not among the `known` ones."""
    return {name: found.value for name, found in find(path, known).items()}


def find(path: Path, known: Container[str]) -> dict[str, Found]:
    """As `read`, with the line number of each."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NotReadable(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NotReadable(f"{path} is not a text in UTF-8: save it again as UTF-8") from None
    if "\0" in text:
        raise NotReadable(f"{path} is not a text: it holds a zero byte")
    values: dict[str, Found] = {}
    for number, line in _lines(text):
        try:
            name, value = _setting(line)
            _check_name(name, known, values)
        except NotReadable as problem:
            raise NotReadable(f"{path}, line {number}: {problem}") from None
        values[name] = Found(value, number)
    return values


def written(name: str, value: str) -> str:
    """Serialize one setting as the line that `read` parses back to this value, which may hold no line break."""
    if value and not _PLAIN.fullmatch(value):
        escaped = re.sub(r'(["\\$`])', r"\\\1", value)
        value = f'"{escaped}"'
    return f"{name}={value}\n"


def _lines(text: str) -> list[tuple[int, str]]:
    """Every logical line with its number: comments are left out, a line that ends in a backslash is continued."""
    found: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None
    for number, piece in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        first, line = begun if begun else (number, "")
        line += piece
        begun = None
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if _ENDS_IN_BACKSLASH.search(line) and not _in_single_quotes(line):
            begun = (first, line[:-1])
        else:
            found.append((first, line.strip()))
    if begun:
        found.append((begun[0], begun[1].strip()))
    return found


def _in_single_quotes(line: str) -> bool:
    return "=" in line and line.partition("=")[2].lstrip().startswith("'")


def _setting(line: str) -> tuple[str, str]:
    found = _ASSIGNMENT.fullmatch(line)
    if found is None:
        raise NotReadable("this is no setting: write NAME=value, or # before a comment")
    name, rest = found.groups()
    return name, _value(rest)


def _check_name(name: str, known: Container[str], before: Container[str]) -> None:
    if name not in known:
        raise NotReadable(f"there is no setting {name}")
    if name in before:
        raise NotReadable(f"{name} is set a second time")


def _value(rest: str) -> str:
    if not rest or rest[0] not in "'\"":
        return _unquoted(rest)
    quoted = (_SINGLE if rest[0] == "'" else _DOUBLE).fullmatch(rest)
    if quoted is None:
        raise NotReadable("a quote is not closed on its line")
    value, behind = quoted.groups()
    if behind.strip():
        raise NotReadable("something stands behind the closing quote; comments have their own line")
    return value if rest[0] == "'" else re.sub(r'\\(["\\$`])', r"\1", value)


def _unquoted(rest: str) -> str:
    if rest[:1] and rest[0] in _CURLY:
        raise NotReadable("these quotes are curly; use straight ones")
    if re.search(r"(^|\s)#", rest):
        raise NotReadable("put a value with # in it in quotes; a comment has its own line")
    if _ENDS_IN_BACKSLASH.search(rest):
        raise NotReadable("nothing follows the backslash at the end")
    return re.sub(r"\\(.)", r"\1", rest)
