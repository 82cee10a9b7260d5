"""An e-mail address.

What is validated is what is mailed: an answer holds the address as SMTP carries it, its domain as an A-label of IDNA
2008 (RFC 5891). Python's own "idna" codec, and so Flask-Mail, still encodes by IDNA 2003, where "straße" becomes
"strasse": another owner's domain. An address in ASCII is the same to every program that it is handed to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from webapp.rules.forms.kinds.kind import Answer, only_value
from webapp.rules.forms.kinds.text import Text
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3 (a path of 256 octets, less its angle brackets)
_MARKS = re.compile("[\u00ad\u200b-\u200f\u061c\u2060-\u2064\ufe0f]")
#: Wide forms that keyboards for Chinese and Japanese type: U+FF01 to U+FF5E are ASCII, moved by a constant.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
#: "Ana K <ana@example.org>", as a mail program copies it.
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>[\s.,;]*")
_SCHEME = re.compile(r"(?:mailto|e-?mail)\s*:\s*", re.I)
#: What a sentence, a list or a quotation leaves around an address. None of it can be the end of a domain.
_AROUND = " \"'`.,;:!?()[]{}<>\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a"
_SPACE_AT_SIGN = re.compile(r"\s*@\s*")


class Email(Text):
    """Checked for its form only: looking the domain up would tell the network who is writing.

    What a paste or a phone's keyboard adds around an address is taken away. The part before the @ stays as it was
    typed: some mailboxes do tell "Ana" from "ana".
    """

    name = "email"
    default_length = longest = LONGEST_ADDRESS
    longest_settable = 0
    input_type = "email"
    direction = "ltr"
    seconds = 30

    def clean(self, value: str) -> str:
        return super().clean(_MARKS.sub("", value))

    def parse(self, raw: list[str], question: Question) -> Answer:
        typed = self.clean(only_value(raw))
        if not typed:
            raise NotAccepted("answer-needed")
        address = _unwrapped(typed)
        if len(address) > LONGEST_ADDRESS:
            raise NotAccepted("email-too-long", max=LONGEST_ADDRESS)
        if address.count("@") > 1:
            raise NotAccepted("email-one-only")
        return _in_ascii(address)

    def raw(self, answer: Answer) -> list[str]:
        """As its owner writes it, on a page and in a field: a domain in their own script, not its A-label."""
        return [as_written(address) for address in super().raw(answer)]

    def export(self, answer: Answer, question: Question) -> str:
        """As it is mailed: a coordinator's own mail program may encode another domain than was meant."""
        return str(answer)


def mailable(address: str) -> str:
    """An address as SMTP carries it without SMTPUTF8. Raises NotAccepted; also for one that was stored long ago."""
    return _in_ascii(address)


def as_written(address: str) -> str:
    """An address with its domain in its own script, where it has one."""
    if "xn--" not in address.lower():
        return address
    try:
        return _validated(address).normalized
    except (EmailNotValidError, UnicodeError):
        return address


def _unwrapped(typed: str) -> str:
    """The address in what was typed or pasted; what is no such form stays as it is, to be refused."""
    text = typed.translate(_NARROW)
    if named := _NAMED.fullmatch(text):
        text = named[1]
    text = text.strip(_AROUND)
    if scheme := _SCHEME.match(text):
        text = unquote(text[scheme.end() :].partition("?")[0])
    return _SPACE_AT_SIGN.sub("@", text.strip(_AROUND))


def _in_ascii(address: str) -> str:
    try:
        validated = _validated(address)
    except (EmailNotValidError, UnicodeError):
        # "from None": the validator's own message repeats the address.
        raise NotAccepted("email-not-an-address") from None
    if validated.ascii_email is None:
        # Only the part before the @ can be the reason: it has no ASCII form, and servers without SMTPUTF8 take none.
        raise NotAccepted("email-not-in-ascii")
    return validated.ascii_email


def _validated(address: str) -> ValidatedEmail:
    return validate_email(address, check_deliverability=False)
