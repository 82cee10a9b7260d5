"""The languages: who has checked each, what it still lacks, its words beside the English ones, and a look at it."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import format_date, gettext

from webapp.desk.door import NotHere, blueprint
from webapp.extensions import current_settings
from webapp.http import coordinator
from webapp.rules.event_definition import EventDefinition
from webapp.rules.form_definition import FormDefinition, texts_of
from webapp.rules.languages import LANGUAGES, Language
from webapp.services import calls, events
from webapp.ui import previews
from webapp.ui.catalogues import Catalogue, catalogue_of
from webapp.ui.filters import in_language
from webapp.ui.public_address import public_url


@dataclass(frozen=True)
class FormWords:
    """What one call or event says in a language: pairs of English words and those, None where there are none."""

    title: str
    lines: tuple[tuple[str, str | None], ...]

    @property
    def done(self) -> int:
        """How many of the texts have words."""
        return sum(words is not None for _, words in self.lines)


@dataclass(frozen=True)
class Row:
    """One language as the list shows it."""

    language: Language
    status: str
    catalogue: Catalogue
    forms: tuple[FormWords, ...]
    address: str | None


@blueprint.get("/languages")
@coordinator
def languages() -> str:
    """Every language with its status and how complete it is."""
    return render_template(
        "desk/languages.html", rows=[_row(language) for language in LANGUAGES.values()]
    )


@blueprint.get("/languages/<code>")
@coordinator
def one_language(code: str) -> str:
    """All words of one language beside the English ones, for whoever reviews it."""
    if code not in LANGUAGES:
        raise NotHere(code)
    return render_template(
        "desk/language.html", row=_row(LANGUAGES[code]), minutes=previews.MINUTES
    )


def _row(language: Language) -> Row:
    return Row(
        language,
        _status(language),
        catalogue_of(language),
        tuple(_form_words(slug, definition, language.code) for slug, definition in _definitions()),
        _look_at(language),
    )


def _definitions() -> list[tuple[str, FormDefinition | EventDefinition]]:
    return [
        *((call.slug, call.form) for call in calls.all_calls()),
        *((event.slug, event.definition) for event in events.all_events()),
    ]


def _form_words(slug: str, definition: FormDefinition | EventDefinition, code: str) -> FormWords:
    lines = tuple((text["en"], text.get(code)) for _, text in texts_of(definition))
    # Meetings on one theme often have one title; the address tells them apart.
    return FormWords(f"{in_language(definition.title)} ({slug})", lines)


def _status(language: Language) -> str:
    if language.status == "draft" or language.reviewed_on is None:
        return gettext("Draft. Nobody has checked it yet.")
    day = format_date(language.reviewed_on, "d MMMM y")
    return gettext("Checked by: %(who)s, %(day)s", who=language.reviewed_by, day=day)


def _look_at(language: Language) -> str | None:
    """The first page in this language, None where this desk does not know the public door's address.

    A draft is shown to whoever has the address, for a short time.
    """
    home = f"/{language.code}/"
    if language.status != "reviewed":
        home = f"{home}?{previews.PARAMETER}={previews.token_for(language.code)}"
    settings = current_settings()
    same_process = "public" in settings.doors and not settings.public_url
    return home if same_process else public_url(home)
