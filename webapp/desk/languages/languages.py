"""The languages: what each still lacks, its words beside the English ones to be ticked and noted, and a look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Response, render_template, request
from flask_babel import format_date, gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as AnyResponse

from webapp.desk.languages.review_form import ReviewForm, Sent, read_sent
from webapp.desk.languages.wording_review import FORM, Form, Words, all_forms, words_of
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.paging import pages_of
from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.rules.languages.site_languages import LANGUAGES, Language
from webapp.services.languages import language_offers, text_reviews, translation_files
from webapp.services.languages.translation_files import Row
from webapp.ui import draft_previews
from webapp.ui.page_language import offered_at_the_desk
from webapp.ui.public_address import public_url
from webapp.web.guards import coordinator

PER_PAGE = 10
FILTERS: Final = ("section", "show", "q")
#: Which texts to show.
SHOWN: Final[tuple[tuple[str, LazyString], ...]] = (
    ("", lazy_gettext("All")),
    ("todo", lazy_gettext("Not reviewed yet")),
    ("noted", lazy_gettext("With a note")),
    ("missing", lazy_gettext("Without words")),
    ("reviewed", lazy_gettext("Reviewed")),
)
ROLES: Final = (
    lazy_gettext("Interpreter"),
    lazy_gettext("Native-speaking caseworker"),
    lazy_gettext("Translator"),
    lazy_gettext("Reader with lived experience"),
)


@dataclass(frozen=True)
class LanguageRow:
    """One language as the list and its own page show it."""

    words: Words
    status: str
    offered: bool
    #: Where its pages can be seen, None where this desk does not know.
    address: str | None

    @property
    def language(self) -> Language:
        """Which one it is."""
        return self.words.language

    @property
    def by_code(self) -> bool:
        """Whether the code says that it was reviewed: then nothing here switches it on or off."""
        return self.language.status == "reviewed"

    @property
    def forms(self) -> list[tuple[str, int, int]]:
        """Each call and event: how many of its texts have words."""
        return [
            (one.title, one.total, len(one.entries))
            for one in self.words.sections
            if one.key.startswith(FORM)
        ]


@blueprint.get("/languages")
@coordinator
def languages() -> str:
    """Every language with its status and how far its review is."""
    forms = all_forms()
    rows = [row_of(language, forms) for language in LANGUAGES.values()]
    return render_template("desk/languages.html", rows=rows)


@blueprint.get("/languages/<code>")
@coordinator
def one_language(code: str) -> str:
    """Its words beside the English ones, a section or a page at a time."""
    words = words_of(find(code))
    form = ReviewForm()
    form.by.data = next(iter(words.reviewers), "")
    return _page(words, form, None)


@blueprint.post("/languages/<code>")
@coordinator
def review_language(code: str) -> AnyResponse | tuple[str, int]:
    """Keep ticks and notes, then the same list again: what is done has left it."""
    words, form = words_of(find(code)), ReviewForm()
    sent = read_sent(form, words)
    if sent.problems:
        return _page(words, form, sent), 400
    text_reviews.save(code, sent.checked, actor=signed_in().coordinator_id)
    filters = {name: value for name, value in _filters().items() if value}
    return see_other("one_language", code=code, **filters, saved=1, _anchor="words")


@blueprint.get("/languages/<code>/file")
@coordinator
def language_file(code: str) -> Response:
    """The texts that are being looked at as a spreadsheet, for somebody who translates or reviews elsewhere."""
    language = find(code)
    words = words_of(language)
    titles = {entry.key: section.title for section in words.sections for entry in section.entries}
    rows = [
        Row(
            titles[one.key],
            one.english,
            one.words or "",
            "; ".join(note.words for note in one.notes),
            one.review.by if one.review else "",
        )
        for one in words.chosen(**_chosen())
    ]
    file = translation_files.write_xlsx(
        rows, language=language.english_name, right_to_left=language.direction == "rtl"
    )
    response = Response(file, mimetype=translation_files.MIMETYPE)
    name = f"words-{language.code}-{clock.today():%Y-%m-%d}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def find(code: str) -> Language:
    """The language with this code. Raises `NotHere`."""
    if code not in LANGUAGES:
        raise NotHere(code)
    return LANGUAGES[code]


def row_of(language: Language, forms: Sequence[Form] | None = None) -> LanguageRow:
    """A language with all that is known of its words."""
    return _row(words_of(language, forms))


def _row(words: Words) -> LanguageRow:
    offered = words.language.code in offered_at_the_desk()
    address = _look_at(words.language, offered=offered)
    return LanguageRow(words, _status(words, offered=offered), offered, address)


def _page(words: Words, form: ReviewForm, sent: Sent | None) -> str:
    chosen = words.chosen(**_chosen())
    pages = pages_of(len(chosen), PER_PAGE)
    return render_template(
        "desk/language.html",
        row=_row(words),
        words=words,
        entries=chosen[pages.start : pages.start + PER_PAGE],
        total=len(chosen),
        pages=pages,
        filters=_filters(),
        set_filters={name: value for name, value in _filters().items() if value},
        shown=SHOWN,
        roles=ROLES,
        form=form,
        sent=sent,
        problems=sent.problems if sent else [],
        saved="saved" in request.args,
        minutes=draft_previews.MINUTES,
    )


def _filters() -> dict[str, str]:
    """What somebody wants to see, as it stands in the address."""
    return {name: one_line(request.args.get(name))[:100] for name in FILTERS}


def _chosen() -> dict[str, str]:
    asked = _filters()
    return {"section": asked["section"], "show": asked["show"], "searched": asked["q"]}


def _status(words: Words, *, offered: bool) -> str:
    language, must = words.language, words.protecting
    if language.reviewed_on is not None:
        day = format_date(language.reviewed_on, "d MMMM y")
        return gettext("Checked by: %(who)s, %(day)s", who=language.reviewed_by, day=day)
    said = {"done": must.reviewed, "total": must.total, "who": ", ".join(words.reviewers)}
    if offered:
        return gettext("Offered to people. Checked by: %(who)s", **said)
    was = language_offers.offers().get(language.code)
    if was is not None and was.offered:
        return gettext(
            "Not offered now: an update changed words that must be checked. "
            "%(done)s of %(total)s are checked as they stand.",
            **said,
        )
    if not must.reviewed:
        return gettext("Draft. Nobody has checked it yet.")
    return gettext(
        "Draft. So far, %(done)s of the %(total)s texts that matter most have been checked.", **said
    )


def _look_at(language: Language, *, offered: bool) -> str | None:
    """The first page in this language, None where this desk does not know the public door's address.

    A draft is shown to whoever has the address, for a short time.
    """
    home = f"/{language.code}/"
    if language.status != "reviewed" and not offered:
        home = f"{home}?{draft_previews.PARAMETER}={draft_previews.token_for(language.code)}"
    settings = current_settings()
    same_process = "public" in settings.doors and not settings.public_url
    return home if same_process else public_url(home)
