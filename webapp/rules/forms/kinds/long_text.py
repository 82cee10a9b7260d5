"""Several lines of text in the person's own words."""

from webapp.rules.characters import clean_lines
from webapp.rules.forms.form_definition import KindName
from webapp.rules.forms.kinds.text import Text


class LongText(Text):
    """At most 1,500 characters: an answer, not a statement. Line breaks are kept."""

    name: KindName = "long_text"
    widget = "answers/long_text.html"
    default_length = 1_500
    longest = 1_500

    def clean(self, value: str) -> str:
        return clean_lines(value)
