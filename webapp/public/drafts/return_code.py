"""Save and return: the step where a participant stopped, their return code, and when the stored draft is erased."""

from collections.abc import Mapping
from datetime import date

from webapp.services.answers import return_drafts
from webapp.sessions import Visit


class WaitingAnswers:
    """A Visit's notes about the draft of one call that is stored under a return code, or may be."""

    def __init__(self, visit: Visit, slug: str) -> None:
        self.visit = visit
        self.slug = slug

    def stop_at(self, step: str, **where: str) -> None:
        """Note the step where the participant stopped, and generate their return code once (idempotent)."""
        self.visit[self._key("stopped-at")] = {"endpoint": step, **where}
        self.visit.setdefault(self._key("return-code"), {"code": return_drafts.new_code()})

    @property
    def stopped_at(self) -> dict[str, str] | None:
        """The step on which the participant stopped in this Visit."""
        stopped: dict[str, str] | None = self.visit.get(self._key("stopped-at"))
        return stopped

    @property
    def code(self) -> str | None:
        """The return code of the draft, stored or to be stored."""
        made = self.visit.get(self._key("return-code"))
        return made["code"] if made else None

    @property
    def until(self) -> date | None:
        """The day on which the stored draft is erased; None while none is stored."""
        made = self.visit.get(self._key("return-code")) or {}
        return date.fromisoformat(made["until"]) if "until" in made else None

    def note_waiting(self, code: str, until: date) -> None:
        """Note that the draft is stored under this code, until this day."""
        self.visit[self._key("return-code")] = {"code": code, "until": until.isoformat()}
        self.forget_thrown_away()

    def erase(self) -> bool:
        """Erase the stored draft. Returns whether erasing is complete. Raises `StoreUnavailable`."""
        return self.code is None or return_drafts.throw_away(self.code).complete

    def note_thrown_away(self, complete: bool, *, had_code: bool) -> None:
        """Note that the participant erased their unfinished answers, until there are new ones."""
        self.visit[self._key("thrown-away")] = {"complete": complete, "had_code": had_code}

    @property
    def thrown_away(self) -> Mapping[str, bool] | None:
        """Whether erasing is complete, and whether the draft was stored under a return code; None when no participant
        erased any, or there are new ones."""
        outcome: Mapping[str, bool] | None = self.visit.get(self._key("thrown-away"))
        return outcome

    def forget_thrown_away(self) -> None:
        """Delete that note, because there are unfinished answers again."""
        self.visit.pop(self._key("thrown-away"), None)

    def _key(self, kind: str) -> str:
        return f"{kind}:{self.slug}"
