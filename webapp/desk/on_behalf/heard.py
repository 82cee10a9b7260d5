"""How a participant's answers reached us: by phone, on paper, face to face. The first page of a draft."""

from dataclasses import replace
from uuid import UUID, uuid4

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.on_behalf.entry_draft import (
    BEHALF,
    DRAFT,
    CannotBeEntered,
    Entry,
    entries,
    take_up,
)
from webapp.desk.on_behalf.heard_form import HeardForm
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules import clock
from webapp.rules.languages import spoken_languages
from webapp.rules.roles import Act
from webapp.services.answers import on_behalf_drafts
from webapp.services.answers.on_behalf_drafts import MOST, Draft, NoSuchDraft, TooManyDrafts
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.keys import organisations
from webapp.web.guards import may


@blueprint.get(BEHALF)
@may(Act.ENTER_ANSWERS)
def on_behalf(slug: str) -> str:
    """How the answers reach us; before it, what a participant on the phone must know (informed consent)."""
    call = _open(slug)
    form = HeardForm(call, told_on=clock.today())
    return _begin_page(call, form)


@blueprint.post(BEHALF)
@may(Act.ENTER_ANSWERS)
def on_behalf_post(slug: str) -> Response | tuple[str, int]:
    """Begin a draft. Idempotent."""
    call = _open(slug)
    form = HeardForm(call)
    if not form.validate() or form.told_on is None:
        return _begin_page(call, form), 400
    asked = form_versions.at_or_newest(call, form.form_version)
    draft = on_behalf_drafts.new_draft(
        slug,
        how=form.how.data,
        told_on=form.told_on,
        spoken=form.spoken.data,
        form_version=asked.form_version,
    )
    try:
        draft_id = on_behalf_drafts.begin(signed_in(), draft, _once())
    except TooManyDrafts:
        return render_template("desk/on_behalf_too_many.html", most=MOST), 409
    return see_other("on_behalf_page", slug=slug, draft_id=draft_id, key=asked.form.pages[0].key)


def _once() -> UUID:
    """The idempotency key that the page made: pressing twice begins one draft."""
    return id_in(request.form.get("once")) or uuid4()


def _open(slug: str) -> Call:
    call, today = published_calls.find_call(slug), clock.today()
    if not (call.accepts_answers(today) or call.takes_late_paper(today)):
        raise CannotBeEntered
    return call


def _begin_page(call: Call, form: HeardForm) -> str:
    return render_template(
        "desk/on_behalf.html",
        call=call,
        form=form,
        problems=form.problems,
        late=not call.accepts_answers(clock.today()),
        once=_once().hex,
        members=organisations.coalition().members,
        entry=None,
        entries=entries(call.slug),
        names=spoken_languages.names(),
    )


@blueprint.get(f"{DRAFT}/heard")
@may(Act.ENTER_ANSWERS)
def on_behalf_heard(slug: str, draft_id: UUID) -> str:
    """How these answers reached us, to be corrected."""
    entry = take_up(slug, draft_id)
    form = HeardForm(
        entry.call,
        begins=False,
        told_on=entry.told_on,
        data={"how": entry.draft.how, "spoken": entry.draft.spoken},
    )
    return _heard_page(entry, form)


@blueprint.post(f"{DRAFT}/heard")
@may(Act.ENTER_ANSWERS)
def on_behalf_heard_post(slug: str, draft_id: UUID) -> Response | tuple[str, int]:
    """Correct it in the draft."""
    entry = take_up(slug, draft_id)
    form = HeardForm(entry.call, begins=False)
    if not form.validate() or form.told_on is None:
        return _heard_page(entry, form), 400
    how, told_on, named = form.how.data, form.told_on.isoformat(), form.spoken.data

    def changed(draft: Draft) -> Draft:
        return draft if draft.sent else replace(draft, how=how, told_on=told_on, spoken=named)

    try:
        on_behalf_drafts.change(signed_in(), draft_id, changed)
    except NoSuchDraft:
        raise NotHere(draft_id) from None
    return see_other("on_behalf_page", slug=slug, draft_id=draft_id, key=entry.go_on_at)


def _heard_page(entry: Entry, form: HeardForm) -> str:
    return render_template(
        "desk/on_behalf.html",
        call=entry.call,
        form=form,
        problems=form.problems,
        late=not entry.call.accepts_answers(clock.today()),
        once=None,
        entry=entry,
        entries=[],
        names=spoken_languages.names(),
    )
