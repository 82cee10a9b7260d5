"""Words that stand on a page and were not sent: they are kept as they stand, and nothing is said about them."""

from collections.abc import Callable

from webapp.sessions import Visit


class Unsent:
    """What waits on one page: under `typed` the words, and under `noted` that nobody has sent them."""

    def __init__(self, visit: Visit, typed: str, noted: str) -> None:
        self.visit = visit
        self.typed = typed
        self.noted = noted

    @property
    def was_refused(self) -> bool:
        """Whether words were sent and not accepted: then the page says what is wrong."""
        return self.typed in self.visit and self.noted not in self.visit

    def keep(self, keep: Callable[[], None], *, worth_it: bool) -> None:
        """Let words wait that were not sent; where they say nothing new, nothing waits any more.

        A page that has said what is wrong goes on saying it.
        """
        complains = self.was_refused
        self.drop()
        if worth_it:
            keep()
            if not complains:
                self.visit[self.noted] = True

    def drop(self) -> None:
        """Nothing waits on this page any more."""
        for key in (self.typed, self.noted):
            self.visit.pop(key, None)
