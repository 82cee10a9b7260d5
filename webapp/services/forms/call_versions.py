"""A new version of a published call: begun from what is published, checked, and published under the next number.

The address, the call's id, its keys and its days stay. Versions are only added: what was answered, agreed to and sealed
on an older one stays on it, and who is in the middle of it finishes on it.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import (
    Call as CallRow,
)
from webapp.models import (
    CallDraft,
    ConsentStatement,
    FormVersion,
    PublishedVersion,
    PurposeKey,
    VersionDraft,
)
from webapp.rules import clock
from webapp.rules.audit_details import OfVersion
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import (
    LONGEST_ROLE,
    DraftLanguage,
    LanguageReview,
    fingerprint,
    translated_pairs,
)
from webapp.rules.forms.draft_translation import TRANSLATABLE, offered_form
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_difference import DifferenceLine, difference
from webapp.rules.forms.form_editing import edited
from webapp.rules.languages.wording_fingerprints import wording_id
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.publishing.version_checks import version_problems, with_consent_versions
from webapp.services.calls import form_versions, published_calls, tell_backs
from webapp.services.calls.published_calls import Call
from webapp.services.forms import call_drafts, draft_publishing, publishing
from webapp.services.forms.call_drafts import AlreadyPublished, Draft, VersionOf
from webapp.services.forms.draft_publishing import Findings, NotReady, Obstacle
from webapp.services.infrastructure import audit, read_cache, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import purpose_key_generation
from webapp.services.languages import text_reviews

BEGUN: Final = "Began a new version"


def begin(slug: str, *, actor: UUID) -> UUID:
    """A draft of the call's next version, with its translations and their reviews. Returns its id.

    One for each call: where one is open already, it is that. Raises `NoSuchCall`, `TooManyDrafts`, `RowForged`;
    `EditConflict` where a version was published at this moment.
    """
    read, draft_id = published_calls.find_call(slug), uuid4()
    content = _content_of(read)
    with stores.writing() as main:
        # The lock of the call's row: two at once must not both find none.
        call = _locked(main, slug)
        there = select(VersionDraft).where(
            VersionDraft.call_id == call.id, VersionDraft.published_as.is_(None)
        )
        if (found := main.scalars(there).one_or_none()) is not None:
            return found.draft_id
        if call.form_version != read.form_version:
            # Another version was published since it was read: a draft of the older one would take it back.
            raise EditConflict
        call_drafts.add(main, draft_id, content, what=BEGUN, actor=actor)
        main.add(VersionDraft(draft_id=draft_id, call_id=call.id, based_on=call.form_version))
    return draft_id


def open_draft(call: Call) -> UUID | None:
    """The draft of the call's next version, if one is open."""
    with stores.reading() as main:
        there = select(VersionDraft).where(
            VersionDraft.call_id == call.id, VersionDraft.published_as.is_(None)
        )
        found = main.scalars(there).one_or_none()
    return found.draft_id if found else None


def before_and_after(
    of: VersionOf, content: CallDraftContent
) -> tuple[FormDefinition, FormDefinition]:
    """The form that is published now, and the one that would be. Raises `RowForged`."""
    call = published_calls.find_by_id(of.call_id)
    return call.form, _to_publish(call, content)


def difference_to(of: VersionOf, content: CallDraftContent) -> tuple[DifferenceLine, ...]:
    """What would be different from the version that is published now."""
    return difference(*before_and_after(of, content))


def check(of: VersionOf, content: CallDraftContent) -> Findings:
    """The publish check of a new version: that of a first one, but for the call's address and days; and what must mean
    the same in every version. Raises `NoRecoveryKey` or `KeySwapped` where stored keys are not as they were."""
    purpose_key_generation.check_holders()
    call, form = published_calls.find_by_id(of.call_id), offered_form(content)
    found = (
        _title(of, form),
        draft_publishing.words_missing(content),
        draft_publishing.sheets_missing(),
        None if difference_to(of, content) else Obstacle.NOTHING_CHANGED,
    )
    problems = (
        *publish_problems(form, draft_publishing.overrides(content)),
        *version_problems(list(form_versions.forms_of(call)), form),
    )
    return Findings(
        tuple(one for one in found if one), problems, draft_publishing.languages_left_out(content)
    )


def publish(draft: Draft, *, actor: UUID, reason: str) -> int:
    """Publish exactly this version of the draft under the call's next number, which it returns.

    `reason` is at most 200 characters, and goes into the record. Raises `AlreadyPublished` for the second of two who
    press at once; `NotReady` where the draft or the call was changed meanwhile; and what `check` raises.
    """
    of = draft.of
    if of is None or not check(of, draft.content).ready:
        raise _why_not(draft)
    keys = purpose_key_generation.make_for(of.call_id, _new_parts(of, draft.content))
    try:
        with stores.writing() as main:
            number = _store(main, draft, of, actor, reason)
            main.add_all(keys)
    except IntegrityError as problem:
        raise _why_not(draft) from problem
    read_cache.forget(("call", of.slug), "open calls", ("statements", of.call_id, number))
    draft_publishing.keep_reviews(draft.content, actor)
    return number


def _why_not(draft: Draft) -> Exception:
    return AlreadyPublished() if call_drafts.find(draft.id).address else NotReady()


def _store(main: Session, draft: Draft, of: VersionOf, actor: UUID, reason: str) -> int:
    row = _locked(main, of.slug)
    stands = main.scalars(
        select(CallDraft).where(CallDraft.id == draft.id).with_for_update()
    ).one_or_none()
    mark = main.get(VersionDraft, draft.id, populate_existing=True)
    if mark is not None and mark.published_as is not None:
        raise AlreadyPublished
    # Checked again under the lock (time-of-check to time-of-use): what is published is what was checked and shown.
    if stands is None or stands.version != draft.version:
        raise NotReady
    if mark is None or mark.based_on != row.form_version:
        raise NotReady
    number = row.form_version + 1
    _add_version(main, of.call_id, number, draft.content, actor, reason)
    row.form_version = mark.published_as = number
    overrides = draft_publishing.overrides(draft.content)
    publishing.enter_overrides(main, actor, AuditEvent.CALL_CHECK_OVERRIDDEN, of.call_id, overrides)
    audit.enter(main, actor, AuditEvent.CALL_CHANGED, of.call_id, reason, detail=OfVersion(number))
    return number


def _add_version(
    main: Session,
    call_id: UUID,
    number: int,
    content: CallDraftContent,
    actor: UUID,
    reason: str,
) -> None:
    there = _published_words(main, call_id)
    form = with_consent_versions(offered_form(content), there)
    main.add(
        FormVersion(
            owner_id=call_id,
            number=number,
            definition=form.model_dump_json(),
            published_on=clock.today(),
        )
    )
    main.flush()
    main.add(
        PublishedVersion(call_id=call_id, number=number, published_by=str(actor), reason=reason)
    )
    main.add_all(
        one
        for one in publishing.statements(call_id, form)
        if (one.purpose, one.version, one.language) not in there
    )


def _published_words(main: Session, call_id: UUID) -> dict[tuple[str, int, str], str]:
    """Every wording that people may have agreed to. One that was changed by hand counts as another: its number stays
    taken, and the consent gets a new version."""
    query = select(ConsentStatement).where(ConsentStatement.owner_id == call_id)
    rows = main.scalars(query.execution_options(**TOLERANT)).all()
    ours = {one.id for one in genuine(rows)}
    return {
        (one.purpose, one.version, one.language): one.wording if one.id in ours else ""
        for one in rows
    }


def _to_publish(call: Call, content: CallDraftContent) -> FormDefinition:
    with stores.reading() as main:
        return with_consent_versions(offered_form(content), _published_words(main, call.id))


def _new_parts(of: VersionOf, content: CallDraftContent) -> tuple[str, ...]:
    """The parts that no version had: only they need keys."""
    with stores.reading() as main:
        query = select(PurposeKey.purpose).where(PurposeKey.owner_id == of.call_id)
        there = set(main.scalars(query))
    return tuple(part for part in offered_form(content).parts if part not in there)


def _title(of: VersionOf, form: FormDefinition) -> Obstacle | None:
    taken = publishing.open_call_titled(form.title["en"], but=of.call_id)
    return Obstacle.SAME_TITLE if taken else None


def _locked(main: Session, slug: str) -> CallRow:
    row = main.scalars(
        select(CallRow)
        .where(CallRow.slug == slug)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise published_calls.NoSuchCall(slug)
    return row


# What a new version begins with


def _content_of(call: Call) -> CallDraftContent:
    month = tell_backs.find(call.id).by
    return _as_drafted(call).model_copy(
        update={
            "slug": call.slug,
            "closes_on": call.closes_on,
            "tell_back_by": str(month) if month else None,
        }
    )


def _as_drafted(call: Call) -> CallDraftContent:
    """The draft that the version was published from, with translations that were not ready yet; where there is none,
    what is published, with the reviews of *Languages*."""
    for draft in call_drafts.listed()[0]:
        is_it = draft.id == call.id if call.form_version == 1 else _is_of(draft.of, call)
        if is_it and draft.address:
            form = _with_versions_of(draft.content.form, call.form)
            content = draft.content.model_copy(update={"form": form})
            if offered_form(content) == call.form:
                return content
    return CallDraftContent(form=call.form, languages=_reviewed(call.form))


def _is_of(of: VersionOf | None, call: Call) -> bool:
    return of is not None and (of.call_id, of.published_as) == (call.id, call.form_version)


def _with_versions_of(form: FormDefinition, published: FormDefinition) -> FormDefinition:
    versions = {one.purpose: one.version for one in published.consents}
    consents = tuple(
        one.model_copy(update={"version": versions.get(one.purpose, one.version)})
        for one in form.consents
    )
    return edited(form, consents=consents)


def _reviewed(form: FormDefinition) -> dict[str, DraftLanguage]:
    """The languages of a form. Where every text of one was reviewed as it stands, with the newest of these reviews."""
    found: dict[str, DraftLanguage] = {}
    for language in TRANSLATABLE:
        code = language.code
        if pairs := translated_pairs(form, code):
            reviews = text_reviews.reviews_of(code)
            wordings = [wording_id(code, *pair) for pair in pairs]
            found[code] = DraftLanguage(review=_review(form, code, reviews, wordings))
    return found


def _review(
    form: FormDefinition,
    code: str,
    reviews: Mapping[bytes, text_reviews.Review],
    wordings: list[Any],
) -> LanguageReview | None:
    if not all(one in reviews for one in wordings):
        return None
    newest = max((reviews[one] for one in wordings), key=lambda one: one.on)
    return LanguageReview(by=newest.by[:LONGEST_ROLE], on=newest.on, words=fingerprint(form, code))
