"""Mails to coordinators: that something is new, and that such mails are on. They name nothing and count nothing.

They are read in an inbox that others may see, like every mail. So a kind declares its one link, and gets nothing else.
They are in English, as the desk is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webapp.rules.mail_kinds import MailWithLink


@dataclass(frozen=True, slots=True)
class NewsFacts:
    """What is true for a subscribed coordinator when a mail is about to be sent."""

    #: They have signed in since the mail was promised, and have seen what it would say.
    signed_in_since: bool
    #: Something is new, or deleting waits for a coordinator.
    is_new: bool


@dataclass(frozen=True, slots=True)
class CoordinatorMail(MailWithLink):
    """One kind of mail to a coordinator. Its link is the desk's first page, which asks them to sign in.

    The address is sealed to the mailer in the subscription, and wiped with it.
    """

    templates = "desk/emails"


@dataclass(frozen=True, slots=True)
class SomethingNew(CoordinatorMail):
    """Something came, changed or failed since they last looked. At most one a day."""

    name = "desk_news"

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """While it is news to them."""
        return facts.is_new and not facts.signed_in_since


@dataclass(frozen=True, slots=True)
class NewsBegins(CoordinatorMail):
    """To try the address: such mails are on from now."""

    name = "desk_news_begins"

    @classmethod
    def is_still_wanted(cls, facts: NewsFacts) -> bool:
        """As long as they are subscribed."""
        return True


COORDINATOR_MAILS: Final[Mapping[str, type[CoordinatorMail]]] = MappingProxyType(
    {kind.name: kind for kind in (SomethingNew, NewsBegins)}
)
