"""Correcting what is held, with the code alone: the question pages again, then "Save my changes"."""

from collections.abc import Collection

from flask import abort, g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.correction_draft import MODE, Correction, keep_late
from webapp.public.drafts.equality_draft import AboutYou
from webapp.public.drafts.held_answers import held_now, note_gone
from webapp.public.shared.blueprint import (
    CannotBeSent,
    blueprint,
    limit,
    note_news,
    see_other,
    tell_again,
    was_told,
)
from webapp.rules import consent
from webapp.rules.forms.form_definition import ConsentWording, NoSuchPage
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.services.answers import corrections
from webapp.services.answers.corrections import NothingLeft
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import Visit
from webapp.ui.forms import keep_typed
from webapp.web.guards import in_visit
from webapp.web.post_redirect_get import page_is

EXPIRED = "expired-changes"


class AlreadyCorrected(Exception):
    """The correction is over in this Visit: Back from it, a doubled post, or something pressed in another tab."""


@blueprint.errorhandler(AlreadyCorrected)
def show_what_is_held(error: AlreadyCorrected) -> Response:
    """Whatever was pressed: it is saved, or was left as it was. Show what is held now."""
    tell_again()
    return see_other("held")


@blueprint.post("/<language>/choices/correct")
@in_visit
@page_is("public.held")
def correct() -> Response:
    """Begin correcting, or go on with it: on the page of the button that was pressed."""
    correction = Correction.begin_with(held_now(), sessions.current())
    slug = correction.call.slug
    if "take-out" in request.form:
        correction.choose_more("skip")
        return see_other("check", slug=slug)
    if (waiting := correction.waiting) is not None:
        return see_other("page", slug=slug, key=waiting.key, **{"from": "check"})
    return _go_to(correction, request.form.get("page", ""), request.form.get("section", ""))


def _go_to(correction: Correction, key: str, section: str) -> Response:
    slug = correction.call.slug
    if section == "equality" and correction.asks_for_more:
        return see_other("more", slug=slug)
    first = correction.first_of(section)
    try:
        page = first or correction.form.page(key)
    except NoSuchPage:
        return see_other("check", slug=slug)
    return see_other("page", slug=slug, key=page.key, **{"from": "check"})


@blueprint.post("/<language>/choices/keep")
@in_visit
@page_is("public.held")
def keep_as_it_was() -> Response:
    """Change nothing after all: the draft goes, what is held stays."""
    Correction.drop_all(sessions.current(), finished=True)
    return see_other("held")


def checked(correction: Correction) -> Response:
    """From "check your answers" on: to consents that make sense only now, or straight to saving."""
    if correction.new_consents:
        return see_other("agree", slug=correction.call.slug)
    return save(correction, [])


def agree(correction: Correction) -> Response | str:
    """The consents that make sense only now, none of them ticked for anybody, and "Save my changes"."""
    slug = correction.call.slug
    if not correction.new_consents:
        return see_other("check", slug=slug)
    return render_template(
        "public/agree_now.html",
        consents=correction.new_consents,
        ticked=correction.ticked,
        back=url_for("public.check", slug=slug),
    )


def save(correction: Correction, ticked: list[str]) -> Response:
    """Keep the new version, or ask once where somebody gave a way to reach them and ticked no box for it."""
    # As when somebody sends for the first time: a box must not come back empty.
    correction.note_ticked(ticked)
    if missing_for_contact(correction, ticked):
        return see_other("ask_once", slug=correction.call.slug)
    return store(correction, ticked)


def missing_for_contact(
    correction: Correction, ticked: Collection[str]
) -> tuple[ConsentWording, ...]:
    """What is missing for contact, of the consents that make sense only now. Nothing else is asked again."""
    agreed = {*ticked, *correction.mark["said_yes"]}
    missing = consent.missing_for_contact(correction.form, correction.kept, agreed)
    new = correction.new_consents
    return missing if all(wording in new for wording in missing) else ()


def store(correction: Correction, ticked: Collection[str]) -> Response:
    """Keep the new version. A second post of the same finds it kept and says the same."""
    visit, slug = correction.visit, correction.call.slug
    if waiting := correction.waiting:
        # Refused in another tab meanwhile: saved now, those words would be lost.
        return see_other("page", slug=slug, key=waiting.key, **{"from": "check"})
    limit("send")
    try:
        complete = corrections.correct(visit["code"], correction.to_save(ticked, g.language))
    except NothingHeld:
        return _gone(correction)
    except NOT_TO_SEAL_TO as error:
        raise CannotBeSent(correction.call) from error
    except NothingLeft:
        return see_other("erase")
    except EditConflict:
        correction.begin_again_with(held_now())
        note_news("changed-meanwhile", "check", slug=slug)
        return see_other("check", slug=slug)
    except (AnswersMissing, Stopped):
        # It became too late for a part while they were at it: look through it once more.
        return see_other("check", slug=slug)
    correction.forget()
    note_news("changes-saved" if complete else "changes-going-on", "held")
    return see_other("held")


def _gone(correction: Correction) -> Response:
    """Erased while they were correcting, in another tab or because its day had come; or their code was replaced."""
    note_gone(correction.visit)
    return see_other("erased")


def refuse(correction: Correction) -> Response:
    """An answer with which this call would not be for them: what is held stays until they erase it."""
    note_news("changes-stopped", "erase")
    return see_other("erase")


def was_meant() -> bool:
    """Whether the form that was sent belongs to a correction. Its Visit may be over, or its code not here any more."""
    return all(request.args.get(name) == value for name, value in MODE.items())


def belongs_to() -> str:
    """The tag of the submission that the form which was sent belongs to."""
    return request.form.get("belongs-to", "")[: corrections.TAG_LENGTH]


def comes_late(slug: str) -> bool:
    """Whether the form that was sent belongs to a correction that is not under way here, and was not finished."""
    visit, tag = sessions.current(), belongs_to()
    if AboutYou.was_meant():
        return bool(tag) and not AboutYou.is_of(tag, slug, visit)
    if not was_meant() or not tag or Correction.under_way_for(tag, slug, visit):
        return False
    return Correction.under_way(slug, visit) or not Correction.is_finished(slug, visit)


def keep_for_later(slug: str, key: str) -> Response:
    """Their Visit ended, or another code was handed in. What was just typed waits until theirs is handed in again."""
    try:
        page = published_calls.recent_call(slug).form.page(key)
    except (NoSuchCall, NoSuchPage):
        abort(404)
    visit = sessions.current()
    expired = visit.over or was_told(EXPIRED)
    if not visit.begun:
        limit("begin")
        sessions.begin()
    keep_late(visit, slug, page, keep_typed(page, request.form.items(multi=True)), belongs_to())
    if _code_is_here(visit):
        Correction.begin_with(held_now(), visit)
        return see_other("page", slug=slug, key=key, **{"from": "check"})
    note_news(EXPIRED if expired else "late-changes", "choices")
    return see_other("choices")


def _code_is_here(visit: Visit) -> bool:
    """Whether the code of those words was handed in again already."""
    return "code" in visit and corrections.tag_of(held_now().submission_id) == belongs_to()
