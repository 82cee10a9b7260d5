"""They rang us: finding a caller by what they say, and the page on which a coordinator says how they know them.

A search is a POST that answers with the page itself, as every opening is. What was typed is kept nowhere.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template, request
from flask_babel import LazyString, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import ALL_CALLS, SearchForm, SureForm
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.unique_titles import call_titles
from webapp.rules.contact.caller_matching import Clue
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.phone_requests import caller_acts, caller_search
from webapp.web.guards import coordinator

#: What matched, in words.
MATCHED: Final[Mapping[Clue, LazyString]] = MappingProxyType(
    {
        Clue.NAME: lazy_gettext("Name"),
        Clue.PHONE: lazy_gettext("Phone number"),
        Clue.EMAIL: lazy_gettext("E-mail address"),
        Clue.WORDS: lazy_gettext("Words from their answers"),
        Clue.REFERENCE: lazy_gettext("Reference"),
    }
)
#: What was just done, after the redirect; True where it worked. The address carries the key.
DONE: Final[Mapping[str, tuple[LazyString, bool]]] = MappingProxyType(
    {
        "taken-back": (lazy_gettext("The permissions are taken back, from now on."), True),
        "was-taken-back": (lazy_gettext("They had taken these back before."), True),
        "no-contact": (
            lazy_gettext(
                "Marked: do not contact. Only the person can change this, with their code."
            ),
            True,
        ),
        "corrected": (
            lazy_gettext("Saved. The person sees the new details with the code that they have."),
            True,
        ),
        "correcting": (
            lazy_gettext("Saved. The old details are being deleted, and that happens by itself."),
            True,
        ),
        "same": (lazy_gettext("Nothing was changed. We hold these details already."), False),
        "meanwhile": (
            lazy_gettext(
                "Nothing was changed. The person changed something themselves a moment ago, and that stays. "
                "Look again."
            ),
            False,
        ),
        "older": (
            lazy_gettext(
                "We cannot correct this yet, because the person answered before Hearth could do it. "
                "Give them a new code first. After that, you can correct their details."
            ),
            False,
        ),
        "passed-on": (
            lazy_gettext("The code is gone from this page. Nobody can see it again."),
            True,
        ),
        "make-sure": (
            lazy_gettext(
                "First say how you know that it is them. This is asked again after half an hour."
            ),
            False,
        ),
        "not-sure": (
            lazy_gettext("Make sure first. Until then, you can only do what protects them."),
            False,
        ),
        "deleted": (lazy_gettext("Everything that names this person is deleted."), True),
        "deleting": (
            lazy_gettext(
                "This person is removed from our files. One last step takes a little longer and happens by itself."
            ),
            True,
        ),
    }
)


def what_was_done() -> tuple[LazyString, bool] | None:
    """What to say on top of a page that a coordinator was led to after an act."""
    return DONE.get(request.args.get("done", ""))


def _choices() -> tuple[dict[str, Call], SearchForm]:
    found = {call.slug: call for call in published_calls.all_calls()}
    titles = call_titles(found.values())
    return found, SearchForm(tuple((slug, titles[call.id]) for slug, call in found.items()))


def _search_page(form: SearchForm) -> str:
    return render_template(
        "desk/callers.html", form=form, problems=form.problems, done=what_was_done()
    )


@blueprint.get("/callers")
@coordinator
def find_callers() -> str:
    """How to take such a call, and what the person says of themselves."""
    return _search_page(_choices()[1])


@blueprint.post("/callers")
@coordinator
def search_callers() -> str | tuple[str, int]:
    """Look for them, and show who matches."""
    found, form = _choices()
    if not form.validate():
        return _search_page(form), 400
    chosen = [found[form.call.data]] if form.call.data in found else list(found.values())
    if form.call.data not in (ALL_CALLS, *found):
        return _search_page(form), 400
    result = caller_search.search(signed_in(), chosen, form.clues, form.reason)
    return render_template("desk/caller_found.html", search=result, matched=MATCHED)


@blueprint.get("/submissions/<uuid:submission_id>/caller")
@coordinator
def caller(submission_id: UUID) -> str:
    """How the coordinator knows that it is them; then what can be done for them."""
    return _caller_page(submission_id, SureForm())


def _caller_page(submission_id: UUID, form: SureForm) -> str:
    found = caller_acts.find(submission_id)
    return render_template(
        "desk/caller.html",
        who=found,
        language=LANGUAGES[found.language],
        form=form,
        problems=form.problems,
        now=caller_state.now_with(submission_id),
        code_waits=caller_state.code_for(submission_id) is not None,
        done=what_was_done(),
    )


@blueprint.post("/submissions/<uuid:submission_id>/caller")
@coordinator
def make_sure(submission_id: UUID) -> Response | tuple[str, int]:
    """Note how they made sure: it goes into the record with each act."""
    caller_acts.find(submission_id)
    form = SureForm()
    if not form.validate():
        return _caller_page(submission_id, form), 400
    caller_state.begin(submission_id, form.sure.data)
    return see_other("caller", submission_id=submission_id)


@blueprint.post("/submissions/<uuid:submission_id>/caller/finish")
@coordinator
def finish_caller(submission_id: UUID) -> Response:
    """The call is over: whoever rings next is somebody else."""
    caller_state.finish()
    return see_other("find_callers")
