"""Test data: a call with one question of every kind, a page that a scale opens, and an end for the ineligible."""

from datetime import timedelta

from tests.factories import told_by
from tests.unit.rules.factories import choice, consent_data, form, page_data, question_data, text
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit

SLUG = "every-kind"
_FELT = [choice("well", "Well"), choice("so_so", "So so"), choice("badly", "Badly")]
_ELSE = {**choice("else", "Something else"), "ask": text("If something else, please write it here")}
_MATTERS = [choice("home", "A home"), choice("work", "Work"), choice("rest", "Rest")]
_WHERE = [choice("north", "In the north"), choice("south", "In the south")]


def _asked(key: str, kind: str, words: str, **more: object) -> dict[str, object]:
    return question_data(key, kind, label=text(words), **more)


def every_kind_form() -> FormDefinition:
    """Its keys are the names of the kinds."""
    return form(
        page_data(
            "for-whom",
            _asked("choice", "choice", "Where do you work?", choices=_WHERE),
            title=text("Is this for you"),
            stop={
                "question": "choice",
                "is_any": ["south"],
                "title": text("Thank you for asking"),
                "text": text("This one is for people in the north. We kept nothing."),
            },
        ),
        page_data(
            "day",
            _asked("date", "date", "Which day was that?", hint=text("If you remember it.")),
            _asked("statement", "statement", "The next two are about what came of it.\n\nTake care."),
            _asked("scale", "scale", "How did it go?", choices=_FELT, none=choice("unsure", "I am not sure")),
            _asked("ranking", "ranking", "What matters most to you?", choices=_MATTERS),
            _asked("yes_no", "yes_no", "Would you do it again?"),
            title=text("The day"),
        ),
        page_data(
            "went-badly",
            _asked("long_text", "long_text", "What was missing?", max_length=400),
            title=text("When it goes badly"),
            when={"question": "scale", "is_any": ["badly"]},
        ),
        page_data(
            "lines",
            _asked("text", "text", "What was it called?"),
            _asked("email", "email", "Whose e-mail was on the letter?"),
            _asked("phone", "phone", "Which number did you call?"),
            _asked("number", "number", "How many of you were there?", at_least=0, at_most=20),
            _asked("choices", "choices", "What did you take along?", other=_ELSE, none=choice("none", "None of these")),
            title=text("Some lines"),
        ),
        page_data(
            "about-you",
            _asked("age_band", "age_band", "How old are you?", part="equality"),
            title=text("About you"),
            section="equality",
        ),
        title=text("One of each"),
        consents=[consent_data()],
    )  # fmt: skip


def publish_every_kind() -> None:
    """Open it for a month. Wants an application context."""
    closes_on = clock.today() + timedelta(days=30)
    publishing.publish_call(
        every_kind_form(),
        slug=SLUG,
        closes_on=closes_on,
        tell_back_by=told_by(closes_on),
        actor=audit.OPERATOR,
    )
