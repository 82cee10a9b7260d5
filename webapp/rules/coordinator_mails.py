"""Notification mails to coordinators: that there is news, and that notifications are on. They carry no names or counts.

Like every mail, they may be seen by other people who read the inbox, so a kind declares its one link and gets nothing
else (data minimisation). They are in English, as the desk is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webapp.rules.mail_kinds import MailWithLink


@dataclass(frozen=True, slots=True)
class NewsFacts:
    """What is true about a subscribed coordinator just before a mail is sent."""

    #: They have signed in since the mail was queued, and have seen what it would say.
    signed_in_since: bool
    #: There is news, or deletion waits for a coordinator.
    is_new: bool


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


COORDINATOR_MAILS: Final[Mapping[str, type[CoordinatorMail]]] = MappingProxyType(
    {kind.name: kind for kind in (SomethingNew, NewsBegins)}
)
