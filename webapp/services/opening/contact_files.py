"""What an exported list of contacts says: one row for each participant, its columns, and facts about the list itself.

Data minimisation: a way of reaching a participant that is not safe has no column to be in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from webapp.rules.contact.safe_channels import (
    SafeApp,
    SafeContact,
    SafeEmail,
    SafePhone,
    ThroughHelper,
)

YES_NO = {True: "yes", False: "no"}
OTHERS = {"no": "no", "yes": "yes", "unsure": "not sure", "unsaid": "not said"}
TYPED_BY = {"self": "the person", "helper": "a helper", "coordinator": "a coordinator"}


@dataclass(frozen=True)
class ContactRow:
    """One participant in a contact file; language, times and app are in words."""

    reference: str
    language: str
    confirmed_on: date
    typed_by: str
    contact: SafeContact
    times: str
    app: str = ""
    #: What they gave permission for, where it was asked in other words than the list names.
    agreed_to: str = ""

    def cells(self) -> list[str]:
        """The cells in the order of COLUMNS; a way that is not safe has no cell to be in."""
        return [column.read(self) for column in COLUMNS]


@dataclass(frozen=True)
class AboutList:
    """Purpose limitation in the file itself: what it may be used for, who made it, and until when it may be kept.

    A file is passed on without the page that it came from. `reference` finds that page at the desk.
    """

    reference: str
    permission: str
    reason: str
    made_by: str
    made_on: date
    delete_by: date | None
    people: int
    #: The member organisation that the list is for; empty for one that stays with the host.
    passed_on_to: str = ""

    def facts(self) -> list[tuple[str, str]]:
        """For the sheet about the list. The sheet with the participants has its headings in row 1, for imports."""
        return [
            ("List", self.reference),
            ("People in it", str(self.people)),
            ("What they gave permission for", f"“{self.permission}”"),
            *([("For the member", self.passed_on_to)] if self.passed_on_to else []),
            ("Why it was downloaded", self.reason),
            ("Downloaded by", self.made_by),
            ("Downloaded on", day_in_words(self.made_on)),
            ("Delete it by", day_in_words(self.delete_by) if self.delete_by else EMPTY_LIST),
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
EMPTY_LIST: Final = "Now: there is nobody in it"
#: Columns at the end of a plain list. Lines before the headings would break every import.
ABOUT: Final = (
    "List",
    "List: permission",
    "List: downloaded by",
    "List: downloaded on",
    "List: delete by",
    "List: before you use it",
)


def day_in_words(day: date) -> str:
    """A day as files say it, like 3 March 2027."""
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
    spreadsheet where it is empty, so that the others are larger on paper.
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
    Column(
        "They agreed to other words",
        30,
        lambda row: row.agreed_to,
        only_if_used=True,
    ),
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
