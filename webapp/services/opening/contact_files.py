"""The two kinds of contact file: a spreadsheet with a password, and plain comma-separated values.

Both are made in memory: a temporary file would leave contacts on the disk.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import msoffcrypto
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from webapp.rules.contact.safe_channels import (
    SafeApp,
    SafeContact,
    SafeEmail,
    SafePhone,
    ThroughHelper,
)
from webapp.rules.csv_safety import phone_cell, safe_cell
from webapp.rules.row_heights import row_height, wide_enough

YES_NO = {True: "yes", False: "no"}
OTHERS = {"no": "no", "yes": "yes", "unsure": "not sure"}
TYPED_BY = {"self": "the person", "helper": "a helper", "coordinator": "a coordinator"}


@dataclass(frozen=True)
class ContactRow:
    """One person in a contact file; language, times and app are in words."""

    reference: str
    language: str
    confirmed_on: date
    typed_by: str
    contact: SafeContact
    times: str
    app: str = ""

    def cells(self) -> list[str]:
        """The cells in the order of COLUMNS; a way that is not safe has no cell to be in."""
        return [column.read(self) for column in COLUMNS]


@dataclass(frozen=True)
class AboutList:
    """What a file says about itself: what it may be used for, whose it is, and until when.

    A file lies among others, and is passed on; nothing else goes with it. `reference` finds its page at the desk.
    """

    reference: str
    permission: str
    reason: str
    made_by: str
    made_on: date
    delete_by: date | None
    people: int

    def facts(self) -> list[tuple[str, str]]:
        """For a person to read, on a sheet of its own: the sheet with the people has its headings in row 1."""
        return [
            ("List", self.reference),
            ("People in it", str(self.people)),
            ("What they gave permission for", f"“{self.permission}”"),
            ("Why it was downloaded", self.reason),
            ("Downloaded by", self.made_by),
            ("Downloaded on", _in_words(self.made_on)),
            ("Delete it by", _in_words(self.delete_by) if self.delete_by else NOBODY),
            ("Before you use it", LOOK_FIRST),
        ]

    def cells(self) -> list[str]:
        """The cells in the order of ABOUT: a plain list has one sheet, and each row may be copied elsewhere."""
        delete_by = self.delete_by.isoformat() if self.delete_by else ""
        made_on = self.made_on.isoformat()
        return [self.reference, self.permission, self.made_by, made_on, delete_by, LOOK_FIRST]


LOOK_FIRST: Final = (
    "Find this list under Contacts at the desk. Its page says who took back their permission or changed "
    "their safe ways."
)
NOBODY: Final = "Now: there is nobody in it"
#: Columns at the end of a plain list. Lines before the headings would break every import.
ABOUT: Final = (
    "List",
    "List: permission",
    "List: downloaded by",
    "List: downloaded on",
    "List: delete by",
    "List: before you use it",
)


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


Read = Callable[[ContactRow], str]


def _of_phone(read: Callable[[SafePhone], str]) -> Read:
    return lambda row: read(row.contact.phone) if row.contact.phone else ""


def _of_email(read: Callable[[SafeEmail], str]) -> Read:
    return lambda row: read(row.contact.email) if row.contact.email else ""


def _of_app(read: Callable[[SafeApp], str]) -> Read:
    return lambda row: read(row.contact.app) if row.contact.app else ""


def _of_helper(read: Callable[[ThroughHelper], str]) -> Read:
    return lambda row: read(row.contact.helper) if row.contact.helper else ""


@dataclass(frozen=True)
class Column:
    """One column of both kinds of file.

    `width`: in characters; it is wrapped there, and wider where a text would be too high for any row. `careful`: the
    words that are marked in the spreadsheet, because they say what must not be done. `only_if_used`: hidden in a
    spreadsheet where nobody has anything in it, so that the others are larger on paper.
    """

    heading: str
    width: float
    read: Read
    careful: frozenset[str] = frozenset()
    is_phone: bool = False
    only_if_used: bool = False


MUST_NOT = frozenset({"no"})
MAY_SEE = frozenset({"yes", "not sure"})

#: A name and its number stand together, each way beside what is safe about it.
COLUMNS: Final = (
    Column("Reference", 13, lambda row: row.reference),
    Column("Name to use", 16, lambda row: row.contact.name_to_use),
    Column("Phone", 17, _of_phone(lambda phone: phone.number), is_phone=True),
    Column("Text messages safe?", 9.5, _of_phone(lambda phone: YES_NO[phone.text_ok]), MUST_NOT),
    Column("Calls safe?", 6.5, _of_phone(lambda phone: YES_NO[phone.call_ok]), MUST_NOT),
    Column("Voicemail safe?", 10, _of_phone(lambda phone: YES_NO[phone.voicemail_ok]), MUST_NOT),
    Column(
        "Phone: may we say who we are?",
        9,
        _of_phone(lambda phone: YES_NO[phone.say_who]),
        MUST_NOT,
    ),
    Column(
        "Phone: does anyone else use it?",
        9,
        _of_phone(lambda phone: OTHERS[phone.others_see]),
        MAY_SEE,
    ),
    Column("E-mail", 24, _of_email(lambda email: email.address)),
    Column(
        "E-mail: may we say who we are?",
        9,
        _of_email(lambda email: YES_NO[email.say_who]),
        MUST_NOT,
    ),
    Column(
        "E-mail: does anyone else see it?",
        9,
        _of_email(lambda email: OTHERS[email.others_see]),
        MAY_SEE,
    ),
    Column(
        "Messages by app: which app",
        11,
        lambda row: row.app if row.contact.app else "",
        only_if_used=True,
    ),
    Column(
        "Messages by app: number or name",
        17,
        _of_app(lambda app: app.name),
        is_phone=True,
        only_if_used=True,
    ),
    Column(
        "Messages by app: may we say who we are?",
        9,
        _of_app(lambda app: YES_NO[app.say_who]),
        MUST_NOT,
        only_if_used=True,
    ),
    Column(
        "Messages by app: does anyone else see it?",
        9,
        _of_app(lambda app: OTHERS[app.others_see]),
        MAY_SEE,
        only_if_used=True,
    ),
    Column("Best times", 16, lambda row: row.times),
    Column("To keep in mind", 30, lambda row: row.contact.notes),
    Column("Language", 10, lambda row: row.language),
    Column("Safe as told on", 11, lambda row: row.confirmed_on.isoformat()),
    Column("Typed by", 11.5, lambda row: TYPED_BY[row.typed_by]),
    Column("THROUGH A HELPER: name", 14, _of_helper(lambda helper: helper.name), only_if_used=True),
    Column(
        "THROUGH A HELPER: e-mail", 24, _of_helper(lambda helper: helper.email), only_if_used=True
    ),
    Column(
        "THROUGH A HELPER: phone",
        17,
        _of_helper(lambda helper: helper.phone),
        is_phone=True,
        only_if_used=True,
    ),
)
HEADINGS: Final = tuple(column.heading for column in COLUMNS)
#: The columns that stay in sight while the others are looked at.
FROZEN: Final = 2
A4: Final = 9


def write_csv(rows: list[ContactRow], about: AboutList) -> bytes:
    """UTF-8 with a byte-order mark, so that Excel reads it; no cell can be taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([*HEADINGS, *ABOUT])
    of_the_list = [safe_cell(cell) for cell in about.cells()]
    writer.writerows([*_csv_cells(row), *of_the_list] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _csv_cells(row: ContactRow) -> list[str]:
    return [
        safe_cell(phone_cell(cell) if column.is_phone else cell)
        for column, cell in zip(COLUMNS, row.cells(), strict=True)
    ]


def write_xlsx(rows: list[ContactRow], about: AboutList, password: str) -> bytes:
    """A spreadsheet under a password (ECMA-376 agile encryption), which Excel and LibreOffice open."""
    plain = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(plain, options) as book:
        # First, and open: mail merges and imports take the first sheet.
        people = book.add_worksheet("List")
        _fill(book, people, [row.cells() for row in rows])
        _set_paper(people, about)
        _say(book, book.add_worksheet("About this list"), about)
    return _with_password(plain, password)


def _fill(book: Workbook, sheet: Worksheet, rows: list[list[str]]) -> None:
    """The sheet: all of every cell in sight, on the screen and on paper."""
    # A quote prefix keeps a cell a text, also after somebody edits it (OWASP ASVS 5.0, 1.2.10).
    text = {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True}
    words = book.add_format(text)
    # Bold as well as coloured: most office printers are grey.
    careful = book.add_format({**text, "bold": True, "bg_color": "#fbdcd0"})
    heading = book.add_format({"text_wrap": True, "valign": "top", "bold": True, "bottom": 1})
    widths = _set_columns(sheet, rows)
    for number, cells in enumerate([list(HEADINGS), *rows]):
        sheet.set_row(number, row_height(cells, widths))
        for place, (column, cell) in enumerate(zip(COLUMNS, cells, strict=True)):
            marked = careful if cell in column.careful else words
            sheet.write_string(number, place, cell, heading if number == 0 else marked)


def _say(book: Workbook, sheet: Worksheet, about: AboutList) -> None:
    """The sheet about the list: what it may be used for, and until when."""
    text = {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True}
    heading, words = book.add_format({**text, "bold": True}), book.add_format(text)
    widths = (30.0, 70.0)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    for number, fact in enumerate(about.facts()):
        sheet.set_row(number, row_height(list(fact), list(widths)))
        sheet.write_string(number, 0, fact[0], heading)
        sheet.write_string(number, 1, fact[1], words)


def _set_columns(sheet: Worksheet, rows: list[list[str]]) -> list[float]:
    widths = []
    for place, column in enumerate(COLUMNS):
        texts = [cells[place] for cells in rows]
        widths.append(wide_enough(column.width, texts))
        hidden = column.only_if_used and not any(texts)
        sheet.set_column(place, place, widths[-1], None, {"hidden": hidden})
    return widths


def _set_paper(sheet: Worksheet, about: AboutList) -> None:
    """One page wide, so that a name is never on another sheet than what is not safe; headings on every page."""
    sheet.freeze_panes(1, FROZEN)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(0)
    until = f"&RDelete by {_in_words(about.delete_by)}" if about.delete_by else ""
    sheet.set_header(f"&LList {about.reference}{until}")
    sheet.set_footer("&LDestroy this as soon as you have used it.&RPage &P of &N")


def _with_password(plain: io.BytesIO, password: str) -> bytes:
    plain.seek(0)
    book, locked = msoffcrypto.OfficeFile(plain), io.BytesIO()
    if not isinstance(book, OOXMLFile):
        raise TypeError("not a spreadsheet")
    book.encrypt(password, locked)
    return locked.getvalue()
