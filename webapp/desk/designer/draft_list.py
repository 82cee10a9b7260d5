"""The drafts of calls, and starting a call from a template."""

from uuid import UUID, uuid4

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField

from webapp.desk.designer.draft_edits import Answer, who_asks
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import DeskForm, chosen
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.roles import Act
from webapp.services.forms import call_drafts, question_bank
from webapp.services.forms.call_drafts import MOST_DRAFTS, TooManyDrafts
from webapp.web.guards import may


class StartForm(DeskForm):
    """Which template a call is started from. `draft` is the id that the draft will have: pressed twice, it is one."""

    draft = HiddenField()
    template = RadioField(
        lazy_gettext("What should it start from?"),
        [chosen(lazy_gettext("Choose what to start from"))],
        validate_choice=False,
    )

    def __init__(self) -> None:
        super().__init__()
        self.draft.data = str(_id_in(self.draft.data) or uuid4())
        self.template.choices = [(one.key, one.name) for one in question_bank.templates()]


@blueprint.get("/designer")
@may(Act.WRITE_CALLS)
def designer() -> str:
    """All drafts: those that are not published first."""
    drafts, left_out = call_drafts.listed()
    return render_template("desk/designer.html", drafts=drafts, left_out=left_out)


@blueprint.get("/designer/start")
@may(Act.WRITE_CALLS)
def designer_start() -> str:
    """The templates."""
    return _page(StartForm())


@blueprint.post("/designer/start")
@may(Act.WRITE_CALLS)
def designer_start_post() -> Answer:
    """Begin a draft, and show it."""
    form = StartForm()
    if not form.validate():
        return _page(form), 400
    try:
        return _begin(form.template.data, _id_in(form.draft.data))
    except TooManyDrafts:
        form.template.errors = [
            gettext(
                "There are %(most)s drafts, and no room for another. Throw one away first",
                most=MOST_DRAFTS,
            )
        ]
        return _page(form), 400


def _begin(template: str, draft_id: UUID | None) -> Response:
    form = question_bank.form_from(template, who_asks())
    name = next(one.name for one in question_bank.templates() if one.key == template)
    draft_id = call_drafts.begin(
        CallDraftContent(form=form),
        what=gettext("Started from “%(name)s”", name=name),
        actor=signed_in().coordinator_id,
        draft_id=draft_id,
    )
    return see_other("designer_draft", draft_id=draft_id, done="begun")


def _id_in(typed: str | None) -> UUID | None:
    """A random id (RFC 9562, version 4), as the page made one; None for anything else."""
    try:
        found = UUID(typed or "")
    except ValueError:
        return None
    return found if found.version == 4 else None


def _page(form: StartForm) -> str:
    notes = {one.key: one.about for one in question_bank.templates()}
    return render_template(
        "desk/designer_start.html", form=form, notes=notes, problems=form.problems
    )
