"""Labels of the inputs of an answer that has several, by message key.

They are apart from `messages`, because no consent and no safety rests on them: a language is offered without a review
of these words (`PROTECTING` in `ui.catalogues`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

INPUT_LABELS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "part-day": lazy_gettext("Day"),
        "part-month": lazy_gettext("Month"),
        "part-year": lazy_gettext("Year"),
    }
)
