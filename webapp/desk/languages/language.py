"""The page of one language: its texts beside the English ones, to be reviewed; and the same as a spreadsheet."""

from typing import Final

from flask import Response, render_template, request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as AnyResponse

from webapp.desk.languages.languages import find, row_of
from webapp.desk.languages.review_form import ReviewForm, Sent, read_sent
from webapp.desk.languages.wording_review import Words, words_of
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.offset_pagination import pages_of
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.languages import text_reviews, translation_files
from webapp.services.languages.translation_files import Row
from webapp.ui import draft_previews
from webapp.web.guards import may

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


@blueprint.get("/languages/<code>")
@may(Act.LANGUAGES)
def language(code: str) -> str:
    """Its words beside the English ones, a section or a page at a time."""
    words = words_of(find(code))
    form = ReviewForm()
    form.by.data = next(iter(words.reviewers), "")
    return _page(words, form, None)


@blueprint.post("/languages/<code>")
@may(Act.LANGUAGES)
def language_post(code: str) -> AnyResponse | tuple[str, int]:
    """Store ticks and notes, then redirect to the same list: what is done has left it."""
    words, form = words_of(find(code)), ReviewForm()
    sent = read_sent(form, words)
    if sent.problems:
        return _page(words, form, sent), 400
    text_reviews.save(code, sent.checked, actor=signed_in().coordinator_id)
    filters = {name: value for name, value in _filters().items() if value}
    return see_other("language", code=code, **filters, saved=1, _anchor="words")


@blueprint.get("/languages/<code>/file")
@may(Act.LANGUAGES)
def language_file(code: str) -> Response:
    """The filtered texts as a spreadsheet, for a translator or reviewer who works elsewhere."""
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


def _page(words: Words, form: ReviewForm, sent: Sent | None) -> str:
    chosen = words.chosen(**_chosen())
    pages = pages_of(len(chosen), PER_PAGE)
    return render_template(
        "desk/language.html",
        row=row_of(words),
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
    """The filters in the address."""
    return {name: one_line(request.args.get(name))[:100] for name in FILTERS}


def _chosen() -> dict[str, str]:
    asked = _filters()
    return {"section": asked["section"], "show": asked["show"], "searched": asked["q"]}
