"""Input that stands on a page and was not submitted: it is kept as it stands, and not validated.

Autosave sends it while it is typed, beside what buttons send. Its posts may be overtaken on their way, so each
says when it was written, by the clock of that device, and older words never take the place of newer ones.
"""

from collections.abc import Callable

from webapp.sessions import Visit
from webapp.ui.forms import Typed, was_cut
from webapp.ui.page_timestamps import AT, sent_at


class UnsentInput:
    """What waits on one page. `key` makes the Visit's key for a kind of note about it.

    The note "unsent" says when words were written that were not submitted; refused words have none. Nothing that waits
    gives way to anything else: where a Visit has no room for more, the page says that the new words are not kept
    (`VisitFull`).
    """

    def __init__(self, visit: Visit, key: Callable[[str], str]) -> None:
        self.visit = visit
        self.key = key

    @property
    def words(self) -> Typed | None:
        """What was typed and not accepted; None when nothing waits, or it was overtaken by what was sent after it."""
        words: Typed | None = self.visit.get(self.key("typed"))
        return None if 0 < self._written_at < self._newest else words

    @property
    def was_refused(self) -> bool:
        """Whether words were sent and not accepted: then the page says what is wrong."""
        return self.words is not None and self._written_at <= 0

    @property
    def is_old_news(self) -> bool:
        """Whether what comes with this request was overtaken by what was sent after it."""
        return sent_at() <= self._newest

    def keep(self, words: Typed, *, worth_it: bool) -> None:
        """Let words wait that were not sent; where they say nothing new, nothing waits any more.

        A page that has said what is wrong goes on saying it, and one whose words were cut says that at once.
        """
        complains = self.was_refused or was_cut(words)
        if not worth_it:
            self.drop()
            return
        self.keep_refused(words)
        if not complains:
            self.visit[self.key("unsent")] = self._newest or 1

    def keep_refused(self, words: Typed) -> None:
        """Let words wait that were sent and not accepted, so that they are not typed twice; the page says what is
        wrong."""
        self.drop()
        self.visit[self.key("typed")] = words
        if self._newest:
            # Said outright: another tab may keep words of this page at this moment.
            self.visit[self.key("unsent")] = -self._newest

    def drop(self) -> None:
        """Nothing waits on this page any more, and nothing that was written before now will."""
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
