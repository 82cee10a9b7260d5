"""Input on a page that was not submitted: retained as it was typed, and not validated.

Autosave sends it while it is typed, beside what buttons send. Requests may arrive out of order, so each carries a
client timestamp, and older input never overwrites newer input.
"""

from collections.abc import Callable

from webapp.sessions import Visit
from webapp.ui.forms import Typed, was_cut
from webapp.ui.page_timestamps import AT, sent_at


class UnsentInput:
    """The retained input of one page. `key` makes the Visit's key for a kind of note about it.

    The note "unsent" is the client timestamp of input that was not submitted; refused input has none. Retained input is
    never evicted: where a Visit has no room for more, the page says that the new input is not saved (`VisitFull`).
    """

    def __init__(self, visit: Visit, key: Callable[[str], str]) -> None:
        self.visit = visit
        self.key = key

    @property
    def words(self) -> Typed | None:
        """Input that is not accepted; None when there is none, or a later submission superseded it."""
        words: Typed | None = self.visit.get(self.key("typed"))
        return None if 0 < self._written_at < self._newest else words

    @property
    def was_refused(self) -> bool:
        """Whether input was submitted and refused: then the page shows the errors."""
        return self.words is not None and self._written_at <= 0

    @property
    def is_stale(self) -> bool:
        """Whether this request is stale: a later submission superseded it."""
        return sent_at() <= self._newest

    def keep(self, words: Typed, *, worth_it: bool) -> None:
        """Retain input that was not submitted; delete it where it equals the saved answers (`worth_it` is false).

        A page that shows errors goes on showing them, and truncated input shows its error at once.
        """
        complains = self.was_refused or was_cut(words)
        if not worth_it:
            self.drop()
            return
        self.keep_refused(words)
        if not complains:
            self.visit[self.key("unsent")] = self._newest or 1

    def keep_refused(self, words: Typed) -> None:
        """Retain input that was submitted and refused, so that it is not typed twice; the page shows the
        errors."""
        self.drop()
        self.visit[self.key("typed")] = words
        if self._newest:
            # Set explicitly, not deleted: another tab may be saving input of this page at this moment.
            self.visit[self.key("unsent")] = -self._newest

    def drop(self) -> None:
        """Delete the retained input of this page, and ignore any with an older timestamp."""
        for kind in ("typed", "unsent"):
            self.visit.pop(self.key(kind), None)
        if self.visit.begun and sent_at() > self._newest:
            self.visit[self.key(AT)] = sent_at()

    @property
    def _written_at(self) -> int:
        return int(self.visit.get(self.key("unsent"), 0))

    @property
    def _newest(self) -> int:
        return int(self.visit.get(self.key(AT), 0))
