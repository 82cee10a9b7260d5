"""The page for downloading the answers to a call: what is in the file, what not to do with it, and past downloads."""

from uuid import uuid4

from flask import Response, render_template
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms.fields.choices import SelectChoice

from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.file_form import SHEETS, FileForm
from webapp.desk.shared.file_stream import stream
from webapp.desk.shared.reason_form import choices
from webapp.desk.shared.step_up import ABOUT, confirmed_at
from webapp.rules.forms.codebook import FixedWords
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import KINDS
from webapp.rules.forms.kinds.fixed_choice import FixedChoice
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.reasons import DOWNLOADING
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.keys import key_slots
from webapp.services.opening import answer_downloads, answer_exports, answer_selection
from webapp.services.opening.answer_exports import AnswerFormat, Asked, NothingToDownload
from webapp.ui.messages import words_for
from webapp.web.guards import answers_with_a_file, may

ABOUT["desk.answer_file_post"] = lambda: gettext(
    "You are about to download everyone’s answers to a call. "
    "The record says so, and each person can see it in My choices."
)
CSV = SelectChoice(
    "csv", lazy_gettext("CSV files with a codebook, in a ZIP file without a password")
)
JSON = SelectChoice("json", lazy_gettext("JSON for a program, without a password"))


class AnswerFileForm(FileForm):
    """Why, and which kind of file."""

    @property
    def asked(self) -> Asked:
        """What was chosen, after it was validated."""
        plain: dict[str, AnswerFormat] = {"csv": "csv", "json": "json"}
        kind = plain.get(self.file_format.data, "xlsx")
        return Asked(self.given, kind, self.secret, self.pressed, confirmed_at())


def _form() -> AnswerFileForm:
    form = AnswerFileForm(choices(DOWNLOADING))
    form.file_format.choices = [*SHEETS, CSV, JSON]
    form.press.data = form.press.data or uuid4().hex
    return form


def _page(call: Call, form: AnswerFileForm) -> str:
    form.suggested.data = form.suggested.data or key_slots.new_passphrase()
    return render_template(
        "desk/answer_file.html",
        call=call,
        form=form,
        problems=form.problems,
        told=answer_exports.told(call),
        people=answer_selection.how_many(call.id),
        past=answer_downloads.recent(call.id),
    )


@blueprint.get("/calls/<slug>/download")
@may(Act.OPEN_ANSWERS)
def answer_file(slug: str) -> str:
    """Choose reason and kind of file; nothing is opened."""
    return _page(published_calls.find_call(slug), _form())


@blueprint.post("/calls/<slug>/download")
@may(Act.OPEN_ANSWERS, fresh=True)
@answers_with_a_file
def answer_file_post(slug: str) -> Response | tuple[str, int]:
    """Download, with step-up authentication. Answers with the file itself, while it is made. Idempotent."""
    call, form = published_calls.find_call(slug), _form()
    if not form.validate():
        return _page(call, form), 400
    try:
        file = answer_exports.export_answers(signed_in(), call, form.asked, fixed_words(call.form))
    except NothingToDownload:
        form.why.errors = [gettext("There are no answers to download now")]
        return _page(call, form), 400
    return stream(file)


def fixed_words(form: FormDefinition) -> FixedWords:
    """Words that are the same in every form, in the languages of this one: people answered with them."""
    keys = {
        key
        for kind in KINDS.values()
        if isinstance(kind, FixedChoice)
        for key in kind.labels.values()
    }
    found: dict[str, dict[str, str]] = {key: {} for key in keys}
    for code in form.title:
        if code not in LANGUAGES:
            continue
        with force_locale(LANGUAGES[code].locale):
            for key in keys:
                found[key][code] = words_for(key)
    return found
