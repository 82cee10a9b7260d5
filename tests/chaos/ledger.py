"""The ledger of a chaos run: what people were told, every page that they saw, and what was wrong at that second."""

import html
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus

from babel.messages.pofile import read_po

from tests.integration.wire import Answered
from tests.live import ROOT

#: The first sentences of the page of 503, of each door.
KIND = {
    "public": "We cannot open our files right now",
    "desk": "Hearth cannot open its files right now",
}
#: Seconds after the end of a disturbance in which its effects may still be seen.
AFTERMATH = 2.0


@dataclass
class Period:
    """When a disturbance was there, in seconds of the run; `ended` is known when all is as before."""

    name: str
    began: float
    ended: float = float("inf")

    def holds(self, second: float) -> bool:
        return self.began <= second <= self.ended + AFTERMATH


@dataclass(frozen=True)
class Seen:
    """One answer: status 0 for a connection that broke, and what is wrong with the page, if anything is."""

    second: float
    status: int
    asked: str
    wrong: str = ""


@dataclass
class Ledger:
    """What was acknowledged. An act that was begun and not acknowledged may have happened, or not: never by half."""

    started: float = field(default_factory=time.monotonic)
    seen: list[Seen] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    turned_away: list[tuple[float, str]] = field(default_factory=list)
    #: Participants, by their codes: their words and addresses; which permission was taken back; who began to erase, and
    #: who was told that all is erased, and when.
    sent: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    taken_back: dict[str, str] = field(default_factory=dict)
    erasing: set[str] = field(default_factory=set)
    erased: dict[str, float] = field(default_factory=dict)
    #: Registrants: their addresses by their tickets; who began to cancel or delete; who was told, and when.
    booked: dict[str, str] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    deleted: dict[str, float] = field(default_factory=dict)
    #: How often a coordinator was shown somebody's answers.
    opened: int = 0

    def second(self) -> float:
        """The second of the run."""
        return time.monotonic() - self.started

    def see(self, method: str, path: str, answered: Answered | None) -> None:
        """Note an answer, or None for a broken connection."""
        asked = f"{method} {_without_secrets(path)}"
        if answered is None:
            self.seen.append(Seen(self.second(), 0, asked))
        else:
            wrong = wrong_with(answered, path)
            self.seen.append(Seen(self.second(), answered.status_code, asked, wrong))

    def at(self, second: float) -> str:
        """The disturbances of this second, in words."""
        return ", ".join(sorted({one.name for one in self.periods if one.holds(second)})) or "none"

    def during(self, period: Period) -> Counter[str]:
        """How many pages were served, how many were the kind page of 503, and how many connections broke."""
        kinds = [_kind(one) for one in self.seen if period.began <= one.second <= period.ended]
        return Counter(kinds)


def wrong_with(answered: Answered, path: str) -> str:
    """What is wrong with a page that a person sees: not ours, not kind, not in their language. Empty if nothing is."""
    status = answered.status_code
    if 300 <= status < 400:
        return "" if answered.headers.get("Location", "").startswith("/") else "sent away"
    if answered.mimetype != "text/html":
        return f"{status}: no page"
    page, desk = html.unescape(answered.body.decode()), path.startswith("/desk")
    language = "en" if desk else path.split("/")[1]
    if f'<html lang="{language}"' not in page:
        return f"{status}: not in {language}"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        kind = KIND["desk" if desk else "public"]
        return "" if in_words_of(language, kind) in page else "503: not the kind page"
    return f"{status}: an error of ours" if status > HTTPStatus.SERVICE_UNAVAILABLE - 4 else ""


@cache
def in_words_of(language: str, words: str) -> str:
    """A sentence of ours as this language has it; English, where it has none."""
    file = ROOT / "webapp" / "translations" / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return words
    with file.open("rb") as lines:
        found = read_po(lines).get(words)
    return str(found.string) if found and found.string and not found.fuzzy else words


def _kind(one: Seen) -> str:
    if not one.status:
        return "broken"
    return "unavailable" if one.status == HTTPStatus.SERVICE_UNAVAILABLE else "served"


def _without_secrets(path: str) -> str:
    """Tickets are in addresses."""
    return "/".join("…" if len(piece) > 20 else piece for piece in path.split("/"))
