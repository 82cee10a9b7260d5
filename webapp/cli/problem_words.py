"""Error messages of the publish check, in sentences for the author of a form or an event.

One catalogue of English sentences by message key, as the rules name them (see `rules.messages`). Each names the
question by its own words, and the way out. A test holds the catalogue against the list of keys.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from webapp.rules.publishing.problems import Problem
from webapp.ui import problem_words
from webapp.ui.problem_words import Names

#: Where the whole of a form that can be published stands, to copy from.
EXAMPLE_CALL: Final = "webapp/content/support-needs.json"
EXAMPLE_EVENT: Final = "webapp/content/round-table.json"

#: `{where}` is the place in words, `{key}` its key in the file, and the others are the problem's own.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "publish-answers-too-large": (
            "All answers together could take {size} bytes, and {max} can be kept. "
            'Ask fewer questions, or lower "max_length" where people write most.'
        ),
        "publish-asks-nothing-before-sending": (
            "{where} is about equality, as all the others are, and those questions come after Send. "
            'Add a page with the section "call" or "contact" before them.'
        ),
        "publish-asks-for": (
            "{where} asks for {topic} (“{words}”). Change its words. "
            "If you have a good reason to ask it all the same, say it with --allow {key}=REASON when you publish."
        ),
        "publish-bounds-not-used": (
            '{where} has "at_least" or "at_most", which only a question with "kind": "number" may have. Remove them.'
        ),
        "publish-bounds-wrong": (
            '{where} needs both "at_least" and "at_most", the first smaller than the second, or neither.'
        ),
        "publish-choice-kind-needs-choices": '{where} offers nothing to choose. Add "choices".',
        "publish-choices-not-used": (
            '{where} has "choices", and a question of its kind shows none. '
            'Remove them, or make its "kind" "choice" or "choices".'
        ),
        "publish-condition-never-true": (
            "{where} depends on the choice “{choice}”, and the question does not offer it. "
            'Correct "is_any".'
        ),
        "publish-condition-not-a-choice": (
            "{where} depends on {question}, and no answer to it can decide. "
            "Only a question with choices can decide what is asked."
        ),
        "publish-condition-not-earlier": (
            "{where} depends on {question}, which is not asked before it. "
            "Move that question to an earlier page."
        ),
        "publish-condition-unknown": (
            "{where} depends on a question “{question}”, and there is none. Correct its key."
        ),
        "publish-consent-not-translated": (
            "{where} has no words in {language}, and the title does. "
            "Nobody can agree to words that they cannot read: add them, or take that language out."
        ),
        "publish-consent-without-contact": (
            "{where} needs a way to reach people, and no question asks for one. "
            "Ask how to reach them (copy those pages from {example}), or remove the consent."
        ),
        "publish-contact-choice-missing": (
            "{where} must offer the choice “{choice}”. Copy the question from {example}."
        ),
        "publish-contact-choice-unknown": (
            "{where} offers “{choice}”, and nothing reads that answer: a way that somebody calls safe "
            "would not be used. Remove the choice."
        ),
        "publish-contact-kind": '{where} must have the "kind" "{kind}". Copy it from {example}.',
        "publish-contact-missing": (
            "The question “{key}” is missing. A form that asks how to reach people asks all that makes "
            'it safe: copy the pages with the section "contact" from {example}.'
        ),
        "publish-contact-required": (
            "{where} may not be required: nobody has to say how to reach them. "
            'Remove "required" and "reason".'
        ),
        "publish-contact-unknown": (
            "{where} is in the part “contact”, which has only the questions of {example}. "
            "Give it another part and section, or remove it."
        ),
        "publish-duplicate-choice": (
            "{where} offers the choice “{choice}” twice. Give one of them another key."
        ),
        "publish-duplicate-consent": (
            "The consent “{key}” is asked twice. Remove one, or give it another purpose."
        ),
        "publish-duplicate-page": "Two pages have the key “{key}”. Give one of them another.",
        "publish-duplicate-question": "Two questions have the key “{key}”. Give one of them another.",
        "publish-helper-consent": (
            "Questions about a helper and the consent “{key}” belong together, and the consent must have "
            '"uses_contact": true. Add what is missing from {example}, or remove both.'
        ),
        "publish-helper-page": (
            "{where} is on the wrong page. Questions about a helper stand alone on pages with "
            '"only": "helped", and no other question stands there.'
        ),
        "publish-kept-without-days": (
            'The words of "kept" in {language} do not name the {days} days of "keep_days". '
            "Say that number of days there, or change keep_days."
        ),
        "publish-language-unknown": (
            "{where} has words in “{language}”, which is no language of ours. "
            "Correct the code: docs/languages.md lists them."
        ),
        "publish-max-length": (
            '{where} has a "max_length" that its kind cannot have. At most {max}; remove it if that is 0.'
        ),
        "publish-none-only-with-choices": (
            '{where} has "none", which only a question with "kind": "choices" or "scale" may have. Remove it.'
        ),
        "publish-not-a-registration": (
            '{where} must have the "section" "registration", as in {example}.'
        ),
        "publish-not-neutral": (
            "{where} says “{words}”, and stands where others may see it: in a browser’s history, or over "
            "a shoulder. Use words that give nobody away."
        ),
        "publish-title-too-long": (
            "{where} has more than {max} letters in the language {language}. A title is the heading of a page on a "
            "small phone: make it shorter, and say the rest below it."
        ),
        "publish-only-for-events": (
            "{where} is something that only an event’s booking form has. Remove it from this form."
        ),
        "publish-other-not-here": (
            '{where} has "other", and Hearth acts on its answers: nobody would act on words. Remove it.'
        ),
        "publish-other-only-with-choices": (
            '{where} has "other", which only a question with "kind": "choice" or "choices" may have. Remove it.'
        ),
        "publish-override-needs-reason": (
            "The reason for {where} is too short for the record. Say in a few words why it must be asked."
        ),
        "publish-page-too-large": (
            "{where} could become too large to send ({size} bytes, and {max} can be taken). "
            'Spread its questions over two pages, or lower "max_length".'
        ),
        "publish-page-asks-nothing": (
            "{where} has only statements on it, and nothing to answer. Add a question, or move them."
        ),
        "publish-part-in-wrong-section": (
            "{where} is kept in the part “{part}”, and its page has the section “{section}”. "
            'Section "call" goes with part "testimony", "contact" with "contact", "equality" with "equality".'
        ),
        "publish-part-without-rules": (
            "{where} is kept in the part “{part}”, and “parts” does not say who reads that, why, and for "
            'how many months. Add "{part}" to "parts".'
        ),
        "publish-registration-choice-missing": (
            "{where} must offer “{choice}” as its “none”: nobody has to need something. Copy it from {example}."
        ),
        "publish-registration-kind": '{where} must have the "kind" "{kind}". Copy it from {example}.',
        "publish-registration-may-skip": (
            '{where} must be answered at this event. Add "required": true and a "reason".'
        ),
        "publish-registration-asks-consent": (
            "A booking asks for no consent, and this file has one for “{key}”. Remove it: nothing would keep it."
        ),
        "publish-registration-missing": (
            "The question “{key}” is missing. Every booking asks it: copy it from {example}."
        ),
        "publish-registration-must-not-insist": (
            '{where} may not be required: people can book without answering it. Remove "required" and "reason".'
        ),
        "publish-registration-needs-stop": (
            "{where} asks whether people are adults, and lets everybody go on. "
            'Add a "stop" for the answer "no" to the page, as in {example}.'
        ),
        "publish-registration-part": '{where} must have the "part" "{part}". Copy it from {example}.',
        "publish-registration-unknown": (
            "{where} is no question of a booking. A booking asks only what {example} asks: remove it, "
            "or ask it in a call."
        ),
        "publish-required-needs-reason": (
            '{where} must be answered, and does not say why. Add a "reason" in words that people will read, '
            'or remove "required".'
        ),
        "publish-reserved-key": (
            "{where} has a key that Hearth uses for itself. Give it another, like “{key}_1”."
        ),
        "publish-scale-points": "{where} must offer from {min} to {max} choices.",
        "publish-section-order": (
            "{where} comes too late. First all pages of the section “call”, then “contact”, then “equality”."
        ),
        "publish-statement-only-says": (
            "{where} is a statement: it is only read. Remove its hint, choices, length or “required”, "
            "or give it another kind."
        ),
        "publish-stop-not-on-page": (
            "{where} stops at an answer to “{question}”, which is not asked on it. "
            'Move the "stop" to the page that asks it.'
        ),
        "publish-time-across-clock-change": (
            "The clocks change while the event runs ({time}), and its end would look an hour wrong. "
            'Choose another time in "starts", or fewer "minutes".'
        ),
        "publish-time-past": 'The event would start on {time}, which is over. Correct "starts".',
        "publish-booking-over": (
            "The last day to book, {days} days before the event, has passed. "
            'Lower "last_day_before", or take it out.'
        ),
        "publish-time-skipped": (
            "There is no {time}: on that night the clocks go forward over this hour. "
            'Choose another time in "starts".'
        ),
        "publish-time-twice": (
            "On that night the clocks go back, and {time} comes twice. Choose another time in “starts”."
        ),
        "publish-version-other-kind": (
            "{where} has a key that was published with another kind or in another part, and answers to both would lie "
            'under one name. Give it another "key".'
        ),
        "publish-version-other-use": (
            "{where} was published with another “uses_contact”, and people said yes to that. "
            'Put it back, or ask under another "purpose".'
        ),
    }
)


def sentence(problem: Problem, names: Names) -> str:
    """One problem as a sentence for an operator, who has a file."""
    return problem_words.sentence(problem, names, SENTENCES)
