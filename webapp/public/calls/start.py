"""The start page of a call: the information for informed consent, and Begin."""

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.call_lookup import CALL, open_call
from webapp.public.drafts.call_draft import CallDraft, version_field, version_read
from webapp.public.drafts.shared_device import open_visit
from webapp.public.shared.audio import sound_of
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.query_marks import CHANGED, why_again
from webapp.public.shared.quick_exit_notice import has_seen_exit_notice
from webapp.public.shared.rate_limit import admit_beginning
from webapp.public.shared.refusals import CannotBeSent
from webapp.public.shared.who import coalition
from webapp.rules.recordings import START
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import consent_statements
from webapp.services.calls import form_versions, published_calls, tell_backs
from webapp.sessions import WAITING_HOURS
from webapp.web.guards import anyone, opens_visit


@blueprint.get(f"{CALL}/")
@anyone
def start(slug: str) -> str:
    """Who asks, about what, who reads the answers, and what they can and cannot bring about.

    Whoever has begun and comes back is told what they were told then.
    """
    call = CallDraft.of(open_call(slug), sessions.current()).call
    return render_template(
        "public/start.html",
        call=call,
        told=tell_backs.recent_line(call.id),
        members=coalition().members,
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        news=why_again(),
        sound=sound_of(call, START),
        version=version_field(call),
    )


@blueprint.post(f"{CALL}/begin")
@opens_visit
def start_begin(slug: str) -> Response:
    """Open a Visit. An existing one is retained: a second tab must not cost a participant their answers.

    On a shared device another participant may begin, so codes and opened data of before are closed. Where the start
    page was replaced since it was opened, the new one is shown first.
    """
    call, visit = open_call(slug), sessions.current()
    if not CallDraft(call, visit).begun and version_read() != call.form_version:
        # Nobody begins what they have not read: who reads the answers may be other people now.
        return see_other("start", slug=slug, **CHANGED)
    if visit.is_copy or not CallDraft(call, visit).begun:
        admit_beginning()
    if not (published_calls.can_be_sent(call) and consent_statements.hold(call)):
        raise CannotBeSent(call)
    draft = CallDraft.of(call, open_visit())
    draft.begin()
    helping = {"helping": "yes"} if "helping" in request.form else {}
    if not has_seen_exit_notice():
        return see_other("leaving", slug=slug, **helping)
    if helping:
        return see_other("helped", slug=slug)
    return see_other("page", slug=slug, key=draft.first_page.key)


@blueprint.get(f"{CALL}/stop")
@anyone
def stop(slug: str) -> str:
    """The stop page (screen-out): the call is not for this participant, and nothing was stored."""
    forms = list(form_versions.forms_of(open_call(slug)))
    # The newest version last, so that its words stand. What was begun is gone, and with it which version it was.
    stops = {page.key: page.stop for form in forms[::-1] for page in form.pages if page.stop}
    found = stops.get(request.args.get("page", "")) or next(iter(stops.values()), None)
    if found is None:
        abort(404)
    return render_template("public/stop.html", stop=found)
