"""The gettext domain of our pages: local corrections of an instance first, then the shipped catalogues."""

from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context
from flask_babel import Domain, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from webapp.ui.catalogues import own_words

KEPT = "hearth_words"


class OwnWordsFirst(Domain):
    """Not two translation directories: flask-babel takes plural rules from the last one, even where it has no file."""

    def get_translations(self) -> NullTranslations:
        """The catalogue for the language of this request, merged once in the life of an application."""
        shipped: NullTranslations = super().get_translations()
        if not has_app_context():
            return shipped
        kept: dict[str, NullTranslations] = current_app.extensions.setdefault(KEPT, {})
        locale = str(get_locale())
        if locale not in kept:
            kept[locale] = _merged(shipped, own_words(), locale)
        return kept[locale]


def speak_in_templates(app: Flask) -> None:
    """Give templates a `gettext` that looks for the catalogue once in a request, and not for each of its sentences."""
    app.jinja_env.globals.update(_=_said, gettext=_said, ngettext=_said_of_some)


@pass_eval_context
def _said(context: EvalContext, text: str, /, **values: Any) -> str:
    """A sentence in the language of the page, as markup where the template escapes; its values are escaped there."""
    return _filled(context, _of_this_request().ugettext(text), values)


@pass_eval_context
def _said_of_some(context: EvalContext, one: str, more: str, num: int, /, **values: Any) -> str:
    """The same, in the plural form for a number, which is a value by the name of `num`."""
    words = _of_this_request().ungettext(one, more, num)
    return _filled(context, words, {"num": num, **values})


def _filled(context: EvalContext, words: str, values: dict[str, Any]) -> str:
    said = Markup(words) if context.autoescape else words  # noqa: S704 - our own sentence
    return said % values if "%" in words else said


def _of_this_request() -> NullTranslations:
    """The catalogue of the language that is spoken now; `force_locale` may change it within a request."""
    if not has_app_context():
        return NullTranslations()
    held = g._get_current_object().__dict__
    locale = getattr(held.get("_flask_babel"), "babel_locale", None)
    before = held.get(KEPT)
    if before is not None and locale is not None and before[0] is locale:
        found: NullTranslations = before[1]
        return found
    found = get_translations()
    held[KEPT] = getattr(held.get("_flask_babel"), "babel_locale", None), found
    return found


def _merged(shipped: NullTranslations, folder: Path, locale: str) -> NullTranslations:
    own = Translations.load(str(folder), [locale])
    if not isinstance(own, Translations) or not isinstance(shipped, Translations):
        return shipped
    both = Translations()
    both.merge(shipped)
    both.plural = shipped.plural
    return both.merge(own)
