"""Words that stand on a page and were not sent: they are kept as they stand, and nothing is said about them.

The script keeps them while somebody writes, beside what buttons send. Its posts may be overtaken on their way, so each
says when it was written, by the clock of that device, and older words never take the place of newer ones.
"""

from collections.abc import Callable

from flask import request

from webapp.sessions import Visit
from webapp.ui.forms import LONGEST_TYPED, Typed, typed_bytes

#: The field that says when a page was written, in milliseconds; empty without scripts.
AT = "at"
MOST_DIGITS = 15


class Unsent:
    """What waits on one page. `key` makes the Visit's key for a kind of note about it.

    The note "unsent" says when words were written that nobody sent; there is none beside words that were refused.
    All that waits under keys that begin with `among` shares the room there is, and for the newest words the oldest go;
    without it, nothing else goes.
    """

    def __init__(self, visit: Visit, key: Callable[[str], str], among: str | None = None) -> None:
        self.visit = visit
        self.key = key
        self.among = among

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

        A page that has said what is wrong goes on saying it.
        """
        complains = self.was_refused
        if not worth_it:
            self.drop()
            return
        self.keep_refused(words)
        if not complains:
            self.visit[self.key("unsent")] = self._newest or 1

    def keep_refused(self, words: Typed) -> None:
        """Let words wait that were sent and not accepted: nobody types them twice, and the page says what is wrong."""
        self.drop()
        if self.among is None:
            self.visit[self.key("typed")] = words
        else:
            keep_newest(self.visit, self.among, self.key("typed"), words)
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


def sent_at() -> int:
    """When the page of this request was written, as its device says; 0 when it does not."""
    at = request.form.get(AT, "")
    return int(at) if at.isascii() and at.isdecimal() and len(at) <= MOST_DIGITS else 0


def keep_newest(visit: Visit, among: str, key: str, typed: Typed) -> None:
    """Keep typed words beside all that waits under keys that begin with `among`; without room, the oldest go."""
    visit.pop(key, None)
    waiting = [each for each in visit if each.startswith(among)]
    room = LONGEST_TYPED - typed_bytes(typed)
    while waiting and sum(typed_bytes(visit[each]) for each in waiting) > room:
        del visit[waiting.pop(0)]
    visit[key] = typed
