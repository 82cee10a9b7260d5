"""The publish check in sentences for a coordinator: what to do, why, and the page of the draft where it is done.

The sentences for operators are in `cli.problem_words`; both catalogues go through `ui.problem_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import url_for

from webapp.desk.designer.draft_edits import english
from webapp.desk.designer.language_words import left_out
from webapp.rules.forms.draft_translation import LanguageState, Standing, TextGroup
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.publishing.call_checks import START
from webapp.rules.publishing.problems import Problem
from webapp.services.forms.draft_publishing import Obstacle
from webapp.ui.problem_words import ABOUT_PAGES, Names, sentence

#: `{where}` is the place in words; the others are the problem's own.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "publish-answers-too-large": (
            "People could write more than Hearth can keep for one person. "
            "Ask fewer questions, or give questions with long answers a lower number of letters."
        ),
        "publish-asks-nothing-before-sending": (
            "All your questions are about equality, and those come after Send. Add a page with a question of your own."
        ),
        "publish-asks-for": (
            "{where} asks for {topic} (“{words}”). Answers like that can put people in danger if they leak, so ask "
            "without them: change the words. If you must ask, say why below. The reason goes into the record."
        ),
        "publish-bounds-not-used": (
            "{where} has a smallest or largest number, and its kind takes no number. Delete the question."
        ),
        "publish-bounds-wrong": (
            "{where} needs a smallest and a largest number, the first smaller than the second, or neither. "
            "Enter both, or empty both."
        ),
        "publish-choice-kind-needs-choices": "{where} offers nothing to choose. Write its answers.",
        "publish-choices-not-used": "{where} has answers to choose from, and its kind shows none. Delete the question.",
        "publish-condition-never-true": (
            "{where} waits for an answer that the question does not offer any more, so nobody would see it. "
            "Choose again when it is shown."
        ),
        "publish-condition-not-a-choice": (
            "{where} waits for an answer to {question}, and no answer to it can decide. "
            "Choose again when it is shown."
        ),
        "publish-condition-not-earlier": (
            "{where} waits for an answer to {question}, which comes later. Move that page up, or this one down."
        ),
        "publish-condition-unknown": (
            "{where} waits for an answer to a question that is not here any more. Choose again when it is shown."
        ),
        "publish-consent-not-translated": (
            "{where} has no words in {language}, and the call is offered in that language. Nobody can agree to words "
            "that they cannot read. Translate them under Languages, or take that language out there."
        ),
        "publish-consent-without-contact": (
            "{where} lets you get in touch, and no question asks how. "
            "Add the pages about contact, or take the permission out."
        ),
        "publish-contact-choice-missing": (
            "{where} must offer the answer “{choice}”, because Hearth goes by it. Put it back, or delete the pages "
            "about contact and add them again."
        ),
        "publish-contact-choice-unknown": (
            "{where} offers “{choice}”, and Hearth would not go by that answer: a way that somebody calls safe would "
            "not be used. Take it out."
        ),
        "publish-contact-kind": (
            "{where} must be asked as it was in the question bank. Delete the pages about contact and add them again."
        ),
        "publish-contact-missing": (
            "A question about contact is missing that keeps people safe. "
            "Delete the pages about contact and add them again."
        ),
        "publish-contact-required": (
            "{where} may not insist on an answer: nobody has to say how to reach them. Let people skip it."
        ),
        "publish-contact-unknown": (
            "{where} is no question about contact that Hearth knows. "
            "Delete the pages about contact and add them again."
        ),
        "publish-duplicate-choice": "{where} offers the same answer twice. Take one of them out.",
        "publish-duplicate-consent": "A permission is asked twice. Have it corrected as a file.",
        "publish-duplicate-page": "Two pages have the same name inside. Copy one of them, and delete the first.",
        "publish-duplicate-question": (
            "Two questions have the same name inside. Copy one of them, and delete the first."
        ),
        "publish-helper-consent": (
            "Questions about a helper and the permission to go through the helper belong together. "
            "Delete the pages about contact and add them again."
        ),
        "publish-helper-page": (
            "{where} is on the wrong page: questions about a helper stand alone. "
            "Delete the pages about contact and add them again."
        ),
        "publish-language-unknown": (
            "The draft has words in a language that Hearth does not know. Have it corrected as a file."
        ),
        "publish-max-length": "{where} has a number of letters that its kind cannot have. Enter {max} at most.",
        "publish-none-only-with-choices": (
            "{where} has a last answer that stands alone, and its kind cannot have one. Delete the question."
        ),
        "publish-not-neutral": (
            "{where} says “{words}”. Others may see it, in a browser’s history or over a shoulder, and would know whom "
            "it is for. Use words that give nobody away."
        ),
        "publish-title-too-long": (
            "{where} has a title of more than {max} letters (in {language}), which fills a small phone. Make it "
            "shorter, and say the rest below it."
        ),
        "publish-only-for-events": "{where} belongs to an event’s booking. Delete it.",
        "publish-other-not-here": (
            "{where} has an answer with a line to write on, and Hearth acts on its answers: nobody would act on words. "
            "Empty that answer."
        ),
        "publish-other-only-with-choices": (
            "{where} has an answer with a line to write on, and its kind cannot have one. Delete the question."
        ),
        "publish-override-needs-reason": (
            "The reason for {where} is too short for the record. Say in a few words why it must be asked."
        ),
        "publish-page-too-large": (
            "{where} could become too large to send. Move some of its questions to another page, or give them a lower "
            "number of letters."
        ),
        "publish-page-asks-nothing": "{where} has only words to read, and nothing to answer. Add a question to it.",
        "publish-part-in-wrong-section": (
            "{where} stands in the wrong part of the form. Delete it there, and add it again from the question bank."
        ),
        "publish-part-without-rules": (
            "For {where} nobody has said who reads the answers and how long they are kept. "
            "Delete it, and add it again from the question bank."
        ),
        "publish-required-needs-reason": (
            "{where} must be answered, and does not say why. Write the reason, or let people skip it."
        ),
        "publish-reserved-key": (
            "{where} has a name inside that Hearth uses for itself. Copy the question, and delete the first."
        ),
        "publish-scale-points": "{where} must offer from {min} to {max} answers. Add some, or take some out.",
        "publish-section-order": (
            "{where} comes too late. Your own questions come first, then contact, then equality: move it up."
        ),
        "publish-statement-only-says": (
            "{where} is only read. Delete it, and add words of support or a question from the bank."
        ),
        "publish-stop-not-on-page": (
            "{where} ends the form after an answer to a question that is not on it. "
            "Delete the page, and add it again from the question bank."
        ),
        "publish-version-other-kind": (
            "{where} was asked in another way when the call was published, and old and new answers would be mixed. "
            "Copy the question, and delete the first: the copy is a new question."
        ),
        "publish-version-other-use": (
            "{where} was published with another use of contact details, and people have said yes to that. "
            "Have it corrected as a file: ask under another name."
        ),
    }
)
#: By obstacle: the sentence, and the page of the draft that mends it; none for what nobody can mend here.
OBSTACLES: Final[Mapping[Obstacle, tuple[str, str | None]]] = MappingProxyType(
    {
        Obstacle.NO_ADDRESS: (
            "The call has no address yet. Choose a neutral word for it.",
            "designer_address",
        ),
        Obstacle.ADDRESS_TAKEN: (
            "Another call or event has this address. Choose another word.",
            "designer_address",
        ),
        Obstacle.ADDRESS_TELLS: (
            (
                "The word in the address must be neutral: small letters, digits and hyphens "
                "that do not say who the call is for."
            ),
            "designer_address",
        ),
        Obstacle.NO_LAST_DAY: (
            "Nobody has said until when people can answer. Enter the last day.",
            "designer_address",
        ),
        Obstacle.LAST_DAY_OVER: ("The last day is over. Enter a later one.", "designer_address"),
        Obstacle.NO_MONTH: (
            (
                "Nobody has said by which month you tell people what became of their answers. Enter the month: they "
                "see it before they begin."
            ),
            "designer_address",
        ),
        Obstacle.MONTH_TOO_EARLY: (
            (
                "The month by which you tell people what became of it must come after the month of the last day, "
                "because you need time to read. Enter a later month."
            ),
            "designer_address",
        ),
        Obstacle.MONTH_TOO_LATE: (
            (
                "The month by which you tell people what became of it is more than two years after the last day, and "
                "nobody would wait for it. Enter an earlier month: you can still say that nothing happened yet."
            ),
            "designer_address",
        ),
        Obstacle.SAME_TITLE: (
            "Another call with this title is open, and people could not tell them apart. Give this one another title.",
            "designer_start_page",
        ),
        Obstacle.UNWRITTEN: (
            (
                "Words are missing: “Write your question here” or “The first answer” still stands in the call. "
                "Edit that question, or delete it."
            ),
            "designer_draft",
        ),
        Obstacle.NOTHING_CHANGED: (
            "Nothing is different from what is published. Change something first.",
            "designer_draft",
        ),
        Obstacle.SHEETS_MISSING: (
            (
                "The recovery sheets are not all there. If keys were lost, nobody could read the answers. "
                "Ask the person who looks after the server to renew them."
            ),
            None,
        ),
        Obstacle.NOT_REHEARSED: (
            (
                "Nobody has tried the recovery sheets yet. If they did not work, answers could be lost. "
                "Ask the person who looks after the server to rehearse them."
            ),
            None,
        ),
    }
)


@dataclass(frozen=True)
class Finding:
    """One line of the check: what to do and why, and the address where it is done."""

    words: str
    address: str | None
    #: The key that a reason is given for, where one may be.
    asked: str | None = None


def of_obstacle(draft_id: UUID, obstacle: Obstacle) -> Finding:
    """An obstacle as a line."""
    words, endpoint = OBSTACLES[obstacle]
    address = url_for(f"desk.{endpoint}", draft_id=draft_id) if endpoint else None
    return Finding(words, address)


def of_language(draft_id: UUID, language: Standing) -> Finding:
    """A language that will not be offered, and where that is put right."""
    code = language.language.code
    todo = next((group for group in language.groups if group.older or _lacks(group)), None)
    if language.state == LanguageState.NOT_REVIEWED or todo is None:
        address = url_for("desk.designer_language", draft_id=draft_id, code=code)
    else:
        address = url_for("desk.designer_words", draft_id=draft_id, code=code, key=todo.key)
    return Finding(left_out(language), address)


def _lacks(group: TextGroup) -> bool:
    return group.there < len(group.texts)


def of_problem(draft_id: UUID, form: FormDefinition, problem: Problem) -> Finding:
    """A problem as a line."""
    key = str(problem.params.get("where", ""))
    words = sentence(problem, Names(form, form.title, with_keys=False), SENTENCES)
    needs_reason = (
        problem.severity == "needs_reason" or problem.key == "publish-override-needs-reason"
    )
    return Finding(words, _mended_at(draft_id, form, problem, key), key if needs_reason else None)


def _mended_at(draft_id: UUID, form: FormDefinition, problem: Problem, key: str) -> str:
    if key in ("title", START):
        return url_for("desk.designer_start_page", draft_id=draft_id)
    if problem.key == "publish-page-asks-nothing":
        return url_for("desk.designer_add_question", draft_id=draft_id, key=key)
    pages = {page.key for page in form.pages}
    if problem.key in ABOUT_PAGES and key in pages:
        return url_for("desk.designer_page", draft_id=draft_id, key=key)
    if any(question.key == key for question in form.everything):
        return url_for("desk.designer_question", draft_id=draft_id, key=key)
    if form.consent(key):
        return url_for("desk.designer_permissions", draft_id=draft_id)
    return url_for("desk.designer_draft", draft_id=draft_id)


def asked_words(form: FormDefinition, key: str) -> str:
    """What a reason is about: the question's own words."""
    found = next((english(one.label) for one in form.everything if one.key == key), "")
    return found or "What the start page says you ask"
