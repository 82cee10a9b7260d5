"""Check answers: they are read back to the participant, consents are ticked, and the submission is stored."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from flask import render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.agreed_form import AgreedForm
from webapp.desk.on_behalf.entry_draft import (
    DRAFT,
    CannotBeEntered,
    Entry,
    agreed_to,
    page_of,
    take_up,
)
from webapp.desk.on_behalf.expired_session import Answer, carry_on, sign_in_here, words_come_along
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.consent import SHARING
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.rules.forms.texts import text_in
from webapp.rules.languages import spoken_languages
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES
from webapp.rules.languages.spoken_languages import Spoken
from webapp.rules.roles import Act
from webapp.services.answers import on_behalf, on_behalf_drafts
from webapp.services.answers.on_behalf import Heard
from webapp.services.answers.submissions import CallClosed
from webapp.services.keys import member_lists
from webapp.ui.answer_summary import in_words
from webapp.web.guards import may, opens_visit

CHECK = f"{DRAFT}/check"
ENGLISH = Spoken(DEFAULT.code)


@blueprint.get(CHECK)
@may(Act.ENTER_ANSWERS)
def on_behalf_check(slug: str, draft_id: UUID) -> str:
    """All answers page by page, to be read back, and the consents to ask for."""
    entry = take_up(slug, draft_id)
    entered, agreed = entry.entered, entry.draft.agreed
    members = member_lists.current()
    ticked = _ticked_beside(members.id.hex if members else "", agreed or [])
    form = AgreedForm(ticked, formdata=None if agreed is None else _formdata(agreed))
    if agreed is not None:
        form.validate()
    its_language = _spoken(entry)
    return render_template(
        "desk/on_behalf_check.html",
        entry=entry,
        call=entry.call,
        form=form,
        problems=form.problems if entered.is_ready else [],
        wrong=entered.wrong,
        read_back=[one for one in entered.pages if not one.because and _rows(entry, one.page.key)],
        rows=lambda key: _rows(entry, key),
        consents=[(one, *_worded(one, its_language)) for one in entered.consents()],
        ticked=ticked,
        members=members,
        spoken=spoken_languages.named(spoken_languages.note(its_language.name), its_language.code),
        reviewed=LANGUAGES[its_language.code].status == "reviewed",
        how=on_behalf.HOW[entry.draft.how],
    )


def _ticked_beside(list_now: str, agreed: Iterable[Sequence[str]]) -> list[str]:
    """The boxes that were kept. What was read aloud with another list of members must be asked again."""
    kept = [(name, value) for name, value in agreed]
    boxes = [value for name, value in kept if name == "consent"]
    same_list = list_now == dict(kept).get("members", "")
    return [box for box in boxes if same_list or box != SHARING]


def _formdata(agreed: object) -> MultiDict[str, str]:
    return MultiDict([(name, value) for name, value in agreed])  # type: ignore[attr-defined]


def _rows(entry: Entry, key: str) -> list[tuple[int | None, object, object]]:
    """The answered questions of one page: number, question, answer in words."""
    entered = entry.entered
    return [
        (entered.numbers.get(one.key), one.label, in_words(one, entered.answers[one.key]))
        for one in page_of(entry, key).asked
        if one.key in entered.answers
    ]


def _spoken(entry: Entry) -> Spoken:
    return spoken_languages.read(entry.draft.spoken) or ENGLISH


def _worded(wording: ConsentWording, its_language: Spoken) -> tuple[str, str]:
    """The exact words to read out, and the language that they are in."""
    return text_in(wording.text, its_language.worded_in)


@blueprint.post(CHECK)
@may(Act.ENTER_ANSWERS)
def on_behalf_check_post(slug: str, draft_id: UUID) -> Response:
    """Store the submission. Idempotent: a second press, or one after a crash, leads to the same receipt."""
    entry = take_up(slug, draft_id)
    boxes = request.form.getlist("consent")
    form = AgreedForm(boxes)
    if not entry.entered.is_ready or not form.validate():
        _keep_agreed(entry)
        return see_other("on_behalf_check", slug=slug, draft_id=draft_id)
    try:
        _store(entry, boxes, form.agreed.data)
    except CallClosed:
        raise CannotBeEntered from None
    except (AnswersMissing, Stopped):
        # The form changed meanwhile: look through it once more.
        return see_other("on_behalf_check", slug=slug, draft_id=draft_id)
    return see_other("on_behalf_code", slug=slug, draft_id=draft_id)


def _store(entry: Entry, boxes: list[str], agreed: str | None) -> None:
    given = {one.purpose: one.purpose in boxes for one in entry.entered.consents()}
    how_agreed = agreed if any(given.values()) else None
    on_behalf.enter_for(
        signed_in(),
        entry.call,
        submission_id=UUID(hex=entry.draft.submission_id),
        receipt=entry.draft.receipt,
        answers=entry.entered.answers,
        given=given,
        heard=Heard(entry.draft.how, how_agreed, entry.told_on, _spoken(entry)),
        members=id_in(request.form.get("members", "")),
    )
    on_behalf_drafts.keep_code_alone(signed_in(), entry.id)


carry_on(
    "desk.on_behalf_check",
    "desk.on_behalf_check_post",
    "desk.on_behalf_code",
    "desk.on_behalf_code_post",
    page="desk.on_behalf_check_post",
    sign_in="desk.on_behalf_check_sign_in",
)


@blueprint.post(f"{CHECK}/sign-in")
@opens_visit
def on_behalf_check_sign_in(slug: str, draft_id: UUID) -> Answer:
    """Sign in after the session expired, and keep what was ticked. The submission is stored after one more press."""
    if refused := sign_in_here("desk.on_behalf_check_post", "desk.on_behalf_check_sign_in"):
        return refused
    entry = take_up(slug, draft_id)
    if words_come_along():
        _keep_agreed(entry)
    return see_other("on_behalf_check", slug=slug, draft_id=draft_id)


def _keep_agreed(entry: Entry) -> None:
    boxes = [("consent", box) for box in request.form.getlist("consent")]
    members = ("members", request.form.get("members", ""))
    agreed = [("agreed", request.form.get("agreed", "")), members, *boxes]
    on_behalf_drafts.change(signed_in(), entry.id, lambda draft: agreed_to(draft, agreed))
