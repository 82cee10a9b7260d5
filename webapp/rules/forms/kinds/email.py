"""An e-mail address, validated and normalised.

The address that is validated is the one that is mailed: an answer holds it as SMTP carries it, its domain as an A-label
of IDNA 2008 (RFC 5891). Python's own "idna" codec, and so Flask-Mail, still encodes by IDNA 2003, where "straße"
becomes "strasse": another owner's domain. An address in ASCII is the same to every program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from webapp.rules.characters import without_marks
from webapp.rules.forms.kinds.kind import Answer, only_value
from webapp.rules.forms.kinds.text import Text
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3 (a path of 256 octets, less its angle brackets)
#: Full-width forms that keyboards for Chinese and Japanese type: U+FF01 to U+FF5E are ASCII plus a constant.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
#: "Ana K <ana@example.org>", as mail programs copy it.
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>[\s.,;]*")
_SCHEME = re.compile(r"(?:mailto|e-?mail)\s*:\s*", re.I)
#: Punctuation that a sentence, a list or a quotation leaves around an address. None of it can end a domain.
_AROUND = " \"'`.,;:!?()[]{}<>\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a"
_SPACE_AT_SIGN = re.compile(r"\s*@\s*")


class Email(Text):
    """Validated by syntax only: a DNS lookup of the domain would tell the network who is writing.

    Characters that a paste or a phone's keyboard adds around an address are removed. The part before the @ is not
    changed: some mailboxes do distinguish "Ana" from "ana".
    """

    name = "email"
    default_length = longest = LONGEST_ADDRESS
    longest_settable = 0
    input_type = "email"
    direction = "ltr"
    seconds = 30

    def clean(self, value: str) -> str:
        return super().clean(without_marks(value))

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

    def raw(self, answer: Answer, question: Question) -> list[str]:
        """For display and editing: the domain in its own script (U-label), not as an A-label."""
        return [as_written(address) for address in super().raw(answer, question)]

    def export(self, answer: Answer, question: Question) -> str:
        """For export: as it is mailed, because a coordinator's mail program may encode the domain differently."""
        return str(answer)


def mailable(address: str) -> str:
    """Convert an address to what SMTP carries without SMTPUTF8. Raises NotAccepted, for old stored addresses too."""
    return _in_ascii(address)


def as_written(address: str) -> str:
    """Convert an address for display, with its domain in its own script."""
    if "xn--" not in address.lower():
        return address
    try:
        return _validated(address).normalized
    except (EmailNotValidError, UnicodeError):
        return address


def _unwrapped(typed: str) -> str:
    """Extract the address from typed or pasted text; any other text is returned unchanged, to be refused."""
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
        # "from None": the validator's own message repeats the address, and would be logged.
        raise NotAccepted("email-not-an-address") from None
    if validated.ascii_email is None:
        # Only the part before the @ can cause it: it has no ASCII form, and servers without SMTPUTF8 refuse it.
        raise NotAccepted("email-not-in-ascii")
    return validated.ascii_email


def _validated(address: str) -> ValidatedEmail:
    return validate_email(address, check_deliverability=False)
