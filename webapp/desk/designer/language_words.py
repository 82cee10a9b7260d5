"""Words about the languages of a draft: how far each is, why one is left out, what each text is for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, ngettext

from webapp.desk.designer.draft_edits import english
from webapp.desk.designer.draft_words import PARTS
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_translation import (
    PERMISSIONS,
    READERS,
    START,
    LanguageState,
    Standing,
    TextGroup,
    begun,
)
from webapp.ui.filters import date_words
from webapp.ui.page_language import offered_languages

#: Groups of texts that are no page of questions.
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        START: "Title and start page",
        READERS: "Who reads the answers, and why",
        PERMISSIONS: "What people can agree to",
    }
)
#: By the end of a text's path: what it is. The others have words of their own in `role_of`.
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "Title",
        "summary": "Summary",
        "intro": "Text at the top",
        "why": "Why you ask this",
        "note": "Warning about the content",
        "hint": "Hint",
        "ask": "Above the line for an answer of their own",
        "reason": "Why they must answer",
        "start.audience": "Who it is for",
        "start.who": "Who you are",
        "start.asked": "What you ask, and what you do not ask",
        "start.readers": "Who reads the answers, and what you do with them",
        "start.payment": "Whether you pay",
        "start.limits": "The limits of keeping it private",
        "start.support": "That support does not depend on it",
        "start.other_ways": "Other ways to take part",
        "stop.title": "Where the form ends here: title",
        "stop.text": "Where the form ends here: text",
    }
)


def role_of(path: str) -> str:
    """What a text is, for the label of its field."""
    pieces = path.split(".")
    last_two = ".".join(pieces[-2:])
    if pieces[0] == "consents":
        return "What people agree to"
    if pieces[0] == "parts":
        what = "who reads them" if pieces[-1] == "reader" else "why you need them"
        return f"{PARTS.get(pieces[1], pieces[1])}: {what}"
    if pieces[-1] == "label":
        return "The question" if len(pieces) == 3 else "An answer"
    return ROLES.get(last_two) or ROLES[pieces[-1]]


def group_title(content: CallDraftContent, group: TextGroup) -> str:
    """What a group of texts is called: the title of its page, in English."""
    if group.key in GROUPS:
        return GROUPS[group.key]
    return english(content.form.page(group.key).title)


def group_state(group: TextGroup) -> str:
    """How far a group is."""
    said = gettext("%(there)s of %(total)s texts", there=group.there, total=len(group.texts))
    return f"{said}, {_older_of_them(group.older)}" if group.older else said


def state_of(one: Standing) -> str:
    """How far a language is, in words."""
    if one.state == LanguageState.NOT_BEGUN:
        return gettext("Not begun")
    if one.state == LanguageState.MISSING:
        said = gettext("%(there)s of %(total)s texts", there=one.there, total=one.total)
        return f"{said}, {_older_of_them(one.older)}" if one.older else said
    there = _all_there(one)
    if one.state == LanguageState.OLDER:
        return gettext(
            "%(there)s, but %(older)s", there=there, older=_older_than_english(one.older)
        )
    if one.state == LanguageState.NOT_REVIEWED:
        return f"{there}. {_not_reviewed(one)}"
    return gettext("Ready. %(reviewed)s", reviewed=reviewed_by(one))


def reviewed_by(one: Standing) -> str:
    """Who has reviewed it, and when; empty where nobody has."""
    if one.review is None:
        return ""
    who, day = one.review.by, date_words(one.review.on)
    return gettext("Reviewed by: %(who)s, %(day)s", who=who, day=day)


def left_out(one: Standing) -> str:
    """Why a language is not offered, as the publish check says it."""
    if one.state == LanguageState.MISSING:
        why = (
            ngettext("one text is missing", "%(num)s texts are missing", one.missing)
            if one.missing
            else gettext("it has no words of its own yet")
        )
    elif one.state == LanguageState.OLDER:
        why = _older_than_english(one.older)
    elif one.review is not None:
        why = gettext("words have changed since it was reviewed")
    else:
        why = gettext("nobody has reviewed it")
    return gettext(
        "%(language)s will not be offered: %(why)s.", language=one.language.english_name, why=why
    )


def languages_of(content: CallDraftContent) -> tuple[str, str]:
    """The languages in which the call is offered; and those that are ready while Hearth's own pages are not."""
    shown = {one.code for one in offered_languages()}
    ready = [one.language for one in begun(content) if one.state == LanguageState.READY]
    offered = ["English", *(one.english_name for one in ready if one.code in shown)]
    waiting = [one.english_name for one in ready if one.code not in shown]
    return ", ".join(offered), ", ".join(waiting)


def _all_there(one: Standing) -> str:
    if one.language.variant_of:
        return ngettext("One text of its own", "%(num)s texts of its own", one.there)
    return gettext("All %(total)s texts are there", total=one.total)


def _not_reviewed(one: Standing) -> str:
    if one.review is None:
        return gettext("Nobody has reviewed them yet")
    return gettext("Words have changed since. %(reviewed)s", reviewed=reviewed_by(one))


def _older_than_english(num: int) -> str:
    return ngettext(
        "one text is older than the English", "%(num)s texts are older than the English", num
    )


def _older_of_them(num: int) -> str:
    return ngettext(
        "one of them older than the English", "%(num)s of them older than the English", num
    )
