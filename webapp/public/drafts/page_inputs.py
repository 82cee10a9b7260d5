"""The input of each page of a form in a Visit: accepted answers, refused input, and input that was not submitted."""

from collections.abc import Iterable, Mapping, Sequence

from webapp.public.drafts.unsent_input import UnsentInput
from webapp.rules.forms.kinds.kind import Answer
from webapp.rules.forms.questions import Page
from webapp.sessions import Visit
from webapp.ui.forms import Typed, differs, keep_typed
from webapp.ui.page_timestamps import AT

#: The Visit's kinds of key for a page.
PAGE_KINDS = ("answers", "typed", "unsent")


class PageInputs:
    """The pages of one draft in a Visit.

    Every page has a key of its own, so that two tabs on two pages overwrite nothing of each other (lost update).
    `prefix` separates a correction, and answers after submission, from a new submission to the same call.
    """

    def __init__(self, visit: Visit, slug: str, prefix: str = "") -> None:
        self.visit = visit
        self.slug = slug
        self.prefix = prefix

    def key(self, kind: str, page: str | None = None) -> str:
        """The Visit's key of one kind, for the whole draft or for one page of it."""
        return ":".join(filter(None, (f"{self.prefix}{kind}", self.slug, page)))

    def answers_on(self, page: Page) -> Mapping[str, Answer]:
        """The accepted answers of one page."""
        answers: Mapping[str, Answer] = self.visit.get(self.key("answers", page.key), {})
        return answers

    def answers_on_all(self, pages: Iterable[Page]) -> dict[str, Answer]:
        """All accepted answers of these pages."""
        found: dict[str, Answer] = {}
        start, visit = f"{self.key('answers')}:", self.visit
        for page in pages:
            if answers := visit.get(start + page.key):
                found.update(answers)
        return found

    def was_asked(self, page: Page) -> bool:
        """Whether this page was answered or skipped."""
        return self.key("answers", page.key) in self.visit

    def has_nothing_on(self, page: Page) -> bool:
        """Whether this page holds no input at all, neither accepted nor retained."""
        return not self.answers_on(page) and self.typed_on(page) is None

    def holds_something_on(self, page: Page) -> bool:
        """Whether there is something on this page to delete: an answer, or retained input. Pressing Continue on an
        empty page leaves nothing."""
        waiting = self.typed_on(page) or ()
        return bool(self.answers_on(page)) or any(value.strip() for _, value in waiting)

    def save(self, page: Page, answers: Mapping[str, Answer]) -> None:
        """Save the accepted answers of one page, and drop its retained input."""
        self.visit[self.key("answers", page.key)] = dict(answers)
        self.unsent(page).drop()

    def typed_on(self, page: Page) -> Typed | None:
        """The input of a page that is not accepted yet; None when there is none."""
        return self.unsent(page).words

    def keep_refused(self, page: Page, sent: Iterable[Sequence[str]]) -> None:
        """Retain refused input as it was typed, so that no participant types it twice."""
        self.unsent(page).keep_refused(keep_typed(page, sent))

    def keep_unsent(self, page: Page, sent: Typed) -> None:
        """Retain input that was not submitted. It is not validated until it is."""
        new = differs(page, sent, self.answers_on(page))
        self.unsent(page).keep(keep_typed(page, sent), worth_it=new)

    def unsent(self, page: Page) -> UnsentInput:
        """The retained input of a page, and whether it was submitted."""
        return UnsentInput(self.visit, lambda kind: self.key(kind, page.key))

    def drop(self, page: Page) -> None:
        """Delete the state of one page, as if it had never been asked."""
        for kind in PAGE_KINDS:
            self.visit.pop(self.key(kind, page.key), None)

    def forget(self) -> None:
        """Delete the state of every page of this draft."""
        for kind in (*PAGE_KINDS, AT):
            # With the colon: another call's slug may begin with this one's.
            self.visit.forget(f"{self.key(kind)}:")
