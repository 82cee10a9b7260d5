"""An e-mail address."""

import re

from email_validator import EmailNotValidError, validate_email

from webapp.rules.form_definition import Answer, KindName, Question
from webapp.rules.kinds.kind import only_value
from webapp.rules.kinds.text import Text
from webapp.rules.messages import NotAccepted

LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3 (a path of 256 octets, less its angle brackets)
_MARKS = re.compile("[\u200b-\u200f\u061c\u2060]")


class Email(Text):
    """Checked for its form only: looking the domain up would tell the network who is writing.

    Kept as typed (apart from invisible characters and surrounding white space): some mailboxes do
    tell "Ana" from "ana".
    """

    name: KindName = "email"
    widget = "answers/email.html"
    default_length = longest = LONGEST_ADDRESS
    length_is_settable = False

    def clean(self, value: str) -> str:
        return super().clean(_MARKS.sub("", value))

    def parse(self, raw: list[str], question: Question) -> Answer:
        address = self.clean(only_value(raw))
        if not address:
            raise NotAccepted("answer-needed")
        if len(address) > LONGEST_ADDRESS:
            raise NotAccepted("email-too-long", max=LONGEST_ADDRESS)
        try:
            validate_email(address, check_deliverability=False)
        except (EmailNotValidError, UnicodeError):
            # "from None": the validator's own message repeats the address.
            raise NotAccepted("email-not-an-address") from None
        return address
