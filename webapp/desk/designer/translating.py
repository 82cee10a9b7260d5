"""Translating a draft side by side: the English of one page on the left, and a field for its translation on the right.

Two people may translate at once. A save is refused only where the texts of this page changed since it was shown. Then
fields that were left as they were shown take over what the other has written, and all that was typed is there.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    form_page,
    long_body,
    saved,
    short,
    to_change,
    words_field,
)
from webapp.desk.designer.draft_languages import find_language
from webapp.desk.designer.language_words import group_title, role_of
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other
from webapp.rules.characters import is_empty
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_translation import (
    TextGroup,
    TranslatedText,
    group_of,
    standing,
    translate,
)
from webapp.rules.languages.site_languages import Language
from webapp.rules.roles import Act
from webapp.services.forms import call_drafts
from webapp.services.forms.call_drafts import Draft
from webapp.web.guards import may, takes_words

#: The name of the boxes that say: this translation is right, though the English was changed.
STILL_RIGHT = "still-right"


class TranslationForm(DraftForm):
    """A field for each text of a page, by its path. Made for each page by `_form_of`."""

    group: TextGroup

    @property
    def typed(self) -> dict[str, str]:
        """The translations that were sent. A text that came meanwhile has no field in the request, and is left."""
        sent = [one.path for one in self.group.texts if one.path in request.form]
        return {path: _seen(self[path].data) for path in sent}

    def edit(self, content: CallDraftContent, code: str) -> CallDraftContent:
        """The content with these translations."""
        return translate(content, code, self.typed, request.form.getlist(STILL_RIGHT))

    def take_over(self, before: TextGroup) -> None:
        """Show what another has written meanwhile, in the fields that were left as they were shown."""
        shown = {one.path: one.words for one in before.texts}
        for one in self.group.texts:
            field = self[one.path]
            if one.path not in request.form or _seen(field.data) == shown.get(one.path):
                field.data = one.words


def _seen(typed: str | None) -> str:
    """What was typed; nothing, where it has no character that can be seen."""
    return "" if is_empty(typed or "") else typed or ""


def _form_of(group: TextGroup, **options: object) -> TranslationForm:
    fields: dict[str, object] = {
        one.path: words_field(lazy_gettext("%(role)s", role=role_of(one.path)))
        for one in group.texts
    }
    form: TranslationForm = type("TranslationPageForm", (TranslationForm,), fields)(**options)
    form.group = group
    return form


@blueprint.get(f"{DRAFT}/languages/<code>/words/<key>")
@may(Act.WRITE_CALLS)
def designer_words(draft_id: UUID, code: str, key: str) -> Answer:
    """The texts of one page, with their translations as they stand."""
    draft, language = to_change(draft_id), find_language(code)
    group = _find_group(draft.content, code, key)
    words = {one.path: one.words for one in group.texts}
    return _page(draft, language, _form_of(group, formdata=None, data=words))


@blueprint.post(f"{DRAFT}/languages/<code>/words/<key>")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_words")
def designer_words_post(draft_id: UUID, code: str, key: str) -> Answer:
    """Save them. Where the page was deleted meanwhile, what was typed is shown, and nothing is saved."""
    draft, language = to_change(draft_id), find_language(code)
    group, before = group_of(draft.content, code, key), _as_shown(draft, code, key)
    if group is None:
        return _gone(draft, language, before)
    form = _form_of(group)
    if before == group:
        # Something else of the draft was changed: that is no reason to ask again.
        form.version.data = str(draft.version)
    what = gettext(
        "Translated “%(page)s” into %(language)s",
        page=short(group_title(draft.content, group)),
        language=language.english_name,
    )
    if form.validate() and saved(form, draft, lambda content: form.edit(content, code), what):
        return _further(draft, code, group)
    if form.meanwhile and before:
        form.take_over(before)
    return _page(draft, language, form, before)


def _find_group(content: CallDraftContent, code: str, key: str) -> TextGroup:
    found = group_of(content, code, key)
    if found is None:
        raise NotHere(key)
    return found


def _as_shown(draft: Draft, code: str, key: str) -> TextGroup | None:
    """The texts as the page showed them; None where that version is not kept any more."""
    content = call_drafts.content_of(draft.id, DraftForm().based_on)
    return group_of(content, code, key) if content else None


def _gone(draft: Draft, language: Language, before: TextGroup | None) -> Answer:
    if before is None:
        raise NotHere(language.code)
    form = _form_of(before)
    form.is_gone = True
    return _page(draft, language, form)


def _further(draft: Draft, code: str, group: TextGroup) -> Response:
    """To the list of pages, or to the page after this one."""
    now = group_keys(draft.content, code)
    place = now.index(group.key) + 1
    if request.form.get("do") == "next" and place < len(now):
        return see_other("designer_words", draft_id=draft.id, code=code, key=now[place])
    return see_other(
        "designer_language", draft_id=draft.id, code=code, done="saved", _anchor=f"of-{group.key}"
    )


def group_keys(content: CallDraftContent, code: str) -> list[str]:
    """The keys of all groups, in order."""
    return [one.key for one in standing(content, code).groups]


def _page(
    draft: Draft, language: Language, form: TranslationForm, before: TextGroup | None = None
) -> Answer:
    group, content = form.group, draft.content
    keys = [] if form.is_gone else group_keys(content, language.code)
    is_page = any(page.key == group.key for page in content.form.pages)
    return form_page(
        "words",
        draft,
        form,
        language=language,
        group=group,
        title="" if form.is_gone else group_title(content, group),
        entries=[(one, form[one.path], _meanwhile(one, form, before)) for one in group.texts],
        still_right=request.form.getlist(STILL_RIGHT),
        lost=_lost(group, before) if form.meanwhile else [],
        is_last=not keys or keys[-1] == group.key,
        preview=_preview(draft, language, group) if is_page else None,
    )


def _preview(draft: Draft, language: Language, group: TextGroup) -> str:
    return url_for(
        "desk.designer_preview", draft_id=draft.id, key=group.key, language=language.code
    )


def _meanwhile(
    one: TranslatedText, form: TranslationForm, before: TextGroup | None
) -> Mapping[str, str]:
    """What another changed about a text since it was shown: the English as it was, and their words beside ours."""
    if not form.meanwhile or before is None:
        return {}
    was = next((text for text in before.texts if text.path == one.path), None)
    if was is None:
        return {}
    theirs = one.words if one.words not in (was.words, form[one.path].data) else ""
    return {"english": was.english if was.english != one.english else "", "words": theirs}


def _lost(group: TextGroup, before: TextGroup | None) -> list[tuple[str, str]]:
    """The English of texts that are gone from this page, with what was typed for them."""
    there = {one.path for one in group.texts}
    gone: Iterable[TranslatedText] = before.texts if before else ()
    return [
        (one.english, request.form[one.path])
        for one in gone
        if one.path not in there and request.form.get(one.path)
    ]
