"""Autosave: the script posts the input of a page while it is typed, so that a reload or a link loses nothing.

The participant has not pressed a button. So it opens no Visit, counts for no rate limit and gets an empty response; and
without a Visit, or after the form was submitted, finished or left, it does nothing. Input is validated only when it is
submitted, and older input never overwrites newer input.
"""

from contextlib import suppress

from flask import Response, request

from webapp import sessions
from webapp.public.calls import equality_questions, questions
from webapp.public.calls.call_lookup import CALL, take_up
from webapp.public.calls.equality_questions import MORE
from webapp.public.choices import correcting
from webapp.public.choices.correcting import CORRECT, NotCorrecting
from webapp.public.drafts.late_input import belongs_to
from webapp.public.events import booking, needs
from webapp.public.events.booking import AlreadyBooked
from webapp.public.events.event_page import EVENT, NotBooking
from webapp.public.events.own_page import OWN
from webapp.public.shared.blueprint import blueprint
from webapp.public.shared.flash import retain_flash
from webapp.public.shared.refusals import AlreadySent, Closed
from webapp.public.steps import question_page
from webapp.sessions import VisitExpired
from webapp.web.guards import anyone, takes_words, works_after_leaving

OVER = (AlreadySent, NotCorrecting, Closed, AlreadyBooked, NotBooking, VisitExpired)


@blueprint.post(f"{CALL}/page/<key>/words")
@anyone
@works_after_leaving
@takes_words(questions.most_bytes, asked_on="public.page")
def page_autosave(slug: str, key: str) -> Response:
    """Input on a page of a call. A form that belongs to a receipt corrects something: none of it goes into a draft."""
    if _can_keep() and not belongs_to():
        with suppress(*OVER):
            draft = take_up(slug)
            question_page.autosave(draft, questions.page_of(draft, key))
    return _nothing()


@blueprint.post(f"{MORE}/page/<key>/words")
@anyone
@works_after_leaving
@takes_words(questions.most_bytes, asked_on="public.more_page")
def more_page_autosave(slug: str, key: str) -> Response:
    """Input on a question page after submission, if it belongs to what was submitted here."""
    if _can_keep():
        with suppress(*OVER):
            draft = equality_questions.take_up(slug)
            if belongs_to() == draft.belongs_to:
                question_page.autosave(draft, equality_questions.page_of(draft, key))
    return _nothing()


@blueprint.post(f"{CORRECT}/page/<key>/words")
@anyone
@works_after_leaving
@takes_words(correcting.most_bytes, asked_on="public.correct_page")
def correct_page_autosave(key: str) -> Response:
    """Input on a question page of a correction, if it belongs to the receipt that was entered here."""
    if _can_keep():
        with suppress(*OVER):
            draft = correcting.take_up()
            if belongs_to() == draft.belongs_to:
                question_page.autosave(draft, correcting.page_of(draft, key))
    return _nothing()


@blueprint.post(f"{EVENT}/register/words")
@anyone
@works_after_leaving
@takes_words(booking.most_bytes, asked_on="public.register")
def register_autosave(slug: str) -> Response:
    """Input on a registration form."""
    if _can_keep():
        with suppress(*OVER):
            draft = booking.take_up(slug)
            if draft.is_meant_by(request.form) and not draft.unsent.is_stale:
                draft.keep_unsent(question_page.submitted())
    return _nothing()


@blueprint.post(f"{OWN}/needs/words")
@anyone
@works_after_leaving
@takes_words(needs.most_bytes, asked_on="public.needs")
def needs_autosave(ticket: str) -> Response:
    """Input on the page where a registrant changes their needs, if there is a Visit to retain it in."""
    if _can_keep():
        needs.keep_unsent(ticket, question_page.submitted())
    return _nothing()


def _can_keep() -> bool:
    """Whether there is a writable Visit: not one of which only a copy is left, under an old cookie."""
    visit = sessions.current()
    return visit.begun and not visit.is_copy


def _nothing() -> Response:
    # The participant pressed no button, so the flash message has not been read yet.
    retain_flash()
    return Response(status=204)
