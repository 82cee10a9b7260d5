"""The list of languages: the status of each and how far its review is."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import format_date, gettext

from webapp.desk.languages.wording_review import FORM, Words, all_forms, words_of
from webapp.desk.shared.blueprint import NotHere, blueprint
from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import LANGUAGES, Language
from webapp.rules.roles import Act
from webapp.services.languages import language_offers
from webapp.ui import draft_previews
from webapp.ui.page_language import offered_at_the_desk
from webapp.ui.public_address import public_url
from webapp.web.guards import may


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
@may(Act.LANGUAGES)
def languages() -> str:
    """Every language with its status and how far its review is."""
    forms = all_forms()
    rows = [row_of(words_of(language, forms)) for language in LANGUAGES.values()]
    return render_template("desk/languages.html", rows=rows)


def find(code: str) -> Language:
    """The language with this code. Raises `NotHere`."""
    if code not in LANGUAGES:
        raise NotHere(code)
    return LANGUAGES[code]


def row_of(words: Words) -> LanguageRow:
    """A language with all that is known of its words."""
    offered = words.language.code in offered_at_the_desk()
    address = _look_at(words.language, offered=offered)
    return LanguageRow(words, _status(words, offered=offered), offered, address)


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

    The address of a draft is a bearer capability that expires soon.
    """
    home = f"/{language.code}/"
    if language.status != "reviewed" and not offered:
        home = f"{home}?{draft_previews.PARAMETER}={draft_previews.token_for(language.code)}"
    settings = current_settings()
    same_process = "public" in settings.doors and not settings.public_url
    return home if same_process else public_url(home)
