"""The texts of one language under review: in sections, with reviews and notes, and what is still to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.rules import clock
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import texts_of
from webapp.rules.languages.site_languages import Language
from webapp.rules.languages.wording_fingerprints import text_id, wording_id
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.languages import text_reviews
from webapp.services.languages.text_reviews import Note, Review
from webapp.ui.catalogues import catalogue_of, every_text
from webapp.ui.filters import in_language

#: Sections of our own texts, in the order in which they are best reviewed: by the files that say them.
SECTIONS: Final[tuple[tuple[str, LazyString, tuple[str, ...]], ...]] = (
    (
        "permission",
        lazy_gettext("Permission, and what people must know first"),
        (
            *("told.", "consent.", "agree", "choices_agreed", "/start.", "/more.", "done."),
            *("check.", "check_changes.", "check_more."),
        ),
    ),
    (
        "safety",
        lazy_gettext("Safety, leaving and help"),
        ("leav", "safety", "support", "help_lines", "reach_us", "privacy", "no_cookie", "neutral"),
    ),
    (
        "errors",
        lazy_gettext("Errors, and the way out of them"),
        ("/errors/", "messages.py", "/summary.", "error_summary", "cannot_be", "closed", "stop."),
    ),
    (
        "codes",
        lazy_gettext("Codes, coming back, changing and deleting"),
        (
            *("choices", "erase", "copy", "unfinished", "return_code", "pause", "code."),
            *("helped", "yours", "reach"),
        ),
    ),
    (
        "events",
        lazy_gettext("Events, registrations and e-mails"),
        ("event_", "event.", "own_", "our_mails", "/emails/", "times.", "/calendar."),
    ),
    ("paper", lazy_gettext("Forms on paper"), ("paper",)),
    ("pages", lazy_gettext("All other pages"), ("",)),
)
FORM = "form-"
#: Consents, and what a participant reads before the first question of an open call. They must be reviewed, too.
PROTECTING_PATHS = ("start.", "consents.")


@dataclass(frozen=True)
class Entry:
    """One text: the English, the words in the language (None where there are none), and what was said about them."""

    english: str
    words: str | None
    protecting: bool
    wording: bytes
    review: Review | None
    notes: tuple[Note, ...]

    @property
    def text(self) -> bytes:
        """The fingerprint of the text, whatever its words are."""
        return text_id(self.english)

    @property
    def key(self) -> str:
        """How the form names the text: half of its fingerprint is enough to tell ours apart."""
        return self.text.hex()[:32]

    @property
    def tick(self) -> str:
        """How the form names exactly these words."""
        return self.wording.hex()

    def is_shown(self, show: str) -> bool:
        """Whether this filter shows it."""
        return {
            "todo": self.words is not None and self.review is None,
            "noted": bool(self.notes),
            "missing": self.words is None,
            "reviewed": self.review is not None,
        }.get(show, True)

    def says(self, searched: str) -> bool:
        """Whether these letters are in it, in either language."""
        return searched.casefold() in f"{self.english}\n{self.words or ''}".casefold()


@dataclass(frozen=True)
class Section:
    """Some of the texts, under one heading."""

    key: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def total(self) -> int:
        """How many there are to review."""
        return sum(one.words is not None for one in self.entries)

    @property
    def reviewed(self) -> int:
        """How many of them were."""
        return sum(one.review is not None for one in self.entries)

    @property
    def missing(self) -> int:
        """How many have no words."""
        return sum(one.words is None for one in self.entries)


@dataclass(frozen=True)
class Words:
    """Everything a language says, ours and the forms'."""

    language: Language
    sections: tuple[Section, ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every text once, in the order of the sections."""
        once: dict[str, Entry] = {}
        for section in self.sections:
            for entry in section.entries:
                once.setdefault(entry.key, entry)
        return tuple(once.values())

    @cached_property
    def protecting(self) -> Section:
        """What must be reviewed before people are asked for anything in this language."""
        return Section("", "", tuple(one for one in self.entries if one.protecting))

    @property
    def notes(self) -> int:
        """How many remarks wait to be settled."""
        return sum(len(one.notes) for one in self.entries)

    @property
    def can_be_offered(self) -> bool:
        """Whether all texts of consent, safety and errors have words, and each was reviewed as it stands."""
        return not self.missing and self.protecting.reviewed == self.protecting.total > 0

    @property
    def missing(self) -> int:
        """How many of these have no words. A variant needs none: it says what its language says."""
        return 0 if self.language.variant_of else self.protecting.missing

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The roles that have read something, each once, the latest first."""
        reviews = (one.review for one in self.entries if one.review is not None)
        return tuple(dict.fromkeys(one.by for one in sorted(reviews, key=_day, reverse=True)))

    def chosen(self, section: str, show: str, searched: str) -> list[Entry]:
        """The entries that pass the filters."""
        among = next((one.entries for one in self.sections if one.key == section), self.entries)
        return [one for one in among if one.is_shown(show) and one.says(searched)]


def _day(review: Review) -> int:
    return review.on.toordinal()


@dataclass(frozen=True)
class Form:
    """A call or an event whose texts have words, too."""

    slug: str
    definition: FormDefinition | EventDefinition
    is_open: bool


def all_forms() -> list[Form]:
    """Every call and event there is."""
    day = clock.today()
    return [
        *(
            Form(one.slug, one.form, one.accepts_answers(day))
            for one in published_calls.all_calls()
        ),
        *(Form(one.slug, one.definition, is_open=False) for one in published_events.all_events()),
    ]


def words_of(language: Language, forms: Sequence[Form] | None = None) -> Words:
    """All words of a language as they are now. `forms`: where they have been read already."""
    make = _Maker(
        language,
        all_forms() if forms is None else forms,
        text_reviews.reviews_of(language.code),
        text_reviews.notes_about(language.code),
    )
    return Words(language, (*make.ours(), *map(make.form, make.forms)))


@dataclass(frozen=True)
class _Maker:
    language: Language
    forms: Sequence[Form]
    reviews: Mapping[bytes, Review]
    notes: Mapping[bytes, tuple[Note, ...]]

    def ours(self) -> Iterator[Section]:
        places = every_text()
        found: dict[str, list[Entry]] = {key: [] for key, *_ in SECTIONS}
        for line in catalogue_of(self.language).lines:
            entry = self.entry(line.english, line.words, line.protecting)
            found[_section_of(places[line.english])].append(entry)
        for key, title, _ in SECTIONS:
            yield Section(key, str(title), tuple(found[key]))

    def form(self, form: Form) -> Section:
        """A call or an event, by its title and address: meetings on one theme often have one title."""
        once: dict[str, Entry] = {}
        code = self.language.code
        # One without a word in this language is asked in English, and its pages say so.
        translated = any(code in text for _, text in texts_of(form.definition))
        for path, text in texts_of(form.definition):
            protecting = form.is_open and translated and path.startswith(PROTECTING_PATHS)
            entry = self.entry(text["en"], text.get(code), protecting)
            if entry.key not in once or protecting:
                once[entry.key] = entry
        title = f"{in_language(form.definition.title)} ({form.slug})"
        return Section(f"{FORM}{form.slug}", title, tuple(once.values()))

    def entry(self, english: str, words: str | None, protecting: bool) -> Entry:
        wording = wording_id(self.language.code, english, words or "")
        review = self.reviews.get(wording) if words is not None else None
        notes = self.notes.get(text_id(english), ())
        return Entry(english, words, protecting, wording, review, notes)


def _section_of(places: Iterable[str]) -> str:
    return next(
        key
        for key, _, parts in SECTIONS
        if any(part in place for place in places for part in parts)
    )
