"""Publishing a draft from the desk: the checks of the command `publish`, and the same service behind both.

The call takes the id of its draft, so that a draft is published once, however often the button is pressed.
"""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from webapp.rules import clock
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import translated_pairs
from webapp.rules.forms.draft_translation import LanguageState, Standing, begun, offered_form
from webapp.rules.languages.wording_fingerprints import wording_id
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.publishing.problems import Override, Problem
from webapp.rules.tell_back import MonthTooEarly, MonthTooLate, check_month
from webapp.services.forms import call_drafts, publishing, question_bank
from webapp.services.forms.call_drafts import AlreadyPublished, Draft
from webapp.services.forms.publishing import AddressRefused, AddressTaken
from webapp.services.keys import purpose_key_generation, recovery_state
from webapp.services.keys.recovery_state import NotRehearsed, SheetsMissing
from webapp.services.languages import text_reviews
from webapp.services.languages.text_reviews import Checked


class Obstacle(Enum):
    """What stands in the way of publishing, beside the problems of the form itself."""

    NO_ADDRESS = "no address"
    ADDRESS_TAKEN = "address taken"
    ADDRESS_TELLS = "address not neutral"
    NO_LAST_DAY = "no last day"
    LAST_DAY_OVER = "last day over"
    NO_MONTH = "no month to tell back"
    MONTH_TOO_EARLY = "month to tell back too early"
    MONTH_TOO_LATE = "month to tell back too late"
    SAME_TITLE = "same title"
    UNWRITTEN = "unwritten words"
    NOTHING_CHANGED = "nothing changed"
    SHEETS_MISSING = "sheets missing"
    NOT_REHEARSED = "not rehearsed"


class NotReady(Exception):
    """The draft cannot be published as it stands. Nothing was changed."""


@dataclass(frozen=True)
class Findings:
    """Everything that stands in the way: obstacles around the form, and problems of it. Languages in `left_out` are not
    ready, so the call is published without them."""

    obstacles: tuple[Obstacle, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[Standing, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the draft can be published."""
        return not self.obstacles and not self.problems


def check(content: CallDraftContent) -> Findings:
    """The publish check of a draft. Raises `NoRecoveryKey` or `KeySwapped` where stored keys are not as they were."""
    purpose_key_generation.check_holders()
    found = (
        _address(content.slug),
        _last_day(content),
        _month(content),
        _title(content),
        words_missing(content),
        sheets_missing(),
    )
    obstacles = tuple(one for one in found if one)
    problems = publish_problems(offered_form(content), overrides(content))
    return Findings(obstacles, problems, languages_left_out(content))


def languages_left_out(content: CallDraftContent) -> tuple[Standing, ...]:
    """The languages that were begun and are not ready: the call is published without them."""
    return tuple(one for one in begun(content) if one.state != LanguageState.READY)


def overrides(content: CallDraftContent) -> tuple[Override, ...]:
    """The reasons that the publish check still asks for. A reason for words that were changed since is not audited."""
    asked = {
        one.params.get("where")
        for one in publish_problems(content.form)
        if one.severity == "needs_reason"
    }
    return tuple(Override(key, why) for key, why in content.reasons.items() if key in asked)


def publish(draft: Draft, *, actor: UUID) -> None:
    """Publish exactly this version of the draft, in English and the languages that are ready.

    Raises `NotReady`, `AlreadyPublished`, and what `check` raises.
    """
    if draft.address:
        raise AlreadyPublished
    content = draft.content
    if content.closes_on is None or content.month is None or not check(content).ready:
        raise _not_published(draft)
    try:
        publishing.publish_call(
            offered_form(content),
            slug=content.slug,
            closes_on=content.closes_on,
            tell_back_by=content.month,
            actor=actor,
            overrides=overrides(content),
            call_id=draft.id,
        )
    except (AddressTaken, IntegrityError) as problem:
        raise _not_published(draft) from problem
    keep_reviews(content, actor)


def _not_published(draft: Draft) -> Exception:
    """Whether the button was pressed twice; else it is not ready, or another call took the address a moment ago."""
    return AlreadyPublished() if call_drafts.find(draft.id).address else NotReady()


def keep_reviews(content: CallDraftContent, actor: UUID) -> None:
    """Store the reviews of the published languages text by text, where *Languages* shows them. The audit log names the
    role. A crash before it leaves texts unreviewed there, and nothing worse.

    No role may write calls and not review languages (`rules.roles`), so this gives nobody a review they could not give.
    """
    for one in begun(content):
        if one.state == LanguageState.READY and one.review:
            code = one.language.code
            right = frozenset(
                wording_id(code, *pair) for pair in translated_pairs(content.form, code)
            )
            text_reviews.save(code, Checked(one.review.by, one.review.on, right), actor=actor)


def _address(slug: str) -> Obstacle | None:
    if not slug:
        return Obstacle.NO_ADDRESS
    try:
        publishing.check_address(slug)
    except AddressTaken:
        return Obstacle.ADDRESS_TAKEN
    except AddressRefused:
        return Obstacle.ADDRESS_TELLS
    return None


def _last_day(content: CallDraftContent) -> Obstacle | None:
    if content.closes_on is None:
        return Obstacle.NO_LAST_DAY
    return Obstacle.LAST_DAY_OVER if content.closes_on < clock.today() else None


def _month(content: CallDraftContent) -> Obstacle | None:
    if content.month is None:
        return Obstacle.NO_MONTH
    try:
        # Without a last day, the check of that says what to do.
        check_month(content.month, content.closes_on or clock.today(), clock.today())
    except MonthTooEarly:
        return Obstacle.MONTH_TOO_EARLY if content.closes_on else None
    except MonthTooLate:
        return Obstacle.MONTH_TOO_LATE if content.closes_on else None
    return None


def _title(content: CallDraftContent) -> Obstacle | None:
    return Obstacle.SAME_TITLE if publishing.open_call_titled(content.form.title["en"]) else None


def words_missing(content: CallDraftContent) -> Obstacle | None:
    """Whether words that only hold a place still stand in the draft."""
    return Obstacle.UNWRITTEN if question_bank.is_unwritten(content.form) else None


def sheets_missing() -> Obstacle | None:
    """Whether a recovery key that could not be opened again keeps everything from being published."""
    try:
        recovery_state.check_ready()
    except SheetsMissing:
        return Obstacle.SHEETS_MISSING
    except NotRehearsed:
        return Obstacle.NOT_REHEARSED
    return None
