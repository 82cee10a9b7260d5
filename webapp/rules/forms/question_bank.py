"""The question bank and the templates of calls: tested wordings as data, in the shape of form definitions.

An entry of the bank is a page or several, or a question that stands on a page of its own until it is added to another.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition, PartRules
from webapp.rules.forms.questions import Page, PartName, SectionName
from webapp.rules.forms.texts import Frozen

EntryKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class BankEntry(Frozen):
    """One entry: what coordinators read about it, its pages, and the rules and consents that come with them.

    `is_block` keeps its pages together: they make sense only with one another, or come with a consent or a stop.
    """

    key: EntryKey
    name: str
    about: str
    is_block: bool = False
    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=20)]
    parts: dict[PartName, PartRules]
    consents: tuple[ConsentWording, ...] = ()

    @property
    def section(self) -> SectionName:
        """The section of the form that its pages belong to."""
        return self.pages[0].section


class CallTemplate(Frozen):
    """What a call can be started from."""

    key: EntryKey
    name: str
    about: str
    form: FormDefinition
