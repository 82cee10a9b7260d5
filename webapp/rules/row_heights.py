"""Row heights for a spreadsheet: how many lines a text takes in a cell, and how high its row must be.

Excel computes row heights when a file has none; LibreOffice shows one line a row and cuts the rest. So the file must
state them. Character widths are estimates, on the wide side of the usual fonts: a row that is a little too high does
no harm, and a cut line may be the one that says "never ring".
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from math import ceil

#: Points for one line of the default font (Calibri 11, or its substitute), and for taller scripts.
LINE, TALL_LINE = 16.0, 19.0
#: The maximum row height in spreadsheet programs, in points.
HIGHEST_ROW = 409.0
_ABOVE_AND_BELOW = 4.0
#: A column is widened where a cell would take more lines than this: 409 points hold 21 tall ones.
MOST_LINES = 20
#: The maximum column width in spreadsheet programs, in characters.
WIDEST_COLUMN = 255.0
#: The margins within a column's width, in characters.
_EDGES = 1.0
_WIDER = 1.25
#: The widest character, in widths of a digit.
_WIDEST = 2.0
_NARROW = frozenset(" .,:;'|!ijlft()[]")
_BROAD = frozenset("mwMW@%&\u2014")


def lines_in(text: str, width: float) -> int:
    """The number of lines of a text wrapped to a column of this width (in characters, as spreadsheets measure)."""
    room = max(width - _EDGES, 1.0)
    if len(text) * _WIDEST <= room and "\n" not in text:
        return 1
    return sum(_wrapped(line, room) for line in text.split("\n"))


def _wrapped(line: str, room: float) -> int:
    """Greedy word wrap; a word that is wider than the column is broken."""
    lines, used = 1, 0.0
    for is_space, characters in groupby(line, str.isspace):
        wide = sum(map(_width, characters))
        if used + wide <= room:
            used += wide
        elif is_space:
            used = room
        elif wide <= room:
            lines, used = lines + 1, wide
        else:
            pieces = ceil(wide / room)
            lines, used = lines + pieces - (not used), wide - (pieces - 1) * room
    return lines


@cache
def _width(character: str) -> float:
    """The approximate width, in widths of a digit."""
    if character in _NARROW:
        return 0.7
    if character in _BROAD:
        return 1.8
    if character.isascii():
        return 1.3 if character.isupper() else 1.05
    if unicodedata.combining(character):
        return 0.0
    return _WIDEST if unicodedata.east_asian_width(character) in "WF" else 1.4


def wide_enough(width: float, texts: Iterable[str]) -> float:
    """Widen a column until none of the texts takes too many lines for a row.

    At most to the maximum column width: for a text of many short lines, more width does not help.
    """
    texts = [text for text in texts if len(text) > width]
    while width < WIDEST_COLUMN and any(lines_in(text, width) > MOST_LINES for text in texts):
        width = min(width * _WIDER, WIDEST_COLUMN)
    return width


def row_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """The height in points of a row in which every cell shows all of its text."""
    heights = (
        lines_in(text, width) * (LINE if text.isascii() else TALL_LINE)
        for text, width in zip(texts, widths, strict=True)
    )
    return min(max(heights, default=LINE) + _ABOVE_AND_BELOW, HIGHEST_ROW)
