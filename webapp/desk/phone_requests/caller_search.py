"""The search for a caller: a participant who rings without their code, found by what they say of themselves.

A search opens contact details, so it is a POST that answers with the page itself. What was typed is stored nowhere.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask import render_template
from flask_babel import LazyString, lazy_gettext

from webapp.desk.phone_requests.caller_flash import CALLER_FLASHES
from webapp.desk.phone_requests.caller_forms import ALL_CALLS, SearchForm
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.role_guard import within
from webapp.desk.shared.unique_titles import call_titles
from webapp.rules.contact.caller_matching import Clue
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.phone_requests.caller_search import search
from webapp.web.guards import may

#: Which clue matched, in words.
MATCHED: Final[Mapping[Clue, LazyString]] = MappingProxyType(
    {
        Clue.NAME: lazy_gettext("Name"),
        Clue.PHONE: lazy_gettext("Phone number"),
        Clue.EMAIL: lazy_gettext("E-mail address"),
        Clue.WORDS: lazy_gettext("Words from their answers"),
        Clue.REFERENCE: lazy_gettext("Reference"),
    }
)


def _choices() -> tuple[dict[str, Call], SearchForm]:
    found = {call.slug: call for call in within(published_calls.all_calls(), Act.HELP_CALLERS)}
    titles = call_titles(found.values())
    return found, SearchForm(tuple((slug, titles[call.id]) for slug, call in found.items()))


def _search_page(form: SearchForm) -> str:
    return render_template(
        "desk/callers.html", form=form, problems=form.problems, done=flash_in(CALLER_FLASHES)
    )


@blueprint.get("/callers")
@may(Act.HELP_CALLERS)
def caller_search() -> str:
    """How to take such a call, and the form for what the caller says of themselves."""
    return _search_page(_choices()[1])


@blueprint.post("/callers")
@may(Act.HELP_CALLERS)
def caller_search_post() -> str | tuple[str, int]:
    """Search, and show who matches. The search is in the audit log before anything is opened."""
    found, form = _choices()
    if not form.validate():
        return _search_page(form), 400
    chosen = [found[form.call.data]] if form.call.data in found else list(found.values())
    if form.call.data not in (ALL_CALLS, *found):
        return _search_page(form), 400
    result = search(signed_in(), chosen, form.clues, form.reason)
    return render_template("desk/caller_found.html", search=result, matched=MATCHED)
