"""Save and return: where a participant stopped, their return code, and the day on which what waits is erased."""

from collections.abc import Mapping
from datetime import date

from webapp.services.answers import return_drafts
from webapp.sessions import Visit


class WaitingAnswers:
    """What a Visit notes about one call's unfinished answers that wait under a return code, or may."""

    def __init__(self, visit: Visit, slug: str) -> None:
        self.visit = visit
        self.slug = slug

    def stop_at(self, step: str, **where: str) -> None:
        """Note where the participant stopped, and make their return code once: asking twice is then asking once."""
        self.visit[self._key("stopped-at")] = {"endpoint": step, **where}
        self.visit.setdefault(self._key("return-code"), {"code": return_drafts.new_code()})

    @property
    def stopped_at(self) -> dict[str, str] | None:
        """The step on which the participant stopped in this Visit."""
        stopped: dict[str, str] | None = self.visit.get(self._key("stopped-at"))
        return stopped

    @property
    def code(self) -> str | None:
        """The code under which these answers wait, or will when it is asked for."""
        made = self.visit.get(self._key("return-code"))
        return made["code"] if made else None

    @property
    def until(self) -> date | None:
        """The day on which what waits is erased; None while nothing waits."""
        made = self.visit.get(self._key("return-code")) or {}
        return date.fromisoformat(made["until"]) if "until" in made else None

    def note_waiting(self, code: str, until: date) -> None:
        """The answers wait under this code, until this day."""
        self.visit[self._key("return-code")] = {"code": code, "until": until.isoformat()}
        self.forget_thrown_away()

    def erase(self) -> bool:
        """Erase what waits in the store. Returns whether it is complete. Raises `StoreUnavailable`."""
        return self.code is None or return_drafts.throw_away(self.code).complete

    def note_thrown_away(self, complete: bool, *, had_code: bool) -> None:
        """Note that the participant erased their unfinished answers, until there are any again."""
        self.visit[self._key("thrown-away")] = {"complete": complete, "had_code": had_code}

    @property
    def thrown_away(self) -> Mapping[str, bool] | None:
        """Whether the erasing of unfinished answers is complete, and whether they waited under a return code; None when
        no participant asked for it, or there are new ones."""
        outcome: Mapping[str, bool] | None = self.visit.get(self._key("thrown-away"))
        return outcome

    def forget_thrown_away(self) -> None:
        """There are unfinished answers again."""
        self.visit.pop(self._key("thrown-away"), None)

    def _key(self, kind: str) -> str:
        return f"{kind}:{self.slug}"
