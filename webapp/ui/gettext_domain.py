"""The gettext domain of our pages: local corrections of an instance first, then the shipped catalogues."""

from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context
from flask_babel import Domain, get_locale, get_translations

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
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _of_this_request().ugettext(text),
        ngettext=lambda one, more, number: _of_this_request().ungettext(one, more, number),
        newstyle=True,
    )


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
