"""Notification mails to coordinators: that there is news, that something was done with their account, that
notifications are on, and the record's code of the day. They carry no names or counts.

Like every mail, they may be seen by other people who read the inbox, so a kind declares its one link and gets nothing
else (data minimisation). They are in English, as the desk is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webapp.rules.audit_events import AuditEvent
from webapp.rules.mail_kinds import MailWithLink, NotThisMail

CODE: Final = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", re.ASCII)
#: As the coordinator reads it: 28 November 2026.
DAY: Final = re.compile(r"[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewsFacts:
    """What is true about a subscribed coordinator just before a mail is sent."""

    #: They have signed in since the mail was queued, and have seen what it would say.
    signed_in_since: bool
    #: There is news, or deletion or a finding about the record waits for a coordinator.
    is_new: bool
    #: They asked for the record's code as well.
    wants_code: bool = False


@dataclass(frozen=True, slots=True)
class CoordinatorMail(MailWithLink):
    """One kind of mail to a coordinator. Its link is the desk's home page, which asks them to sign in.

    The address is sealed to the mailer in the subscription, and erased with it.
    """

    templates = "desk/emails"


@dataclass(frozen=True, slots=True)
class SomethingNew(CoordinatorMail):
    """Something arrived, changed or failed since they last looked. At most one a day."""

    name = "desk_news"

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """As long as the coordinator has not seen the news."""
        return facts.is_new and not facts.signed_in_since


@dataclass(frozen=True, slots=True)
class NewsBegins(CoordinatorMail):
    """A test mail to a new address: notifications are on from now."""

    name = "desk_news_begins"

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """As long as the subscription exists."""
        return True


@dataclass(frozen=True, slots=True)
class AccountNotice(CoordinatorMail):
    """Something was done with their account that they are always told about (`NOTIFIED`). Not which, nor when."""

    name = "desk_account"

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """As long as the subscription exists, also when somebody signed in since: it may not have been they."""
        return True


@dataclass(frozen=True, slots=True)
class RecordCode(CoordinatorMail):
    """The record's code of a day, so that it is kept where no attacker on the server reaches it.

    A code tells nothing about the record, not even its length. Without one, the check has found something: the mail
    says that it should be looked at. Raises `NotThisMail` for anything but a code and a day.
    """

    name = "desk_record_code"

    code: str = ""
    day: str = ""

    def __post_init__(self) -> None:
        # Not by `super()`: a class with slots is made anew, and it would not be found.
        MailWithLink.__post_init__(self)
        if self.code and not CODE.fullmatch(self.code):
            raise NotThisMail(type(self).__name__)
        if not DAY.fullmatch(self.day):
            raise NotThisMail(type(self).__name__)

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """As long as they want the code."""
        return facts.wants_code


COORDINATOR_MAILS: Final[Mapping[str, type[CoordinatorMail]]] = MappingProxyType(
    {kind.name: kind for kind in (SomethingNew, NewsBegins, AccountNotice, RecordCode)}
)
#: A coordinator is told when one of these was done in their name, or to their account (OWASP ASVS 6.3.5, 6.3.7).
NOTIFIED: Final = frozenset(
    {
        AuditEvent.NEW_BROWSER,
        AuditEvent.ANSWERS_DOWNLOADED,
        AuditEvent.CONTACTS_EXPORTED,
        AuditEvent.CONTACTS_SHARED,
        AuditEvent.PASSPHRASE_CHANGED,
        AuditEvent.PASSPHRASE_RESET,
        AuditEvent.AUTHENTICATOR_CHANGED,
        AuditEvent.PASSKEY_ADDED,
        AuditEvent.PASSKEY_REMOVED,
        AuditEvent.COORDINATOR_RECOVERED,
        AuditEvent.ACCOUNT_RESET_OFFERED,
        AuditEvent.ACCOUNT_RESET,
        AuditEvent.PERSON_INVITED,
        AuditEvent.PERSON_MOVED,
        AuditEvent.ROLE_GIVEN,
        AuditEvent.ROLE_TAKEN_BACK,
        AuditEvent.KEYS_GIVEN,
        AuditEvent.KEYS_RENEWAL_ASKED,
        AuditEvent.CALL_RESEALED,
        AuditEvent.EVENT_RESEALED,
    }
)
