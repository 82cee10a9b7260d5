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
class CoordinatorMail(MailWithLink):
    """One kind of mail to a coordinator. Its link is the desk's first page, which asks them to sign in."""

    @property
    def subject_template(self) -> str:
        """The template of the subject, beside the pages of the desk."""
        return f"desk/emails/{self.name}/subject.txt"

    @property
    def body_template(self) -> str:
        """The template of the body."""
        return f"desk/emails/{self.name}/body.txt"


@dataclass(frozen=True, slots=True)
class SomethingNew(CoordinatorMail):
    """Something came, changed or failed since they last looked. At most one a day."""

    name = "desk_news"


@dataclass(frozen=True, slots=True)
class NewsBegins(CoordinatorMail):
    """To try the address: such mails are on from now."""

    name = "desk_news_begins"


COORDINATOR_MAILS: Final[Mapping[str, type[CoordinatorMail]]] = MappingProxyType(
    {kind.name: kind for kind in (SomethingNew, NewsBegins)}
)
