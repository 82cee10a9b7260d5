"""The question before contact is lost: it is wanted, a safe channel was given, but no consent to it was ticked."""

from collections.abc import Iterable

from flask import render_template, request

from webapp.public.drafts.draft import Draft
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import ConsentWording
from webapp.services.keys import member_lists


def show(
    draft: Draft, missing: Iterable[ConsentWording], *, back: str, parts: int | None = None
) -> str:
    """One question, with the words of each missing consent."""
    return render_template(
        "public/agree_contact.html",
        missing=missing,
        members=member_lists.current(),
        through_helper=safe_contact(draft.answers.kept) is None,
        parts=parts,
        helped=draft.helped,
        can_stop=draft.can_stop,
        back=back,
    )


def says_yes() -> bool:
    """Whether the participant gave the consents whose words were on the page."""
    return request.form.get("do") == "yes"


def saw_other_words(missing: Iterable[ConsentWording]) -> bool:
    """Whether the missing consents changed in another tab: consent only counts for words that were on the page."""
    wanted = {wording.purpose for wording in missing}
    return not wanted or (says_yes() and wanted != set(request.form.getlist("consent")))
