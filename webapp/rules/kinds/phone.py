"""A telephone number."""

import re

from webapp.rules.form_definition import Answer, KindName, Question
from webapp.rules.kinds.characters import plain_digits
from webapp.rules.kinds.kind import only_value
from webapp.rules.kinds.text import BYTES_A_CHARACTER, Text
from webapp.rules.messages import NotAccepted

FEWEST_DIGITS = 7
MOST_DIGITS = 15  # ITU-T E.164: the longest international number
LONGEST_NUMBER = 40
_MARKS = re.compile("[\u200b-\u200f\u061c\u2060]")
_DASHES = re.compile("[\u2010-\u2015\u2212\uff0d]")
_NUMBER = re.compile(r"\+?[0-9 ().-]+")


class Phone(Text):
    """As people write numbers: digits, spaces, ( ) - and . with a + in front or none.

    Digits of other scripts (Arabic ones, say) become 0 to 9, so that anybody can dial the number.
    No country is guessed.
    """

    name: KindName = "phone"
    widget = "answers/phone.html"
    default_length = longest = LONGEST_NUMBER
    length_is_settable = False

    def clean(self, value: str) -> str:
        line = super().clean(_MARKS.sub("", value)).replace("\uff0b", "+")
        return _DASHES.sub("-", plain_digits(line))

    def parse(self, raw: list[str], question: Question) -> Answer:
        number = self.clean(only_value(raw))
        if not number:
            raise NotAccepted("answer-needed")
        if not _NUMBER.fullmatch(number):
            raise NotAccepted("phone-characters")
        digits = sum(one.isdigit() for one in number)
        if not FEWEST_DIGITS <= digits <= MOST_DIGITS or len(number) > LONGEST_NUMBER:
            raise NotAccepted("phone-length", min=FEWEST_DIGITS, max=MOST_DIGITS)
        return number

    def worst_bytes(self, question: Question) -> int:
        return LONGEST_NUMBER * BYTES_A_CHARACTER
