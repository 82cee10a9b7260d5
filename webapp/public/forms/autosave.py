"""What the script keeps while somebody writes, so that loading a page again and going elsewhere lose no word.

Nobody pressed anything. So it opens no Visit, counts for no limit and is answered with nothing; and where there is no
Visit any more, or what it belongs to was sent, finished or left, it does nothing. The words are checked by nobody until
they are sent, and older ones never take the place of newer ones.
"""

from contextlib import suppress

from flask import Response, request

from webapp import sessions
from webapp.public.choices import correcting
from webapp.public.events import booking, own_page
from webapp.public.events.booking import EVENT, AlreadyBooked, NotBooking
from webapp.public.events.own_page import OWN
from webapp.public.shared.blueprint import AlreadySent, Closed, blueprint, tell_again
from webapp.public.steps import question_page
from webapp.public.steps.question_page import CALL
from webapp.sessions import VisitExpired
from webapp.ui.forms import Typed
from webapp.web.guards import anyone, takes_words, works_after_leaving

OVER = (AlreadySent, correcting.AlreadyCorrected, Closed, AlreadyBooked, NotBooking, VisitExpired)


@blueprint.post(f"{CALL}/page/<key>/words")
@anyone
@works_after_leaving
@takes_words(question_page.most_bytes, asked_on="public.page")
def keep_answers(slug: str, key: str) -> Response:
    """Words on a page of a call, or of a correction."""
    if _can_keep():
        with suppress(*OVER):
            _keep_answers(slug, key)
    return _nothing()


def _keep_answers(slug: str, key: str) -> None:
    answering = question_page.take_up(slug)
    asked = question_page.page_of(answering, key)
    # Words of a correction, or of what comes after sending, belong to one code, and no others do.
    meant = request.args.get("for") == answering.mode.get("for")
    theirs = meant and request.form.get("belongs-to") == answering.belongs_to
    if theirs and asked in answering.route and not answering.unsent(asked).is_old_news:
        answering.keep_unsent(asked, _written())


@blueprint.post(f"{EVENT}/register/words")
@anyone
@works_after_leaving
@takes_words(booking.most_bytes, asked_on="public.register")
def keep_booking(slug: str) -> Response:
    """Words on the page of a booking."""
    if _can_keep():
        with suppress(*OVER):
            registering = booking.take_up(slug)
            if registering.is_meant_by(request.form) and not registering.unsent.is_old_news:
                registering.keep_unsent(_written())
    return _nothing()


@blueprint.post(f"{OWN}/needs/words")
@anyone
@works_after_leaving
@takes_words(own_page.most_bytes, asked_on="public.needs")
def keep_needs(ticket: str) -> Response:
    """What a registrant writes anew that they need, if there is a Visit to keep it in."""
    if _can_keep():
        own_page.keep_unsent(ticket, _written())
    return _nothing()


def _can_keep() -> bool:
    """Whether there is a Visit that may be written: never one of which only a copy is left, under an old cookie."""
    visit = sessions.current()
    return visit.begun and not visit.is_copy


def _written() -> Typed:
    return list(request.form.items(multi=True))


def _nothing() -> Response:
    # Nobody pressed a button: what was told has not been read yet.
    tell_again()
    return Response(status=204)
