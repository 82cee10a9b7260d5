"""After the last question: a look back, then what we may do, and Send."""

from uuid import UUID

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.public.calls import equality_questions
from webapp.public.choices import correcting
from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.correction_draft import EQUALITY, Correction
from webapp.public.drafts.equality_draft import AboutYou
from webapp.public.shared.blueprint import (
    CannotBeSent,
    Closed,
    blueprint,
    like_a_program,
    limit,
    news,
    note_news,
    see_other,
)
from webapp.public.steps.question_page import (
    CALL,
    FROM_CHECK,
    offer_return_code,
    take_up,
    wants_to_stop,
)
from webapp.rules.consent import missing_for_contact, offered
from webapp.rules.contact.safe_channels import asked_by, contact_gaps, safe_contact
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.progress import parts_of_way
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import AnswersMissing, Stopped, missing_answers, visible_pages
from webapp.services.answers import corrections, submissions
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.ui.answer_summary import read_back
from webapp.ui.messages import words_for
from webapp.web.guards import in_visit


@blueprint.get(f"{CALL}/check")
@in_visit
def check(slug: str) -> str:
    """Everything that would be sent, with a way to change each answer."""
    answering = take_up(slug)
    correction = answering if isinstance(answering, Correction) else None
    pages = visible_pages(answering.form, answering.answers)
    skipped = correction is not None and correction.more != "answer"
    may_say_more = correction is not None and skipped and correction.asks_for_more
    if skipped:
        pages = [page for page in pages if page.section != EQUALITY]
    return render_template(
        "public/check.html",
        slug=slug,
        correction=correction,
        after_sending=isinstance(answering, AboutYou),
        parts=parts_of_way(answering.form),
        news=news(),
        sections=read_back(pages, answering.kept, change=lambda page: _change_url(slug, page)),
        warnings=_warnings(answering, pages),
        more=url_for("public.more", slug=slug) if may_say_more else None,
        helped=answering.helped,
        back=_before_check(answering, pages),
    )


def _warnings(answering: Answering, pages: list[Page]) -> list[tuple[str, str | None]]:
    """What may keep us from reaching them, or give them away, each with the place where that can be changed."""
    page_of = {question.key: page for page in pages for question in page.asked}
    found = [(gap, page_of.get(asked_by(gap))) for gap in contact_gaps(answering.kept)]
    slug = answering.call.slug
    return [(words_for(gap), _change_url(slug, page) if page else None) for gap, page in found]


def _before_check(answering: Answering, pages: list[Page]) -> str:
    if isinstance(answering, Correction):
        # There may be no page at all: its time can be over for all but the answers about equality.
        return url_for("public.held")
    return url_for("public.page", slug=answering.call.slug, key=pages[-1].key)


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
    if isinstance(answering, AboutYou):
        return equality_questions.send(answering)
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
        parts=parts_of_way(answering.form),
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
    ticked = _offered(answering, request.form.getlist("consent"))
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
    if missing_for_contact(answering.form, answering.kept, ticked):
        return see_other("ask_once", slug=slug)
    limit("send")
    return _store(answering, *prepared, ticked)


def _offered(answering: Answering, purposes: list[str]) -> list[str]:
    """Those of these purposes that are offered to somebody with these answers, in the order of the form."""
    may_tick = offered(answering.form, answering.kept)
    return [wording.purpose for wording in may_tick if wording.purpose in purposes]


@blueprint.get(f"{CALL}/agree/contact")
@in_visit
def ask_once(slug: str) -> Response | str:
    """They want to hear from us and gave a safe way, but ticked no box for it: one question, before Send loses that."""
    answering = take_up(slug)
    missing = _missing(answering)
    if not missing:
        return see_other("agree", slug=slug)
    correction = isinstance(answering, Correction)
    return render_template(
        "public/agree_contact.html",
        missing=missing,
        through_helper=safe_contact(answering.kept) is None,
        parts=None if correction else parts_of_way(answering.form),
        helped=answering.helped,
        can_stop=answering.can_stop,
        back=url_for("public.agree", slug=slug),
    )


def _missing(answering: Answering) -> tuple[ConsentWording, ...]:
    """What is missing for contact, beside the boxes that were ticked; nothing before those were seen."""
    if isinstance(answering, Correction):
        return correcting.missing_for_contact(answering, answering.ticked)
    if isinstance(answering, AboutYou) or answering.sending is None:
        return ()
    return missing_for_contact(answering.form, answering.kept, answering.ticked)


@blueprint.post(f"{CALL}/agree/contact")
@in_visit
def answer_once(slug: str) -> Response:
    """Send it with the consents whose words were on the page, or without them. The ticked boxes stay as they were."""
    answering = take_up(slug)
    wanted = {wording.purpose for wording in _missing(answering)}
    shown = set(request.form.getlist("consent"))
    if wants_to_stop(answering):
        return offer_return_code(answering, "agree")
    says_yes = request.form.get("do") == "yes"
    if not wanted or (says_yes and wanted != shown):
        # Something changed in another tab: nobody agrees to words that they have not seen.
        return see_other("ask_once", slug=slug)
    agreed = [*answering.ticked, *(wanted if says_yes else ())]
    if isinstance(answering, Correction):
        return correcting.store(answering, agreed)
    if waiting := answering.waiting:
        return see_other("page", slug=slug, key=waiting.key, **FROM_CHECK)
    if notice := like_a_program(answering.seconds):
        note_news(notice, "agree", slug=slug)
        return see_other("agree", slug=slug)
    prepared = answering.sending
    if prepared is None:
        return see_other("check", slug=slug)
    limit("send")
    return _store(answering, *prepared, _offered(answering, agreed))


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
    answering.note_sent(receipt, corrections.tag_of(submission_id), ticked)
    return see_other("done", slug=slug)
