"""Free text of several lines, in the participant's own words."""

from webapp.rules.characters import clean_lines
from webapp.rules.forms.kinds.text import Text


class LongText(Text):
    """At most 1,500 characters, to keep an answer from becoming a statement. Line breaks are preserved."""

    name = "long_text"
    default_length = 1_500
    longest = longest_settable = 1_500
    control = "lines"
    seconds = 60

    def clean(self, value: str) -> str:
        return clean_lines(value)
