"""The two kinds of contact file: a spreadsheet with a password, and plain comma-separated values.

Both are made in memory: a temporary file would leave contacts on the disk.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date

import msoffcrypto
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from webapp.rules.contact import SafeContact
from webapp.rules.csv_safety import safe_cell

HEADINGS = (
    "Reference",
    "Name to use",
    "Language",
    "E-mail",
    "E-mail: may we say who we are?",
    "E-mail: does anyone else see it?",
    "Phone",
    "Text messages safe?",
    "Calls safe?",
    "Voicemail safe?",
    "Phone: may we say who we are?",
    "Phone: does anyone else use it?",
    "Messages by app: which app",
    "Messages by app: number or name",
    "Messages by app: may we say who we are?",
    "Messages by app: does anyone else see it?",
    "Best times",
    "To keep in mind",
    "Safe as told on",
    "Typed by",
    "THROUGH A HELPER: name",
    "THROUGH A HELPER: e-mail",
    "THROUGH A HELPER: phone",
)
WIDTHS = (
    12,
    22,
    10,
    30,
    16,
    16,
    20,
    12,
    12,
    12,
    16,
    16,
    16,
    24,
    16,
    16,
    26,
    40,
    14,
    18,
    22,
    30,
    20,
)
YES_NO = {True: "yes", False: "no"}
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
        """The cells in the order of HEADINGS; a way that is not safe has no cell to be in."""
        email, phone, helper = self.contact.email, self.contact.phone, self.contact.helper
        app = self.contact.app
        return [
            self.reference,
            self.contact.name_to_use or "",
            self.language,
            *((email.address, YES_NO[email.say_who], email.others_see) if email else ("", "", "")),
            *(
                (
                    phone.number,
                    YES_NO[phone.text_ok],
                    YES_NO[phone.call_ok],
                    YES_NO[phone.voicemail_ok],
                    YES_NO[phone.say_who],
                    phone.others_see,
                )
                if phone
                else ("", "", "", "", "", "")
            ),
            *(
                (self.app, app.name, YES_NO[app.say_who], app.others_see)
                if app
                else ("", "", "", "")
            ),
            self.times,
            self.contact.notes or "",
            self.confirmed_on.isoformat(),
            TYPED_BY[self.typed_by],
            *((helper.name, helper.email, helper.phone) if helper else ("", "", "")),
        ]


def write_csv(rows: list[ContactRow]) -> bytes:
    """UTF-8 with a byte-order mark, so that Excel reads it; no cell can be taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    writer.writerows([safe_cell(cell) for cell in row.cells()] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(rows: list[ContactRow], password: str) -> bytes:
    """A spreadsheet under a password (ECMA-376 agile encryption), which Excel and LibreOffice open."""
    plain = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(plain, options) as book:
        sheet = book.add_worksheet("List")
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        # A quote prefix keeps a cell a text, also after somebody edits it (OWASP ASVS 5.0, 1.2.10).
        words = book.add_format(
            {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True}
        )
        sheet.freeze_panes(1, 1)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for number, cells in enumerate([list(HEADINGS), *(row.cells() for row in rows)]):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell, heading if number == 0 else words)
    return _with_password(plain, password)


def _with_password(plain: io.BytesIO, password: str) -> bytes:
    plain.seek(0)
    book, locked = msoffcrypto.OfficeFile(plain), io.BytesIO()
    if not isinstance(book, OOXMLFile):
        raise TypeError("not a spreadsheet")
    book.encrypt(password, locked)
    return locked.getvalue()
