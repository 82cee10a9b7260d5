"""What a file of answers says, in whatever format: its rows, its codebook, and facts about the file itself.

Data minimisation: a row has the version of the form, the code of the language and whether the person may be quoted, and
nothing else beside the answers. The day of arrival and who typed stand in lists of contacts, too: with them a row could
be joined to a name.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

from webapp.rules.forms import codebook
from webapp.rules.forms.answer_columns import (
    LANGUAGE,
    MAY_QUOTE,
    NOT_TICKED,
    ROW,
    TICKED,
    VERSION,
    Cell,
    Column,
    FormInUse,
    Said,
    cells_of,
    columns_of,
    columns_of_form,
    kept,
)
from webapp.rules.forms.codebook import Entry, FixedWords, Tally
from webapp.rules.languages.site_languages import ANOTHER, LANGUAGES

#: The columns before those of the questions, with what each says.
ABOUT_ROWS: Final[Mapping[str, str]] = {
    ROW: "A number in this file alone. The order was shuffled for this file, and the numbers lead nowhere",
    VERSION: "The version of the form that the person answered",
    LANGUAGE: "The language in which the person answered; their own words are in it",
    MAY_QUOTE: "Whether the person’s permission to be quoted without a name stood on the day of the download",
}
QUOTES: Final = {TICKED: "May be quoted, without a name", NOT_TICKED: "Must not be quoted"}


@dataclass(frozen=True)
class AboutAnswers:
    """Purpose limitation in the file itself: what people were told, who made it and why, until when it may be kept."""

    reference: str
    title: str
    told: tuple[Said, ...]
    #: The words of the permission that `_may_quote` stands for.
    quoting: tuple[Said, ...]
    reason: str
    made_by: str
    made_on: date
    delete_by: date
    left_out: int

    def facts(self, people: int, *how_to_read: str) -> list[tuple[str, str]]:
        """Each fact with its name, in order. `how_to_read`: what one kind of file says of its rows."""
        return [
            ("Download", self.reference),
            ("Answers to", self.title),
            ("People in it", str(people)),
            *(
                [("Left out, because their rows are false", str(self.left_out))]
                * bool(self.left_out)
            ),
            *_by_version("What people were told about who reads their answers", self.told),
            *_by_version(f"What people agreed to where {MAY_QUOTE} is {TICKED}", self.quoting),
            ("Why it was downloaded", self.reason),
            ("Downloaded by", self.made_by),
            ("Downloaded on", self.made_on.isoformat()),
            ("Delete all copies by", self.delete_by.isoformat()),
            *RULES,
            ("How to read it", " ".join(how_to_read)),
        ]


def _by_version(fact: str, said: Sequence[Said]) -> list[tuple[str, str]]:
    """A fact once, or once for each wording: nobody was told what another version says."""
    if len(said) == 1:
        return [(fact, f"“{said[0].words}”")]
    return [(f"{fact}, in {one.where}", f"“{one.words}”") for one in said]


DO_NOT: Final = (
    "Do not try to find out who a person is, and do not put this beside a list of contacts. Do not pass it on to "
    "anyone outside the team that people were told about, nor to a service that reads what it stores. Publish no "
    "figure about so few people that one of them could be recognised."
)
QUOTE_SO: Final = (
    f"Quote only from rows with {TICKED} in {MAY_QUOTE}, and leave out places, names and anything else by which a "
    "person could be recognised. A permission may be taken back later: look again before you publish."
)
DELETED_SINCE: Final = (
    "People can change or delete their answers at any time, and that does not reach this file. Download a new one for "
    "new work, and delete this one."
)
#: For files that are tables.
IN_TABLE: Final = (
    "A question is a column, under its key. With one choice, the cell has the choice’s code, which the codebook tells. "
    f"Where several may be chosen, each choice is a column: {TICKED} was chosen, {NOT_TICKED} was not. Where choices "
    "were put in order, each choice is a column with its place: 1 came first, and an empty cell got no place. Words "
    "beside a choice like “Something else” have a column that ends with .words. Empty cells: no "
    "answer, because the person left it out, did not come to it, or had another version of the form. Words are as the "
    "person wrote them, in their own language."
)
RULES: Final = (
    ("Do not", DO_NOT),
    ("Quotes", QUOTE_SO),
    ("Deleted since", DELETED_SINCE),
)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One person in the file."""

    number: int
    form_version: int
    language: str
    may_quote: bool
    answers: dict[str, str | list[str]] = field(repr=False)

    @property
    def beside(self) -> list[str]:
        """The cells of `ABOUT_ROWS`."""
        quote = TICKED if self.may_quote else NOT_TICKED
        return [str(self.number), str(self.form_version), self.language, quote]


@dataclass(frozen=True)
class AnswerFile:
    """One file while it is made: it counts its rows as it makes them, for the codebook at the end."""

    forms: Sequence[FormInUse]
    fixed: FixedWords
    about: AboutAnswers
    _tally: Tally = field(default_factory=Tally, repr=False)
    #: How many rows have each value of the columns before the questions; the rows themselves are counted by `ROW`.
    _beside: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of questions, of all versions together."""
        return columns_of(self.forms)

    @cached_property
    def headings(self) -> list[str]:
        """The names of all columns, in order."""
        return [*ABOUT_ROWS, *(column.name for column in self.columns)]

    @cached_property
    def _by_number(self) -> dict[int, tuple[FormInUse, tuple[Column, ...]]]:
        return {one.number: (one, columns_of_form(one.form)) for one in self.forms}

    @property
    def people(self) -> int:
        """How many rows were made so far."""
        return self._beside[ROW, ""]

    def row(
        self, language: str, may_quote: bool, form_version: int, opened: Mapping[str, Any]
    ) -> AnswerRow:
        """The next row. Of what was opened it takes the answers that have a column."""
        version, _ = self._by_number[form_version]
        self._beside[ROW, ""] += 1
        row = AnswerRow(self.people, form_version, language, may_quote, kept(version.form, opened))
        self._tally.count(version, row.answers)
        for name, value in zip(ABOUT_ROWS, row.beside, strict=True):
            if name != ROW:
                self._beside[name, value] += 1
        return row

    def cells(self, row: AnswerRow) -> list[Cell]:
        """The cells of a row in the order of `headings`; None is an empty one."""
        _, of_form = self._by_number[row.form_version]
        return [*row.beside, *cells_of(self.columns, of_form, row.answers)]

    def codebook(self) -> tuple[Entry, ...]:
        """The codebook, with how many answered, once all rows were made."""
        keys = [column.question for column in self.columns]
        return codebook.codebook(keys, self.forms, self.fixed, self._tally)

    def codes_beside(self, name: str) -> list[tuple[str, str, int]]:
        """Of a column before the questions, each value that its cells have, what it means, and in how many rows."""
        found = sorted((value, n) for (column, value), n in self._beside.items() if column == name)
        return [(value, _meaning(name, value), n) for value, n in found if value]


def _meaning(name: str, value: str) -> str:
    if name == LANGUAGE:
        return language_name(value)
    return QUOTES[value] if name == MAY_QUOTE else f"Version {value}"


def language_name(code: str) -> str:
    """A language's English name. One that the site does not have is not named: it could tell who the person is."""
    return LANGUAGES[code].english_name if code in LANGUAGES or code == ANOTHER.code else code
