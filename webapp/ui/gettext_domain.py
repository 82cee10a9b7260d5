"""The gettext domain of our pages: local corrections of an instance first, then the shipped catalogues."""

from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import current_app, has_app_context
from flask_babel import Domain, get_locale

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


def _merged(shipped: NullTranslations, folder: Path, locale: str) -> NullTranslations:
    own = Translations.load(str(folder), [locale])
    if not isinstance(own, Translations) or not isinstance(shipped, Translations):
        return shipped
    both = Translations()
    both.merge(shipped)
    both.plural = shipped.plural
    return both.merge(own)
