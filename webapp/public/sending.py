"""After the last question: a look back, then what we may do, and Send."""

from uuid import UUID

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.http import in_visit
from webapp.public import correcting
from webapp.public.answering import EQUALITY, Answering
from webapp.public.correction import Correction
from webapp.public.door import (
    CannotBeSent,
    Closed,
    blueprint,
    like_a_program,
    limit,
    news,
    note_news,
    see_other,
)
from webapp.public.participate import CALL, FROM_CHECK, offer_return_code, take_up, wants_to_stop
from webapp.rules.answers import AnswersMissing, Stopped, missing_answers, visible_pages
from webapp.rules.consent import offered
from webapp.rules.contact import contact_gaps
from webapp.rules.form_definition import Page
from webapp.services import submissions
from webapp.services.purpose_keys import NOT_TO_SEAL_TO
from webapp.ui.messages import words_for
from webapp.ui.reading_back import read_back


@blueprint.get(f"{CALL}/check")
@in_visit
def check(slug: str) -> str:
    """Everything that would be sent, with a way to change each answer."""
    answering = take_up(slug)
    pages = visible_pages(answering.form, answering.answers)
    if answering.more != "answer":
        pages = [page for page in pages if page.section != EQUALITY]
    may_say_more = answering.asks_for_more and answering.more != "answer"
    more = url_for("public.more", slug=slug) if may_say_more else None
    return render_template(
        "public/check.html",
        correction=answering if isinstance(answering, Correction) else None,
        news=news(),
        sections=read_back(pages, answering.kept, change=lambda page: _change_url(slug, page)),
        warnings=[words_for(key) for key in contact_gaps(answering.kept)],
        more=more,
        helped=answering.helped,
        back=_before_check(answering, pages, more),
    )


def _before_check(answering: Answering, pages: list[Page], more: str | None) -> str:
    if isinstance(answering, Correction):
        # There may be no page at all: its time can be over for all but the answers about equality.
        return url_for("public.held")
    return more or url_for("public.page", slug=answering.call.slug, key=pages[-1].key)


def _change_url(slug: str, page: Page) -> str:
    return url_for("public.page", slug=slug, key=page.key, **FROM_CHECK)


@blueprint.post(f"{CALL}/check")
@in_visit
def checked(slug: str) -> Response:
    """On to consent, unless words were not accepted yet, or something that is needed is still missing."""
    answering = take_up(slug)
    if wants_to_stop(answering):
        return offer_return_code(answering, "check")
    if waiting := answering.waiting:
        return see_other("page", slug=slug, key=waiting.key, **FROM_CHECK)
    missing = missing_answers(answering.form, answering.answers)
    if missing:
        answering.keep_typed(missing[0].page, [])
        return see_other("page", slug=slug, key=missing[0].page.key, **FROM_CHECK)
    if isinstance(answering, Correction):
        return correcting.checked(answering)
    answering.prepare()
    return see_other("agree", slug=slug)


@blueprint.get(f"{CALL}/agree")
@in_visit
def agree(slug: str) -> Response | str:
    """What we may do, one unticked box for each purpose, and Send."""
    answering = take_up(slug)
    if isinstance(answering, Correction):
        return correcting.agree(answering)
    if answering.sending is None:
        return see_other("check", slug=slug)
    return render_template(
        "public/agree.html",
        consents=offered(answering.form, answering.kept),
        ticked=answering.ticked,
        has_contact=answering.has_safe_contact,
        helped=answering.helped,
        news=news(),
        back=url_for("public.check", slug=slug),
    )


@blueprint.post(f"{CALL}/agree")
@in_visit
def send(slug: str) -> Response:
    """Store it. A second post of the same thing finds it stored and shows the same code."""
    answering = take_up(slug)
    if isinstance(answering, Correction):
        return correcting.save(answering, request.form.getlist("consent"))
    prepared = answering.sending
    if prepared is None:
        return see_other("check", slug=slug)
    boxes = request.form.getlist("consent")
    may_tick = offered(answering.form, answering.kept)
    ticked = [wording.purpose for wording in may_tick if wording.purpose in boxes]
    # Before anything can go wrong: whoever finds the boxes empty may press Send again, and say yes to nothing unseen.
    answering.note_ticked(ticked)
    if wants_to_stop(answering):
        return offer_return_code(answering, "agree")
    if waiting := answering.waiting:
        # Refused in another tab meanwhile: sent now, those words would be lost.
        return see_other("page", slug=slug, key=waiting.key, **FROM_CHECK)
    if notice := like_a_program(answering.seconds):
        note_news(notice, "agree", slug=slug)
        return see_other("agree", slug=slug)
    limit("send")
    return _store(answering, *prepared, ticked)


def _store(answering: Answering, submission_id: UUID, receipt: str, ticked: list[str]) -> Response:
    slug = answering.call.slug
    try:
        submissions.submit(
            answering.call,
            submission_id=submission_id,
            receipt=receipt,
            answers=answering.answers,
            given={
                wording.purpose: wording.purpose in ticked for wording in answering.form.consents
            },
            language=g.language,
            return_code=answering.return_code,
            typed_by="helper" if answering.helped else "self",
        )
    except submissions.CallClosed:
        raise Closed(answering.call, unsent=True) from None
    except NOT_TO_SEAL_TO as error:
        answering.note_ticked(ticked)
        raise CannotBeSent(answering.call) from error
    except (AnswersMissing, Stopped):
        # The form changed while somebody was answering: look through it once more.
        return see_other("check", slug=slug)
    answering.note_sent(receipt, ticked)
    return see_other("done", slug=slug)
