"""The draft of optional equality monitoring answers, given after submission: separate from the main draft."""

from functools import cached_property
from uuid import UUID, uuid4

from flask import request

from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.sent_answers import AFTER, AFTER_BEGUN, AFTER_GIVEN, Sent
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.progress import Place
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import form_without
from webapp.services.calls.published_calls import Call
from webapp.sessions import Visit

#: What a form's address says while somebody answers these, so that it is understood when the Visit is over.
MODE = {"for": "more"}


class AboutYou(Answering):
    """A few answers that join what was just sent, by the code that is still on the page."""

    def __init__(self, call: Call, visit: Visit, joins: Sent) -> None:
        super().__init__(call, visit)
        self.joins = joins

    @classmethod
    def find(cls, call: Call, visit: Visit) -> "AboutYou | None":
        """Where this visitor is with these questions; None before anything was sent."""
        sent = Sent.find(visit, call.slug)
        return cls(call, visit, sent) if sent is not None else None

    @staticmethod
    def was_meant() -> bool:
        """Whether the form that was sent asks these questions."""
        return all(request.args.get(name) == value for name, value in MODE.items())

    @staticmethod
    def is_of(belongs_to: str, slug: str, visit: Visit) -> bool:
        """Whether a form with this tag belongs to what was sent in this Visit."""
        sent = Sent.find(visit, slug)
        return sent is not None and sent.belongs_to == belongs_to

    @cached_property
    def form(self) -> FormDefinition:
        """These questions alone, without pages that what was sent rules out."""
        asked = form_without(self.call.form, ("call", "contact"))
        return form_without_pages(asked, self.joins.off_route)

    @property
    def may_be_asked(self) -> bool:
        """Whether there are such questions, they were not answered yet, and the call still takes answers."""
        is_open = self.call.accepts_answers(clock.today())
        return bool(self.form.pages) and not self.given and is_open

    @property
    def under_way(self) -> bool:
        """Whether somebody went on from the explanation to the questions."""
        return AFTER_BEGUN + self.call.slug in self.visit and not self.given

    @property
    def given(self) -> bool:
        """Whether they were sent."""
        return AFTER_GIVEN + self.call.slug in self.visit

    def begin(self) -> None:
        """Go on to the questions. The id that makes a doubled post one is made here, once."""
        self.visit.setdefault(AFTER_BEGUN + self.call.slug, uuid4().hex)

    @property
    def id(self) -> UUID:
        """What a doubled post knows itself by."""
        return UUID(hex=self.visit[AFTER_BEGUN + self.call.slug])

    def note_given(self) -> None:
        """They are stored: nothing of them stays here."""
        self.forget()
        self.visit[AFTER_GIVEN + self.call.slug] = True

    def forget(self) -> None:
        super().forget()
        self.visit.pop(AFTER_BEGUN + self.call.slug, None)

    @property
    def helped(self) -> bool:
        """Whoever helped before is told so here, too."""
        return self.joins.was_helped

    @property
    def mode(self) -> dict[str, str]:
        return MODE

    @property
    def belongs_to(self) -> str:
        return self.joins.belongs_to

    @property
    def can_stop(self) -> bool:
        """They may leave it, and answer these another day with their code."""
        return False

    @property
    def begun(self) -> bool:
        return True

    @property
    def sent(self) -> None:
        return None

    def place_of(self, page: Page) -> Place | None:
        """Nothing is counted: the way to Send is over."""
        return None

    def _key(self, kind: str, page: str | None = None) -> str:
        return super()._key(f"{AFTER}{kind}", page)


def form_without_pages(form: FormDefinition, keys: tuple[str, ...]) -> FormDefinition:
    """The same form without these pages; it is for asking, and is never stored."""
    if not keys:
        return form
    pages = tuple(page for page in form.pages if page.key not in keys)
    return FormDefinition.model_construct(**{**dict(form), "pages": pages})
