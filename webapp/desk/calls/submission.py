"""The page of one submission, and disclosure: its answers and its contact details are opened apart, with a reason.

Opening is a POST that answers with the page itself: a GET is safe, and every opening is in the audit log first.
"""

from collections.abc import Iterator
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext

from webapp.desk.calls.faceted_filter import asked_filter
from webapp.desk.calls.next_unread import reading_on
from webapp.desk.shared.answer_display import Said, one_said
from webapp.desk.shared.blueprint import NotHere, blueprint, signed_in
from webapp.desk.shared.reason_form import READING, OpeningForm, choices
from webapp.rules.consent import QUOTING, lets_reach, uses_of_standing
from webapp.rules.contact.questions import APP
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.routing import visible_pages
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.reasons import NotWhatItIsFor
from webapp.rules.roles import Act
from webapp.services.answers import desk_submissions
from webapp.services.answers.desk_submissions import SubmissionRow
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.opening import disclosure
from webapp.services.opening.contact_words import app_in_words, times_in_words
from webapp.services.opening.disclosure import AskedNotTo, ConsentNotGiven, OpenedAnswers
from webapp.web.guards import may


@blueprint.get("/submissions/<uuid:submission_id>")
@may(Act.SEE_SUBMISSIONS)
def submission(submission_id: UUID) -> str:
    """The metadata of one submission; nothing is opened."""
    row, its_call = _find(submission_id)
    return _page(submission_id, _answers_form(), _contact_form(row, its_call))


def _answers_form() -> OpeningForm:
    return OpeningForm(READING, prefix="answers-")


def _contact_form(row: SubmissionRow, its_call: Call) -> OpeningForm:
    """Purpose limitation: only the reasons that the consents allow. The service refuses the others, too."""
    return OpeningForm(
        choices(uses_of_standing(its_call.form, row.purposes)),
        prefix="contact-",
        refused=gettext(
            "This person has not given permission for that, or has taken it back. Choose one of these reasons"
        ),
    )


def _find(submission_id: UUID) -> tuple[SubmissionRow, Call]:
    try:
        return desk_submissions.find_row(submission_id)
    except LookupError:
        raise NotHere(submission_id) from None


def _page(submission_id: UUID, answers: OpeningForm, contact: OpeningForm) -> str:
    row, its_call = _find(submission_id)
    standing = _standing(row, its_call)
    return render_template(
        "desk/submission.html",
        row=row,
        call=its_call,
        language=LANGUAGES[row.language],
        standing=standing,
        may_quote=QUOTING in row.purposes,
        why_no_contact=_why_no_contact(row, any(map(lets_reach, standing))),
        answers_form=answers,
        contact_form=contact,
        problems=answers.problems + contact.problems,
        chosen=asked_filter(published_calls.find_by_id(its_call.id)).chosen,
        put_back=request.args.get("done") == "back",
    )


def _standing(row: SubmissionRow, its_call: Call) -> list[ConsentWording]:
    """The consents that stand, in the words that the participant saw."""
    return [consent for consent in its_call.form.consents if consent.purpose in row.purposes]


def _why_no_contact(row: SubmissionRow, may_use: bool) -> str | None:
    if not row.has_contact:
        return gettext(
            "They gave no contact details, or the time to keep them is over. There is nothing to open."
        )
    if not may_use:
        return gettext(
            "They have not given permission to use their contact details, so nobody can open them."
        )
    return None


@blueprint.post("/submissions/<uuid:submission_id>/answers")
@may(Act.OPEN_ANSWERS)
def submission_open_answers(submission_id: UUID) -> str | tuple[str, int]:
    """Open and show the answers of one participant."""
    form = _answers_form()
    if not form.validate():
        row, its_call = _find(submission_id)
        return _page(submission_id, form, _contact_form(row, its_call)), 400
    opened = disclosure.open_testimony(signed_in(), submission_id, form.given)
    row, its_call = _find(submission_id)
    return render_template(
        "desk/answers.html",
        opened=opened,
        call=its_call,
        reading_on=reading_on(published_calls.find_by_id(its_call.id), form),
        may_quote=QUOTING in row.purposes,
        said=list(_said(opened)),
    )


def _said(opened: OpenedAnswers) -> Iterator[Said]:
    for page in visible_pages(opened.form, opened.answers):
        for question in page.asked:
            if question.part == "testimony":
                yield one_said(question, opened.answers, opened.language)


@blueprint.post("/submissions/<uuid:submission_id>/contact")
@may(Act.OPEN_CONTACT)
def submission_open_contact(submission_id: UUID) -> str | tuple[str, int]:
    """Open and show how one participant may safely be reached."""
    row, its_call = _find(submission_id)
    form = _contact_form(row, its_call)
    if _why_no_contact(row, bool(form.why.choices)):
        return _page(submission_id, _answers_form(), form), 403
    if not form.validate():
        return _page(submission_id, _answers_form(), form), 400
    try:
        opened = disclosure.open_contact(signed_in(), submission_id, form.given)
    except AskedNotTo:
        form.why.errors = [
            gettext(
                "They asked us not to contact them. Only if someone may be in danger, this can be opened"
            )
        ]
        return _page(submission_id, _answers_form(), form), 403
    except (ConsentNotGiven, NotWhatItIsFor):
        # Withdrawn while this was sent.
        form = _contact_form(*_find(submission_id))
        form.validate()
        return _page(submission_id, _answers_form(), form), 403
    return render_template(
        "desk/contact.html",
        opened=opened,
        times=times_in_words(its_call.form, opened.contact) if opened.contact else "",
        app=app_in_words(its_call.form, opened.contact) if opened.contact else "",
        asks_app=APP in {question.key for question in its_call.form.questions},
        standing=list(filter(lets_reach, _standing(row, its_call))),
    )
